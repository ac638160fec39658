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

/// The topics of one endpoint: `/chat/x` and `/game/x` share nothing. An endpoint gets its own by asking for `Topics&` in
/// its constructor; a topic exists while somebody is subscribed to it.
/// Thread: any, for every member; what one thread publishes arrives in its order.
class Topics {
public:
    explicit Topics(std::shared_ptr<messaging::TopicTable> table) noexcept;
    ~Topics();
    Topics(const Topics&) = delete;
    Topics& operator=(const Topics&) = delete;

    /// Sends one message to every subscriber. Nobody there is no error.
    void publish(std::string_view topic, std::string_view text);
    void publish(std::string_view topic, Bytes bytes);
    /// The same, but not to `except`.
    void publish(std::string_view topic, std::string_view text, const Session& except);
    void publish(std::string_view topic, Bytes bytes, const Session& except);
    /// A struct, variant, number or list as JSON, written as the endpoint's sessions write it.
    template <Sendable T>
    void publish(std::string_view topic, const T& value) {
        publish(topic, detail::encode(value, wireFormat()));
    }
    template <Sendable T>
    void publish(std::string_view topic, const T& value, const Session& except) {
        publish(topic, detail::encode(value, wireFormat()), except);
    }

    /// Joins `session` to `topic`; joining twice is joining once.   Errors: SessionClosed.
    void subscribe(const Session& session, std::string_view topic);
    void unsubscribe(const Session& session, std::string_view topic);

    /// How many sessions are subscribed now, over all loops.
    std::size_t subscribers(std::string_view topic) const;

private:
    const detail::WireFormat& wireFormat() const noexcept;

    std::shared_ptr<messaging::TopicTable> table_;
};

/// The topics of the whole server, across its endpoints. Structs are written without their names there: send a
/// std::variant where subscribers must tell them apart.
class GlobalTopics : public Topics {
public:
    using Topics::Topics;
};

}  // namespace patchbay
