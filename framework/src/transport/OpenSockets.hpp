#pragma once
// How many descriptors the connections of a server hold: from the moment that one is accepted until it is closed, whatever has become
// of its request or session in between.

#include <atomic>
#include <cstddef>
#include <utility>

namespace patchbay::transport {

/// Thread: any.   Requires: outlives the places in it; those of a loop live in what the loop outlives.
class OpenSockets {
public:
    std::size_t now() const noexcept { return now_.load(std::memory_order_relaxed); }
    void closed() noexcept { now_.fetch_sub(1, std::memory_order_relaxed); }

private:
    friend class SocketPlace;
    std::atomic<std::size_t> now_{0};
};

/// One of them, until somebody else counts it.   Thread: one at a time.
class SocketPlace {
public:
    SocketPlace() noexcept = default;
    explicit SocketPlace(OpenSockets& among) noexcept : among_{&among} { among.now_.fetch_add(1, std::memory_order_relaxed); }
    SocketPlace(SocketPlace&& other) noexcept : among_{std::exchange(other.among_, nullptr)} {}
    SocketPlace& operator=(SocketPlace&&) = delete;
    ~SocketPlace() {
        if (among_) among_->closed();
    }
    /// Who calls this says closed() for it, if it returns true.
    bool release() noexcept { return std::exchange(among_, nullptr) != nullptr; }

private:
    OpenSockets* among_ = nullptr;
};

}  // namespace patchbay::transport
