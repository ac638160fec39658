// What a connection allocates and copies: nothing for whole messages, nothing before a limit is checked, nothing when
// idle. Counted at operator new, per thread.

#include "Wire.hpp"

#include "support/CountedAllocations.hpp"

namespace patchbay::protocol::testing {
namespace {

using test::allocations, test::liveBlocks;

/// Keeps the last message's place, and touches the slack behind it as simdjson would.
class Watcher : public Receiver {
public:
    void onMessage(MessageKind, std::span<std::byte> payload) override {
        ++messages;
        place = payload.data();
        for (std::size_t i = 0; i < kSlackBytes; ++i)
            touched ^= std::to_integer<unsigned>(payload.data()[payload.size() + i]);
    }
    void onPong(Bytes) override {}
    void onReply(Bytes) override { ++replies; }
    void onClose(CloseCode, std::string_view) override {}
    void onFailure(CloseCode code, std::string_view) override { failedWith = static_cast<int>(code); }

    int messages = 0;
    int replies = 0;
    int failedWith = 0;
    const std::byte* place = nullptr;
    unsigned touched = 0;
};

struct Memory : ::testing::Test {
    /// simdjson chooses its code for this processor at its first use, once per process, and allocates for that.
    static void SetUpTestSuite() { isUtf8(asBytes(std::string(100, 'x'))); }

    std::vector<std::byte> buffered(std::string_view bytes) {
        const Bytes frames = asBytes(bytes);
        std::vector<std::byte> buffer{frames.begin(), frames.end()};
        buffer.resize(frames.size() + kSlackBytes);
        return buffer;
    }
    std::size_t allocationsOfReceiving(std::vector<std::byte>& buffer, std::size_t from, std::size_t count) {
        const std::size_t before = allocations();
        const std::size_t left = connection.receive(std::span{buffer}.subspan(from, count));
        const std::size_t after = allocations();
        EXPECT_EQ(left, 0U);
        return after - before;
    }

    Watcher watcher;
    Connection connection{Role::Server, {}, watcher};
};

TEST_F(Memory, AWholeMessageIsHandedOnWhereItLiesWithoutAnAllocation) {
    const std::string frame = clientFrame(0x81, std::string(1000, 'x'), "\x37\xfa\x21\x3d");
    auto buffer = buffered(frame + frame);
    EXPECT_EQ(allocationsOfReceiving(buffer, 0, 2 * frame.size()), 0U);
    EXPECT_EQ(watcher.messages, 2);
    EXPECT_EQ(watcher.place, buffer.data() + frame.size() + 8);
}

TEST_F(Memory, AWholeMessageAfterAHeaderInPiecesIsNotCopiedEither) {
    auto buffer = buffered(clientFrame(0x82, "Hello"));
    EXPECT_EQ(allocationsOfReceiving(buffer, 0, 3), 0U);
    EXPECT_EQ(allocationsOfReceiving(buffer, 3, buffer.size() - kSlackBytes - 3), 0U);
    EXPECT_EQ(watcher.place, buffer.data() + 6);
}

TEST_F(Memory, AControlFrameIsAnsweredWhereItLies) {
    auto buffer = buffered(clientFrame(0x89, std::string(125, 'x')));
    EXPECT_EQ(allocationsOfReceiving(buffer, 0, 131), 0U);
    EXPECT_EQ(watcher.replies, 1);
}

// A place that every connection keeps for it would be a fifth of what an idle one costs.
TEST_F(Memory, AControlFrameInPiecesHasAPlaceUntilItIsWhole) {
    auto buffer = buffered(clientFrame(0x89, std::string(125, 'x')));
    EXPECT_EQ(allocationsOfReceiving(buffer, 0, 50), 1U) << "beside its bytes, which are no object";
    EXPECT_EQ(allocationsOfReceiving(buffer, 50, 81), 0U);
    EXPECT_EQ(watcher.replies, 1);
}

TEST_F(Memory, AHeaderOverTheLimitAllocatesNothing) {
    auto buffer = buffered(hex("82 ff 7f ff ff ff ff ff ff ff 00 00 00 00 00"));
    EXPECT_EQ(allocationsOfReceiving(buffer, 0, 15), 0U);
    EXPECT_EQ(watcher.failedWith, 1009);
}

TEST_F(Memory, AMessageInPiecesIsAllocatedAtItsStartAndGivenBackWhenItIsDone) {
    const std::string frame = clientFrame(0x82, std::string(60'000, 'x'));
    auto buffer = buffered(frame);
    const std::ptrdiff_t idle = liveBlocks();
    EXPECT_EQ(allocationsOfReceiving(buffer, 0, 20'000), 1U) << "what is to be known of it, beside its bytes, which are no object";
    EXPECT_EQ(allocationsOfReceiving(buffer, 20'000, 20'000), 0U);
    EXPECT_EQ(liveBlocks(), idle + 1);
    EXPECT_EQ(allocationsOfReceiving(buffer, 40'000, frame.size() - 40'000), 0U);
    EXPECT_EQ(watcher.messages, 1);
    EXPECT_EQ(liveBlocks(), idle);
}

// Thirteen headers that announced 64 MiB each took that much, before a byte of them had come.
TEST_F(Memory, AMessageTakesTwiceWhatHasComeOfItWhateverItsHeaderAnnounces) {
    constexpr std::size_t kFirst = 16 * 1024, kAll = 4_MiB;
    Connection large{Role::Server, {.maxMessageSize = 64_MiB}, watcher};
    auto buffer = buffered(hex("82 ff 00 00 00 00 00 40 00 00 00 00 00 00"));
    EXPECT_EQ(large.receive(std::span{buffer}.first(14)), 0U);
    EXPECT_EQ(large.room().size(), kFirst);
    for (std::size_t come = 0; come < kAll;) {
        const std::span<std::byte> room = large.room();
        ASSERT_LE(room.size(), std::max(kFirst, come));
        ASSERT_FALSE(room.empty());
        come += room.size();
        std::memset(room.data(), 0, room.size());
        large.roomFilled(room.size());
    }
    EXPECT_EQ(watcher.messages, 1);
}

TEST_F(Memory, ManySmallFragmentsCostFewAllocations) {
    std::string bytes = clientFrame(0x02, "x");
    for (int i = 0; i < 998; ++i) bytes += clientFrame(0x00, "x");
    auto buffer = buffered(bytes + clientFrame(0x80, "x"));
    EXPECT_LE(allocationsOfReceiving(buffer, 0, buffer.size() - kSlackBytes), 12U);
    EXPECT_EQ(watcher.messages, 1);
}

TEST_F(Memory, AFailedOrClosedConnectionHoldsNoBuffer) {
    for (const std::string& end : {hex("ff 00"), clientFrame(0x88, "")}) {
        Connection other{Role::Server, {}, watcher};
        auto buffer = buffered(clientFrame(0x02, "part") + end);
        const std::ptrdiff_t idle = liveBlocks();
        EXPECT_EQ(other.receive(std::span{buffer}.first(buffer.size() - kSlackBytes)), 0U);
        EXPECT_EQ(liveBlocks(), idle);
    }
}

TEST_F(Memory, AnEmptyMessageInPiecesHasSlackToo) {
    auto buffer = buffered(clientFrame(0x02, "") + clientFrame(0x80, ""));
    EXPECT_EQ(connection.receive(std::span{buffer}.first(12)), 0U);
    EXPECT_EQ(watcher.messages, 1);
}

}  // namespace
}  // namespace patchbay::protocol::testing
