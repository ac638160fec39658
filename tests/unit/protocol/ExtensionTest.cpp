// RFC 6455 §5.8: an extension changes whole messages and owns reserved bits; the rest stays as it is.

#include "Wire.hpp"

namespace patchbay::protocol::testing {
namespace {

class Extended : public ChunkedTest {
protected:
    Events receive(std::string_view bytes, Limits limits = {}) {
        return Peer{Role::Server, limits, std::make_unique<Turner>()}.receive(bytes, GetParam());
    }
    static constexpr auto kRsvRule = "reserved bit set that no extension has defined for this frame (RFC 6455 §5.2)";
};
PATCHBAY_IN_CHUNKS(Extended);

TEST_P(Extended, AMessageWithItsBitIsDecoded) { EXPECT_EQ(receive(clientFrame(0xC1, "`bc!")), Events{"text:acb"}); }

TEST_P(Extended, AMessageWithoutItsBitIsLeftAlone) {
    EXPECT_EQ(receive(clientFrame(0x81, "`bc!")), Events{"text:`bc!"});
}

TEST_P(Extended, FragmentsAreDecodedTogetherAndTheBitStandsOnTheFirst) {
    EXPECT_EQ(
        receive(clientFrame(0x41, "`") + clientFrame(0x89, "p") + clientFrame(0x00, "b") + clientFrame(0x80, "c!")),
        (Events{"reply:8a 01 70", "text:acb"}));
}

TEST_P(Extended, TheBitOnAContinuationFailsTheConnectionWith1002) {
    EXPECT_EQ(receive(clientFrame(0x41, "`") + clientFrame(0xC0, "b!")), failure(1002, kRsvRule));
}

TEST_P(Extended, TheBitOnAControlFrameFailsTheConnectionWith1002) {
    EXPECT_EQ(receive(clientFrame(0xC9, "p")), failure(1002, kRsvRule));
}

TEST_P(Extended, ABitOfAnotherExtensionFailsTheConnectionWith1002) {
    EXPECT_EQ(receive(clientFrame(0xA1, "x")), failure(1002, kRsvRule));
    EXPECT_EQ(receive(clientFrame(0xE1, "x")), failure(1002, kRsvRule));
}

TEST_P(Extended, TextIsCheckedOnceItIsDecoded) {
    EXPECT_EQ(receive(clientFrame(0xC1, "\xc2\xa8!")), Events{"text:\xc3\xa9"});
    EXPECT_EQ(receive(clientFrame(0xC1, "\xfe!")), failure(1007, "text that is not UTF-8 (RFC 6455 §8.1)"));
}

TEST_P(Extended, WhatItCannotDecodeFailsTheConnectionWith1007) {
    EXPECT_EQ(receive(clientFrame(0xC2, "x")),
              failure(1007, "message that its extension cannot decode (RFC 6455 §5.8)"));
}

TEST_P(Extended, TheLimitIsThatOfTheDecodedMessage) {
    EXPECT_EQ(receive(clientFrame(0xC1, "`bc!"), {.maxMessageSize = 3}), Events{"text:acb"});
    EXPECT_EQ(receive(clientFrame(0xC1, "`bce!"), {.maxMessageSize = 3}),
              failure(1009, "message over the limit (RFC 6455 §7.4.1, §10.4)"));
}

/// Makes every message ten times as long, as a decompression bomb would.
class Bomb : public Turner {
public:
    Decoded decode(std::uint8_t, Bytes payload, MessageBuffer& out) override {
        for (int i = 0; i < 10; ++i)
            if (!out.append(payload)) return Decoded::TooBig;
        return Decoded::Whole;
    }
};

TEST_P(Extended, AMessageThatGrowsOverTheLimitWhileDecodedFailsWith1009) {
    Peer peer{Role::Server, {.maxMessageSize = 20}, std::make_unique<Bomb>()};
    EXPECT_EQ(peer.receive(clientFrame(0xC2, "ab") + clientFrame(0xC2, "abc"), GetParam()),
              (Events{"binary:abababababababababab"} +
               failure(1009, "message over the limit once decoded (RFC 6455 §7.4.1, §10.4)")));
}

TEST(ExtendedSending, AMessageIsEncodedAndItsBitSet) {
    Peer peer{Role::Server, {}, std::make_unique<Turner>()};
    EXPECT_TRUE(peer.connection.send(MessageKind::Text, asBytes("acb"), peer.record));
    EXPECT_TRUE(peer.connection.send(MessageKind::Text, asBytes("plain"), peer.record));
    EXPECT_EQ(peer.record.sent, hex("c1 04") + "`bc!" + hex("81 05") + "plain");
}

TEST(ExtendedSending, AClientMasksTheEncodedMessage) {
    Peer peer{Role::Client, {}, std::make_unique<Turner>()};
    peer.connection.send(MessageKind::Binary, asBytes("a"), peer.record);
    EXPECT_EQ(toHex(peer.record.sent), "c2 82 37 fa 21 3d 57 db");
}

TEST(ExtendedSending, ControlFramesAreLeftAlone) {
    Peer peer{Role::Server, {}, std::make_unique<Turner>()};
    peer.connection.ping(asBytes("a"), peer.record);
    peer.connection.close(CloseCode::Normal, {}, peer.record);
    EXPECT_EQ(peer.record.sent, hex("89 01 61 88 02 03 e8"));
}

}  // namespace
}  // namespace patchbay::protocol::testing
