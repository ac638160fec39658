#include "Histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace bench {
namespace {

using namespace std::chrono_literals;
using Nanoseconds = Histogram::Nanoseconds;

TEST(Histogram, WithoutValuesEverythingIsZero) {
    const Histogram histogram;
    EXPECT_EQ(histogram.count(), 0U);
    EXPECT_EQ(histogram.percentile(0.5), 0ns);
    EXPECT_EQ(histogram.max(), 0ns);
}

TEST(Histogram, OneValueIsEveryPercentileExactly) {
    for (const auto value : {0ns, 1ns, 255ns, 256ns, 257ns, 1'000'003ns, Nanoseconds{17min}}) {
        Histogram histogram;
        histogram.record(value);
        for (const double share : {0.0, 0.5, 0.999, 1.0}) EXPECT_EQ(histogram.percentile(share), value) << share;
    }
}

TEST(Histogram, SmallValuesAreToldApartExactly) {
    Histogram histogram;
    for (int value = 1; value <= 200; ++value) histogram.record(Nanoseconds{value});
    EXPECT_EQ(histogram.percentile(0.5), 100ns);
    EXPECT_EQ(histogram.percentile(0.9), 180ns);
    EXPECT_EQ(histogram.percentile(0.005), 1ns);
}

/// Each value in turn is the smaller of two, so it is the median and told by its bucket.
TEST(Histogram, WhatIsToldIsNeverLessAndNeverOnePercentMoreThanWhatWasMeasured) {
    for (std::int64_t value = 1; value < (std::int64_t{255} << 32); value += 1 + value / 97) {
        Histogram histogram;
        histogram.record(Nanoseconds{value});
        histogram.record(1h);
        const auto told = histogram.percentile(0.5).count();
        ASSERT_GE(told, value);
        ASSERT_LE(static_cast<double>(told), static_cast<double>(value) * 1.008);
    }
}

TEST(Histogram, PercentilesOfManyValuesAreThoseOfTheSortedValues) {
    std::mt19937_64 random{7};
    std::lognormal_distribution<double> durations{11, 2};
    std::vector<std::int64_t> values;
    Histogram histogram;
    for (int index = 0; index < 100'000; ++index) {
        values.push_back(static_cast<std::int64_t>(durations(random)));
        histogram.record(Nanoseconds{values.back()});
    }
    std::ranges::sort(values);
    for (const double share : {0.5, 0.9, 0.99, 0.999}) {
        const auto exact = static_cast<double>(values[static_cast<std::size_t>(std::ceil(share * 100'000)) - 1]);
        EXPECT_NEAR(static_cast<double>(histogram.percentile(share).count()), exact, exact * 0.008) << share;
    }
    EXPECT_EQ(histogram.percentile(1).count(), values.back());
    EXPECT_EQ(histogram.max().count(), values.back());
}

TEST(Histogram, ACountIsAsManyValues) {
    Histogram histogram;
    histogram.record(10ns, 98);
    histogram.record(20ns, 2);
    EXPECT_EQ(histogram.count(), 100U);
    EXPECT_EQ(histogram.percentile(0.98), 10ns);
    EXPECT_EQ(histogram.percentile(0.99), 20ns);
}

TEST(Histogram, WhatIsTooLongSharesOneBucketButTheMaximumIsExact) {
    Histogram histogram;
    histogram.record(5h);
    histogram.record(6h);
    EXPECT_EQ(histogram.percentile(0.5), 6h);
    EXPECT_EQ(histogram.max(), 6h);
}

TEST(Histogram, BelowZeroCountsAsZero) {
    Histogram histogram;
    histogram.record(-5ns);
    EXPECT_EQ(histogram.count(), 1U);
    EXPECT_EQ(histogram.max(), 0ns);
}

TEST(Histogram, ClearedItIsEmpty) {
    Histogram histogram;
    histogram.record(1s);
    histogram.clear();
    EXPECT_EQ(histogram.count(), 0U);
    EXPECT_EQ(histogram.percentile(1), 0ns);
}

}  // namespace
}  // namespace bench
