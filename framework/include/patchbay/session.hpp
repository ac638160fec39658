#pragma once
// Session: one conversation with one peer, whatever carries it.
//
// A Session is a small handle. Copy it, keep it for ever, use it from any thread, also after the close and after its server:
// then its calls say so by throwing SessionClosed. It never keeps a connection open, and of one that has ended it keeps
// nothing that is dear.
//
// Order: what one thread calls (send, subscribe, unsubscribe, publish, post, close) takes effect in the order of its calls.

#include <patchbay/bytes.hpp>
#include <patchbay/close.hpp>
#include <patchbay/errors.hpp>
#include <patchbay/extension_terms.hpp>
#include <patchbay/json.hpp>
#include <patchbay/send_status.hpp>
#include <patchbay/task.hpp>
#include <patchbay/timer.hpp>

#include <any>
#include <chrono>
#include <compare>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace patchbay {

class MessageToll;
struct Principal;

namespace messaging {
class SessionCore;
}

/// Names a session for the life of the server; never used twice.
using SessionId = std::uint64_t;

/// A place in a topic: the number of a message, which grows by one for each, and the birth of the topic that counts so. A
/// topic that has lost its last member is forgotten; the next of its name has another epoch. Zeros: of no topic.
struct TopicPosition {
    std::uint64_t epoch = 0;
    std::uint64_t offset = 0;
    friend bool operator==(const TopicPosition&, const TopicPosition&) = default;
};

/// What who joins a topic with history is shown before what comes next.
struct SubscribeOptions {
    /// So many of the newest publications.
    std::size_t last = 0;
    /// Where it was: exactly what has been published since, or, where that cannot be had, `last` of the newest. Epoch 0: it was nowhere.
    TopicPosition since = {};
};

namespace detail {
/// A text that this thread uses again and again for encoding. Each has one of its own, also where one is encoded while
/// another is on its way (a hook that sends from within a send).   Thread: the one that made it.
class EncodingBuffer {
public:
    EncodingBuffer();
    EncodingBuffer(const EncodingBuffer&) = delete;
    ~EncodingBuffer();
    std::string& text() noexcept { return *text_; }

private:
    std::string* text_;
};
/// How an endpoint writes structs: under which key their names stand, and whether they do.
struct WireFormat {
    json::Format json;
    bool tagged = false;       ///< what goes out
    bool tagRequired = false;  ///< what comes in; where it is not, a name may be there all the same
};
/// `value` as the text that goes on the wire, for as long as this lives.
class Encoded {
public:
    template <class T>
    Encoded(const T& value, const WireFormat& format) {
        if constexpr (json::Taggable<T>) {
            if (format.tagged) {
                json::writeTagged(buffer_.text(), value, format.json);
                return;
            }
        }
        json::write(buffer_.text(), value, format.json);
    }
    std::string_view text() noexcept { return buffer_.text(); }

private:
    EncodingBuffer buffer_;
};
}  // namespace detail

/// What can be sent as an object: whatever has a JSON form and is no text or bytes already.
template <class T>
concept Sendable = json::Writable<T> && !std::convertible_to<const T&, std::string_view> && !ByteSequence<T>;

/// What neither is text or bytes nor has a JSON form: to send it fails the build with a sentence that says why.
template <class T>
concept Unsendable = !Sendable<T> && !std::convertible_to<const T&, std::string_view> && !ByteSequence<T>;

class Session;

namespace detail {
/// The way of what a handler returns: a message, or the outcome of the request that it was called for.
struct Reply {
    template <class T>
    static void send(const Session& session, T&& value);
};
}  // namespace detail

