#pragma once
// One session: its state, its handlers' order, its end. What handles (Session) point to.
//
//     New --has its carrier--> Opening --open handler returned--> Open --somebody closes, the peer goes--> Closing
//      '-- the endpoint is taken away: Closed, and no handler runs          (also from Opening)               |
//                                                                    Closed <--close handler returned---------'
//
// Rules (Jakarta WebSocket §2.1.5, §5.1):
// - handlers, tasks and timers of a session run one at a time: on its loop, or where its Strand has them run;
// - nobody but who makes it sees a New session: other threads may send from Opening on;
// - no message before the open handler has returned; none after Closing has begun;
// - whatever leaves the open handler by an exception closes the session, and then there is no close handler either, unless
//   something else had closed it before;
// - whoever first leaves Opening or Open gives the reason; the close handler runs once, as an entry of its own in the loop's
//   queue, so never inside another handler;
// - the carrier says goodbye on its own; a session does not wait for it;
// - what one thread calls takes effect in the order of its calls, and so does what threads call one after the other:
//   directly on the loop while nothing waits in its queue, else through the queue.
//
// Ownership: a handle holds a core for ever. A core that has ended holds what its handle may still be asked, and nothing
// else: instance, code and belongings go with the close handler, the carrier with the connection.
// Its parts: Outgoing (what it says), SessionTimers, Belongings (properties and topics), Strand (what cannot be done at once), of
// which Rare holds what most sessions never have; here is its life.

#include "base/Loop.hpp"
#include "messaging/DeployedEndpoint.hpp"
#include "messaging/JoinedTopic.hpp"
#include "messaging/Outgoing.hpp"
#include "messaging/Rare.hpp"
#include "messaging/SessionStart.hpp"
#include "messaging/SessionTimers.hpp"

#include <patchbay/carrier.hpp>
#include <patchbay/errors.hpp>
#include <patchbay/session.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>

namespace patchbay::messaging {

/// A whole message, where it lies.
struct ReceivedMessage {
    MessageKind kind;
    Bytes payload;
    std::size_t slack;  ///< readable bytes behind it
};

class SessionCore : public std::enable_shared_from_this<SessionCore>, public ListedSession {
public:
    SessionCore(std::shared_ptr<DeployedEndpoint> endpoint, std::size_t loopIndex, SessionStart start);
    ~SessionCore();

    /// What a handle points to; nullptr for one that points to nothing.
    static SessionCore* of(const Session& session) noexcept { return session.core_.get(); }

    // ---- for carriers, on the loop's thread ----

    /// Runs the open handler.   Owns: the carrier.   Requires: once, before anything else of this block.
    void open(std::unique_ptr<Carrier> carrier);
    /// One whole message.   Units: `slack` readable bytes stand behind the payload.   Requires: `self` is a handle of this
    /// session, valid for the call.
    void receive(const Session& self, MessageKind kind, Bytes payload, std::size_t slack) noexcept;
    /// Anything at all arrived: the peer is not idle.
    void touch() noexcept { timers_.touch(loop_.now()); }
    /// The peer's answer to a ping.
    void receivePong(Bytes payload) noexcept { timers_.receivePong(*this, payload); }
    /// The end of the connection, that follows on the peer's: runs `end` behind all that the session has said, at once where
    /// nothing of it waits for the loop. What follows is told then or before.
    template <class End>
    void inTurn(End end) {
        if (isNext()) return end();
        loop_.post(std::move(end));
    }
    /// The peer said goodbye; the carrier answers.
    void peerClosed(CloseCode code, std::string_view text) noexcept;
    /// The peer broke a rule; the carrier says so. A message that is too big is told to the error handler.
    void peerFailed(CloseCause cause, const std::string& rule) noexcept;
    /// The connection ended without a goodbye.
    void lost(std::string_view why) noexcept;
    /// So many messages in all have fallen to the policy of the carrier's queue.
    void noteDropped(std::uint64_t messages) noexcept;
    /// The carrier is needed no more, and is destroyed.   Requires: none of its functions runs.
    void carrierEnded() noexcept { outgoing_.letGo(); }

