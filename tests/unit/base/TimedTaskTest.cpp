// The application's timers: a fixed rate, one run for what was missed, and an end from any thread.

#include "base/ManualLoop.hpp"
#include "base/TimedTask.hpp"

#include <patchbay/timer.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre, ::testing::IsEmpty;

class Timed final : public TimedTask {
public:
    using TimedTask::TimedTask;

private:
    void run(Task& task) noexcept override { task(); }
};

class TimedTaskTest : public ::testing::Test {
protected:
    Timer start(Clock::duration first, Clock::duration interval) {
        return startTask(first, interval, [this] { at.push_back(loop->now() - begin); });
    }
    Timer startTask(Clock::duration first, Clock::duration interval, Task task) {
        const auto timed = std::make_shared<Timed>(loop, TimedTask::Times{first, interval}, std::move(task));
        if (!timed->start()) timed->drop();
        loop->settle();
        return Timer{timed};
    }
    const OwnLoop loop;
    const Clock::time_point begin = loop->now();
    std::vector<Clock::duration> at;
};

TEST_F(TimedTaskTest, RunsOnceAndIsActiveUntilThen) {
    const Timer timer = start(10ms, 0ms);
    EXPECT_TRUE(timer.active());
    loop->advance(1s);
    EXPECT_THAT(at, ElementsAre(10ms));
    EXPECT_FALSE(timer.active());
}

TEST_F(TimedTaskTest, RunsAgainAndAgainAtAFixedRate) {
    const Timer timer = start(10ms, 10ms);
    loop->advance(35ms);
    EXPECT_THAT(at, ElementsAre(10ms, 20ms, 30ms));
    EXPECT_TRUE(timer.active());
}

/// A loop that stands still: its clock jumps over what is due.
class Standing final : public Loop {
public:
    Clock::time_point now() const noexcept override { return time; }
    Clock::time_point present() const noexcept override { return time; }
    TimerId after(Clock::duration delay, Task next) override {
        due = later(time, delay);
        task = std::move(next);
        return 1;
    }
    void cancel(TimerId) noexcept override { task = {}; }
    void jumpTo(Clock::time_point moment) {
        const Turning turning{*this};
        time = moment;
        queue().runWaiting();
        if (!task || due > time) return;
        Task now = std::move(task);
        now();
    }
    Clock::time_point time{}, due{};
    Task task;

private:
    void wake() noexcept override {}
};

TEST_F(TimedTaskTest, MakesUpForAStallByOneRunAndKeepsItsRate) {
    const auto standing = std::make_shared<Standing>();
    int runs = 0;
    const auto timed = std::make_shared<Timed>(standing, TimedTask::Times{10ms, 10ms}, [&runs] { ++runs; });
    timed->start();
    standing->jumpTo(standing->time);
    standing->jumpTo(standing->time + 57ms);
    EXPECT_EQ(runs, 1);
    EXPECT_EQ(standing->due - Clock::time_point{}, 60ms);
    standing->jumpTo(standing->time + 3ms);
    EXPECT_EQ(runs, 2) << "due at exactly that time";
    EXPECT_EQ(standing->due - Clock::time_point{}, 70ms);
    timed->cancel();
    standing->jumpTo(standing->time);
}

TEST_F(TimedTaskTest, NeverIsNever) {
    const Timer timer = start(onClock(std::chrono::milliseconds::max()), 0ms);
    loop->advance(24h * 365 * 100);
    EXPECT_THAT(at, IsEmpty());
    EXPECT_TRUE(timer.active());
    timer.cancel();
}

// It went round the end of the clock's range.
TEST_F(TimedTaskTest, TheClocksEndsAreKept) {
    using std::chrono::milliseconds;
    EXPECT_EQ(onClock(milliseconds::max()), Clock::duration::max());
    EXPECT_EQ(onClock(milliseconds::min()), -Clock::duration::max());
    EXPECT_EQ(onClock(-5ms), Clock::duration{-5ms});
    EXPECT_EQ(later(Clock::time_point{} + 1h, Clock::duration::max()), Clock::time_point::max());
}

TEST_F(TimedTaskTest, ACancelledOneDoesNotRunAndLetsGoOfWhatItHolds) {
    const auto held = std::make_shared<int>();
    const Timer timer = startTask(10ms, 10ms, [held] { ADD_FAILURE(); });
    timer.cancel();
    EXPECT_FALSE(timer.active());
    loop->settle();
    EXPECT_EQ(held.use_count(), 1) << "the handle is still there";
    timer.cancel();
    loop->advance(1s);
}

TEST_F(TimedTaskTest, OneThatCancelsItselfRunsToItsEnd) {
    Timer timer;
    const auto held = std::make_shared<int>(7);
    int seen = 0;
    timer = startTask(1ms, 1ms, [&timer, &seen, held] {
        timer.cancel();
        seen = *held;
    });
    loop->advance(10ms);
    EXPECT_EQ(seen, 7);
    EXPECT_EQ(held.use_count(), 1);
}

TEST_F(TimedTaskTest, OfALoopThatHasEndedIsNotActive) {
    loop->queue().close();
    const Timer timer = start(1ms, 0ms);
    EXPECT_FALSE(timer.active());
    timer.cancel();
}

TEST_F(TimedTaskTest, AHandleOnNoneHasEnded) {
    const Timer none;
    EXPECT_FALSE(none.active());
    none.cancel();
}

}  // namespace
}  // namespace patchbay::test
