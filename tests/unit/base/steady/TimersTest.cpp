// What timers cost that fire again and again: nothing that stays.
#include "base/Timers.hpp"
#include "support/CountedAllocations.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace patchbay::test