    // ---- for handles and topics, on any thread ----

    SessionId id() const noexcept { return id_; }
    Loop& loop() const noexcept { return loop_; }
    std::size_t loopIndex() const noexcept { return loopIndex_; }
    const std::shared_ptr<Loop>& sharedLoop() const noexcept { return endpoint_->server->loops[loopIndex_]; }
    DeployedEndpoint& endpoint() const noexcept { return *endpoint_; }
    const Origin& origin() const noexcept { return origin_; }
    /// Among what waits for a client of `patchbay.1` are outcomes, which none may lose: there the newest falls to the policy.
    SendQueue sendQueue() const noexcept {
        SendQueue queue = endpoint_->config.limits.sendQueue;
        if (isWire() && queue.whenFull == WhenFull::DropOldest) queue.whenFull = WhenFull::DropNewest;
        return queue;
    }
    std::size_t maxTopics() const noexcept { return endpoint_->config.limits.maxTopics; }
    RareThings& rare() { return rare_.get(); }
    RareThings* knownRare() const noexcept { return rare_.known(); }
    /// Its client speaks `patchbay.1`.
    bool isWire() const noexcept { return wire() != nullptr; }
    /// nullptr where it speaks plainly.
    WireSession* wire() const noexcept { return knownRare() ? knownRare()->wire.get() : nullptr; }
    std::shared_ptr<const std::any> property(std::string_view name) const;
    SessionTimers& timers() noexcept { return timers_; }
    const SessionTimers& timers() const noexcept { return timers_; }

    bool isOpen() const noexcept {
        const State now = state_.load(std::memory_order_acquire);
        return now == State::Opening || now == State::Open;
    }
    /// Who its peer is has still to be said; then only hooks see it.
    bool isStranger() const noexcept { return knownRare() && knownRare()->credentials.isStranger(); }
    bool isGone() const noexcept { return state_.load(std::memory_order_acquire) == State::Closed; }
    /// Errors: SessionClosed, naming `call`.
    void requireOpen(const char* call) const {
        if (!isOpen()) throw SessionClosed{call};
    }
    /// What may still be read while the close handler runs.   Errors: SessionClosed.
    void requireNotGone(const char* call) const {
        if (isGone()) throw SessionClosed{call};
    }

    /// Requires: text is UTF-8.   Errors: what an interceptor throws.
    SendStatus trySend(MessageKind kind, Bytes payload);
    /// Text of the application's.   Errors: as before, and json::EncodeError.
    SendStatus trySendText(std::string_view text);
    /// What a handler has returned, to a client of `patchbay.1`.   Thread: the handler's.   Errors: as trySend().
    SendStatus reply(MessageKind kind, Bytes payload);
    void ping(Bytes payload);
    void probe();
    std::uint64_t droppedMessages() const noexcept;
    void close(CloseCause cause, std::optional<CloseCode> code, std::string_view text) noexcept;
    void setIdleTimeout(std::chrono::milliseconds timeout);
    void post(Task task);
    /// Whether messages go to the handlers as they come.
    void setReceiving(bool receiving);
    bool isReceiving() const noexcept;

    // ---- on the loop's thread ----

    /// Leaves the one before in its place.
    void setToll(Hook<MessageToll>& toll);
    /// As close(), of an entry of the loop's queue whose turn has come: before what was put there behind that.
    void closeInItsTurn(CloseCause cause) noexcept;

