#include "Histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace bench {

// A value is cut to its first one and the 7 bits behind it. How far that shifts it (0 below 256) numbers the group of
// 128 buckets, but the smallest values: their first 256 are two groups that are not shifted.
std::size_t Histogram::bucketOf(std::uint64_t value) noexcept {
    const auto bits = static_cast<unsigned>(std::bit_width(value));
    if (bits > kLargestBit) return kBuckets - 1;
    const unsigned shift = bits > kBitsKept + 1 ? bits - kBitsKept - 1 : 0;
    return shift * kPerPower + static_cast<std::size_t>(value >> shift);
}

std::uint64_t Histogram::largestIn(std::size_t bucket) noexcept {
    const std::size_t shift = bucket < 2 * kPerPower ? 0 : bucket / kPerPower - 1;
    return ((bucket - shift * kPerPower + 1) << shift) - 1;
}

void Histogram::record(Nanoseconds value, std::uint64_t count) noexcept {
    const auto positive = static_cast<std::uint64_t>(std::max<std::int64_t>(value.count(), 0));
    buckets_[bucketOf(positive)] += count;
    count_ += count;
    max_ = std::max(max_, positive);
}

void Histogram::clear() noexcept { *this = Histogram{}; }

Histogram::Nanoseconds Histogram::percentile(double share) const noexcept {
    if (count_ == 0) return {};
    const auto wanted =
        std::max<std::uint64_t>(static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_))), 1);
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket + 1 < kBuckets; ++bucket) {
        seen += buckets_[bucket];
        if (seen >= wanted) return Nanoseconds{static_cast<std::int64_t>(std::min(largestIn(bucket), max_))};
    }
    return max();
}

}  // namespace bench
