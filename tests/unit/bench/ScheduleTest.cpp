#include "Dues.hpp"
#include "Schedule.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace bench {
namespace {

using namespace std::chrono_literals;

TEST(Schedule, TheMillionthMessageIsDueExactlyWhenItsNumberSays) {
    Schedule schedule{3, Time{}};
    for (int index = 0; index < 1'000'000; ++index) schedule.take();
    EXPECT_EQ(schedule.next().time_since_epoch(), std::chrono::nanoseconds{333'333'333'333'333});
}

TEST(Dues, AreTakenInTheirOrderAcrossEntries) {
    Dues dues;
    dues.add(Time{1s}, 3);
    dues.add(Time{2s}, 2);
    std::vector<std::pair<Time, std::uint64_t>> told;
    const auto tell = [&](Time due, std::uint64_t count) { told.emplace_back(due, count); };
    dues.take(2, tell);
    dues.take(3, tell);
    EXPECT_EQ(told, (std::vector<std::pair<Time, std::uint64_t>>{{Time{1s}, 2}, {Time{1s}, 1}, {Time{2s}, 2}}));
}

TEST(Dues, ThousandsThatAreNeverAllTakenStayInOrder) {
    Dues dues;
    std::int64_t next = 0;
    for (std::int64_t added = 0; added < 100'000; ++added) {
        dues.add(Time{std::chrono::nanoseconds{added}}, 1);
        if (added < 10) continue;
        dues.take(1, [&](Time due, std::uint64_t) { EXPECT_EQ(due.time_since_epoch().count(), next++); });
    }
    EXPECT_EQ(next, 99'990);
}

}  // namespace
}  // namespace bench