    /// Runs a task as a handler of this session, now or when it is its turn; then it takes it along.
    void run(Task& task) noexcept;
    /// Whether what comes now has to go to the strand.
    bool waits() const noexcept { return waits_; }
    /// Requires: it need not wait.
    void runNow(Task& task) noexcept;
    void sendLetter(MessageKind kind, Bytes payload) noexcept { settle(outgoing_.send(kind, payload)); }
    /// What follows for the session from how something of its own has been sent.
    void settled(SendStatus status) noexcept { settle(status); }
    /// A message has brought one thing more.
    void payForAnother() noexcept;
    /// A piece of a message that is sent in parts (Carrier::sendPart). Where there is no room the session goes on: it may come again.
    SendStatus sendPart(MessageKind kind, Bytes piece, PieceOf of, SendCompletion& completion) noexcept;
    /// A session that closes takes it until its carrier has said goodbye: it may have been published before.
    void deliver(const Delivery& delivery) noexcept {
        const SendStatus status = outgoing_.deliver(delivery, id_, isWire_);
        if (status == SendStatus::Full) settle(status);
    }
    /// Of a history, which is for everybody.
    void show(const Delivery& delivery) noexcept {
        const SendStatus status = outgoing_.show(delivery);
        if (status == SendStatus::Full) settle(status);
    }
    /// It is in that topic from here on: what it is shown of it. A session that closes is shown it, too.
    void tellJoined(const JoinedTopic& joined) noexcept;
    /// Its principal has changed: out of the topics that it may not be in any longer.
    void leaveWhatIsForbidden() noexcept;
    /// Messages to a topic for which the loop's queue had no room: as if this session's queue had had none.
    void missed(std::uint64_t count) noexcept;
    std::chrono::milliseconds idleTimeout() const noexcept;
    /// deliver() comes soon: these bring what it reads into the processor's cache, each what the one before has found.
    void prefetch() const noexcept { outgoing_.prefetch(); }
    void prefetchCarrier() const noexcept { outgoing_.prefetchCarrier(); }
    void prefetchChannel() const noexcept { outgoing_.prefetchChannel(); }

    /// The time to end in good order is over.
    void hurry() noexcept;

    /// What has been received and no handler has been given.   Units: bytes.
    std::size_t waitingBytes() const noexcept { return hasStrand() ? knownRare()->strand->waitingBytes() : 0; }
    void dropWaiting() noexcept {
        if (hasStrand()) strand().dropMessages();
    }

    // ---- for its strand and events: on the loop's thread, or on the pool's while the strand has an event there ----

    Strand& strand();
    EndpointCode& code() const noexcept { return *code_; }
    endpoint::Outcome callOpen(const Session& self, endpoint::Run& run) const noexcept;
    endpoint::Outcome callMessage(const Session& self, const ReceivedMessage& message, EndpointCode::Decoding& decoding,
                                  endpoint::Run& run) const noexcept;
    endpoint::Outcome callTask(const Session& self, Task& task, endpoint::Run& run) const noexcept;
    endpoint::Outcome callError(const Session& self, std::exception_ptr error, endpoint::Run& run) const noexcept;
    endpoint::Outcome callClose(const Session& self, const CloseReason& reason, endpoint::Run& run) const noexcept;
    endpoint::Outcome goOn(const Session& self, endpoint::Run& run) const noexcept;

    // ---- for the same, on the loop's thread ----

    bool wasOpened() const noexcept { return opened_; }
    /// False when an interceptor drops it.   Errors: what an interceptor throws.
    bool intercept(InterceptedMessage& message);
    /// Its first handlers.   Requires: nothing of it waits to be told who its peer is.
    void begin() noexcept;
    void opened(endpoint::Outcome outcome, std::string_view refusal) noexcept;
    void obey(endpoint::Outcome outcome) noexcept {
        if (outcome != endpoint::Outcome::Fine) closeAfter(outcome);
    }
    void closed(const CloseReason& reason) noexcept;
    std::size_t receiveQueue() const noexcept;
    /// Why its peer is not read.
    enum class Pause : std::uint8_t { HandlersAreBusy = 1, SendsTooFast = 2 };
    void pauseReading(Pause why) noexcept;
    /// Goes on when no reason is left.
    void resumeReading(Pause why) noexcept;
    void strandChanged() noexcept;

private:
    enum class State : std::uint8_t { New, Opening, Open, Closing, Closed };
    /// Who ended it. A cause does not tell: a message is too big for us, or for a handler of ours.
    enum class By : std::uint8_t { Us, Peer };

