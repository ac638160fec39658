#pragma once
// How fast a session may send: two token buckets, one of messages and one of bytes, as times.
//
// Each message costs a second divided by the rate. What has come is paid for until some moment; that may lie ahead of now by
// kBurst, which is what may come at once after a silence. Beyond that nothing is read until it lies there again: the peer's
// window closes, and nothing is lost.   Source: ITU-T I.371 (generic cell rate algorithm)

#include "base/Loop.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace patchbay::messaging {

/// Thread: one at a time.
class RateLimit {
public:
    static constexpr std::chrono::seconds kBurst{2};

    /// Units: per second; 0 = as many as come.
    struct Rates {
        std::size_t messages = 0;
        std::size_t bytes = 0;
    };

    /// Pays for a message. Returns for how long nothing should be read from now on; zero mostly.
    Clock::duration pay(const Rates& rates, std::size_t bytes, Clock::time_point now) noexcept {
        return std::max(pay(messagesUntil_, rates.messages, 1, now), pay(bytesUntil_, rates.bytes, bytes, now));
    }

private:
    static Clock::duration pay(Clock::time_point& until, std::size_t rate, std::size_t amount, Clock::time_point now) noexcept {
        if (rate == 0) return {};
        const std::chrono::duration<double> cost{static_cast<double>(amount) / static_cast<double>(rate)};
        until = std::max(until, now) + std::chrono::duration_cast<Clock::duration>(cost);
        return std::max(until - now - Clock::duration{kBurst}, Clock::duration::zero());
    }

    Clock::time_point messagesUntil_{};
    Clock::time_point bytesUntil_{};
};

}  // namespace patchbay::messaging
