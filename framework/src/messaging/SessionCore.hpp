#pragma once
// One session: its state, its handlers' order, its end. What handles (Session) point to.
//
//     New --has its carrier--> Opening --open handler returned--> Open --somebody closes, the peer goes--> Closing
//      '-- the endpoint is taken away: Closed, and no handler runs          (also from Opening)               |
//                                                                    Closed <--close handler returned---------'
//
// Rules (Jakarta WebSocket §2.1.5, §5.1):
// - handlers, tasks and timers of a session run on its loop, one at a time;
// - nobody but the container sees a New session: other threads may send from Opening on;
// - no message before the open handler has returned; none after Closing has begun;
// - whoever first leaves Opening or Open gives the reason; the close handler runs once, as a task of its own, so never
//   inside another handler;
// - the carrier says goodbye on its own; a session does not wait for it;
// - the carrier is the loop's: what another thread sends waits in the mailbox until the loop takes it.

#include "base/Loop.hpp"
#include "messaging/Carrier.hpp"
#include "messaging/DeployedEndpoint.hpp"
#include "messaging/Mailbox.hpp"
#include "messaging/SessionStart.hpp"

#include <patchbay/errors.hpp>
#include <patchbay/session.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace patchbay::messaging {

class SessionCore : public std::enable_shared_from_this<SessionCore>, public ListedSession {
public:
    SessionCore(std::shared_ptr<DeployedEndpoint> endpoint, Loop& loop, std::size_t loopIndex, SessionStart start);
    ~SessionCore();

    /// What a handle points to; nullptr for one that was moved from.
    static SessionCore* of(const Session& session) noexcept { return session.core_.get(); }

    // ---- for carriers, on the loop's thread ----

    /// Runs the open handler.   Owns: the carrier.   Requires: once, before anything else of this block.
    void open(std::unique_ptr<Carrier> carrier);
    /// One whole message.   Units: `slack` readable bytes stand behind the payload.   Requires: `self` is a handle of this
    /// session, valid for the call.
    void receive(const Session& self, MessageKind kind, Bytes payload, std::size_t slack) noexcept;
    /// Anything at all arrived: the peer is not idle.
    void touch() noexcept { lastReceived_.store(loop_.now(), std::memory_order_relaxed); }
    /// The peer's answer to a ping.
    void receivePong(Bytes payload) noexcept;
    /// The peer said goodbye; the carrier has answered.
    void peerClosed(CloseCode code, std::string_view text) noexcept;
    /// The peer broke a rule; the carrier has said so. A message that is too big goes to the error handler first.
    void peerFailed(CloseCause cause, const std::string& rule) noexcept;
    /// The connection ended without a goodbye.
    void lost(std::string_view why) noexcept;

    // ---- for handles and topics, on any thread ----

    SessionId id() const noexcept { return id_; }
    Loop& loop() const noexcept { return loop_; }
    std::size_t loopIndex() const noexcept { return loopIndex_; }
    bool isOpen() const noexcept {
        const State now = state_.load(std::memory_order_acquire);
        return now == State::Opening || now == State::Open;
    }
    bool isGone() const noexcept { return state_.load(std::memory_order_acquire) == State::Closed; }
    /// Errors: SessionClosed, naming `call`.
    void requireOpen(const char* call) const {
        if (!isOpen()) throw SessionClosed{call};
    }
    /// What may still be read while the close handler runs.   Errors: SessionClosed.
    void requireNotGone(const char* call) const;

    void send(MessageKind kind, Bytes payload);
    void ping(Bytes payload);
    void probe();
    /// Units: microseconds; negative while none is known.
    std::int64_t roundTripMicroseconds() const noexcept { return roundTrip_.load(std::memory_order_relaxed); }
    Clock::time_point lastReceived() const noexcept { return lastReceived_.load(std::memory_order_relaxed); }
    std::uint64_t droppedMessages() const;
    /// What of a broadcast is for this session. One that closes takes it until its carrier has said goodbye: it may have been
    /// published before.   Thread: the loop's.
    void deliver(const Broadcast& broadcast) noexcept;
    /// deliver() comes soon: these bring what it reads into the processor's cache, each what the one before has found.
    void prefetch() const noexcept { __builtin_prefetch(&carrier_); }
    void prefetchCarrier() const noexcept { __builtin_prefetch(carrier_.get()); }
    void prefetchChannel() const noexcept {
        if (carrier_) carrier_->prefetch();
    }
    void close(CloseCause cause, std::optional<CloseCode> code, std::string_view text) noexcept;
    void setIdleTimeout(std::chrono::milliseconds timeout);
    void post(std::function<void()> task);
    void after(std::chrono::milliseconds delay, std::function<void()> task);