    /// Whether an action of this thread's may go directly: it is the loop's, and nothing waits there that came before.
    bool isNext() const noexcept { return loop_.isHere() && loop_.queue().idle(); }
    bool hasStrand() const noexcept { return knownRare() && knownRare()->strand; }
    Session handle() noexcept { return Session{shared_from_this()}; }
    detail::Call callOnLoop(const Session& session) const noexcept { return {session, origin_.path(), &loop_.runningSlot()}; }
    detail::Call call(const Session& session) const noexcept {
        return endpoint_->onPool ? detail::Call{session, origin_.path()} : callOnLoop(session);
    }
    void turnAway() noexcept;
    bool hasInstance(const Session& self) noexcept;
    template <class NewEvent, class Call, class End, class... Of>
    void doNow(Call call, End end, const Of&... of) noexcept;
    template <class Call>
    void doNow(Call call) noexcept;
    void handle(const Session& self, const ReceivedMessage& message) noexcept;
    void handled(endpoint::Outcome outcome, endpoint::Run& run) noexcept;
    detail::MessageCall messageCall(const detail::Call& call, const ReceivedMessage& message, EndpointCode::Decoding& decoding) const noexcept;
    void handledLarge(std::size_t bytes) noexcept;
    void receiveFromStranger(MessageKind kind, Bytes payload) noexcept;
    void keepMessage(MessageKind kind, Bytes payload) noexcept;
    void receiveIntercepted(const Session& session, MessageKind kind, Bytes payload) noexcept;
    SendStatus sendIntercepted(MessageKind kind, Bytes payload);
    SendStatus transmit(MessageKind kind, Bytes payload);
    bool isReceivedHere(std::string_view text) const noexcept;
    SendStatus settle(SendStatus status) noexcept {
        if (status == SendStatus::Queued) [[likely]]
            return status;
        return refused(status);
    }
    SendStatus refused(SendStatus status) noexcept;
    void sayGoodbye(CloseCause cause, CloseCode onWire, std::string_view text) noexcept;
    bool leaveOpen() noexcept;
    void finishSoon(CloseReason reason, By who);
    void finish(const CloseReason& reason, By who) noexcept;
    void leaveTopics() noexcept;
    void letGo() noexcept;
    void closeAfter(endpoint::Outcome outcome) noexcept;
    void applyReceiving();
    void payForMessage(std::size_t bytes) noexcept;
    // Apart from those, so that no message has registers saved for what is rare.
    [[gnu::noinline]] Clock::duration payOwnRates(std::size_t bytes, Clock::time_point now) noexcept;
    [[gnu::noinline, gnu::cold]] void readAfter(Clock::duration wait) noexcept;
    void logEnd(const CloseReason& reason) const;

    const std::shared_ptr<DeployedEndpoint> endpoint_;
    Loop& loop_;  // lives as long as the endpoint's server state
    const SessionId id_;
    // A delivery asks for what follows, down to state_, which stands together for that.
    Outgoing outgoing_;
    Rare rare_;
    [[no_unique_address]] SessionTimers timers_;  // what follows stands in its last bytes
    const std::uint16_t loopIndex_;
    std::atomic<State> state_{State::New};
    bool opened_ : 1 = false;  // a close handler is due
    bool told_ : 1 = false;    // listeners have been told of it
    bool waits_ : 1;           // what comes has to go to the strand
    const bool isRated_ : 1;   // its endpoint has a rate
    bool paysToll_ : 1 = false;
    const bool isWire_ : 1;    // for its loop: others ask isWire(), since what stands beside it changes
    const Origin origin_;
    // The loop's; exchanged by a task where an endpoint is replaced. Both are empty when the session has ended.
    boost::intrusive_ptr<EndpointCode> code_;
    std::shared_ptr<void> instance_;
};

}  // namespace patchbay::messaging
