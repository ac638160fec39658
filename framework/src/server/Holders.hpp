#pragma once
// Whom a server has to hold memory for: the connections of its gate, its WebSockets, and sessions on carriers of modules.

#include "http/Gate.hpp"
#include "messaging/ServerState.hpp"
#include "server/MemoryWatch.hpp"
#include "server/ServedSite.hpp"

#include <cstddef>
#include <memory>

namespace patchbay::server {

class Holders final : public MemoryHolders {
public:
    Holders(std::shared_ptr<http::GateState> gate, ServedSite& site, messaging::ServerState& sessions) noexcept
        : gate_{std::move(gate)}, site_{site}, sessions_{sessions} {}

    void setShort(bool isShort) noexcept override { gate_->isShort.store(isShort, std::memory_order_relaxed); }
    void goOn(std::size_t loopIndex) override { http::Gate::goOn(*gate_, loopIndex); }
    std::size_t endLargest(std::size_t loopIndex, std::size_t least) noexcept override;
    void count(std::size_t loopIndex) noexcept override;

private:
    const std::shared_ptr<http::GateState> gate_;
    ServedSite& site_;
    messaging::ServerState& sessions_;
};

}  // namespace patchbay::server
