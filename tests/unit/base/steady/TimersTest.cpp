// What timers cost that fire again and again: nothing that stays.
#include "base/Timers.hpp"
#include "support/CountedAllocations.hpp"

#include <gtest/gtest.h>

#include <new>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;

// The list of what is due was not emptied in a mutant of runDue(): it grew with each timer that ever fired, and no test saw it.
TEST(TimersInSteadyState, TakeNoMemoryForTimersThatHaveFired) {
    Timers timers;
    Clock::time_point now{};
    const auto fireOnce = [&] {
        timers.add(now += 1ms, [] {});
        ASSERT_EQ(timers.runDue(now), 1u);
    };
    for (int i = 0; i < 10; ++i) fireOnce();
    const std::size_t before = allocations();
    for (int i = 0; i < 1000; ++i) fireOnce();
    EXPECT_EQ(allocations(), before);
}

// One that had found no memory was in the heap all the same, as a timer of nobody's that was due at once.
TEST(TimersWithoutMemory, AreNotRememberedAndThoseThatAreFireWithoutAny) {
    Timers timers;
    Clock::time_point now{};
    int fired = 0;
    std::size_t added = 0;
    for (std::size_t refused = 0; refused < 8;) {
        try {
            const NoMemory none{refused % 2};
            timers.add(now + 1ms, [&fired] { ++fired; });
            ++added;
        } catch (const std::bad_alloc&) {
            ++refused;
            timers.add(now + 1ms, [&fired] { ++fired; });
            ++added;
        }
        EXPECT_EQ(timers.size(), added);
    }
    const NoMemory none;
    EXPECT_EQ(timers.runDue(now + 1ms), added);
    EXPECT_EQ(fired, static_cast<int>(added));
}

TEST(TimersWithoutMemory, MayBeAddedByThoseThatFire) {
    Timers timers;
    int fired = 0;
    for (int i = 0; i < 100; ++i) {
        timers.add(Clock::time_point{}, [&] {
            ++fired;
            for (int more = 0; more < 10; ++more) timers.add(Clock::time_point{} + 1ms, [&] { ++fired; });
        });
    }
    EXPECT_EQ(timers.runDue({}), 100U);
    EXPECT_EQ(timers.runDue(Clock::time_point{} + 1ms), 1000U);
    EXPECT_EQ(fired, 1100);
}

}  // namespace
}  // namespace patchbay::test
