#pragma once
// Session: one conversation with one peer, whatever carries it.
//
// A Session is a small handle. Copy it, keep it, use it from any thread, also after the close: then its calls say so by
// throwing SessionClosed. It never keeps a connection open.

#include <patchbay/bytes.hpp>
#include <patchbay/close.hpp>
#include <patchbay/errors.hpp>
#include <patchbay/extension.hpp>
#include <patchbay/json.hpp>

#include <any>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace patchbay {

namespace messaging {
class SessionCore;
}

/// Names a session for the life of the server; never used twice.
using SessionId = std::uint64_t;

/// Who the peer is, as the handshake found out. An empty name is nobody in particular.
struct Principal {
    std::string name;
    std::vector<std::string> roles;
};

namespace detail {
/// A text that this thread reuses for encoding; empty when it is handed out.
std::string& encodingBuffer();
/// How an endpoint writes structs: under which key their names stand, and whether they do.
struct WireFormat {
    json::Format json;
    bool tagged = false;
};
/// `value` as the text that goes on the wire.
template <class T>
std::string_view encode(const T& value, const WireFormat& format) {
    std::string& text = encodingBuffer();
    if constexpr (json::Taggable<T>) {
        if (format.tagged) {
            json::writeTagged(text, value, format.json);
            return text;
        }
    }
    json::write(text, value, format.json);
    return text;
}
}  // namespace detail

/// What can be sent as an object: whatever has a JSON form and is no text or bytes already.
template <class T>
concept Sendable = json::Writable<T> && !std::convertible_to<const T&, std::string_view> &&
                   !std::convertible_to<const T&, Bytes>;

class Session;

/// The sending half of a session under the names of Jakarta's RemoteEndpoint.Basic.
/// Any number of threads may send at once: messages stay whole and each thread's order is kept.
class Remote {
public:
    explicit Remote(const Session& session) noexcept;
    void sendText(std::string_view text) const;
    void sendBinary(Bytes bytes) const;
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
    /// Who the peer is; its name is empty when nobody asked.
    const Principal& principal() const;
    /// A name to show to people: the principal's, or `guest-` and the session's number.
    std::string displayName() const;
    /// The peer's address and port, such as `192.0.2.7:50312`.
    std::string remoteAddress() const;
    /// The sessions that are open on this endpoint now, this one among them.   Thread: any.
    std::vector<Session> openSessions() const;

    /// A value of the application's own, kept until the close handler has returned; nullptr when there is none of that
    /// name and type.   Thread: the session's handlers.
    template <class T>
    T* property(std::string_view name) const {
        return std::any_cast<T>(findProperty(name));
    }
    void setProperty(std::string_view name, std::any value) const;

    /// Sends one message.
    /// Errors: SessionClosed. A queue that is full follows the endpoint's policy and is no error.
    /// Thread: any; messages stay whole and each thread's order is kept.
    void send(std::string_view text) const;
    void send(Bytes bytes) const;
    /// Sends a struct, variant, number or list as JSON.
    template <Sendable T>
    void send(const T& value) const {
        send(detail::encode(value, wireFormat()));
    }
    /// How many messages to this peer have fallen to the endpoint's `whenFull` policy.   Thread: any.
    /// Errors: SessionClosed when the close handler has returned.
    std::uint64_t droppedMessages() const;
    Remote basicRemote() const { return Remote{*this}; }

    /// Joins a topic of this session's endpoint; joining twice is joining once.   Errors: SessionClosed.   Thread: any.
    void subscribe(std::string_view topic) const;
    /// Leaves it; leaving what was not joined is no error.
    void unsubscribe(std::string_view topic) const;

    /// Closes the session; the close handler sees `code` and `text`. A second call does nothing.
    /// Units: `text` is cut to 123 bytes of UTF-8.   Thread: any.   Source: RFC 6455 §7.1.2, Jakarta WebSocket §2.1.5
    void close(CloseCode code = CloseCode::Normal, std::string_view text = {}) const noexcept;

    /// Ends the session for a reason that is not the application's: a plugin that finds its peer dead (Idle), unwelcome
    /// (Policy) or too slow (QueueFull). Code on the wire, what the close handler sees, log line and counter are those of
    /// the cause, as for the server's own.   Units, Thread: as close().   Source: the table in messaging/CloseTable.hpp
    void closeFor(CloseCause cause, std::string_view text) const noexcept;

    /// Asks the peer for a sign of life with a ping; its answer makes roundTripTime() known.
    /// Errors: SessionClosed.   Thread: the session's loop.   Source: RFC 6455 §5.5.2
    void probe() const;
    /// How long the answer to the last answered probe took; nothing before the first.   Thread: any.
    std::optional<std::chrono::microseconds> roundTripTime() const noexcept;
    /// When anything last came from the peer, by its loop's clock.   Thread: any.
    std::chrono::steady_clock::time_point lastReceived() const noexcept;

    /// How long the peer may be silent; zero or less is for ever.   Errors: SessionClosed.   Thread: any.
    void setIdleTimeout(std::chrono::milliseconds timeout) const;

    /// Runs `task` where this session's handlers run, after those that wait; dropped when the session has closed. What
    /// it throws goes to the error handler.   Thread: any.
    void post(std::function<void()> task) const;
    /// Runs `task` once after `delay`, unless the session has closed by then.   Thread: any.
    void after(std::chrono::milliseconds delay, std::function<void()> task) const;

    friend bool operator==(const Session& a, const Session& b) noexcept { return a.core_ == b.core_; }

private:
    friend class Remote;
    friend class Topics;
    friend class messaging::SessionCore;
    std::any* findProperty(std::string_view name) const;
    const detail::WireFormat& wireFormat() const noexcept;

    std::shared_ptr<messaging::SessionCore> core_;
};

template <Sendable T>
void Remote::sendObject(const T& value) const {
    Session{core_}.send(value);
}

}  // namespace patchbay

template <>
struct std::hash<patchbay::Session> {
    std::size_t operator()(const patchbay::Session& session) const noexcept { return session.id(); }
};
