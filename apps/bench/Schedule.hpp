#pragma once
// When messages are due at a rate, whatever happens to those before: the n-th at n / rate after the start.

#include "Dues.hpp"

#include <cmath>

namespace bench {

/// A connection with so much that its socket does not take holds the schedule up. What is due then stays due.
constexpr std::size_t kMostUnsentBytes = std::size_t{8} << 20;

class Schedule {
public:
    /// Units: messages per second.
    Schedule(double rate, Time start) : rate_{rate}, start_{start} {}

    /// When the next one is due.
    Time next() const {
        return start_ + std::chrono::nanoseconds{std::llround(static_cast<double>(taken_) / rate_ * 1e9)};
    }
    /// The same, and it is the one after that from here on.
    Time take() {
        const auto due = next();
        ++taken_;
        return due;
    }

private:
    double rate_;
    Time start_;
    std::uint64_t taken_ = 0;
};

}  // namespace bench
