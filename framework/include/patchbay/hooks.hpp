#pragma once
// What a plugin may hang into a server: handshakes, the beginning and end of sessions, messages. A chain runs in the order in
// which its hooks were added, which for plugins is the order of the configuration.

#include <patchbay/close.hpp>
#include <patchbay/configurator.hpp>
#include <patchbay/session.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace patchbay {

/// Sees every handshake before its endpoint's configurator: may add headers, name the principal, set properties, reject.
/// The first that rejects is the last that is asked. One that waits for something defers its verdict (HandshakeResponse::defer).
/// Thread: the loops, and wherever ServerContainer::admit() is called; several connections at once.   Errors: what it throws is logged and answered with 500.
class HandshakeInterceptor {
public:
    virtual ~HandshakeInterceptor() = default;
    virtual void onHandshake(const HandshakeRequest& request, HandshakeResponse& response) = 0;
    /// Sees what all of them, and the configurator, have come to, when that would be let in: `response.principal` is who the peer is, and
    /// `authenticateWithin` is there only where it has still to say so. Returns why it is refused after all. It cannot wait.
    virtual std::optional<HandshakeResponse::Rejection> onIdentified(const HandshakeRequest&, const HandshakeResponse&) { return std::nullopt; }
};

/// Sees connections that have still to ask for something: from the moment that one is accepted, before its first byte and that of its TLS
/// handshake, until its first request is there or it has ended. Those of trusted proxies are not shown, which speak for many.
/// Thread: the loops, several at once.   Errors: what accepted() throws is logged; then it is closed.
class ConnectionListener {
public:
    virtual ~ConnectionListener() = default;
    /// False: it is closed at once, without a word.   Units of `address`: as Session::remoteAddress().
    virtual bool accepted(std::string_view address) = 0;
    /// Once for each that it has let in.
    virtual void asked(std::string_view address) noexcept = 0;
};

/// Thread: the session's loop.   Errors: what it throws is logged, and changes nothing for the session.
class SessionListener {
public:
    virtual ~SessionListener() = default;
    /// Before the open handler; the session can be used.
    virtual void opened(const Session& session) = 0;
    /// Its principal has been replaced (Session::setPrincipal, Users), and its endpoint's roles allow that. For who was a stranger
    /// (Session::isStranger): before the open handler.
    virtual void principalChanged(const Session&) {}
    /// After the close handler; in the opposite order of opened().
    virtual void closed(const Session& session, const CloseReason& reason) = 0;
};

/// What messages cost beside the rates of their endpoint, such as those of all sessions of a user together (Session::setToll).
class MessageToll {
public:
    virtual ~MessageToll() = default;
    /// Pays for a message that has arrived. Returns for how long nothing is to be read of its session then, zero mostly: its peer's window
    /// closes, and nothing is lost.   Thread: the session's loop.
    virtual std::chrono::nanoseconds pay(std::size_t bytes, std::chrono::steady_clock::time_point now) noexcept = 0;
};

/// What is called again and again; the time is that of the loop, in a test the one that is turned by hand.
struct Ticker : std::function<void(std::chrono::steady_clock::time_point now)> {
    using function::function;
};

/// A message on its way, as an interceptor sees it.
class InterceptedMessage {
public:
    InterceptedMessage(MessageKind kind, Bytes payload) noexcept : payload_{payload}, kind_{kind} {}

    MessageKind kind() const noexcept { return kind_; }
    /// Valid until it is replaced, at most for the call.
    Bytes payload() const noexcept { return payload_; }
    /// Goes on with another payload of the same kind.
    /// Errors: json::EncodeError for text that is not UTF-8; the message is as it was then.
    void replace(std::string payload);

private:
    std::string own_;
    Bytes payload_;
    MessageKind kind_;
};

/// Sees, changes or drops messages.   Errors: what it throws goes the way of a handler's exception.
class MessageInterceptor {
public:
    enum class Verdict : std::uint8_t { Pass, Drop };

    virtual ~MessageInterceptor() = default;
    /// A whole message that has arrived, before it is decoded.   Thread: the session's loop.
    virtual Verdict received(const Session&, InterceptedMessage&) { return Verdict::Pass; }
    /// A message to one session, before it is queued.   Thread: any.
    virtual Verdict sending(const Session&, InterceptedMessage&) { return Verdict::Pass; }
    /// A message to everyone of a topic, once for all of them.   Thread: any.
    virtual Verdict publishing(std::string_view, InterceptedMessage&) { return Verdict::Pass; }
};

}  // namespace patchbay
