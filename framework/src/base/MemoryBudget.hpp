#pragma once
// What peers have a server hold, by what it is for, in bytes of capacity, and how much that may be.
//
//     HeldBytes ──▶ MemoryAccount ── each 64 KiB ──▶ MemoryBudget
//     an object     of a loop        (merge)         of a server
//
// A loop counts for itself: what it costs is an addition for each piece of memory, and nothing for a message that finds room in one.
// Threads that turn no loop of the server count in its budget at once. So a sum may miss up to kGrain for each loop and kind.
//
// What is not counted: what every connection needs to be there (its objects, its TLS), bodies that a worker's handler has been given,
// and memory of the application's.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace patchbay {

enum class Held : std::uint8_t {
    Bodies,      ///< of requests, that are collected, and heads that have not come whole
    Answers,     ///< of handlers, that their connection has not taken
    Queues,      ///< what waits for a peer, and for a loop
    Messages,    ///< half ones, and those that wait for their handler
    Broadcasts,  ///< encoded once for many
};

/// Thread: any.   Kept for ever: what is counted in it may outlive its server.
class MemoryBudget {
public:
    static constexpr std::size_t kKinds = 5;
    /// How much a loop may have counted, of a kind, that nobody else knows.   Units: bytes.
    static constexpr std::ptrdiff_t kGrain = 64 * 1024;

    /// A server's. Without it, and with nothing left in it, it is another's.   Units: bytes; a `limit` of 0 is none.
    static std::shared_ptr<MemoryBudget> make(std::size_t limit);
    /// Of loops that are no server's: it is never used up.
    static MemoryBudget& ofNobody() noexcept;
    MemoryBudget(const MemoryBudget&) = delete;

    void add(Held what, std::ptrdiff_t bytes) noexcept;
    std::size_t of(Held what) const noexcept;
    std::size_t used() const noexcept;
    std::size_t limit() const noexcept { return limit_.load(std::memory_order_relaxed); }
    /// Before memory is taken whose size a peer sets.   Errors: std::bad_alloc, beyond the limit, or while a MemoryReserve is out.
    void require(std::size_t more) const;

private:
    friend class MemoryAccount;
    MemoryBudget() noexcept = default;
    void merge(Held what, std::ptrdiff_t bytes) noexcept {
        merged_[static_cast<std::size_t>(what)].fetch_add(bytes, std::memory_order_relaxed);
    }
    bool isEmpty() const noexcept;

    std::array<std::atomic<std::ptrdiff_t>, kKinds> merged_{};
    std::atomic<std::size_t> limit_{0};
    bool taken_ = false;  // under the lock of all
};

/// What a loop has counted.   Thread: the loop's.
class MemoryAccount {
public:
    MemoryAccount() noexcept : budget_{&MemoryBudget::ofNobody()} {}
    MemoryAccount(const MemoryAccount&) = delete;
    ~MemoryAccount() { merge(); }

    MemoryBudget& budget() const noexcept { return *budget_; }
    /// Requires: the loop does not turn yet.
    void setBudget(MemoryBudget& budget) noexcept { budget_ = &budget; }
    void add(Held what, std::ptrdiff_t bytes) noexcept {
        std::ptrdiff_t& mine = unmerged_[static_cast<std::size_t>(what)];
        mine += bytes;
        if (mine >= MemoryBudget::kGrain || mine <= -MemoryBudget::kGrain) [[unlikely]]
            merge(what);
    }
    /// Tells all of it.   Thread: the loop's, or any when it does not turn.
    void merge() noexcept;

    /// That of the loop which this thread turns; nullptr on any other thread.
    static MemoryAccount* here() noexcept { return here_; }
    /// Makes it `here()`; returns what was.   Thread: the loop's.
    static MemoryAccount* enter(MemoryAccount* account) noexcept { return std::exchange(here_, account); }

private:
    void merge(Held what) noexcept { budget_->merge(what, std::exchange(unmerged_[static_cast<std::size_t>(what)], 0)); }

    static inline thread_local constinit MemoryAccount* here_ [[gnu::tls_model("initial-exec")]] = nullptr;
    MemoryBudget* budget_;
    std::array<std::ptrdiff_t, MemoryBudget::kKinds> unmerged_{};
};

inline void MemoryBudget::add(Held what, std::ptrdiff_t bytes) noexcept {
    MemoryAccount* const here = MemoryAccount::here();
    here && &here->budget() == this ? here->add(what, bytes) : merge(what, bytes);
}

/// What one object holds, in the budget of where it first did.   Thread: one at a time.
template <Held What>
class HeldBytes {
public:
    HeldBytes() noexcept = default;
    /// In that budget, wherever it is set.
    explicit HeldBytes(MemoryBudget& budget) noexcept : budget_{&budget} {}
    HeldBytes(HeldBytes&& other) noexcept : budget_{other.budget_}, bytes_{std::exchange(other.bytes_, 0)} {}
    HeldBytes& operator=(HeldBytes&&) = delete;
    ~HeldBytes() { set(0); }

    /// Counts nothing on a thread that turns no loop, where no budget was named.
    void set(std::size_t bytes) noexcept {
        if (bytes == bytes_) return;
        if (!budget_) {
            MemoryAccount* const here = MemoryAccount::here();
            if (!here) return;
            budget_ = &here->budget();
        }
        budget_->add(What, static_cast<std::ptrdiff_t>(bytes) - static_cast<std::ptrdiff_t>(bytes_));
        bytes_ = bytes;
    }
    std::size_t bytes() const noexcept { return bytes_; }

private:
    MemoryBudget* budget_ = nullptr;
    std::size_t bytes_ = 0;
};

/// MemoryBudget::require() of the loop's server; nothing on a thread that turns no loop.
inline void requireMemoryHere(std::size_t more) {
    if (const MemoryAccount* const here = MemoryAccount::here()) here->budget().require(more);
}

}  // namespace patchbay
