#pragma once
// What every endpoint and session of a server shares: its loops, its hooks, its counters.

#include "base/Doorbell.hpp"
#include "base/Loop.hpp"
#include "messaging/CloseTable.hpp"
#include "messaging/Publications.hpp"

#include <patchbay/hooks.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace patchbay::messaging {

/// What every endpoint of a server shares.
struct ServerState {
    explicit ServerState(std::vector<Loop*> theLoops = {}) : loops{std::move(theLoops)} {
        for (std::size_t loop = 0; loop < loops.size(); ++loop) publications.emplace_back(loops, loop);
    }
    ServerState(const ServerState&) = delete;

    const std::vector<Loop*> loops;
    std::vector<Publications> publications;  ///< one for each loop
    /// Those of the loop whose thread this is; nullptr on any other thread.
    Publications* publicationsHere() noexcept {
        for (std::size_t loop = 0; loop < loops.size(); ++loop) {
            if (loops[loop]->isCurrent()) return &publications[loop];
        }
        return nullptr;
    }
    const std::shared_ptr<Doorbell> ended = std::make_shared<Doorbell>();  ///< rung for each session and connection that ends
    std::chrono::milliseconds closeTimeout{5000};  ///< how long a peer may take to answer a goodbye
    /// Set before the server starts; a chain runs in its order.
    std::vector<std::shared_ptr<HandshakeInterceptor>> handshakeInterceptors;
    std::vector<std::shared_ptr<SessionListener>> sessionListeners;
    std::vector<std::shared_ptr<MessageInterceptor>> messageInterceptors;
    CloseCounters closes;
    std::atomic<SessionId> lastSessionId{0};
};

}  // namespace patchbay::messaging
