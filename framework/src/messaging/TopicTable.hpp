#pragma once
// Who is subscribed to what, over all loops.
//
// Each loop has a shard that only its thread touches: topic -> the sessions of that loop. A directory under a lock says
// on which loops a topic has anybody, so messages are handed only to those. What a handler publishes waits for the rest of
// its turn (Publications). A topic without subscribers is in neither.

#include "messaging/Broadcast.hpp"
#include "messaging/ServerState.hpp"

#include <patchbay/session.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace patchbay::messaging {

class SessionCore;

class TopicTable : public std::enable_shared_from_this<TopicTable> {
public:
    /// Requires: `server` outlives it.
    TopicTable(ServerState& server, detail::WireFormat format);
    ~TopicTable();

    const detail::WireFormat& format() const noexcept { return format_; }

    /// Thread: any. On the loop of `session` it takes effect at once, from elsewhere in the order of the calls.
    void subscribe(const std::shared_ptr<SessionCore>& session, std::string_view topic);
    void unsubscribe(const std::shared_ptr<SessionCore>& session, std::string_view topic);
    /// Thread: any.
    void publish(std::string_view topic, MessageKind kind, Bytes payload, SessionId except);
    std::size_t subscribers(std::string_view topic) const;
    /// How many topics have a subscriber.
    std::size_t topicCount() const;

    bool hasSubscribers(std::string_view topic, std::size_t loopIndex) const;
    /// To the subscribers on one loop.   Thread: that loop's.
    void deliver(std::size_t loopIndex, std::string_view topic, const Broadcast& broadcast);
    /// Forgets a subscription of a session that ends.   Thread: the session's loop.
    void leave(SessionCore& session, std::string_view topic);

private:
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };
    template <class T>
    using ByTopic = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

    struct Shard {
        Loop* loop;
        ByTopic<std::vector<SessionCore*>> topics;
    };
    struct Presence {
        std::vector<std::uint32_t> perLoop;  // how many of each loop
        std::size_t total = 0;
    };

    void join(SessionCore& session, std::string_view topic);
    void publishAsIs(std::string_view topic, MessageKind kind, Bytes payload, SessionId except);

    ServerState& server_;
    const detail::WireFormat format_;
    std::vector<Shard> shards_;
    mutable std::mutex lock_;
    ByTopic<Presence> directory_;
};

}  // namespace patchbay::messaging
