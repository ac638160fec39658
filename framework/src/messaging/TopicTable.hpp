#pragma once
// The topics of an endpoint, or of a server, by their names. A topic is there while it has a member; an emptied one is
// forgotten with its number, and the next of its name begins another epoch.

#include "base/KeyedHash.hpp"
#include "messaging/ServerState.hpp"
#include "messaging/Topic.hpp"

#include <patchbay/session.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace patchbay::messaging {

class SessionCore;

/// Thread: any.
class TopicTable : public std::enable_shared_from_this<TopicTable> {
public:
    TopicTable(std::shared_ptr<ServerState> server, detail::WireFormat format);
    ~TopicTable();

    const detail::WireFormat& format() const noexcept { return format_; }

    /// Sessions and loops are numbered by their server: of another's this knows nothing.
    bool isOurs(const SessionCore& session) const noexcept;
    /// Returns the position of the last message that the session does not get.
    /// Errors: SessionClosed; TooManyTopics; std::invalid_argument for a session of another server, or no name.
    TopicPosition subscribe(const std::shared_ptr<SessionCore>& session, std::string_view topic, std::uint64_t tag = 0);
    void unsubscribe(SessionCore& session, std::string_view topic);
    /// Takes the session out of the topic, and an emptied topic out of its table.
    static void leave(SessionCore& session, Topic& topic);
    /// Requires: text is UTF-8. Waits for room, but on a loop. Returns Full when there was none in time; then nobody gets it.
    Published publish(std::string_view topic, MessageKind kind, Bytes payload, SessionId except);

    std::size_t subscribers(std::string_view topic) const;
    /// How many topics have a subscriber.
    std::size_t topicCount() const;

private:
    std::shared_ptr<Topic> find(std::string_view name) const;
    std::shared_ptr<Topic> findOrMake(std::string_view name);
    void forget(const Topic& topic);
    Published publishAsIs(std::string_view topic, MessageKind kind, Bytes payload, SessionId except);

    const std::shared_ptr<ServerState> server_;
    const detail::WireFormat format_;
    mutable std::mutex lock_;
    std::unordered_map<std::string, std::shared_ptr<Topic>, KeyedTextHash, std::equal_to<>> topics_;
};

}  // namespace patchbay::messaging
