#pragma once
// What the messages of a source's, or a user's, sessions are paid out of, all together: one token bucket of messages and one of bytes. Each
// is a time, until which is paid; that may lie ahead of now by kBurst, which is what may come at once. Who is beyond that is read again
// when it lies there.   Source: ITU-T I.371 (generic cell rate algorithm)
//
// Every message comes by here: it is short where nobody is beyond anything (tests/bench/cost_test.py).

#include <patchbay/hooks.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace patchbay::guard {

using Clock = std::chrono::steady_clock;

/// In time.
struct Price {
    Clock::rep ofMessage;
    Clock::rep ofBytes;
};

/// What a message costs, and each of its bytes.
class Prices {
public:
    static constexpr Clock::duration kBurst = std::chrono::seconds{2};
    /// Nobody waits for longer, whatever he has sent.
    static constexpr Clock::duration kLongest = std::chrono::hours{24 * 365};

    /// Units: per second; 0 = as many as come.
    Prices(std::size_t messages, std::size_t bytes) noexcept
        : message_{static_cast<Clock::rep>(priceOf(messages))}, byte_{priceOf(bytes)} {}

    bool areNone() const noexcept { return message_ == 0 && byte_ == 0; }
    /// Units: of bytes, no object has more than PTRDIFF_MAX.
    Price of(std::size_t bytes) const noexcept {
        constexpr double kMost = 4e18;                      // which can still be added to a time
        constexpr std::size_t kFew = std::size_t{1} << 30;  // whose price is less, at a second for each
        const double price = byte_ * static_cast<double>(static_cast<std::ptrdiff_t>(bytes));
        if (bytes <= kFew) [[likely]]
            return {message_, static_cast<Clock::rep>(price)};
        return {message_, static_cast<Clock::rep>(std::min(price, kMost))};
    }

private:
    static double priceOf(std::size_t rate) noexcept {
        return rate == 0 ? 0 : static_cast<double>(Clock::duration{std::chrono::seconds{1}}.count()) / static_cast<double>(rate);
    }

    Clock::rep message_;
    double byte_;
};

/// Of one source, or one user.   Thread: any.
class Purse final : public MessageToll {
public:
    Purse(const Prices& prices, Clock::time_point messages, Clock::time_point bytes) noexcept : prices_{prices} { begin(messages, bytes); }

    /// As of another.   Requires: nobody else has it.
    void begin(Clock::time_point messages, Clock::time_point bytes) noexcept {
        messages_.store(messages.time_since_epoch().count(), std::memory_order_relaxed);
        bytes_.store(bytes.time_since_epoch().count(), std::memory_order_relaxed);
    }
    std::chrono::nanoseconds pay(std::size_t bytes, Clock::time_point now) noexcept override {
        const Clock::rep present = now.time_since_epoch().count(), most = present + Prices::kBurst.count();
        const Price price = prices_.of(bytes);
        if (!addUpTo(most, messages_, price.ofMessage, present)) [[unlikely]]
            return payBoth(bytes, now);
        if (!addUpTo(most, bytes_, price.ofBytes, present)) [[unlikely]]
            return payBytes(bytes, now);
        return {};
    }
    /// Until when is paid then.
    Clock::rep take(const Price& price, Clock::rep now) noexcept {
        return std::max(add(messages_, price.ofMessage, now), add(bytes_, price.ofBytes, now));
    }
    Clock::time_point messages() const noexcept { return read(messages_); }
    Clock::time_point bytes() const noexcept { return read(bytes_); }

private:
    using Until = std::atomic<Clock::rep>;
    static Clock::time_point read(const Until& until) noexcept {
        return Clock::time_point{Clock::duration{until.load(std::memory_order_relaxed)}};
    }
    // What is rare is apart, so that no message has registers saved for it.
    [[gnu::noinline]] Clock::duration payBoth(std::size_t bytes, Clock::time_point now) noexcept {
        const Clock::rep present = now.time_since_epoch().count();
        return waitUntil(take(prices_.of(bytes), present), present);
    }
    [[gnu::noinline]] Clock::duration payBytes(std::size_t bytes, Clock::time_point now) noexcept {
        const Clock::rep present = now.time_since_epoch().count();
        return waitUntil(add(bytes_, prices_.of(bytes).ofBytes, present), present);
    }
    static Clock::duration waitUntil(Clock::rep paid, Clock::rep now) noexcept {
        return std::max(Clock::duration{paid - now} - Prices::kBurst, Clock::duration::zero());
    }
    /// False, and nothing is added, where it would be beyond `most`, or another thread was first.
    static bool addUpTo(Clock::rep most, Until& until, Clock::rep price, Clock::rep now) noexcept {
        Clock::rep before = until.load(std::memory_order_relaxed);
        const Clock::rep after = std::max(before, now) + price;
        return after <= most && until.compare_exchange_weak(before, after, std::memory_order_relaxed);
    }
    static Clock::rep add(Until& until, Clock::rep price, Clock::rep now) noexcept {
        if (price == 0) return now;
        Clock::rep before = until.load(std::memory_order_relaxed), after = 0;
        do {
            after = std::min(std::max(before, now) + price, now + Prices::kLongest.count());
        } while (!until.compare_exchange_weak(before, after, std::memory_order_relaxed));
        return after;
    }

    const Prices prices_;
    Until messages_{0}, bytes_{0};
};

/// What a session pays of which both its source and its user are known: into both purses.
class Toll final : public MessageToll {
public:
    Toll(std::shared_ptr<Purse> source, std::shared_ptr<Purse> user) noexcept : source_{std::move(source)}, user_{std::move(user)} {}

    std::chrono::nanoseconds pay(std::size_t bytes, Clock::time_point now) noexcept override {
        return std::max(source_->pay(bytes, now), user_->pay(bytes, now));
    }

private:
    const std::shared_ptr<Purse> source_, user_;
};

}  // namespace patchbay::guard
