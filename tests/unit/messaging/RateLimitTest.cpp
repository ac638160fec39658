// Token buckets as times: what may come at once, and how fast it goes on.
#include "messaging/RateLimit.hpp"

#include <gtest/gtest.h>

namespace patchbay::messaging {
namespace {

using namespace std::chrono_literals;

class RateLimitTest : public ::testing::Test {
protected:
    Clock::duration pay(RateLimit::Rates rates, std::size_t bytes, Clock::duration after) { return limit.pay(rates, bytes, start + after); }

    const Clock::time_point start{1000h};
    RateLimit limit;
};

TEST_F(RateLimitTest, TwoSecondsOfMessagesMayComeAtOnceAndOneMoreWaits) {
    for (int i = 0; i < 20; ++i) EXPECT_EQ(pay({.messages = 10}, 1, 0s), 0s) << i;
    EXPECT_EQ(pay({.messages = 10}, 1, 0s), 100ms);
    EXPECT_EQ(pay({.messages = 10}, 1, 100ms), 100ms) << "then one at a time";
    EXPECT_EQ(pay({.messages = 10}, 1, 300ms), 0s);
}

TEST_F(RateLimitTest, WhoSendsAtTheRateNeverWaits) {
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(pay({.messages = 10, .bytes = 1000}, 100, i * 100ms), 0s) << i;
}

TEST_F(RateLimitTest, SilenceSavesUpTwoSecondsAndNoMore) {
    EXPECT_EQ(pay({.messages = 10}, 1, 0s), 0s);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(pay({.messages = 10}, 1, 1h), 0s) << i;
    EXPECT_EQ(pay({.messages = 10}, 1, 1h), 100ms);
}

TEST_F(RateLimitTest, BytesAreABucketOfTheirOwn) {
    EXPECT_EQ(pay({.bytes = 1000}, 2000, 0s), 0s);
    EXPECT_EQ(pay({.bytes = 1000}, 1, 0s), 1ms);
    EXPECT_EQ(pay({.messages = 1000, .bytes = 1000}, 500, 0s), 501ms) << "the slower of both";
}

TEST_F(RateLimitTest, AMessageLargerThanWhatMayComeAtOnceIsTakenAndPaidForAfterwards) { EXPECT_EQ(pay({.bytes = 1000}, 10'000, 0s), 8s); }

TEST_F(RateLimitTest, WithoutARateNothingWaits) {
    for (int i = 0; i < 10'000; ++i) ASSERT_EQ(pay({}, 1'000'000, 0s), 0s);
}

}  // namespace
}  // namespace patchbay::messaging
