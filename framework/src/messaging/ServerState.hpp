#pragma once
// What every endpoint and session of a server shares: its loops, its hooks, its counters.

#include "base/Loop.hpp"
#include "messaging/CloseTable.hpp"

#include <patchbay/hooks.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

namespace patchbay::messaging {

/// What every endpoint of a server shares.
struct ServerState {
    std::vector<Loop*> loops;
    std::chrono::milliseconds closeTimeout{5000};  ///< how long a peer may take to answer a goodbye
    /// Set before the server starts; a chain runs in its order.
    std::vector<std::shared_ptr<HandshakeInterceptor>> handshakeInterceptors;
    std::vector<std::shared_ptr<SessionListener>> sessionListeners;
    std::vector<std::shared_ptr<MessageInterceptor>> messageInterceptors;
    CloseCounters closes;
    std::atomic<SessionId> lastSessionId{0};
};

}  // namespace patchbay::messaging
