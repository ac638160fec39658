#pragma once
// One-shot timers over any clock: whoever owns them passes the time in. EventLoop does so with the time of its turn,
// the test kit with a clock turned by hand.
//
// A binary heap in which every timer knows its place, so that cancelling takes it out at once: a timer that is re-armed
// a thousand times leaves nothing behind.

#include "base/Loop.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace patchbay {

/// A set of one-shot timers.   Thread: one at a time. A task may add and cancel timers, also its fellows due now.
class Timers {
public:
    Timers() { due_.reserve(16); }  // a server's first timer may fire long after its last allocation
    /// Remembers `task` for `when`; never 0.   Errors: std::bad_alloc, and it is not remembered. To fire it needs none.
    TimerId add(Clock::time_point when, Task task);
    /// Forgets a timer; one that has fired or was never there is ignored.
    void cancel(TimerId timer) noexcept;
    /// When the first timer is due; nothing when there is none.
    std::optional<Clock::time_point> next() const noexcept;
    /// Runs what is due, the earliest first and equals in the order in which they were added, and tells how many ran.
    /// What a task adds waits for the next call, even when it is due already.   Requires: not called by a task.
    std::size_t runDue(Clock::time_point now);
    /// How many have neither fired nor been cancelled.
    std::size_t size() const noexcept { return heap_.size(); }

private:
    struct Slot {
        Task task;
        std::uint32_t generation = 1;  ///< tells an old id from the one that uses the slot now
        std::uint32_t place = 0;       ///< in the heap; of a free slot: the next free one
    };
    struct Entry {
        Clock::time_point when;
        std::uint64_t sequence;
        std::uint32_t slot;
    };
    static constexpr std::uint32_t kNowhere = UINT32_MAX;

    static bool before(const Entry& a, const Entry& b) noexcept;
    std::uint32_t freeSlot();
    Slot* find(TimerId timer) noexcept;
    Task release(Slot& slot) noexcept;
    void put(std::size_t place, const Entry& entry) noexcept;
    void rise(std::size_t place, const Entry& entry) noexcept;
    void sink(std::size_t place, const Entry& entry) noexcept;
    void remove(std::size_t place) noexcept;

    std::vector<Slot> slots_;
    std::vector<Entry> heap_;
    std::vector<TimerId> due_;
    std::uint64_t sequence_ = 0;
    std::uint32_t firstFree_ = kNowhere;
};

}  // namespace patchbay
