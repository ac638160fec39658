#pragma once
// Counts durations in buckets of bounded size and bounded error, so that a percentile of a thousand million messages
// costs as much as one of ten. Below 256 ns each has a bucket of its own; above, each power of two is divided into 128
// buckets, so what is told lies less than 1 % above what was measured. Beyond 18 minutes everything shares the last
// bucket.

#include <array>
#include <chrono>
#include <cstdint>

namespace bench {

class Histogram {
public:
    using Nanoseconds = std::chrono::nanoseconds;

    /// Below zero counts as zero.
    void record(Nanoseconds value, std::uint64_t count = 1) noexcept;
    void clear() noexcept;

    std::uint64_t count() const noexcept { return count_; }
    /// The largest value of the bucket that holds the value which `share` of all do not exceed, and never more than
    /// max(); 0 without any.   Requires: 0 <= share <= 1.
    Nanoseconds percentile(double share) const noexcept;
    Nanoseconds max() const noexcept { return Nanoseconds{static_cast<std::int64_t>(max_)}; }  ///< exact

private:
    static constexpr unsigned kBitsKept = 7;     // of a value, behind its first one
    static constexpr unsigned kLargestBit = 40;  // 2^40 ns are 18 minutes
    static constexpr std::size_t kPerPower = std::size_t{1} << kBitsKept;
    static constexpr std::size_t kBuckets = (kLargestBit - kBitsKept + 1) * kPerPower;

    static std::size_t bucketOf(std::uint64_t value) noexcept;
    static std::uint64_t largestIn(std::size_t bucket) noexcept;

    std::array<std::uint64_t, kBuckets> buckets_{};
    std::uint64_t count_ = 0, max_ = 0;
};

}  // namespace bench
