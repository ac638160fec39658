#pragma once
// The topics of an endpoint, or of a server, by their names. A topic is there while it has a member; an emptied one is
// forgotten with its number, and the next of its name begins another epoch. One with history (TopicRules) is there as long as anything of
// it is kept.

#include "base/KeyedHash.hpp"
#include "messaging/ServerState.hpp"
#include "messaging/Topic.hpp"
#include "messaging/TopicRules.hpp"

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
    /// `rules`: nullptr for none; then `space` names this table in a store, as no other.
    TopicTable(std::shared_ptr<ServerState> server, detail::WireFormat format, std::shared_ptr<const TopicRules> rules = nullptr,
               std::string space = {});
    ~TopicTable();

    const detail::WireFormat& format() const noexcept { return format_; }
    /// False where no topic keeps anything, and anybody may be in it.
    bool hasRules() const noexcept { return hasRules_; }

    /// Sessions and loops are numbered by their server: of another's this knows nothing.
    bool isOurs(const SessionCore& session) const noexcept;
    /// Returns the position of the last message that the session does not get.
    /// Errors: SessionClosed; TooManyTopics; Forbidden; std::invalid_argument for a session of another server, or no name.
    TopicPosition subscribe(const std::shared_ptr<SessionCore>& session, std::string_view topic, Subscribing how = {});
    /// Whether the session's user may be in it, as the rules say.
    bool allows(const SessionCore& session, std::string_view topic) const noexcept;
    /// Whether clients may ask for it: it has a rule.
    bool isOffered(std::string_view topic) const;
    void unsubscribe(SessionCore& session, std::string_view topic);
    /// Takes the session out of the topic, and an emptied topic out of its table.
    static void leave(SessionCore& session, Topic& topic);
    /// Requires: text is UTF-8. Waits for room, but on a loop. Returns Full when there was none in time; then nobody gets it.
    Published publish(std::string_view topic, MessageKind kind, Bytes payload, SessionId except);
    /// The same where more is said of it. Where the topic has a history its commit has happened when this returns, or will: then somebody
    /// is told.   Requires: the key is UTF-8.   Errors: StoreError.
    struct Outgo {
        Published published;
        Publishing publishing;
    };
    struct Publish {
        MessageKind kind = MessageKind::Text;
        Bytes payload = {};
        SessionId except = 0;
        std::string_view key = {};
        std::uint64_t amends = 0;
        bool transient = false;
        std::shared_ptr<CommitPart> with = {};
    };
    Outgo publish(std::string_view topic, const Publish& what);
    /// Errors: std::invalid_argument where the topic keeps nothing.
    void read(std::string_view topic, HistoryRange range, Receiver<Slice> receiver);

    std::size_t subscribers(std::string_view topic) const;
    /// How many topics have a subscriber, or a history.
    std::size_t topicCount() const;

    /// Unless another of its name has taken its place.
    void forget(const Topic& topic);
    /// Lets go of rules and histories.   Requires: no loop turns any more.
    void retire() noexcept;

private:
    void requireAllowed(SessionCore& session, std::string_view topic);
    std::shared_ptr<Topic> find(std::string_view name) const;
    std::shared_ptr<Topic> findOrMake(std::string_view name);
    std::shared_ptr<Topic> findToPublish(std::string_view name);
    std::shared_ptr<Topic> make(std::string_view name);
    std::unique_ptr<const Keeping> whatIsKept(std::string_view name) const;
    std::shared_ptr<const TopicRules> rules() const;
    bool mayPublish(std::string_view topic, InterceptedMessage& message) const;
    Published publishPassing(Topic* topic, const Topic::Message& message) const;
    Outgo publishAsIs(std::string_view topic, const Publish& what);
    Outgo publishKept(std::shared_ptr<Topic> topic, const Publish& what);

    const std::shared_ptr<ServerState> server_;
    const detail::WireFormat format_;
    const std::string space_;
    const bool hasRules_;
    mutable std::mutex lock_;  // guards what follows
    std::shared_ptr<const TopicRules> rules_;
    std::unordered_map<std::string, std::shared_ptr<Topic>, KeyedTextHash, std::equal_to<>> topics_;
};

}  // namespace patchbay::messaging
