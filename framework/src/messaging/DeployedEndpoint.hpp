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

    /// What a message is decoded with, and into.   Thread: one at a time.
    struct Decoding {
        /// What a larger message leaves here is given back when it has been handled.   Units: bytes.
        static constexpr std::size_t kLarge = 1_MiB;
        json::Document document;
        std::shared_ptr<void> scratch;
        bool hadLarge = false;
        bool trims = false;  // the heap, soon
    };
    /// Makes them anew.   Requires: nothing that was decoded is in use.
    void giveBackMemory(Decoding& decoding) const noexcept;
    /// One that is lent for a step on the pool: as many as run there at a time are ever made.
    class Lent {
    public:
        Lent(EndpointCode& code, std::unique_ptr<Decoding> decoding) noexcept : code_{code}, decoding_{std::move(decoding)} {}
        Lent(const Lent&) = delete;
        ~Lent() { code_.takeBack(std::move(decoding_)); }
        Decoding& operator*() const noexcept { return *decoding_; }

    private:
        EndpointCode& code_;
        std::unique_ptr<Decoding> decoding_;
    };
    /// Thread: any.
    Lent lend();

    const detail::ImagePin pin;  // first: goes last
    const detail::EndpointModel model;
    const endpoint::Dispatcher dispatcher{model};
    std::vector<Decoding> decodings;  // one for each loop; that loop's

private:
    void takeBack(std::unique_ptr<Decoding> decoding) noexcept;

    std::mutex lock_;  // guards what follows
    std::vector<std::unique_ptr<Decoding>> idle_;
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
    const bool onPool;  ///< its handlers run on the server's pool
    const std::shared_ptr<ServerState> server;
    const std::shared_ptr<TopicTable> topicTable;
    const std::shared_ptr<Topics> topics;
    /// nullptr when the server has gone.   Thread: the loops'.
    boost::intrusive_ptr<EndpointCode> code;
    /// What instances of this endpoint are given: its own topics before the server's services.   Thread: the loops'.
    Services services;
    std::shared_ptr<Configurator> configurator;

    /// The largest message that any handler takes.   Units: bytes.
    std::size_t maxMessageSize() const noexcept { return maxMessageSize_; }
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

    const std::size_t maxMessageSize_;
    mutable std::mutex lock_;  // guards what follows
    boost::intrusive::list<ListedSession> sessions_;  // each takes itself off before it goes
    bool shut_ = false;
};

}  // namespace patchbay::messaging
