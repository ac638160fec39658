#pragma once
// What the messages of a source's, or a user's, sessions are paid out of, all together: one token bucket of messages and one of bytes. Each
// is a time, until which is paid; that may lie ahead of now by kBurst, which is what may come at once. Who is beyond that is read again
// when it lies there.   Source: ITU-T I.371 (generic cell rate algorithm)

#include <patchbay/hooks.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>

namespace patchbay::guard {

using Clock = std::chrono::steady_clock;

/// What a message costs, and each of its bytes, in time.
class Prices {
public:
    static constexpr std::chrono::seconds kBurst{2};

    /// Units: per second; 0 = as many as come.
    Prices(std::size_t messages, std::size_t bytes) noexcept
        : message_{static_cast<Clock::rep>(priceOf(messages))}, byte_{priceOf(bytes)} {}

    bool areNone() const noexcept { return message_ == 0 && byte_ == 0; }
    Clock::rep ofMessage() const noexcept { return message_; }
    Clock::rep of(std::size_t bytes) const noexcept {
        constexpr double kMost = 1e18;  // some thirty years, which can still be added to a time
        return static_cast<Clock::rep>(std::min(byte_ * static_cast<double>(bytes), kMost));
    }

private:
    static double priceOf(std::size_t rate) noexcept {
        return rate == 0 ? 0 : static_cast<double>(Clock::duration{std::chrono::seconds{1}}.count()) / static_cast<double>(rate);
    }

    Clock::rep message_;
    double byte_;
};

/// Thread: any.
class Purse {
public:
    Purse(Clock::time_point messages, Clock::time_point bytes) noexcept
        : messages_{messages.time_since_epoch().count()}, bytes_{bytes.time_since_epoch().count()} {}

    /// How far it lies ahead of `now` then.
    Clock::duration pay(const Prices& prices, std::size_t bytes, Clock::time_point now) noexcept {
        const Clock::rep present = now.time_since_epoch().count();
        const Clock::rep ahead = std::max(add(messages_, prices.ofMessage(), present), add(bytes_, prices.of(bytes), present));
        return Clock::duration{ahead};
    }
    Clock::time_point messages() const noexcept { return read(messages_); }
    Clock::time_point bytes() const noexcept { return read(bytes_); }

private:
    using Until = std::atomic<Clock::rep>;
    static Clock::time_point read(const Until& until) noexcept {
        return Clock::time_point{Clock::duration{until.load(std::memory_order_relaxed)}};
    }
    static Clock::rep add(Until& until, Clock::rep price, Clock::rep now) noexcept {
        constexpr Clock::rep kMost = std::chrono::duration_cast<Clock::duration>(std::chrono::hours{24 * 365}).count();
        if (price == 0) return 0;
        Clock::rep before = until.load(std::memory_order_relaxed), after = 0;
        do {
            after = std::min(std::max(before, now) + price, now + kMost);  // nobody waits for longer
        } while (!until.compare_exchange_weak(before, after, std::memory_order_relaxed));
        return after - now;
    }

    Until messages_, bytes_;
};

/// What one session pays into: its source's purse, and its user's.
class Toll final : public MessageToll {
public:
    Toll(const Prices& prices, std::shared_ptr<Purse> source, std::shared_ptr<Purse> user) noexcept
        : prices_{prices}, source_{std::move(source)}, user_{std::move(user)} {}

    std::chrono::nanoseconds pay(std::size_t bytes, Clock::time_point now) noexcept override {
        Clock::duration ahead{0};
        if (source_) ahead = source_->pay(prices_, bytes, now);
        if (user_) ahead = std::max(ahead, user_->pay(prices_, bytes, now));
        return std::max<Clock::duration>(ahead - Prices::kBurst, Clock::duration::zero());
    }

private:
    const Prices prices_;
    const std::shared_ptr<Purse> source_, user_;  // nullptr: nobody in particular
};

}  // namespace patchbay::guard
