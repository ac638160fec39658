// Bans as an operator writes them.
#include "guard/BanList.hpp"

#include <gmock/gmock.h>

namespace patchbay::guard {
namespace {

using namespace std::chrono_literals;

TEST(BanListTest, ReadsALine) {
    const auto at = [](int hours) { return std::chrono::sys_days{std::chrono::year{2026} / 12 / 24} + std::chrono::hours{hours}; };
    EXPECT_EQ(readBan("address 192.0.2.7"), (BanLine{{Ban::Of::Address, "192.0.2.7"}}));
    EXPECT_EQ(readBan("  user  Ann Smith until 2026-12-24T18:00:00Z \r"), (BanLine{{Ban::Of::User, "Ann Smith", at(18)}}));
    EXPECT_EQ(readBan("address 2001:db8:1:2::/64 until 2026-12-24"), (BanLine{{Ban::Of::Address, "2001:db8:1:2::/64", at(0)}}));
    EXPECT_EQ(readBan("user bob until 2026-12-24 because  he floods until he sleeps "), (BanLine{{Ban::Of::User, "bob", at(0)}, "he floods until he sleeps"}));
    EXPECT_EQ(readBan("user bob because x because y"), (BanLine{{Ban::Of::User, "bob"}, "x because y"}));
    for (const std::string_view none : {"", "bob", "users bob", "user", "user  until 2026-12-24", "address bob", "address 192.0.2.7/24", "user bob until tomorrow", "user bob until 2026-13-01", "user bob until 2026-02-29",
                                        "user bob until 2026-12-24T24:00:00Z", "user bob until 2026-12-24T18:00:00+01:00"}) {
        EXPECT_THROW(readBan(none), std::invalid_argument) << none;
    }
}

TEST(BanListTest, WritesALineAsItIsRead) {
    const auto end = std::chrono::sys_days{std::chrono::year{2026} / 2 / 3} + 4h + 5min + 6s;
    for (const BanLine& line : {BanLine{{Ban::Of::User, "Ann Smith"}}, BanLine{{Ban::Of::Address, "192.0.2.0/24", end}, "a flood until noon"}}) {
        EXPECT_EQ(readBan(textOf(line)), line);
    }
    EXPECT_EQ(textOf(BanLine{{Ban::Of::User, "bob", end}, "spam"}), "user bob until 2026-02-03T04:05:06Z because spam");
    for (const std::string_view name : {" bob", "bob\n", "bob\nuser ann", "x until 2026-12-24", "x because y", "a\r"}) {
        EXPECT_THROW(textOf(BanLine{{Ban::Of::User, std::string{name}}}), std::invalid_argument) << name;
    }
    EXPECT_THROW(textOf(BanLine{{Ban::Of::User, "bob"}, "two\nlines"}), std::invalid_argument);
}

}  // namespace
}  // namespace patchbay::guard