/// The sending half of a session under the names of Jakarta's RemoteEndpoint.Basic.
/// Any number of threads may send at once: messages stay whole and each thread's order is kept.
class Remote {
public:
    explicit Remote(const Session& session) noexcept;
    void sendText(std::string_view text) const;
    void sendBinary(Bytes bytes) const;
    void sendBinary(std::span<const std::uint8_t> octets) const { sendBinary(asBytes(octets)); }
    template <Sendable T>
    void sendObject(const T& value) const;
    /// Units: at most 125 bytes.   Source: RFC 6455 §5.5.2
    void sendPing(Bytes payload) const;

private:
    std::shared_ptr<messaging::SessionCore> core_;
};

/// Source: Jakarta WebSocket §2.1, §2.5
class Session {
public:
    /// A handle on no session: closed, its id 0.
    Session() noexcept = default;
    explicit Session(std::shared_ptr<messaging::SessionCore> core) noexcept;

    /// Thread: any, also after the close.
    SessionId id() const noexcept;
    /// False from the moment either side closes.   Thread: any, also after the close.
    bool isOpen() const noexcept;
    /// True when the peer's connection to this server is encrypted.
    bool isSecure() const;
    /// The request's target with scheme and host: `ws://localhost:8080/chat/lobby?name=Ann`.
    std::string requestUri() const;
    /// The value of a query parameter, decoded; empty when there is none.
    std::string queryParameter(std::string_view name) const;
    /// The value of a path variable, decoded; empty when the path has none of that name.
    std::string_view pathParameter(std::string_view name) const;
    /// The subprotocol that was agreed on; empty for none.   Source: RFC 6455 §1.9
    const std::string& subprotocol() const;
    /// What the handshake agreed on.   Source: Jakarta WebSocket §2.1 (Session.getNegotiatedExtensions)
    const std::vector<ExtensionTerms>& extensions() const;
    /// Who the peer is just now (principal.hpp); its name is empty when nobody asked. Never nullptr; what it points to does not change.
    /// Thread: any.
    std::shared_ptr<const Principal> principal() const;
    /// True until a peer that may come unknown (HandshakeResponse::authenticateWithin) has said who it is.   Thread: any.
    bool isStranger() const noexcept;
    /// Source: Jakarta EE (isUserInRole)
    bool isUserInRole(std::string_view role) const;
    /// Replaces the principal: a refresh, other roles, or somebody where nobody was. Handlers that begin from now on see it. Soon after, on
    /// its loop: a session that lacks the roles of its endpoint closes with 1008, before anything that the caller publishes or sends after
    /// this call, and `expires` counts anew.
    /// Errors: SessionClosed; std::invalid_argument for another user's than the session had, or names that are not UTF-8. Then it
    /// is as it was.   Thread: any.
    void setPrincipal(Principal principal) const;
    /// A name to show to people: the principal's, or `guest-` and the session's number.
    std::string displayName() const;
    /// The peer's address and port, such as `192.0.2.7:50312`, `[2001:db8::7]:50312`, `local` over a Unix socket. Behind one of the
    /// server's `trustedProxies` the client's, as that says, where ports are rarely known: `192.0.2.7`.
    std::string remoteAddress() const;
    /// The sessions that are open on this endpoint now, this one among them; not those that have still to say who they are.   Thread: any.
    std::vector<Session> openSessions() const;

    /// A copy of a value of the application's own, kept until the close handler has returned; nothing when there is none
    /// of that name and type. For what changes often keep a std::shared_ptr in it.   Errors: SessionClosed.   Thread: any.
    template <class T>
    std::optional<T> property(std::string_view name) const {
        const std::shared_ptr<const std::any> found = findProperty(name);
        const T* const value = std::any_cast<T>(found.get());
        return value ? std::optional<T>{*value} : std::nullopt;
    }
    /// Replaces the value of that name.   Errors: SessionClosed.   Thread: any.
    PATCHBAY_HIDDEN void setProperty(std::string_view name, std::any value) const {
        setProperty(name, std::move(value), detail::thisImage());
    }

