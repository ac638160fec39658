#pragma once
// One of the connections that a server may have: the gate's at first, then its WebSocket's.

#include "base/Doorbell.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace patchbay::transport {

/// How many connections there are; rings when one has ended.   Thread: any.
class ConnectionCount {
public:
    explicit ConnectionCount(std::shared_ptr<Doorbell> ended) noexcept : ended_{std::move(ended)} {}
    std::size_t now() const noexcept { return now_.load(); }

private:
    friend class ConnectionPlace;
    std::atomic<std::size_t> now_{0};
    const std::shared_ptr<Doorbell> ended_;
};

/// Given back with the object.   Thread: any.
class ConnectionPlace {
public:
    explicit ConnectionPlace(std::shared_ptr<ConnectionCount> among) : among_{std::move(among)} { ++among_->now_; }
    ConnectionPlace(ConnectionPlace&&) noexcept = default;
    ~ConnectionPlace() { giveBack(); }

    void giveBack() noexcept {
        const auto among = std::move(among_);
        if (!among) return;
        --among->now_;
        among->ended_->ring();
    }

private:
    std::shared_ptr<ConnectionCount> among_;
};

}  // namespace patchbay::transport
