// RFC 6455 §5.1–§5.3: the header of a frame, its length and its mask.

#include "Wire.hpp"

namespace patchbay::protocol::testing {
namespace {

class Framing : public ChunkedTest {};
PATCHBAY_IN_CHUNKS(Framing);

TEST_P(Framing, UnmaskedClientFrameFailsTheConnectionWith1002) {
    EXPECT_EQ(server(hex("81 05 48 65 6c 6c 6f")), failure(1002, "unmasked client frame (RFC 6455 §5.1)"));
}

TEST_P(Framing, UnmaskedClientControlFrameFailsTheConnectionWith1002) {
    EXPECT_EQ(server(hex("88 00")), failure(1002, "unmasked client frame (RFC 6455 §5.1)"));
}

TEST_P(Framing, MaskedServerFrameFailsTheConnectionWith1002) {
    const Events events = client(hex("81 85 37 fa 21 3d 7f 9f 4d 51 58"));
    ASSERT_EQ(events.size(), 2U);
    EXPECT_THAT(events[0], ::testing::MatchesRegex("reply:88 [89a-f].*"));
    EXPECT_EQ(events[1], "failure:1002:masked server frame (RFC 6455 §5.1)");
}

TEST_P(Framing, ReservedBitsWithoutAnExtensionFailTheConnectionWith1002) {
    for (const std::uint8_t rsv : {0x40, 0x20, 0x10, 0x70})
        EXPECT_EQ(server(clientFrame(0x81 | rsv, "Hello")),
                  failure(1002, "reserved bit set that no extension has defined for this frame (RFC 6455 §5.2)"));
}

TEST_P(Framing, ReservedOpcodesFailTheConnectionWith1002) {
    for (const std::uint8_t opcode : {0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF})
        EXPECT_EQ(server(clientFrame(0x80 | opcode, "")), failure(1002, "reserved opcode (RFC 6455 §5.2)"));
}

TEST_P(Framing, LengthsAtEveryBoundaryAreRead) {
    for (const std::size_t length : {0, 1, 125, 126, 127, 65535, 65536}) {
        const std::string body(length, 'x');
        EXPECT_EQ(server(clientFrame(0x82, body)), Events{"binary:" + body}) << length;
        EXPECT_EQ(client(serverFrame(0x82, body)), Events{"binary:" + body}) << length;
    }
}

TEST_P(Framing, SixteenBitLengthThatFitsSevenBitsFailsTheConnectionWith1002) {
    EXPECT_EQ(server(hex("82 fe 00 7d 00 00 00 00") + std::string(125, 'x')),
              failure(1002, "16-bit length where 7 bits are enough (RFC 6455 §5.2)"));
}

TEST_P(Framing, SixtyFourBitLengthThatFitsSixteenBitsFailsTheConnectionWith1002) {
    EXPECT_EQ(server(hex("82 ff 00 00 00 00 00 00 ff ff 00 00 00 00")),
              failure(1002, "64-bit length where 16 bits are enough (RFC 6455 §5.2)"));
}

TEST_P(Framing, SixtyFourBitLengthWithItsTopBitSetFailsTheConnectionWith1002) {
    EXPECT_EQ(server(hex("82 ff 80 00 00 00 00 00 00 00 00 00 00 00")),
              failure(1002, "64-bit length with its top bit set (RFC 6455 §5.2)"));
}

TEST_P(Framing, EveryByteIsUnmaskedWithItsOwnByteOfTheKey) {
    for (const std::size_t length : {1, 3, 4, 7, 8, 31, 32, 33, 100}) {
        std::string body;
        for (std::size_t i = 0; i < length; ++i) body += static_cast<char>(i * 7);
        EXPECT_EQ(server(clientFrame(0x82, body, "\x37\xfa\x21\x3d")), Events{"binary:" + body}) << length;
    }
}

TEST_P(Framing, EachFrameIsUnmaskedWithItsOwnKey) {
    const std::string bytes =
        clientFrame(0x01, "Hel", "\x11\x22\x33\x44") + clientFrame(0x80, "lo", "\xa1\xb2\xc3\xd4");
    EXPECT_EQ(server(bytes), Events{"text:Hello"});
}

TEST_P(Framing, ManyMessagesInOneReadLeaveInOrder) {
    EXPECT_EQ(server(clientFrame(0x81, "a") + clientFrame(0x82, "") + clientFrame(0x81, "") + clientFrame(0x82, "b")),
              (Events{"text:a", "binary:", "text:", "binary:b"}));
}

TEST_P(Framing, NothingAfterAFailureIsProcessed) {
    EXPECT_EQ(server(hex("81 00") + clientFrame(0x81, "Hello") + clientFrame(0x88, "")),
              failure(1002, "unmasked client frame (RFC 6455 §5.1)"));
}

TEST_P(Framing, PartOfAHeaderIsNoEventYet) {
    const std::string frame = clientFrame(0x82, std::string(126, 'x'));
    for (std::size_t length = 1; length < 8; ++length) EXPECT_EQ(server(frame.substr(0, length)), Events{}) << length;
}

}  // namespace
}  // namespace patchbay::protocol::testing
