// When a peer that takes nothing is told of, to the millisecond: a channel whose wire and clock a test turns by hand.
#include "base/Timers.hpp"
#include "transport/Channel.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace patchbay::transport {
namespace {

using namespace std::chrono_literals;

class HandLoop final : public ChannelLoop {
public:
    ~HandLoop() override { queue().close(); }
    Clock::time_point now() const noexcept override { return now_; }
    Clock::time_point present() const noexcept override { return now_; }
    TimerId after(Clock::duration delay, Task task) override { return timers_.add(later(now_, delay), std::move(task)); }
    void cancel(TimerId timer) noexcept override { timers_.cancel(timer); }

    void advance(Clock::duration time) {
        now_ += time;
        timers_.runDue(now_);
        endTurn();
    }

private:
    void wake() noexcept override {}
    Clock::time_point now_{};
    Timers timers_;
};

/// Takes as much as it is let.
class HandWire final : public Channel {
public:
    explicit HandWire(ChannelLoop& loop) : Channel{loop, {.bytes = 1_MiB}} { setDirect(true); }
    ~HandWire() override { close(); }
    void takes(std::size_t bytes) {
        room_ += bytes;
        hasCredit();
    }
    /// The peer's acknowledgements of what lies in the wire.
    void peerTakes(std::size_t bytes) { untaken_ -= bytes; }

private:
    IoResult writeWire(std::span<iovec> from, bool) noexcept override {
        std::size_t all = 0;
        for (const iovec& one : from) all += one.iov_len;
        const std::size_t taken = std::min(all, room_);
        room_ -= taken;
        untaken_ += taken;
        return {taken == all ? IoResult::State::Done : IoResult::State::WouldBlock, taken, {}};
    }
    void watch(Wants) noexcept override {}
    void begin() noexcept override {}
    std::size_t untakenByPeer() const noexcept override { return untaken_; }
    void endWire() noexcept override {}
    void resetWire() noexcept override {}
    void closeWire() noexcept override {}

    std::size_t room_ = 0, untaken_ = 0;
};

class Waiting final : public Channel::Receiver {
public:
    void onBytes(std::span<std::byte>) override {}
    void onEnd(std::error_code) override {}
    std::chrono::milliseconds sendTimeout() const noexcept override { return timeout; }
    void onStalled() override { ++stalls; }

    std::chrono::milliseconds timeout{30'000};
    int stalls = 0;
};

class Stall : public ::testing::Test {
protected:
    Stall() {
        channel->start(receiver);
        send(1000);
    }
    void send(std::size_t bytes) {
        EXPECT_EQ(channel->send({}, asBytes(std::string(bytes, 's'))), SendStatus::Queued);
        loop.advance(0ms);
    }

    HandLoop loop;
    const Loop::Turning turning{loop};
    Waiting receiver;
    HandWire& wire = *new HandWire{loop};
    const Channel::Pointer channel{&wire};
};

TEST_F(Stall, IsToldOfWhenTheTimeHasPassedAndNotAMillisecondBefore) {
    loop.advance(receiver.timeout - 1ms);
    EXPECT_EQ(receiver.stalls, 0);
    loop.advance(1ms);
    EXPECT_EQ(receiver.stalls, 1);
    loop.advance(receiver.timeout - 1ms);
    EXPECT_EQ(receiver.stalls, 1);
    loop.advance(1ms);
    EXPECT_EQ(receiver.stalls, 2) << "again, where nobody has ended it";
}

TEST_F(Stall, IsNotWhereOneByteIsTakenInEachTime) {
    for (int i = 0; i < 5; ++i) {
        loop.advance(receiver.timeout - 1ms);
        wire.takes(1);
        loop.advance(1ms);
        EXPECT_EQ(receiver.stalls, 0);
    }
    loop.advance(receiver.timeout);
    EXPECT_EQ(receiver.stalls, 1);
}

/// A kernel says that it has room when a third of it is free: long before that its peer takes.
TEST_F(Stall, IsNotWhereThePeerTakesOfWhatLiesInTheWire) {
    wire.takes(500);
    loop.advance(receiver.timeout);
    EXPECT_EQ(receiver.stalls, 0) << "the wire has taken some";
    wire.peerTakes(1);
    loop.advance(receiver.timeout);
    EXPECT_EQ(receiver.stalls, 0);
    loop.advance(receiver.timeout);
    EXPECT_EQ(receiver.stalls, 1);
}

TEST_F(Stall, IsNoneWhereNothingWaits) {
    wire.takes(1000);
    loop.advance(10 * receiver.timeout);
    EXPECT_EQ(receiver.stalls, 0);
}

TEST_F(Stall, IsNoneWhereItsTimeIsOff) {
    wire.takes(1000);
    loop.advance(receiver.timeout);
    receiver.timeout = 0ms;
    send(1);
    loop.advance(24h);
    EXPECT_EQ(receiver.stalls, 0);
}

}  // namespace
}  // namespace patchbay::transport