    /// Sends one message. Text is UTF-8, or it is an error here and nobody gets it.
    /// Errors: SessionClosed; json::EncodeError. A queue that is full follows the endpoint's policy and is no error.
    /// Thread: any; messages stay whole and each thread's order is kept.
    void send(std::string_view text) const;
    void send(Bytes bytes) const;
    void send(std::span<const std::uint8_t> octets) const { send(asBytes(octets)); }
    /// Sends a struct, variant, number or list as JSON.
    template <Sendable T>
    void send(const T& value) const {
        sendJson(detail::Encoded{value, wireFormat()}.text());
    }
    /// Sends what is in it; an empty one is no message, as where a handler returns it.
    template <class T>
    void send(const std::optional<T>& value) const {
        if (value) send(*value);
    }
    template <Unsendable T>
    void send(const T&) const {
        json::detail::requireJson<T, json::detail::Direction::Write>();
    }
    /// The same, telling how it went instead of throwing; Closed where send() throws SessionClosed.
    /// Errors: json::EncodeError; what a message interceptor throws.
    SendStatus trySend(std::string_view text) const;
    SendStatus trySend(Bytes bytes) const;
    SendStatus trySend(std::span<const std::uint8_t> octets) const { return trySend(asBytes(octets)); }
    template <Sendable T>
    SendStatus trySend(const T& value) const {
        return trySendJson(detail::Encoded{value, wireFormat()}.text());
    }
    template <class T>
    SendStatus trySend(const std::optional<T>& value) const {
        if (value) return trySend(*value);
        return isOpen() ? SendStatus::Queued : SendStatus::Closed;
    }
    /// How many messages to this peer have fallen to the endpoint's `whenFull` policy.   Thread: any.
    std::uint64_t droppedMessages() const noexcept;
    Remote basicRemote() const { return Remote{*this}; }

    /// Joins a topic of this session's endpoint; joining twice is joining once. Everything that is published when it has
    /// returned is delivered; what it returns is the position of the last message that is not.
    /// Errors: SessionClosed; TooManyTopics; std::invalid_argument for a name that is not UTF-8.   Thread: any.
    TopicPosition subscribe(std::string_view topic) const;
    /// The same for a topic with history, which shows it what it asks for first: `session.subscribe(room, {.last = 50})`.
    /// Returns zeros where its store has not said yet where it stands.   Errors: also Forbidden, as above, where the topic's TOPIC says no.
    TopicPosition subscribe(std::string_view topic, SubscribeOptions options) const;
    /// Leaves it; leaving what was not joined is no error.   Errors: none, also after the close.   Thread: any.
    void unsubscribe(std::string_view topic) const;

    /// Closes the session; the close handler sees `code` and `text`. A second call does nothing.
    /// Units: `text` is cut to 123 bytes of UTF-8.   Thread: any.   Source: RFC 6455 §7.1.2, Jakarta WebSocket §2.1.5
    void close(CloseCode code = CloseCode::Normal, std::string_view text = {}) const noexcept;

    /// Ends the session for a reason that is not the application's: a plugin that finds its peer dead (Idle), unwelcome
    /// (Policy) or too slow (QueueFull). Code on the wire, what the close handler sees, log line and counter are those of
    /// the cause, as for the server's own.   Units, Thread: as close().   Source: the table in messaging/CloseTable.hpp
    void closeFor(CloseCause cause, std::string_view text) const noexcept;

    /// Asks the peer for a sign of life with a ping; its answer makes roundTripTime() known.
    /// Errors: SessionClosed.   Thread: any.   Source: RFC 6455 §5.5.2
    void probe() const;
    /// How long the answer to the last answered probe took; nothing before the first. A probe that is not answered when
    /// the server stops reading from the peer, or is sent before it reads again, does not count.   Thread: any.
    std::optional<std::chrono::microseconds> roundTripTime() const noexcept;
    /// When anything last came from the peer, by its loop's clock; while the server does not read from it, the present.
    /// Thread: any.
    std::chrono::steady_clock::time_point lastReceived() const noexcept;

