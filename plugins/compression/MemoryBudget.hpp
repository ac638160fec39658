#pragma once
// How much memory all sessions of a server may keep between their messages. It counts; it allocates nothing itself.

#include <atomic>
#include <cstddef>
#include <utility>

namespace patchbay::compression {

/// Thread: any.
class MemoryBudget {
public:
    /// A part of the budget, given back when it goes.   Requires: the budget outlives it.
    class Share {
    public:
        Share() = default;
        Share(Share&& other) noexcept
            : budget_{std::exchange(other.budget_, nullptr)}, bytes_{std::exchange(other.bytes_, 0)} {}
        Share& operator=(Share&& other) noexcept {
            std::swap(budget_, other.budget_);
            std::swap(bytes_, other.bytes_);
            return *this;
        }
        ~Share() {
            if (budget_) budget_->used_.fetch_sub(bytes_, std::memory_order_relaxed);
        }

        explicit operator bool() const noexcept { return budget_ != nullptr; }

    private:
        friend class MemoryBudget;
        Share(MemoryBudget& budget, std::size_t bytes) noexcept : budget_{&budget}, bytes_{bytes} {}

        MemoryBudget* budget_ = nullptr;
        std::size_t bytes_ = 0;
    };

    explicit MemoryBudget(std::size_t bytes) noexcept : limit_{bytes} {}

    std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }

    /// Takes `bytes` if `bytes + spare` are left; else an empty share.
    Share take(std::size_t bytes, std::size_t spare = 0) noexcept {
        std::size_t used = used_.load(std::memory_order_relaxed);
        do {
            if (used > limit_ || bytes + spare > limit_ - used) return {};
        } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
        return {*this, bytes};
    }

    /// Takes `bytes` even where they are not left: for what the peer has been promised.
    Share takeAnyway(std::size_t bytes) noexcept {
        used_.fetch_add(bytes, std::memory_order_relaxed);
        return {*this, bytes};
    }

private:
    const std::size_t limit_;
    std::atomic<std::size_t> used_{0};
};

}  // namespace patchbay::compression
