#pragma once
// Waiting for something that others bring about, without asking again and again: they change it, then ring. While nobody waits
// a ring is one load, so that it may stand where a session or a connection ends.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace patchbay {

/// Thread: any.
class Doorbell {
public:
    using Clock = std::chrono::steady_clock;

    /// Requires: what changed can be seen by then: an atomic that orders, or a lock given back.
    void ring() noexcept {
        if (waiting_.load() != 0) wake();
    }
    /// Asks `holds` at first and after each ring, without a lock. False when it did not hold by `deadline`.
    template <class Holds>
    bool waitUntil(Clock::time_point deadline, Holds holds) {
        const Waiting waiting{waiting_};  // before the first look: who changes something later rings
        for (;;) {
            const std::uint64_t before = rings();
            if (holds()) return true;
            if (!ringsAfter(before, deadline)) return holds();
        }
    }

private:
    struct Waiting {
        explicit Waiting(std::atomic<int>& count) noexcept : count_{count} { ++count_; }
        ~Waiting() { --count_; }
        std::atomic<int>& count_;
    };
    void wake() noexcept;
    std::uint64_t rings() noexcept;
    bool ringsAfter(std::uint64_t before, Clock::time_point deadline);

    std::atomic<int> waiting_{0};
    std::mutex lock_;
    std::condition_variable rung_;
    std::uint64_t rings_ = 0;  // while somebody waited
};

}  // namespace patchbay
