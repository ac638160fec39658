#pragma once
// Topics: a message to everyone who asked for it, over all loops, encoded once.

#include <patchbay/session.hpp>

#include <memory>
#include <optional>
#include <string_view>

namespace patchbay {

namespace messaging {
class TopicTable;
}

/// How a publication fared.
struct Published {
    SendStatus status;       ///< Queued; Dropped by an interceptor; Full where publish() throws QueueFull
    TopicPosition position;  ///< where it stands in its topic; zeros when nobody was subscribed, or nobody got it
};

/// The topics of one endpoint: `/chat/x` and `/game/x` share nothing. An endpoint gets its own by asking for `Topics&` in
/// its constructor; a topic exists while somebody is subscribed to it.
/// Order: a topic has one, the same for every subscriber on every loop; what one thread publishes, to whatever topic,
/// arrives in the order of its calls, and so does what it sends to a session before and after.
/// Bounds: what waits for a loop is held to `server.loopQueue`. Where there is no room a handler does not wait: subscribers
/// there miss the message, and each session's `whenFull` decides what that means. Another thread waits, at most
/// `server.publishTimeout`.
/// Thread: any, for every member.
class Topics {
public:
    explicit Topics(std::shared_ptr<messaging::TopicTable> table) noexcept;
    ~Topics();
    Topics(const Topics&) = delete;
    Topics& operator=(const Topics&) = delete;

    /// Sends one message to every subscriber; nobody there is no error. Returns where it stands in the topic. Text is UTF-8,
    /// which is checked here, once for all of them.
    /// Errors: QueueFull, on a thread that is no loop's; json::EncodeError. Nobody got it then.
    TopicPosition publish(std::string_view topic, std::string_view text);
    TopicPosition publish(std::string_view topic, Bytes bytes);
    TopicPosition publish(std::string_view topic, std::span<const std::uint8_t> octets) { return publish(topic, asBytes(octets)); }
    /// The same, but not to `except`.
    TopicPosition publish(std::string_view topic, std::string_view text, const Session& except);
    TopicPosition publish(std::string_view topic, Bytes bytes, const Session& except);
    TopicPosition publish(std::string_view topic, std::span<const std::uint8_t> octets, const Session& except) {
        return publish(topic, asBytes(octets), except);
    }
    /// A struct, variant, number or list as JSON, written as the endpoint's sessions write it.
    template <Sendable T>
    TopicPosition publish(std::string_view topic, const T& value) {
        return publishJson(topic, detail::Encoded{value, wireFormat()}.text(), Session{});
    }
    /// An empty one is no message, and its position that of none.
    template <class T>
    TopicPosition publish(std::string_view topic, const std::optional<T>& value) {
        return value ? publish(topic, *value) : TopicPosition{};
    }
    template <Unsendable T>
    TopicPosition publish(std::string_view, const T&) {
        json::detail::requireJson<T, json::detail::Direction::Write>();
        return {};
    }
    template <Sendable T>
    TopicPosition publish(std::string_view topic, const T& value, const Session& except) {
        return publishJson(topic, detail::Encoded{value, wireFormat()}.text(), except);
    }
    template <class T>
    TopicPosition publish(std::string_view topic, const std::optional<T>& value, const Session& except) {
        return value ? publish(topic, *value, except) : TopicPosition{};
    }
    /// As publish(), telling how it went instead of throwing QueueFull. It waits as long.   Errors: json::EncodeError.
    Published tryPublish(std::string_view topic, std::string_view text);
    Published tryPublish(std::string_view topic, Bytes bytes);
    Published tryPublish(std::string_view topic, std::span<const std::uint8_t> octets) { return tryPublish(topic, asBytes(octets)); }
    template <Sendable T>
    Published tryPublish(std::string_view topic, const T& value) {
        return tryPublishJson(topic, detail::Encoded{value, wireFormat()}.text(), Session{});
    }
    template <class T>
    Published tryPublish(std::string_view topic, const std::optional<T>& value) {
        return value ? tryPublish(topic, *value) : Published{SendStatus::Queued, {}};
    }

    /// As Session::subscribe, for these topics.   Errors: SessionClosed; TooManyTopics; std::invalid_argument for a session of
    /// another server, and for a name that is not UTF-8.
    TopicPosition subscribe(const Session& session, std::string_view topic);
    void unsubscribe(const Session& session, std::string_view topic);

    /// How many sessions are subscribed now, over all loops.
    std::size_t subscribers(std::string_view topic) const;

private:
    // What the JSON writer has made is UTF-8.
    TopicPosition publishJson(std::string_view topic, std::string_view json, const Session& except);
    Published tryPublishJson(std::string_view topic, std::string_view json, const Session& except);
    SessionId idOf(const Session& session) const noexcept;
    const detail::WireFormat& wireFormat() const noexcept;

    std::shared_ptr<messaging::TopicTable> table_;
};

/// The topics of the whole server, across its endpoints. Structs are written with their names there, under "type".
class GlobalTopics : public Topics {
public:
    using Topics::Topics;
};

}  // namespace patchbay
