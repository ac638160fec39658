#include "base/Timers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <vector>

namespace patchbay {
namespace {

using namespace std::chrono_literals;

class TimersTest : public testing::Test {
protected:
    Clock::time_point at(std::chrono::milliseconds time) const { return Clock::time_point{} + time; }
    Task note(int name) {
        return [this, name] { fired.push_back(name); };
    }

    Timers timers;
    std::vector<int> fired;
};

TEST_F(TimersTest, TheEarliestFiresFirstWhateverTheOrderOfAdding) {
    timers.add(at(30ms), note(3));
    timers.add(at(10ms), note(1));
    timers.add(at(20ms), note(2));
    EXPECT_EQ(timers.runDue(at(30ms)), 3u);
    EXPECT_EQ(fired, (std::vector{1, 2, 3}));
}

TEST_F(TimersTest, TimersOfOneMomentFireInTheOrderInWhichTheyWereAdded) {
    for (int i = 0; i < 20; ++i) timers.add(at(10ms), note(i));
    timers.runDue(at(10ms));
    EXPECT_TRUE(std::is_sorted(fired.begin(), fired.end()));
    EXPECT_EQ(fired.size(), 20u);
}

TEST_F(TimersTest, NothingFiresBeforeItsTimeAndNothingTwice) {
    timers.add(at(10ms), note(1));
    EXPECT_EQ(timers.runDue(at(9ms)), 0u);
    EXPECT_EQ(timers.runDue(at(10ms)), 1u);
    EXPECT_EQ(timers.runDue(at(99ms)), 0u);
}

TEST_F(TimersTest, NextIsTheEarliestThatIsLeft) {
    EXPECT_EQ(timers.next(), std::nullopt);
    const TimerId early = timers.add(at(5ms), note(1));
    timers.add(at(8ms), note(2));
    EXPECT_EQ(timers.next(), at(5ms));
    timers.cancel(early);
    EXPECT_EQ(timers.next(), at(8ms));
}

TEST_F(TimersTest, ACancelledTimerNeverFiresAndItsTaskIsDestroyedAtOnce) {
    auto captured = std::make_shared<int>(0);
    const std::weak_ptr<int> alive = captured;
    const TimerId timer = timers.add(at(1ms), [captured = std::move(captured)] {});
    timers.cancel(timer);
    EXPECT_TRUE(alive.expired());
    EXPECT_EQ(timers.runDue(at(1ms)), 0u);
}

TEST_F(TimersTest, AnOldIdDoesNotCancelTheTimerThatTookItsPlace) {
    const TimerId first = timers.add(at(1ms), note(1));
    timers.runDue(at(1ms));
    timers.add(at(2ms), note(2));
    timers.cancel(first);
    timers.cancel(0);
    timers.runDue(at(2ms));
    EXPECT_EQ(fired, (std::vector{1, 2}));
}

TEST_F(TimersTest, ATaskMayCancelAFellowThatIsDueAtTheSameTime) {
    TimerId second = 0;
    timers.add(at(1ms), [&] { timers.cancel(second); });
    second = timers.add(at(1ms), note(2));
    timers.add(at(1ms), note(3));
    EXPECT_EQ(timers.runDue(at(1ms)), 2u);
    EXPECT_EQ(fired, std::vector{3});
}

TEST_F(TimersTest, WhatATaskAddsWaitsForTheNextRunEvenWhenItIsDue) {
    timers.add(at(5ms), [&] { timers.add(at(1ms), note(2)); });
    EXPECT_EQ(timers.runDue(at(5ms)), 1u);
    EXPECT_TRUE(fired.empty());
    EXPECT_EQ(timers.runDue(at(5ms)), 1u);
    EXPECT_EQ(fired, std::vector{2});
}

TEST_F(TimersTest, ATaskMayDestroyWhatCancelsAnotherTimer) {
    struct CancelsWhenItDies {
        CancelsWhenItDies(Timers& timers, TimerId timer) : timers{timers}, timer{timer} {}
        Timers& timers;
        TimerId timer;
        ~CancelsWhenItDies() { timers.cancel(timer); }
    };
    const TimerId other = timers.add(at(9ms), note(9));
    const TimerId outer = timers.add(at(1ms), [guard = std::make_shared<CancelsWhenItDies>(timers, other)] {});
    timers.cancel(outer);
    EXPECT_EQ(timers.size(), 0u);
}

TEST_F(TimersTest, RearmingLeavesNothingBehind) {
    std::vector<TimerId> idle;
    for (int i = 0; i < 20'000; ++i) idle.push_back(timers.add(at(60'000ms), note(i)));
    for (int round = 1; round <= 10; ++round) {
        for (TimerId& timer : idle) {
            timers.cancel(timer);
            timer = timers.add(at(60'000ms + round * 1ms), note(0));
        }
    }
    EXPECT_EQ(timers.size(), 20'000u);
    EXPECT_EQ(timers.next(), at(60'010ms));
}

TEST_F(TimersTest, RandomAddsAndCancelsFireExactlyWhatASortedMapWould) {
    std::mt19937 random{7};
    std::multimap<std::pair<int, int>, TimerId> expected;  // by time, then by order of adding
    for (int i = 0; i < 5000; ++i) {
        const int when = static_cast<int>(random() % 1000);
        expected.emplace(std::pair{when, i}, timers.add(at(when * 1ms), note(i)));
        if (random() % 3 == 0) {
            const auto victim =
                std::next(expected.begin(), static_cast<long>(random() % std::min<std::size_t>(expected.size(), 50)));
            timers.cancel(victim->second);
            expected.erase(victim);
        }
    }
    for (int now = 0; now <= 1000; now += 37) timers.runDue(at(now * 1ms));
    std::vector<int> names;
    for (const auto& [key, timer] : expected) names.push_back(key.second);
    EXPECT_EQ(fired, names);
}

}  // namespace
}  // namespace patchbay
