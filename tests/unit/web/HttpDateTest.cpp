// The three forms of a date.   Source: RFC 9110 §5.6.7
#include "HttpDate.hpp"

#include <gtest/gtest.h>

namespace patchbay::web {
namespace {

constexpr HttpDate kNow{std::chrono::seconds{1'795'000'000}};      // in November 2026
constexpr HttpDate kOfTheRfc{std::chrono::seconds{784'111'777}};  // `date -d "1994-11-06 08:49:37 UTC" +%s`

TEST(HttpDate, IsWrittenAsFixdate) {
    EXPECT_EQ(formatHttpDate(kOfTheRfc), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(formatHttpDate(HttpDate{}), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(formatHttpDate(HttpDate{std::chrono::seconds{951'827'696}}), "Tue, 29 Feb 2000 12:34:56 GMT");
}

TEST(HttpDate, AllThreeFormsAreRead) {
    EXPECT_EQ(parseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT", kNow), kOfTheRfc);
    EXPECT_EQ(parseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT", kNow), kOfTheRfc);
    EXPECT_EQ(parseHttpDate("Sun Nov  6 08:49:37 1994", kNow), kOfTheRfc);
}

TEST(HttpDate, AYearOfTwoDigitsIsAtMost50YearsAhead) {
    EXPECT_EQ(formatHttpDate(*parseHttpDate("Saturday, 07-Nov-76 00:00:00 GMT", kNow)), "Sat, 07 Nov 2076 00:00:00 GMT");
    EXPECT_EQ(formatHttpDate(*parseHttpDate("Monday, 07-Nov-77 00:00:00 GMT", kNow)), "Mon, 07 Nov 1977 00:00:00 GMT");
}

TEST(HttpDate, ALeapSecondIsTheNextMinutes) {
    EXPECT_EQ(formatHttpDate(*parseHttpDate("Sat, 31 Dec 2016 23:59:60 GMT", kNow)), "Sun, 01 Jan 2017 00:00:00 GMT");
}

class NoHttpDate : public testing::TestWithParam<const char*> {};

TEST_P(NoHttpDate, IsNone) { EXPECT_EQ(parseHttpDate(GetParam(), kNow), std::nullopt); }

INSTANTIATE_TEST_SUITE_P(Of, NoHttpDate,
                         testing::Values("", "0", "yesterday", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
                                         "Sun, 06 Nov 1994 08:49:37 GMT ", " Sun, 06 Nov 1994 08:49:37 GMT",
                                         "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
                                         "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
                                         "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:00:61 GMT",
                                         "Sun, 06 Nov 94 08:49:37 GMT", "sun, 06 Nov 1994 08:49:37 GMT",
                                         "Sun, 06-Nov-1994 08:49:37 GMT", "Sun Nov 6 08:49:37 1994"));

}  // namespace
}  // namespace patchbay::web
