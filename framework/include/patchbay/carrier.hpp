#pragma once
// Carriers: what brings a session's messages to its peer and back. WebSocket is one, the test kit's peers in memory are another;
// a module brings one of its own (long polling, a message broker's connection) and every endpoint serves it unchanged: same
// handlers, order, limits, queue, close codes, topics and hooks.
//
//     const Admission admission = server.admit(handshakeFor(request, "/chat/lobby"));      // as a WebSocket handshake is judged
//     if (!admission.isAdmitted()) return admission.refusal();                             // 403, 404, 503, …
//     CarrierInput input = server.openSession(std::move(admission), std::make_unique<Poll>(…));
//     …
//     input.message("hello");                 peer -> session: from any thread
//     Poll::send(kind, payload)               session -> peer: the session calls its carrier, on its loop
//     Poll::sendPart(kind, piece, of, done)   the same in pieces, where it can (sendsParts()); `done` hears when all is sent
//
// Life of a carrier:
//
//     openSession ── the session's ──┬─ input.closed(), input.lost(): the peer has gone ───────────────┬─▶ destroyed, on its loop
//                                    ├─ close(), closeNow(): it says goodbye; the bound is over, or    ┤
//                                    │  closed(), lost() tell that the goodbye has been taken          │
//                                    ├─ one of its functions has thrown: the session is lost           ┤
//                                    '─ the server stops: what has not ended by then                   '
//
// Bounds: the session's limits hold for whatever carrier. A message that is too large or no UTF-8 ends the session with 1009 or
// 1007 before a handler sees it; the endpoint's send queue and its policy are applied before send() by what queuedBytes() says.

#include <patchbay/bytes.hpp>
#include <patchbay/close.hpp>
#include <patchbay/configurator.hpp>
#include <patchbay/detail/Image.hpp>
#include <patchbay/send_status.hpp>
#include <patchbay/session.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace patchbay {

struct HttpRequest;
struct HttpResponse;
class ServerContainer;
namespace deployment {
struct Admission;
}
namespace messaging {
class Broadcast;
class CarrierLink;
}  // namespace messaging

/// Messages to many, in their order, as far as they go to one session. Valid for the call.
struct Delivery {
    const messaging::Broadcast& broadcast;  ///< the framework's own
    std::size_t first;                      ///< of the broadcast's messages, from this
    std::size_t last;                       ///< up to, not with, this
    std::uint64_t tag;                      ///< of the subscription
    bool alone;  ///< nothing else waits on this loop: whoever has nothing queued may be written to at once

    std::size_t count() const noexcept { return last - first; }
    /// Requires: `message` is less than count().
    MessageKind kind(std::size_t message) const noexcept;
    Bytes payload(std::size_t message) const noexcept;
};

/// Whether a piece is the last of its message.
enum class PieceOf : std::uint8_t { MoreFollows, Last };

/// What a session knows of its connection.
/// Owns: nothing of the session's; the session owns its carrier, and lets go of it as the table above says.
/// Thread: the session's loop's, one call at a time. A call may come from within a handler; it may use the session's CarrierInput.
/// Errors: what a function throws is logged, and the session is lost (1006): nothing more is asked of its carrier.
class Carrier {
public:
    virtual ~Carrier() = default;

    // ---- to the peer ----

    /// One whole message, behind those before; copied or written before it returns.
    /// Returns: Queued; Dropped or Full, where it has a bound of its own; Closed, when the connection has gone: then the session is
    /// lost.
    virtual SendStatus send(MessageKind kind, Bytes payload) = 0;
    /// Messages that others get too. The default sends one after the other; who frames them in the same way for everyone may
    /// do that once.   Returns: Full as soon as one is refused; Dropped when one was.
    virtual SendStatus deliver(const Delivery& delivery);
    /// Whether it has a sendPart() of its own. For one that has not the framework collects the pieces and calls send() with the last;
    /// then a message counts as sent when send() has taken it.
    virtual bool sendsParts() const { return false; }
    /// A piece of a message, behind those before; copied or written before it returns. A first piece that is the last as well is a
    /// whole message for whose end somebody waits.
    /// `completion`: with the last piece, or of nobody. It is taken where Queued is returned, and told when the message is sent,
    /// dropped (a whole one, by dropOldest()) or lost with its connection; else it stays where it is.
    /// Returns: as send(). Dropped or Full: nothing of the piece was taken. Full for a later one: its message is not to be torn, so it
    /// comes again when there is room.
    /// Requires: all pieces of one kind, one behind the other: whole messages that the session sends meanwhile, to one or to many, wait
    /// in the framework for the last. Pings and goodbyes come between; behind a goodbye comes no more of it.
    virtual SendStatus sendPart(MessageKind kind, Bytes piece, PieceOf of, SendCompletion& completion);
    /// What waits for the peer: the queue that the endpoint's limit and policy hold for.
    /// Units: bytes, with about what each message needs on the wire.
    virtual std::size_t queuedBytes() const = 0;
    /// Forgets the message that has waited longest, of those of which nothing is on the wire yet, for a newer one
    /// (WhenFull::DropOldest). False when there is none that may go: then the newer one is dropped.
    virtual bool dropOldest() { return false; }
    /// Asks the peer for a sign of life, where there is such a thing: its answer is CarrierInput::pong() with this payload, or
    /// alive() where it cannot carry one.   Units: at most 125 bytes.
    virtual SendStatus ping(Bytes payload);
    /// A delivery comes soon: brings what sending it reads into the processor's cache. A hint, and no more.
    virtual void prefetch() const noexcept {}

