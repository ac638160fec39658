#pragma once
// A session on a carrier that the framework does not know (patchbay/carrier.hpp), with what stands between them:
//
//     session ── Half ──▶ link ── limits and policy of the queue, exceptions, the bound of a goodbye ──▶ Carrier
//     CarrierInput ── limits of a message ──▶ entry of the loop's queue ──▶ link ──▶ session
//
// Both sides may be used from within the other's calls: towards the session everything is an entry of its loop's queue, and a
// carrier is destroyed by an entry of its own.
//
// Lifetime: the link keeps its session, and the session's half of it the link, until the connection has ended. From then on it
// holds the handle and no more; carrier and pin have gone.

#include "messaging/SessionCore.hpp"

#include <patchbay/carrier.hpp>
#include <patchbay/message_buffer.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

namespace patchbay::messaging {

class CarrierLink final : public std::enable_shared_from_this<CarrierLink>, public ListedLink {
public:
    /// A session on its way: the session opens by an entry of its loop. Where that loop has ended it never does.   Thread: any.
    static std::shared_ptr<CarrierLink> open(std::shared_ptr<SessionCore> session, std::unique_ptr<Carrier> carrier,
                                             detail::ImagePin pin);
    CarrierLink(std::shared_ptr<SessionCore> session, std::unique_ptr<Carrier> carrier, detail::ImagePin pin);
    ~CarrierLink();

    // ---- for CarrierInput: any thread ----

    const Session& session() const noexcept { return handle_; }
    bool isOpen() const noexcept { return !ended_.load() && (!begun_.load() || core().isOpen()); }
    Arrival message(MessageKind kind, Bytes payload);
    Arrival part(MessageKind kind, Bytes piece, PieceOf of);
    /// The rest as its loop does it, behind what was called before.
    void alive();
    void pong(Bytes payload);
    void closed(CloseCode code, std::string_view text);
    void lost(std::string_view why);

    /// Ends the connections of all that are left on a loop of `server`, and of those that come.   Thread: that loop's.
    static void cutAll(ServerState& server, std::size_t loopIndex) noexcept;

    // ---- for a server that is short of memory: the loop's thread ----

    /// What it has its server hold: half a message, what waits for its handlers, and what waits for its peer, at its carrier too.
    /// Units: bytes.
    std::size_t heldBytes() noexcept;
    /// Gives that up, and the session with it: 1013, tried as for a peer that reads too slowly. One that ends already ends now.
    void shed() noexcept;

private:
    class Half;
    class Opening;
    class Piece;
    struct Unfinished;
    /// What an entry brings.
    enum class Brings : std::uint8_t { Message, Part, LastPart };

    Arrival put(Brings what, MessageKind kind, Bytes payload);
    Arrival refuse(CloseCause cause, std::string_view rule);
    template <class Action>
    void post(Action action);

    // ---- the loop's thread ----

    void begin();
    void neverBegins() noexcept;
    void take(Brings what, MessageKind kind, Bytes payload);
    void collect(MessageKind kind, Bytes piece, bool isLast);
    void fail(CloseCause cause, std::string_view rule) noexcept;
    void cut() noexcept;
    void end() noexcept;
    void endInTurn();
    void letGo() noexcept;

    template <class Call>
    SendStatus ask(std::string_view what, Call call) noexcept;
    SendStatus send(MessageKind kind, Bytes payload) noexcept;
    SendStatus sendPart(MessageKind kind, Bytes piece, PieceOf of, SendCompletion& completion) noexcept;
    SendStatus deliver(const Delivery& delivery) noexcept;
    SendStatus ping(Bytes payload) noexcept;
    void pauseReading() noexcept;
    void resumeReading() noexcept;
    void close(CloseCode code, std::string_view text) noexcept;
    void closeNow(CloseCode code, std::string_view text) noexcept;
    void giveUpAfter(std::chrono::milliseconds within) noexcept;
    SendStatus admit(std::size_t payload);
    SendStatus admitMore(std::size_t payload);
    bool dropOldest();
    std::size_t queuedBytes();
    std::size_t queuedHere() const noexcept;
    SendStatus sendOne(MessageKind kind, Bytes payload);
    SendStatus sendPiece(Carrier& carrier, MessageKind kind, Bytes piece, PieceOf of, SendCompletion& completion);
    SendStatus handOver(Carrier& carrier, MessageKind kind, Bytes piece, PieceOf of, SendCompletion& completion);
    SendStatus sendAsWhole(Carrier& carrier, MessageKind kind, Bytes payload, SendCompletion& completion);
    void finishMessage();
    bool fits(const Delivery& delivery) const;
    SendStatus noted(SendStatus status) noexcept;

    SessionCore& core() const noexcept { return *SessionCore::of(handle_); }
    Loop& loop() const noexcept { return core().loop(); }

    const Session handle_;
    std::atomic<bool> begun_{false};   // the session has been opened
    std::atomic<bool> paused_{false};  // it takes no message
    std::atomic<bool> ended_{false};
    // The loop's:
    detail::ImagePin pin_;  // goes behind the carrier
    std::unique_ptr<Carrier> carrier_;
    std::unique_ptr<MessageBuffer> pieces_;  // of a message that is not whole
    std::unique_ptr<Unfinished> unfinished_;  // of one that is sent in parts
    TimerId giveUp_ = 0;
    std::uint64_t dropped_ = 0;
    HeldBytes<Held::Queues> queued_;  // what the carrier has said last that waits there
};

}  // namespace patchbay::messaging
