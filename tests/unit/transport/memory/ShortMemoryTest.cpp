// A channel without memory: a message that is not queued is told of, one that is torn ends its connection.
#include "../Sockets.hpp"

#include "support/CountedAllocations.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace patchbay::transport {
namespace {

using patchbay::test::NoMemory;

class ShortMemory : public ::testing::Test {
protected:
    ShortMemory() {
        const auto [near, far] = test::tcpPair();
        peer.emplace(far);
        channel = SocketChannel::open(loop, Socket{near}, {.bytes = std::size_t{64} << 20});
        channel->start(receiver);
        turn();
    }
    void turn() { loop.runOnce({}); }

    static SharedBatch batchOf(std::size_t bytes, char filling) {
        return makeBatch({}, asBytes(std::string(bytes, filling)));
    }

    EventLoop loop;
    test::Recorder receiver;
    std::optional<test::Peer> peer;
    SocketChannel::Pointer channel;
};

TEST_F(ShortMemory, ForTheRestOfAMessageThatIsPartlyOnTheWireEndsTheConnection) {
    const auto large = batchOf(std::size_t{32} << 20, 'l'), next = batchOf(3, 'n');
    {
        const NoMemory none;
        EXPECT_EQ(channel->sendNow(large, 0, 1), SendStatus::Full);
    }
    EXPECT_EQ(channel->send(next, 0, 1), SendStatus::Closed) << "its peer would take it for the rest of the other";
    turn();
    ASSERT_EQ(receiver.ends.size(), 1U);
    EXPECT_EQ(receiver.ends[0], std::errc::not_enough_memory);
    const std::string got = peer->readToTheEnd(loop);
    EXPECT_EQ(got.find('n'), std::string::npos);
    EXPECT_LT(got.size(), large->bytes.size());
}

TEST_F(ShortMemory, ForAMessageOfWhichNothingIsOnTheWireCostsThatMessage) {
    const auto first = batchOf(3, 'f');
    {
        const NoMemory none;
        EXPECT_EQ(channel->send({}, asBytes(std::string_view{"small"})), SendStatus::Full);
    }
    EXPECT_EQ(channel->sendNow(first, 0, 1), SendStatus::Queued);
    turn();
    EXPECT_TRUE(receiver.ends.empty());
    EXPECT_TRUE(test::turnUntil(loop, [&] { return peer->read() == "fff"; }));
}

/// Who takes nothing of it would stay for ever.
TEST_F(ShortMemory, ForTheTimerOfItsLastBytesEndsTheConnectionAtOnce) {
    {
        const NoMemory none;
        channel->closeAfterFlush(std::chrono::hours{1});
    }
    turn();
    peer->readToTheEnd(loop);
    EXPECT_TRUE(peer->error()) << "a reset";
    EXPECT_TRUE(receiver.ends.empty()) << "who closes it hears nothing of it";
}

}  // namespace
}  // namespace patchbay::transport