    // ---- back-pressure ----

    /// The session can take no more for now: from here on CarrierInput refuses messages with Arrival::Paused. Who reads a stream stops
    /// reading it. What is sent, goodbyes included, goes on. Idempotent.
    virtual void pauseReading() {}
    /// The session takes messages again. Idempotent; also called when the session says goodbye, since the peer's has to be seen.
    virtual void resumeReading() {}

    // ---- the end ----

    /// Says goodbye with `code` behind the messages that wait. When the peer has taken it, CarrierInput::closed() says so; after the
    /// server's closeTimeout (5 s) the carrier goes in any case.   Units: `text` is what a close handler may be given: at most
    /// 123 bytes are sent.
    virtual void close(CloseCode code, std::string_view text) = 0;
    /// The same to a peer that reads too slowly: what waits is dropped, and the goodbye is tried for a second.
    virtual void closeNow(CloseCode code, std::string_view text) = 0;
};

/// How fares what a peer has sent.
enum class Arrival : std::uint8_t {
    Taken,   ///< it comes to the session's handlers, in the order of the calls
    Paused,  ///< its handlers are busy and enough waits: nothing happened. resumeReading() says when to come again
    Full,    ///< too much waits for the session's loop: nothing happened. Come again in a moment
    Ended,   ///< the session has ended, or ends with this: a message that breaks its limits
};

/// Where a carrier puts what its peer sends: a small handle, to be copied and kept for ever; after the end it says so.
///
/// Thread: any. Nothing runs inside these calls: each becomes an entry of its session's loop, in the order in which a thread
/// calls, and threads that call one after the other. So they may be called while a lock is held, and from within a Carrier's functions.
/// Errors: std::bad_alloc.
class CarrierInput {
public:
    /// Of no session: ended.
    CarrierInput() noexcept = default;
    explicit CarrierInput(std::shared_ptr<messaging::CarrierLink> link) noexcept : link_{std::move(link)} {}

    /// The session. Until its loop has opened it, which it does soon, its calls say that it is closed.
    Session session() const;
    /// False from the moment the session closes, whoever does it.
    bool isOpen() const noexcept;

    /// One whole message; copied.   Errors: too large a message ends the session with 1009, text that is no UTF-8 with 1007.
    Arrival message(MessageKind kind, Bytes payload) const;
    Arrival message(std::string_view text) const { return message(MessageKind::Text, asBytes(text)); }
    /// A piece of one: pieces are put together up to the endpoint's limit. Where one is refused (Paused, Full) it is to be given again.
    /// Requires: all of one kind, and no message() between the first and the last.
    Arrival part(MessageKind kind, Bytes piece, PieceOf of) const;
    /// Anything at all came from the peer: it is not idle. What the others bring counts by itself.
    void alive() const;
    /// The peer's answer to a ping.
    void pong(Bytes payload) const;

    /// The peer has said goodbye, or has taken ours: the connection has ended. NoStatus: without a code.   Units: `text` is cut
    /// at 123 bytes of UTF-8.
    void closed(CloseCode code = CloseCode::NoStatus, std::string_view text = {}) const;
    /// The connection has ended without a goodbye.
    void lost(std::string_view why) const;

private:
    std::shared_ptr<messaging::CarrierLink> link_;
};

/// The verdict on a handshake.   Thread: one at a time.
class Admission {
public:
    explicit Admission(std::unique_ptr<deployment::Admission> verdict) noexcept;
    Admission(Admission&& other) noexcept;
    Admission& operator=(Admission&& other) noexcept;
    ~Admission();

    bool isAdmitted() const noexcept;
    /// What to answer where it was not: status, headers and text of who refused.   Requires: it was not admitted.
    HttpResponse refusal() const;
    /// Headers that hooks want in the answer of one that was admitted.
    const HeaderFields& headers() const noexcept;
    /// What the client is to be told that was agreed on; empty for none.   Requires, as the following: it was admitted.
    std::string_view subprotocol() const noexcept;
    /// The endpoint's attributes, such as its limits.
    const EndpointConfig& endpoint() const noexcept;

private:
    friend class ServerContainer;
    std::unique_ptr<deployment::Admission> verdict_;  // nullptr: moved away
};

/// What to do with a verdict that may take its time.
struct WhenAdmitted : std::function<void(Admission)> {
    using function::function;
};

/// The handshake of a session that begins with `request`, at the endpoint that `target` (path and query) names.
HandshakeRequest handshakeFor(const HttpRequest& request, std::string target);

}  // namespace patchbay
