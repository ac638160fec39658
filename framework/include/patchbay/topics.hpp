#pragma once
// Topics: a message to everyone who asked for it, over all loops, encoded once.

#include <patchbay/async.hpp>
#include <patchbay/history.hpp>
#include <patchbay/session.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace patchbay {

class CommitPart;  // store.hpp

namespace messaging {
class TopicTable;
}

/// How a publication fared.
struct Published {
    SendStatus status;       ///< Queued; Dropped by an interceptor; Full where publish() throws QueueFull
    TopicPosition position;  ///< where it stands in its topic; zeros when nobody was subscribed, or nobody got it
};

/// What becomes of a publication. It may be dropped, and is where it stands in its topic as soon as that is known: at once, but where it is to
/// be on the disk first. `co_await topics.publish(…)` waits for that.   Errors, at the await: StoreError, and nobody got it; Cancelled.
class Publishing : public TopicPosition, detail::Awaitable {
public:
    Publishing() noexcept = default;
    explicit Publishing(TopicPosition position) noexcept : TopicPosition{position} {}
    explicit Publishing(const Completion<TopicPosition>& done) noexcept;
    Publishing(const Publishing& other) noexcept;
    Publishing(Publishing&& other) noexcept;
    Publishing& operator=(Publishing other) noexcept;
    ~Publishing() {
        if (done_) letGo();
    }

private:
    friend class detail::PromiseBase;
    std::shared_ptr<detail::CompletionWait<TopicPosition>> wait() const;
    void letGo() noexcept;

    std::shared_ptr<detail::CompletionWait<TopicPosition>> done_;  // as a copy of that Completion has it; nullptr: it is known
};

/// How something is published.
struct PublishOptions {
    std::string_view key = {};     ///< of those with one key the newest counts (HistoryOptions::latest)   Units: UTF-8, at most 255 bytes
    Session except = {};           ///< not to this session. In a history it is for everybody, and at once for one whose client counts offsets (`patchbay.1`)
    bool transient = false;        ///< it is kept nowhere, and may overtake others
    std::shared_ptr<CommitPart> with = {};  ///< rows of an application's own, which are written with it or not at all
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
    /// Where the topic has a history also StoreError, when it is kept in memory and there is no more room; what is to be on the disk is
    /// told to who awaits, and is logged.
    Publishing publish(std::string_view topic, std::string_view text);
    Publishing publish(std::string_view topic, Bytes bytes);
    Publishing publish(std::string_view topic, std::span<const std::uint8_t> octets) { return publish(topic, asBytes(octets)); }
    /// The same, but not to `except`.
    Publishing publish(std::string_view topic, std::string_view text, const Session& except);
    Publishing publish(std::string_view topic, Bytes bytes, const Session& except);
    Publishing publish(std::string_view topic, std::span<const std::uint8_t> octets, const Session& except) {
        return publish(topic, asBytes(octets), except);
    }
    /// A struct, variant, number or list as JSON, written as the endpoint's sessions write it.
    template <Sendable T>
    Publishing publish(std::string_view topic, const T& value) {
        return publishJson(topic, detail::Encoded{value, wireFormat()}.text(), Session{});
    }
    /// An empty one is no message, and its position that of none.
    template <class T>
    Publishing publish(std::string_view topic, const std::optional<T>& value) {
        return value ? publish(topic, *value) : Publishing{};
    }
    template <Unsendable T>
    Publishing publish(std::string_view, const T&) {
        json::detail::requireJson<T, json::detail::Direction::Write>();
        return {};
    }
    template <Sendable T>
    Publishing publish(std::string_view topic, const T& value, const Session& except) {
        return publishJson(topic, detail::Encoded{value, wireFormat()}.text(), except);
    }
    template <class T>
    Publishing publish(std::string_view topic, const std::optional<T>& value, const Session& except) {
        return value ? publish(topic, *value, except) : Publishing{};
    }
    /// `topics.publish(room, said, {.key = "score"})`
    Publishing publish(std::string_view topic, std::string_view text, const PublishOptions& options);
    Publishing publish(std::string_view topic, Bytes bytes, const PublishOptions& options);
    template <Sendable T>
    Publishing publish(std::string_view topic, const T& value, const PublishOptions& options) {
        return publishJson(topic, detail::Encoded{value, wireFormat()}.text(), options);
    }

    /// Publishes a new version of an earlier publication, which has that data from then on, also in the history.
    /// Errors: as publish(); StoreError NoSuchOffset where it is not kept (any longer); std::invalid_argument where the topic keeps nothing.
    Publishing amend(std::string_view topic, std::uint64_t offset, std::string_view text);
    template <Sendable T>
    Publishing amend(std::string_view topic, std::uint64_t offset, const T& value) {
        return amendJson(topic, offset, detail::Encoded{value, wireFormat()}.text());
    }
    /// Reads a part of a history: `co_await topics.history<Said>(room, {.before = 38})`. A T is read as the endpoint's sessions write it;
    /// std::string gives the text as it is.
    /// Errors: StoreError; DecodeError for what is no T; std::invalid_argument where the topic keeps nothing.   Thread: a handler's.
    template <class T>
    Async<Page<T>> history(std::string topic, HistoryRange range = {}) {
        const Completion<Page<std::string>> read = readHistory(topic, range);
        Page<std::string> texts = co_await read;
        Page<T> page;
        page.position = texts.position;
        page.more = texts.more;
        for (auto& one : texts.list) {
            page.list.push_back({one.offset, T{}, one.at});
            decode(one.value, page.list.back().value);
        }
        co_return page;
    }

    /// As publish(), telling how it went instead of throwing QueueFull. It waits as long.   Errors: json::EncodeError; StoreError where the topic has
    /// a history in memory and there is no more room. What is to be on the disk is Queued, with zeros: whether it got there is only logged.
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
    /// another server, and for a name that is not UTF-8; Forbidden where its TOPIC says no.
    /// Returns zeros for a topic with history whose store has not said yet where it stands: until it has been asked once.
    TopicPosition subscribe(const Session& session, std::string_view topic, SubscribeOptions options = {});
    void unsubscribe(const Session& session, std::string_view topic);

    /// How many sessions are subscribed now, over all loops.
    std::size_t subscribers(std::string_view topic) const;

private:
    // What the JSON writer has made is UTF-8.
    Publishing publishJson(std::string_view topic, std::string_view json, const Session& except);
    Publishing publishJson(std::string_view topic, std::string_view json, const PublishOptions& options);
    Publishing amendJson(std::string_view topic, std::uint64_t offset, std::string_view json);
    Completion<Page<std::string>> readHistory(std::string_view topic, HistoryRange range);
    template <class T>
    void decode(std::string& text, T& value) {
        if constexpr (std::is_same_v<T, std::string>) {
            value = std::move(text);
        } else {
            json::Document document;
            const json::Value root = document.parse(text);
            if constexpr (json::Taggable<T>) {
                json::readNamed(root, value, wireFormat().json);
            } else {
                json::read(root, value, wireFormat().json);
            }
        }
    }
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
