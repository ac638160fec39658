#pragma once
// An endpoint that the server serves: its class, what configuration made of its attributes, its topics, its sessions.

#include "endpoint/Dispatcher.hpp"
#include "messaging/ServerState.hpp"
#include "messaging/TopicTable.hpp"

#include <patchbay/configurator.hpp>
#include <patchbay/detail/EndpointModel.hpp>
#include <patchbay/topics.hpp>

#include <boost/intrusive/list.hpp>

#include <memory>
#include <mutex>
#include <vector>

namespace patchbay::messaging {

class SessionCore;

/// The place of a session among those of its endpoint.
class ListedSession : public boost::intrusive::list_base_hook<> {};

/// Thread: as the members say; what has no word is set when deploying and only read afterwards.
class DeployedEndpoint {
public:
    DeployedEndpoint(detail::EndpointModel model, EndpointConfig config, ServerState& server, const Services& services);

    const detail::EndpointModel model;
    const EndpointConfig config;
    const detail::WireFormat format;
    const endpoint::Dispatcher dispatcher{model};
    ServerState& server;
    const std::shared_ptr<TopicTable> topicTable;
    const std::shared_ptr<Topics> topics;
    /// What instances of this endpoint are given: its own topics before the server's services.
    Services services;
    std::shared_ptr<Configurator> configurator;

    /// The largest message that any handler takes.   Units: bytes.
    std::size_t maxMessageBytes() const noexcept;

    /// What a loop uses for one message after the other.   Thread: that loop's.
    struct LoopLocal {
        json::Document document;
        std::shared_ptr<void> scratch;
    };
    LoopLocal& local(std::size_t loopIndex) noexcept { return locals_[loopIndex]; }

    /// False when `maxSessions` are open, or after shut().   Thread: any.
    bool add(const std::shared_ptr<SessionCore>& session);
    /// Nothing when it is not there (any more).
    void remove(SessionCore& session) noexcept;
    /// From now on no session is added. Returns those that are there.   Thread: any.
    std::vector<std::shared_ptr<SessionCore>> shut();
    /// Undoes shut(): the server starts again.
    void reopen();
    std::vector<std::shared_ptr<SessionCore>> sessions();
    std::size_t sessionCount() const;

private:
    std::vector<std::shared_ptr<SessionCore>> listed();

    std::vector<LoopLocal> locals_;
    const std::shared_ptr<Doorbell> ended_;
    mutable std::mutex lock_;  // guards what follows
    boost::intrusive::list<ListedSession> sessions_;  // each takes itself off before it goes
    bool shut_ = false;
};

}  // namespace patchbay::messaging
