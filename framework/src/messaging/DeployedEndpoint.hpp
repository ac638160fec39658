#pragma once
// An endpoint that the server serves: what configuration made of its attributes, its topics, its sessions, and its code.

#include "endpoint/Dispatcher.hpp"
#include "messaging/ServerState.hpp"
#include "messaging/TopicTable.hpp"

#include <patchbay/configurator.hpp>
#include <patchbay/detail/EndpointModel.hpp>
#include <patchbay/topics.hpp>

#include <boost/intrusive/list.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace patchbay::messaging {

class SessionCore;

/// The place of a session among those of its endpoint.
class ListedSession : public boost::intrusive::list_base_hook<> {};

/// What of an endpoint comes from the application's binary: its handlers, and what they use for one message after the
/// other. Sessions hold it until they have ended; handles do not.
struct EndpointCode : boost::intrusive_ref_counter<EndpointCode> {
    EndpointCode(detail::EndpointModel theModel, std::size_t loops);

    /// Thread: that loop's.
    struct LoopLocal {
        json::Document document;
        std::shared_ptr<void> scratch;
    };

    const detail::ImagePin pin;  // first: goes last
    const detail::EndpointModel model;
    const endpoint::Dispatcher dispatcher{model};
    std::vector<LoopLocal> locals;
};

/// Thread: as the members say; what has no word is set when deploying and only read afterwards.
class DeployedEndpoint {
public:
    DeployedEndpoint(detail::EndpointModel model, EndpointConfig config, std::shared_ptr<ServerState> server,
                     const Services& services);

    const void* const identity;
    const EndpointConfig config;
    const std::string typeKey;
    const detail::WireFormat format;
    const std::shared_ptr<ServerState> server;
    const std::shared_ptr<TopicTable> topicTable;
    const std::shared_ptr<Topics> topics;
    /// nullptr when the server has gone.   Thread: the loops'.
    boost::intrusive_ptr<EndpointCode> code;
    /// What instances of this endpoint are given: its own topics before the server's services.   Thread: the loops'.
    Services services;
    std::shared_ptr<Configurator> configurator;

    /// The largest message that any handler takes.   Units: bytes.
    std::size_t maxMessageBytes() const noexcept { return maxMessageBytes_; }
    /// How much of one session's messages may wait for its handlers (Limits::receiveQueue).   Units: bytes.
    std::size_t receiveQueueBytes() const noexcept;

    /// False when `maxSessions` are open, or after shut().   Thread: any.
    bool add(const std::shared_ptr<SessionCore>& session);
    /// Nothing when it is not there (any more).
    void remove(SessionCore& session) noexcept;
    /// From now on no session is added. Returns those that are there.   Thread: any.
    std::vector<std::shared_ptr<SessionCore>> shut();
    /// Undoes shut(): the server starts again.   Thread: any.
    void reopen();
    std::vector<std::shared_ptr<SessionCore>> sessions();
    std::size_t sessionCount() const;

    /// Lets go of whatever has code in a library. What handles ask for stays.   Requires: no loop turns any more.
    void retire() noexcept;

private:
    std::vector<std::shared_ptr<SessionCore>> listed();

    const std::size_t maxMessageBytes_;
    mutable std::mutex lock_;  // guards what follows
    boost::intrusive::list<ListedSession> sessions_;  // each takes itself off before it goes
    bool shut_ = false;
};

}  // namespace patchbay::messaging
