#pragma once
// What every endpoint and session of a server shares: its loops, its hooks, its counters. It lives as long as any handle on
// a session does; what is dear, or has code in a library, goes with the server (retire()).

#include "base/Doorbell.hpp"
#include "base/Loop.hpp"
#include "base/TaskPool.hpp"
#include "messaging/CloseTable.hpp"
#include "messaging/Once.hpp"

#include <patchbay/hooks.hpp>

#include <boost/intrusive/list.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

namespace patchbay::messaging {

/// An object that a plugin has hung in, with the library that it came from.
template <class T>
struct Hook {
    detail::ImagePin pin;  // first: goes last
    std::shared_ptr<T> object;
    T* operator->() const noexcept { return object.get(); }
};
template <class T>
using Hooks = std::vector<Hook<T>>;

/// The chain that every message goes through, on whatever thread it is sent.   Thread: any.
class MessageHooks {
public:
    using List = std::shared_ptr<const Hooks<MessageInterceptor>>;

    /// There is none, as mostly.
    bool empty() const noexcept { return !some_.load(std::memory_order_acquire); }
    /// Never nullptr. Whoever holds it may call what is in it, also while the server goes.
    List list() const;
    void add(Hook<MessageInterceptor> hook);
    void clear() noexcept;

private:
    std::atomic<bool> some_{false};
    mutable std::mutex lock_;
    List list_ = std::make_shared<const Hooks<MessageInterceptor>>();
};

class DeployedEndpoint;
class History;

/// The place of a session on a carrier of a module's among those of its loop (CarrierLink).
class ListedLink : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {};

struct ServerState {
    explicit ServerState(std::vector<std::shared_ptr<Loop>> theLoops);
    ServerState(const ServerState&) = delete;

    const std::vector<std::shared_ptr<Loop>> loops;
    std::shared_ptr<TaskPool> pool;  ///< where what may block runs; set with the server, which drains it before its loops end
    const std::shared_ptr<Doorbell> ended = std::make_shared<Doorbell>();  ///< rung for each session and connection that ends
    std::chrono::milliseconds closeTimeout{5000};    ///< how long a peer may take to answer a goodbye
    std::chrono::milliseconds publishTimeout{5000};  ///< how long a thread waits for room in the loops' queues
    std::size_t pendingHandshakes = 1000;            ///< how many may wait for their hooks
    /// Set before the server starts; a chain runs in its order.   Thread: then the loops'.
    Hooks<HandshakeInterceptor> handshakeInterceptors;
    Hooks<ConnectionListener> connectionListeners;
    Hooks<SessionListener> sessionListeners;
    MessageHooks messageInterceptors;
    const std::shared_ptr<History> history;  ///< what topics keep
    CloseCounters closes;
    const std::shared_ptr<Once> once = std::make_shared<Once>();  ///< what requests come to
    std::atomic<SessionId> lastSessionId{0};
    using Links = boost::intrusive::list<ListedLink, boost::intrusive::constant_time_size<false>>;
    std::vector<Links> links;          ///< by loop; each is its loop's alone
    std::atomic<bool> cutting{false};  ///< a stop has no time left: what begins now ends at once
    /// The loop of a session that may live on any: the one that this thread turns, or else one after the other.   Thread: any.
    std::size_t chooseLoop() noexcept;
    /// A topic's epoch: another for each birth of a topic, and for each start of a server.
    std::uint64_t nextEpoch() noexcept { return lastEpoch_.fetch_add(1, std::memory_order_relaxed) + 1; }

    /// The endpoints that there are, also those that have been taken away while somebody holds them.   Thread: any.
    std::vector<std::shared_ptr<DeployedEndpoint>> endpoints() const;
    void add(const std::shared_ptr<DeployedEndpoint>& endpoint);

    /// Lets go of what plugins have hung in.   Requires: no loop turns any more.
    void retire() noexcept;

private:
    std::atomic<std::size_t> nextLoop_{0};
    std::atomic<std::uint64_t> lastEpoch_;
    mutable std::mutex lock_;  // guards what follows
    std::vector<std::weak_ptr<DeployedEndpoint>> endpoints_;
};

}  // namespace patchbay::messaging
