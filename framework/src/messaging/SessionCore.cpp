#include "messaging/SessionCore.hpp"

#include "base/Guarded.hpp"
#include "base/Log.hpp"

#include <algorithm>
#include <utility>

namespace patchbay::messaging {

SessionCore::SessionCore(std::shared_ptr<DeployedEndpoint> endpoint, std::size_t loopIndex, SessionStart start)
    : endpoint_{std::move(endpoint)},
      loop_{*endpoint_->server->loops[loopIndex]},
      id_{endpoint_->server->lastSessionId.fetch_add(1) + 1},
      loopIndex_{static_cast<std::uint16_t>(loopIndex)},
      origin_{start},
      code_{endpoint_->code},
      instance_{std::move(start.instance)} {
    for (auto& [name, value] : start.properties) rare().belongings.setProperty(*this, name, std::move(value), code_->pin);
}

SessionCore::~SessionCore() { endpoint_->remove(*this); }

// ------------------------------------------------------------------------------------------------ the beginning

void SessionCore::open(std::unique_ptr<Carrier> carrier) {
    outgoing_.carry(std::move(carrier));
    touch();
    State fresh = State::New;
    if (!state_.compare_exchange_strong(fresh, State::Opening)) return turnAway();
    timers_.watchIdle(*this);  // first: the open handler may set another
    const Session session = handle();
    told_ = true;
    for (const auto& listener : endpoint_->server->sessionListeners) {
        guarded(endpoint_->config.path, "a session listener's opened()", [&] { listener->opened(session); });
    }
    if (isOpen()) runOpenHandler(session);
    State opening = State::Opening;
    state_.compare_exchange_strong(opening, State::Open);
}

/// A peer whose open handler failed is never served. One that had gone before the handler failed (as it does when it sends to
/// a peer that has left) was there: its close handler undoes what the open handler had done.
void SessionCore::runOpenHandler(const Session& session) noexcept {
    const auto opened = code_->dispatcher.open(instance_.get(), {call(session), endpoint_->config});
    opened_ = opened.outcome == endpoint::Outcome::Fine || !isOpen();
    if (opened.outcome == endpoint::Outcome::CloseRefused) return close(CloseCause::Policy, std::nullopt, opened.refusal);
    obey(opened.outcome);
}

/// The endpoint was taken away, or the server shuts down, since the handshake.
void SessionCore::turnAway() noexcept {
    const CloseRow row = closeRow(CloseCause::Shutdown);
    outgoing_.close(row.onWire, row.text);
    endpoint_->server->closes.count(CloseCause::Shutdown);
    letGo();
}

// ------------------------------------------------------------------------------------------------ what arrives

void SessionCore::receive(const Session& self, MessageKind kind, Bytes payload, std::size_t slack) noexcept {
    if (!isOpen()) return;
    if (!endpoint_->server->messageInterceptors.empty()) return receiveIntercepted(self, kind, payload);
    handle(self, kind, payload, slack);
}

void SessionCore::handle(const Session& session, MessageKind kind, Bytes payload, std::size_t slack) noexcept {
    auto& local = code_->locals[loopIndex_];
    obey(code_->dispatcher.message(kind, instance_.get(),
                                   {call(session), payload, slack, local.document, local.scratch.get(), endpoint_->format,
                                    endpoint_->config.limits.maxMessageBytes}));
}

void SessionCore::receiveIntercepted(const Session& session, MessageKind kind, Bytes payload) noexcept {
    InterceptedMessage message{kind, payload};
    const auto interceptors = endpoint_->server->messageInterceptors.list();
    try {
        for (const auto& interceptor : *interceptors) {
            if (interceptor->received(session, message) == MessageInterceptor::Verdict::Drop) return;
        }
    } catch (...) {
        return obey(code_->dispatcher.error(instance_.get(), {call(session)}, std::current_exception()));
    }
    if (isOpen()) handle(session, kind, message.payload(), 0);
}

void SessionCore::closeAfter(endpoint::Outcome outcome) noexcept {
    if (outcome == endpoint::Outcome::CloseTooBig) close(CloseCause::TooBig, std::nullopt, {});
    if (outcome == endpoint::Outcome::CloseFailed) close(CloseCause::HandlerFailed, std::nullopt, {});
}

// ------------------------------------------------------------------------------------------------ what it says

SendStatus SessionCore::settle(SendStatus status) noexcept {
    if (status == SendStatus::Full) close(CloseCause::QueueFull, std::nullopt, {});
    // The carrier knew first: the peer has left while messages of its were being answered.
    if (status == SendStatus::Closed) lost("the connection has ended");
    return status;
}

SendStatus SessionCore::trySend(MessageKind kind, Bytes payload) {
    if (!isOpen()) return SendStatus::Closed;
    if (!endpoint_->server->messageInterceptors.empty()) return sendIntercepted(kind, payload);
    return transmit(kind, payload);
}

SendStatus SessionCore::sendIntercepted(MessageKind kind, Bytes payload) {
    InterceptedMessage message{kind, payload};
    const Session session = handle();
    const auto interceptors = endpoint_->server->messageInterceptors.list();
    for (const auto& interceptor : *interceptors) {
        if (interceptor->sending(session, message) == MessageInterceptor::Verdict::Drop) return SendStatus::Dropped;
    }
    return transmit(kind, message.payload());
}

SendStatus SessionCore::transmit(MessageKind kind, Bytes payload) {
    return settle(isNext() ? outgoing_.send(kind, payload) : Outgoing::mail(*this, kind, payload));
}

void SessionCore::ping(Bytes payload) {
    requireOpen("sendPing");
    if (isNext()) {
        if (settle(outgoing_.ping(payload)) == SendStatus::Closed) throw SessionClosed{"sendPing"};
        return;
    }
    loop_.post([self = shared_from_this(), copy = std::vector<std::byte>{payload.begin(), payload.end()}] {
        self->outgoing_.ping(copy);
    });
}

void SessionCore::probe() {
    requireOpen("probe");
    if (settle(outgoing_.ping(SessionTimers::probe(*this))) == SendStatus::Closed) throw SessionClosed{"probe"};
}

void SessionCore::missed(std::uint64_t count) noexcept {
    if (sendQueue().whenFull == WhenFull::Close) return close(CloseCause::QueueFull, std::nullopt, {});
    rare().letters.dropped.fetch_add(count, std::memory_order_relaxed);
}

void SessionCore::noteDropped(std::uint64_t messages) noexcept {
    rare().letters.droppedByCarrier.store(messages, std::memory_order_relaxed);
}

std::uint64_t SessionCore::droppedMessages() const noexcept {
    const RareThings* const mine = knownRare();
    if (!mine) return 0;
    return mine->letters.dropped.load(std::memory_order_relaxed) + mine->letters.droppedByCarrier.load(std::memory_order_relaxed);
}

std::shared_ptr<const std::any> SessionCore::property(std::string_view name) const {
    return knownRare() ? knownRare()->belongings.property(name) : nullptr;
}

// ------------------------------------------------------------------------------------------------ the end

bool SessionCore::leaveOpen() noexcept {
    State now = state_.load(std::memory_order_acquire);
    while (now == State::Opening || now == State::Open) {
        if (state_.compare_exchange_weak(now, State::Closing, std::memory_order_acq_rel)) return true;
    }
    return false;
}

void SessionCore::close(CloseCause cause, std::optional<CloseCode> code, std::string_view text) noexcept {
    State fresh = State::New;
    if (state_.compare_exchange_strong(fresh, State::Closing)) return;  // open() will find it so
    if (!leaveOpen()) return;
    const CloseRow row = closeRow(cause);
    const CloseCode onWire = code.value_or(row.onWire);
    if (text.empty()) text = row.text;
    if (isNext()) {
        sayGoodbye(cause, onWire, text);
    } else {
        loop_.post([self = shared_from_this(), cause, onWire, copy = std::string{text}] {
            self->sayGoodbye(cause, onWire, copy);
        });
    }
    finishSoon({code.value_or(row.seen), std::string{text}, cause});
}

void SessionCore::sayGoodbye(CloseCause cause, CloseCode onWire, std::string_view text) noexcept {
    if (cause == CloseCause::QueueFull) return outgoing_.closeNow(onWire, text);
    outgoing_.close(onWire, text);
}

void SessionCore::peerClosed(CloseCode code, std::string_view text) noexcept {
    if (leaveOpen()) finishSoon({code, std::string{text}, CloseCause::Peer});
}

/// The reason stands before the error handler is asked: what it sends finds the session closed.
void SessionCore::peerFailed(CloseCause cause, const std::string& rule) noexcept {
    if (!leaveOpen()) return;
    if (cause == CloseCause::TooBig && opened_) {
        const Session session = handle();
        code_->dispatcher.error(instance_.get(), {call(session)}, std::make_exception_ptr(MessageTooBig{rule}));
    }
    finishSoon({closeRow(cause).seen, rule, cause});
}

void SessionCore::lost(std::string_view why) noexcept {
    if (leaveOpen()) finishSoon({CloseCode::Abnormal, std::string{why}, CloseCause::ConnectionLost});
}

void SessionCore::finishSoon(CloseReason reason) {
    loop_.post([self = shared_from_this(), reason = std::move(reason)] { self->finish(reason); });
}

std::chrono::milliseconds SessionCore::idleTimeout() const noexcept {
    const RareThings* const mine = knownRare();
    return mine && mine->timers.idleTimeout ? *mine->timers.idleTimeout : endpoint_->config.limits.idleTimeout;
}

void SessionCore::leaveTopics() noexcept {
    if (!knownRare()) return;
    while (const auto topic = knownRare()->belongings.anyTopic()) TopicTable::leave(*this, *topic);
}

void SessionCore::finish(const CloseReason& reason) noexcept {
    timers_.end(*this);
    leaveTopics();
    endpoint_->server->closes.count(reason.cause());
    logEnd(reason);

    const Session session = handle();
    if (opened_) code_->dispatcher.close(instance_.get(), {call(session), reason});
    const auto& listeners = endpoint_->server->sessionListeners;
    for (auto listener = listeners.rbegin(); told_ && listener != listeners.rend(); ++listener) {
        guarded(endpoint_->config.path, "a session listener's closed()", [&] { (*listener)->closed(session, reason); });
    }
    letGo();
}

/// From here on a handle is answered, and nothing else is left. The instance's destructor may still call anything.
void SessionCore::letGo() noexcept {
    state_.store(State::Closed, std::memory_order_release);
    timers_.end(*this);
    instance_.reset();
    if (knownRare()) knownRare()->belongings.clearProperties();
    code_.reset();
    endpoint_->remove(*this);
}

void SessionCore::logEnd(const CloseReason& reason) const {
    const CloseRow row = closeRow(reason.cause());
    const bool own = reason.cause() == CloseCause::Peer || reason.cause() == CloseCause::Application;
    std::string line = "session " + std::to_string(id_) + " (";
    line.append(origin_.remoteAddress()).append(") closed: ").append(name(reason.cause())).append(", code ");
    line.append(std::to_string(static_cast<int>(own ? reason.code() : row.onWire)));
    if (!reason.text().empty()) line.append(": ").append(reason.text());
    log::write(row.logLevel, endpoint_->config.path, line);
}

// ------------------------------------------------------------------------------------------------ tasks

void SessionCore::run(Task& task) noexcept {
    if (!isOpen()) return;
    const Session session = handle();
    obey(code_->dispatcher.task(instance_.get(), {call(session)}, task));
}

namespace {

class PostedToSession final : public LoopEntry {
public:
    PostedToSession(std::shared_ptr<SessionCore> session, Task task) noexcept
        : session_{std::move(session)}, task_{std::move(task)} {}
    void run() noexcept override { session_->run(task_); }

private:
    const std::shared_ptr<SessionCore> session_;
    Task task_;
};

}  // namespace

void SessionCore::post(Task task) {
    if (isOpen()) loop_.queue().put(std::make_unique<PostedToSession>(shared_from_this(), std::move(task)));
}

void SessionCore::setIdleTimeout(std::chrono::milliseconds timeout) {
    requireOpen("setIdleTimeout");
    if (isNext()) return timers_.setIdleTimeout(*this, timeout);
    loop_.post([self = shared_from_this(), timeout] { self->timers_.setIdleTimeout(*self, timeout); });
}

}  // namespace patchbay::messaging
