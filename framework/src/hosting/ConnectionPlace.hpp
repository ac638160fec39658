#pragma once
// One of the connections that a server may have: the gate's at first, then its WebSocket's.

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace patchbay::hosting {

/// Given back with the object.   Thread: any.
class ConnectionPlace {
public:
    using Count = std::atomic<std::size_t>;

    explicit ConnectionPlace(std::shared_ptr<Count> taken) : taken_{std::move(taken)} { ++*taken_; }
    ConnectionPlace(ConnectionPlace&&) noexcept = default;
    ~ConnectionPlace() { giveBack(); }

    void giveBack() noexcept {
        if (const auto taken = std::move(taken_)) --*taken;
    }

private:
    std::shared_ptr<Count> taken_;
};

}  // namespace patchbay::hosting