    /// Has each message of the peer's pay `toll` too (hooks.hpp), instead of the one before; nullptr: none. Nothing once it has closed.
    /// Thread: the session's loop, as in a SessionListener.
    void setToll(std::shared_ptr<MessageToll> toll, detail::ImagePin pin = detail::thisImage()) const;

    /// How long the peer may be silent, without the time in which the server does not read from it; zero or less is for
    /// ever.   Errors: SessionClosed.   Thread: any.
    void setIdleTimeout(std::chrono::milliseconds timeout) const;

    /// From now on no message goes to a handler: messages wait in the endpoint's receive queue, and when that is full nothing is
    /// read from the peer any more. Pings and a Close that come before that are answered as ever; those behind it wait. Time in
    /// which nothing is read counts for no idle timeout. What the peer ends meanwhile is handled to its last message all the same.
    /// Calling it twice is calling it once.   Thread: any; from a handler of this session it holds at once.   Errors: none, also
    /// after the close.
    void pauseReceiving() const;
    /// Messages go to the handlers again, beginning with those that wait, in their order.   Thread: any.   Errors: none.
    void resumeReceiving() const;
    /// False from pauseReceiving() on, and once the session has closed.   Thread: any.
    bool isReceiving() const noexcept;

    /// Runs `task` where this session's handlers run, after what waits there; dropped when the session has closed. What
    /// it throws goes to the error handler.   Thread: any.
    void post(Task task) const;
    /// Runs `task` once after `delay`, as post() does, unless the session has closed by then; `max()` is never.
    /// Thread: any.
    Timer after(std::chrono::milliseconds delay, Task task) const;
    /// Runs `task` every `interval` until the session closes: at a fixed rate, without drift; what a stall has missed is
    /// made up for by one run.   Errors: std::invalid_argument for an interval that is not positive.   Thread: any.
    Timer every(std::chrono::milliseconds interval, Task task) const;

    friend bool operator==(const Session& a, const Session& b) noexcept { return a.core_ == b.core_; }
    /// By id.
    friend std::strong_ordering operator<=>(const Session& a, const Session& b) noexcept {
        const auto byId = a.id() <=> b.id();
        return std::is_neq(byId) ? byId : std::compare_three_way{}(a.core_.get(), b.core_.get());
    }

private:
    friend class Remote;
    friend class Topics;
    friend class messaging::SessionCore;
    friend struct detail::Reply;
    void reply(std::string_view text) const;
    void reply(Bytes bytes) const;
    void reply(std::span<const std::uint8_t> octets) const { reply(asBytes(octets)); }
    template <Sendable T>
    void reply(const T& value) const {
        replyJson(detail::Encoded{value, wireFormat()}.text());
    }
    template <class T>
    void reply(const std::optional<T>& value) const {
        if (value) reply(*value);
    }
    template <Unsendable T>
    void reply(const T&) const {
        json::detail::requireJson<T, json::detail::Direction::Write>();
    }
    void replyJson(std::string_view json) const;
    std::shared_ptr<const std::any> findProperty(std::string_view name) const;
    void setProperty(std::string_view name, std::any value, detail::ImagePin pin) const;
    // What the JSON writer has made is UTF-8.
    void sendJson(std::string_view json) const;
    SendStatus trySendJson(std::string_view json) const;
    const detail::WireFormat& wireFormat() const noexcept;
    messaging::SessionCore& core(const char* call) const;

    std::shared_ptr<messaging::SessionCore> core_;
};

template <class T>
void detail::Reply::send(const Session& session, T&& value) {
    session.reply(std::forward<T>(value));
}

template <Sendable T>
void Remote::sendObject(const T& value) const {
    Session{core_}.send(value);
}

}  // namespace patchbay

template <>
struct std::hash<patchbay::Session> {
    std::size_t operator()(const patchbay::Session& session) const noexcept { return session.id(); }
};