    DeployedEndpoint& endpoint() const noexcept { return *endpoint_; }
    const Origin& origin() const noexcept { return origin_; }

    // ---- on the loop's thread ----

    /// nullptr when there is none of that name.
    std::any* findProperty(std::string_view name) noexcept;
    void setProperty(std::string_view name, std::any value);
    /// False when it is remembered already, or when the session has ended.
    bool rememberTopic(std::shared_ptr<TopicTable> table, std::string_view topic);
    /// False when it was not remembered.
    bool forgetTopic(const TopicTable& table, std::string_view topic) noexcept;

private:
    enum class State : std::uint8_t { New, Opening, Open, Closing, Closed };

    /// What many sessions never have.
    struct Extras {
        Properties properties;
        std::vector<TimerId> timers;  // of after(); fired ones are taken out
        std::vector<std::pair<std::shared_ptr<TopicTable>, std::string>> subscriptions;
        std::optional<std::chrono::milliseconds> idleTimeout;  // where it is not the endpoint's
        Clock::time_point probed{};                            // when the probe was sent that is not answered yet
        std::uint32_t lastProbe = 0;
    };

    Extras& extras();
    Session handle() noexcept { return Session{shared_from_this()}; }
    detail::Call call(const Session& session) const noexcept { return {session, origin_.path()}; }
    void turnAway() noexcept;
    template <class Tell>
    void told(const char* what, Tell tell) const noexcept;
    void handle(const Session& session, MessageKind kind, Bytes payload, std::size_t slack) noexcept;
    void receiveIntercepted(const Session& session, MessageKind kind, Bytes payload) noexcept;
    void sendIntercepted(MessageKind kind, Bytes payload);
    void transmit(MessageKind kind, Bytes payload);
    SendStatus mail(MessageKind kind, Bytes payload);
    Mailbox& mailbox();
    void takeMail() noexcept;
    void emptyMailbox(Mailbox& box) noexcept;
    void handOutBefore() const;
    SendStatus sendOthers(const Broadcast& broadcast) noexcept;
    void sayGoodbye(CloseCause cause, CloseCode onWire, std::string_view text) noexcept;
    bool leaveOpen() noexcept;
    void finishSoon(CloseReason reason);
    void finish(const CloseReason& reason) noexcept;
    void obey(endpoint::Outcome outcome) noexcept {
        if (outcome != endpoint::Outcome::Fine) closeAfter(outcome);
    }
    void closeAfter(endpoint::Outcome outcome) noexcept;
    void run(const std::function<void()>& task) noexcept;
    void watchIdle(std::chrono::milliseconds timeout);
    std::chrono::milliseconds idleTimeout() const noexcept;
    void checkIdle() noexcept;
    void logEnd(const CloseReason& reason, std::string_view detail) const;
    void settle(SendStatus status, const char* call) {
        if (status != SendStatus::Queued) settleRefused(status, call);
    }
    void settleRefused(SendStatus status, const char* call);

    const std::shared_ptr<DeployedEndpoint> endpoint_;
    Loop& loop_;
    const SessionId id_;
    // A delivery asks for what follows, down to state_, which stands together for that.
    std::unique_ptr<Carrier> carrier_;
    std::atomic<Mailbox*> mailbox_{nullptr};   // made when another thread first sends
    std::atomic<std::int32_t> roundTrip_{-1};  // written by the loop; more than half an hour counts as that
    const std::uint16_t loopIndex_;
    std::atomic<State> state_{State::New};
    const Origin origin_;
    std::shared_ptr<void> instance_;
    std::unique_ptr<Extras> extras_;                 // made when there is one
    std::atomic<Clock::time_point> lastReceived_{};  // written by the loop
    TimerId idleTimer_ = 0;
};

}  // namespace patchbay::messaging
