#pragma once
// What a server does when its peers have it hold as much memory as they may. In this order, as Envoy's overload manager has it:
//
//     from 80 % on    newcomers hear 503, also from /readyz, and nothing more is read of bodies      until 70 %
//     from 95 % on    those are ended who have most held, the largest first: 1013, or 503            until 90 %
//     at 100 %        nobody gets memory of a size that he sets: his connection ends likewise        (MemoryBudget::require)
//
// All of it at once where the process gets no more memory and lives on its reserve (base/MemoryReserve), whatever the budget; and
// newcomers are closed without a word then, but for one in a while, who hears 503 or how the server is: each would take of the reserve.
//
// Each loop looks for itself at those that are its own: four times a second, and twenty times from half of the budget on. While it lives
// on the reserve it looks between any two handlers, as long as there is somebody to be ended.

#include "base/Loop.hpp"
#include "base/MemoryBudget.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace patchbay::server {

/// Those who hold it: the connections of a server.
class MemoryHolders {
public:
    virtual ~MemoryHolders() = default;
    /// Newcomers are refused, and nothing is read of bodies; or are not, and it is.   Thread: a loop's.
    virtual void setShort(bool isShort) noexcept = 0;
    /// What was not read while it was short is read on.   Thread: the loop's.
    virtual void goOn(std::size_t loopIndex) = 0;
    /// Ends whoever of a loop has most held.
    /// Returns: how much that was, in bytes; 0 when nobody holds more than `least`.   Thread: the loop's.
    virtual std::size_t endLargest(std::size_t loopIndex, std::size_t least) noexcept = 0;
    /// Counts what is not counted where it is taken: the queues of modules' carriers.   Thread: the loop's.
    virtual void count(std::size_t loopIndex) noexcept = 0;
};

class MemoryWatch {
public:
    static constexpr std::chrono::milliseconds kCalm{250}, kUrgent{50};
    /// Who holds less is not worth ending.   Units: bytes.
    static constexpr std::size_t kLeastHeld = 16 * 1024;
    /// The same where the process gets no more memory.
    static constexpr std::size_t kLeastHeldAtTheEnd = 1024;
    /// A loop turns on in between.
    static constexpr int kMostAtOnce = 32;

    /// For so many loops.
    MemoryWatch(std::shared_ptr<MemoryBudget> budget, std::size_t loops, MemoryHolders& holders)
        : budget_{std::move(budget)}, holders_{holders}, wentOn_(loops), lacks_(loops), waits_(loops) {}
    MemoryWatch(const MemoryWatch&) = delete;

    /// Goes on for as long as the loop does.   Thread: the loop's.   Requires: outlives what the loop runs.
    void start(Loop& loop, std::size_t loopIndex);
    /// Newcomers are refused.   Thread: any.
    bool isShort() const noexcept { return isShort_.load(std::memory_order_relaxed); }
    /// There is no memory for another newcomer. Each `kUrgent` there is for one.   Thread: the accepting loop's.
    bool turnsAway(Clock::time_point now) noexcept;
    /// A line for each figure, `name value`.   Thread: any.
    std::string figures() const;

private:
    void look(std::size_t loopIndex);
    void watch(Loop& loop, std::size_t loopIndex);
    bool noteReserve(std::size_t loopIndex);
    void judge();
    bool shed(std::size_t loopIndex, std::size_t bytes, std::size_t least);
    std::size_t percent(std::size_t count) const noexcept { return budget_->limit() / 100 * count; }
    /// Never, where there is no limit.
    bool isBeyond(std::size_t count) const noexcept { return budget_->limit() != 0 && budget_->used() >= percent(count); }

    const std::shared_ptr<MemoryBudget> budget_;
    MemoryHolders& holders_;
    std::vector<unsigned> wentOn_;  // by loop, each is its loop's alone: after how many shortages; it may have slept through one
    std::vector<char> lacks_;       // likewise: a reserve
    std::vector<char> waits_;       // likewise: there is nobody whom it could end; until the next timer
    Clock::time_point letIn_{};   // the accepting loop's: whoever came last while there was nothing left
    std::atomic<int> lacking_{0};  // how many of them do
    std::mutex judging_;           // who changes what follows, and tells the holders
    std::atomic<bool> isShort_{false};
    std::atomic<unsigned> shortages_{0};
    std::atomic<std::uint64_t> ended_{0};
};

}  // namespace patchbay::server
