// What peers send by mistake or on purpose: too much, too little, or no DEFLATE at all.

#include "unit/compression/Streams.hpp"

namespace patchbay::compression::testing {
namespace {

/// With context and without.
class Received : public ::testing::TestWithParam<std::string_view> {
protected:
    PerMessageDeflateFactory factory;
    std::unique_ptr<Extension> end = serverEnd(factory, GetParam());
};
INSTANTIATE_TEST_SUITE_P(WithAndWithoutContext, Received,
                         ::testing::Values("permessage-deflate", "permessage-deflate; client_no_context_takeover"));

TEST_P(Received, ABombEndsAtTheLimitWithNoMoreMemoryThanThat) {
    const std::string bomb = ForeignDeflater{}.message(std::string(64_MiB, 'a'));
    ASSERT_LT(bomb.size(), 100_KiB);
    MessageBuffer out{10000};
    EXPECT_EQ(end->decode(PerMessageDeflate::kRsv1, asBytes(bomb), out), Extension::Decoded::TooBig);
    EXPECT_LE(out.size(), 10000u);
}

TEST_P(Received, AMessageMayBeAsLargeAsTheLimitAndNotOneByteMore) {
    for (const std::size_t size : {0u, 1u, 255u, 256u, 257u, 4096u, 65536u}) {
        const std::string message = json(size);
        EXPECT_TRUE(decoded(*end, ForeignDeflater{}.message(message), size) == message) << size;
        if (size == 0) continue;
        const auto again = serverEnd(factory, GetParam());
        EXPECT_EQ(decoded(*again, ForeignDeflater{}.message(message), size - 1), "<TooBig>") << size;
    }
}

TEST_P(Received, NothingAtAllIsNoMessage) { EXPECT_EQ(decoded(*end, ""), "<Broken>"); }

TEST_P(Received, AMessageCutShortIsBroken) {
    const std::string whole = ForeignDeflater{}.message(json(1_KiB));
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_EQ(decoded(*serverEnd(factory, GetParam()), whole.substr(0, size)), "<Broken>") << size;
}

TEST_P(Received, WhatIsNoDeflateIsBroken) {
    EXPECT_EQ(decoded(*end, "\x07"), "<Broken>") << "a block of the reserved type";
    EXPECT_EQ(decoded(*serverEnd(factory, GetParam()), hex("00 05 00 fa fe 48 65 6c 6c 6f 00")), "<Broken>")
        << "a stored block whose length is not confirmed";
    EXPECT_EQ(decoded(*serverEnd(factory, GetParam()), hex("f2 00 11 00 00")), "<Broken>")
        << "further back than anything";
    EXPECT_EQ(decoded(*serverEnd(factory, GetParam()), "{\"type\":\"Said\"}"), "<Broken>") << "plain text";
}

TEST_P(Received, ABlockThatEndsInsideTheTailIsBroken) {
    // Its codes: 0 is a literal, fourteen ones are the block's end. So the tail is sixteen literals, an end, and two
    // bits that the next message would begin behind.
    EXPECT_EQ(decoded(*end, hex("04 c0 01 92 24 49 92 24 49 24 16 35 8f ac 9e bd ff 7f f7 00")), "<Broken>");
}

TEST_P(Received, AMessageWithItsTailLeftOnIsRead) {
    EXPECT_EQ(decoded(*end, ForeignDeflater{}.flushed("Hello", Z_SYNC_FLUSH) + hex("00")), "Hello");
}

TEST_P(Received, BytesBehindALastBlockMustBeBlocksToo) {
    EXPECT_EQ(decoded(*end, hex("f3 48 cd c9 c9 07 00")), "<Broken>") << "the tail alone is no block";
    EXPECT_EQ(decoded(*serverEnd(factory, GetParam()), hex("f3 48 cd c9 c9 07 00 ff ff")), "<Broken>");
    EXPECT_EQ(decoded(*serverEnd(factory, GetParam()), hex("f3 48 cd c9 c9 07 00 f3 48 cd c9 c9 07 00 00")),
              "HelloHello");
}

TEST_P(Received, ManyLastBlocksAreReadInOneMessage) {
    std::string message;
    for (int i = 0; i < 10000; ++i) message += hex("03 00");
    EXPECT_EQ(decoded(*end, message + hex("00")), "");
}

TEST_P(Received, ALastBlockThatFillsTheRoomIsNotTheEnd) {
    const std::string text = noise(256);
    EXPECT_EQ(decoded(*end, ForeignDeflater{}.flushed(text, Z_FINISH) + hex("00"), 256), text);
}

TEST_P(Received, EveryFlushOfASenderMayStandInsideAMessage) {
    ForeignDeflater zlib;
    std::string message;
    for (const int flush : {Z_NO_FLUSH, Z_PARTIAL_FLUSH, Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_BLOCK})
        message += zlib.flushed(json(1_KiB), flush);
    message += zlib.message(json(1_KiB));
    std::string expected;
    for (int i = 0; i < 6; ++i) expected += json(1_KiB);
    EXPECT_EQ(decoded(*end, message), expected);
}

TEST_P(Received, FlushingOftenStaysWithinTheLimitOfTheEncodedForm) {
    ForeignDeflater zlib{15, 0};  // stored blocks: the worst case of an honest sender
    for (const std::size_t size : {0u, 1u, 100u, 65536u})
        EXPECT_LE(zlib.message(noise(size)).size(), end->maxEncodedBytes(size)) << size;
}

TEST(ReceivedWithContext, AForeignSenderMayReferToEarlierMessages) {
    PerMessageDeflateFactory factory;
    const auto end = serverEnd(factory);
    ForeignDeflater zlib;
    const std::string first = zlib.message(json(1_KiB));
    EXPECT_EQ(decoded(*end, first), json(1_KiB));
    for (int i = 0; i < 50; ++i) {
        const std::string wire = zlib.message(json(1_KiB));
        EXPECT_LT(wire.size(), first.size() / 4);
        EXPECT_EQ(decoded(*end, wire), json(1_KiB));
    }
}

/// A client whose own window is the largest, where a smaller one was agreed on.
class SmallWindow : public ::testing::TestWithParam<int> {
protected:
    /// What is read of a message that refers that far back, to one before it.
    std::string reading(std::size_t distance) {
        PerMessageDeflateFactory factory{{.clientMaxWindowBits = GetParam()}};
        const auto end = serverEnd(factory, "permessage-deflate; client_max_window_bits");
        ForeignDeflater zlib;
        const std::string before =
            "zlib never refers to the first byte of all" + text + std::string(distance - text.size(), 'a');
        EXPECT_TRUE(decoded(*end, zlib.message(before)) == before);
        return decoded(*end, zlib.message(text));
    }

