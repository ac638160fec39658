// sleepFor(): time that passes on the strand.

#include "support/HandStrand.hpp"

#include <patchbay/async.hpp>

#include <gmock/gmock.h>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;

Async<void> sleepOnce(std::chrono::milliseconds time, bool& awake) {
    co_await sleepFor(time);
    awake = true;
}

class SleepTest : public ::testing::Test {
protected:
    bool awake = false;
};

TEST_F(SleepTest, GoesOnAfterItsTimeAndNotBefore) {
    Handler handler{sleepOnce(100ms, awake)};
    handler.advance(99ms);
    EXPECT_FALSE(awake);
    handler.advance(1ms);
    EXPECT_TRUE(awake);
}

TEST_F(SleepTest, OfNoTimeOrLessStillLetsOthersHaveTheirTurn) {
    for (const auto time : {0ms, -1ms, std::chrono::milliseconds::min()}) {
        awake = false;
        Handler handler{sleepOnce(time, awake)};
        EXPECT_FALSE(handler.done());
        EXPECT_EQ(handler.strand().suspensions, 1);
        handler.advance(0ms);
        EXPECT_TRUE(awake);
    }
}

TEST_F(SleepTest, ForEverEndsWithTheSession) {
    Handler handler{sleepOnce(std::chrono::milliseconds::max(), awake)};
    handler.advance(std::chrono::hours{24 * 365 * 100});
    EXPECT_FALSE(handler.done());
    handler.endSession();
    EXPECT_EQ(handler.outcome(), kCancelled);
    EXPECT_FALSE(awake);
}

TEST_F(SleepTest, ThatIsCancelledTakesItsTimerAlong) {
    Handler handler{sleepOnce(1h, awake)};
    EXPECT_TRUE(handler.strand().lastTimer.active());
    handler.endSession();
    EXPECT_EQ(handler.outcome(), kCancelled);
    EXPECT_FALSE(handler.strand().lastTimer.active());
}

TEST_F(SleepTest, AfterTheSessionsEndThrowsAtOnceAndArmsNothing) {
    Handler handler{[](bool& caught) -> Async<void> {
        try {
            co_await sleepFor(1h);
        } catch (const Cancelled&) {
        }
        try {
            co_await sleepFor(0ms);
        } catch (const Cancelled&) {
            caught = true;
        }
    }(awake)};
    handler.endSession();
    EXPECT_TRUE(awake);
    EXPECT_FALSE(handler.strand().lastTimer.active());
}

TEST_F(SleepTest, ThatFindsNoMemoryForItsTimerThrows) {
    Handler handler{[](bool& finished) -> Async<void> {
        co_await sleepFor(0ms);
        co_await sleepFor(1ms);
        finished = true;
    }(awake)};
    handler.strand().timersFail = true;
    handler.advance(1s);
    EXPECT_EQ(handler.outcome(), std::bad_alloc{}.what());
    EXPECT_FALSE(awake);
}

TEST_F(SleepTest, MayBeKeptAndAwaitedSeveralTimes) {
    Handler handler{[](bool& finished) -> Async<void> {
        const auto nap = sleepFor(10ms);
        co_await nap;
        co_await nap;
        finished = true;
    }(awake)};
    handler.advance(19ms);
    EXPECT_FALSE(awake);
    handler.advance(1ms);
    EXPECT_TRUE(awake);
}

}  // namespace
}  // namespace patchbay::test