    const std::size_t agreed = std::size_t{1} << GetParam();
    const std::string text = noise(100);
};
INSTANTIATE_TEST_SUITE_P(EverySmallerWindow, SmallWindow, ::testing::Range(8, 15));

TEST_P(SmallWindow, AReferenceAsFarBackAsAgreedIsRead) { EXPECT_EQ(reading(agreed), text); }

TEST_P(SmallWindow, AReferenceFurtherBackIsBroken) { EXPECT_EQ(reading(agreed + 1), "<Broken>"); }

TEST_P(SmallWindow, AReferenceWithinAMessageIsReadWhateverRoomThereIs) {
    const std::string message = text + std::string(3 * agreed, 'a') + text;
    for (const std::size_t room : {std::size_t{0}, std::size_t{7}, agreed, 4 * agreed}) {
        PerMessageDeflateFactory factory{{.clientMaxWindowBits = GetParam()}};
        const auto end = serverEnd(factory, "permessage-deflate; client_max_window_bits");
        const std::string wire = ForeignDeflater{}.message(message);
        MessageBuffer out{16_MiB};
        ASSERT_TRUE(out.reserve(room));
        ASSERT_EQ(end->decode(PerMessageDeflate::kRsv1, asBytes(wire), out), Extension::Decoded::Whole) << room;
        EXPECT_TRUE(asText(out.bytes()) == message);
    }
}

TEST(ReceivedWithContext, BytesThatWereChangedOnTheWayAreReadOrBroken) {
    std::mt19937 random{1};
    PerMessageDeflateFactory factory;
    for (unsigned turn = 0; turn < 2000; ++turn) {
        const auto end = serverEnd(factory);
        ForeignDeflater zlib{15, static_cast<int>(turn % 10)};
        ASSERT_EQ(decoded(*end, zlib.message(json(500, turn))), json(500, turn));
        std::string wire = zlib.message(json(300 + turn, turn + 1) + noise(turn % 50));
        for (unsigned changes = turn % 3 + 1; changes != 0; --changes)
            wire[random() % (turn % 2 == 0 ? 20 : wire.size())] ^= static_cast<char>(1 << random() % 8);
        MessageBuffer out{5000};
        const auto result = end->decode(PerMessageDeflate::kRsv1, asBytes(wire), out);
        ASSERT_LE(out.size(), 5000u);
        if (result == Extension::Decoded::Whole) decoded(*end, zlib.message(json(300, turn)));
    }
}

TEST(ReceivedWithoutContext, ConnectionsDoNotSeeEachOthersMessages) {
    PerMessageDeflateFactory factory;
    constexpr std::string_view offer = "permessage-deflate; client_no_context_takeover";
    const auto one = serverEnd(factory, offer);
    const auto other = serverEnd(factory, offer);
    EXPECT_EQ(decoded(*one, hex("f2 48 cd c9 c9 07 00")), "Hello");
    EXPECT_EQ(decoded(*other, hex("f2 00 11 00 00")), "<Broken>");
    EXPECT_EQ(decoded(*one, hex("f2 48 cd c9 c9 07 00")), "Hello") << "a broken message leaves no trace";
}

}  // namespace
}  // namespace patchbay::compression::testing
