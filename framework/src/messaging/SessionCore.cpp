#include "messaging/SessionCore.hpp"

#include "base/Log.hpp"

#include <algorithm>

namespace patchbay::messaging {
namespace {

std::string nameToShow(const Principal& principal, SessionId id) {
    return principal.name.empty() ? "guest-" + std::to_string(id) : principal.name;
}

}  // namespace

SessionCore::SessionCore(std::shared_ptr<DeployedEndpoint> endpoint, Loop& loop, std::size_t loopIndex, SessionStart start)
    : endpoint_{std::move(endpoint)},
      loop_{loop},
      loopIndex_{loopIndex},
      id_{endpoint_->server.lastSessionId.fetch_add(1) + 1},
      start_{std::move(start)},
      displayName_{nameToShow(start_.principal, id_)} {}

SessionCore::~SessionCore() { delete mailbox_.load(std::memory_order_acquire); }

void SessionCore::open(std::unique_ptr<Carrier> carrier) {
    carrier_ = std::move(carrier);
    touch();
    State fresh = State::New;
    if (!state_.compare_exchange_strong(fresh, State::Opening)) return turnAway();
    watchIdle(endpoint_->config.limits.idleTimeout);  // first: the open handler may set another
    const Session session{shared_from_this()};
    for (const auto& listener : endpoint_->server.sessionListeners) {
        told("opened", [&] { listener->opened(session); });
    }
    obey(endpoint_->dispatcher.open(start_.instance.get(), {{session, start_.path}, endpoint_->config}));
    State opening = State::Opening;
    state_.compare_exchange_strong(opening, State::Open);
}

/// The endpoint was taken away, or the server shuts down, since the handshake.
void SessionCore::turnAway() noexcept {
    const CloseRow row = closeRow(CloseCause::Shutdown);
    carrier_->close(row.onWire, row.text);
    state_.store(State::Closed, std::memory_order_release);
    endpoint_->server.closes.count(CloseCause::Shutdown);
    endpoint_->remove(id_);
}

void SessionCore::receive(const Session& self, MessageKind kind, Bytes payload, std::size_t slack) noexcept {
    if (!isOpen()) return;
    if (!endpoint_->server.messageInterceptors.empty()) return receiveIntercepted(self, kind, payload);
    handle(self, kind, payload, slack);
}

void SessionCore::handle(const Session& session, MessageKind kind, Bytes payload, std::size_t slack) noexcept {
    auto& local = endpoint_->local(loopIndex_);
    obey(endpoint_->dispatcher.message(
        kind, start_.instance.get(),
        {{session, start_.path}, payload, slack, local.document, local.scratch.get(), endpoint_->format,
         endpoint_->config.limits.maxMessageBytes}));
}

void SessionCore::receiveIntercepted(const Session& session, MessageKind kind, Bytes payload) noexcept {
    InterceptedMessage message{kind, payload};
    try {
        for (const auto& interceptor : endpoint_->server.messageInterceptors) {
            if (interceptor->received(session, message) == MessageInterceptor::Verdict::Drop) return;
        }
    } catch (...) {
        return obey(endpoint_->dispatcher.error(start_.instance.get(), {session, start_.path}, std::current_exception()));
    }
    handle(session, kind, message.payload(), 0);
}

/// A listener's mistake is its own.
template <class Tell>
void SessionCore::told(const char* what, Tell tell) const noexcept {
    try {
        tell();
    } catch (const std::exception& error) {
        log::error(endpoint_->config.path, std::string{"a session listener's "} + what + "() threw " + error.what());
    } catch (...) {
        log::error(endpoint_->config.path, std::string{"a session listener's "} + what + "() threw what is no std::exception");
    }
}

void SessionCore::closeAfter(endpoint::Outcome outcome) noexcept {
    if (outcome == endpoint::Outcome::CloseTooBig) close(CloseCause::TooBig, std::nullopt, {});
    if (outcome == endpoint::Outcome::CloseFailed) close(CloseCause::HandlerFailed, std::nullopt, {});
}

// ------------------------------------------------------------------------------------------------ sending

void SessionCore::requireNotGone(const char* call) const {
    if (isGone()) throw SessionClosed{call};
}

void SessionCore::settleRefused(SendStatus status, const char* call) {
    if (status == SendStatus::Full) close(CloseCause::QueueFull, std::nullopt, {});
    if (status != SendStatus::Closed) return;
    // The carrier knew first: the peer has left while messages of its were being answered.
    lost("the connection has ended");
    throw SessionClosed{call};
}

void SessionCore::send(MessageKind kind, Bytes payload) {
    requireOpen("send");
    if (!endpoint_->server.messageInterceptors.empty()) return sendIntercepted(kind, payload);
    transmit(kind, payload);
}

void SessionCore::sendIntercepted(MessageKind kind, Bytes payload) {
    InterceptedMessage message{kind, payload};
    const Session session{shared_from_this()};
    for (const auto& interceptor : endpoint_->server.messageInterceptors) {
        if (interceptor->sending(session, message) == MessageInterceptor::Verdict::Drop) return;
    }
    transmit(kind, message.payload());
}

void SessionCore::transmit(MessageKind kind, Bytes payload) {
    if (!loop_.isCurrent()) return settle(mail(kind, payload), "send");
    takeMail();  // what came from elsewhere before goes out before, and so does what was published
    handOutBefore();
    settle(carrier_->send(kind, payload), "send");
}

/// A session that has subscribed to nothing cannot tell.
void SessionCore::handOutBefore() const {
    if (subscriptions_.empty()) return;
    endpoint_->server.publications[loopIndex_].handOut();
}

SendStatus SessionCore::mail(MessageKind kind, Bytes payload) {
    if (Publications* const before = endpoint_->server.publicationsHere()) before->handOut();
    const Mailbox::Put put = mailbox().put(kind, payload, endpoint_->config.limits.sendQueue);
    if (put.first) loop_.post([self = shared_from_this()] { self->takeMail(); });
    return put.status;
}

Mailbox& SessionCore::mailbox() {
    Mailbox* known = mailbox_.load(std::memory_order_acquire);
    if (known) return *known;
    auto fresh = std::make_unique<Mailbox>();
    if (mailbox_.compare_exchange_strong(known, fresh.get(), std::memory_order_acq_rel)) known = fresh.release();
    return *known;
}

void SessionCore::takeMail() noexcept {
    Mailbox* const box = mailbox_.load(std::memory_order_acquire);
    if (box && box->waiting()) emptyMailbox(*box);
}

void SessionCore::emptyMailbox(Mailbox& box) noexcept {
    for (const Mailbox::Letter& letter : box.take()) {
        const SendStatus status = carrier_->send(letter.kind, letter.payload);
        if (status == SendStatus::Full) close(CloseCause::QueueFull, std::nullopt, {});
        if (status == SendStatus::Closed) lost("the connection has ended");
    }
}

void SessionCore::ping(Bytes payload) {
    requireOpen("sendPing");
    if (loop_.isCurrent()) return settle(carrier_->ping(payload), "sendPing");
    loop_.post([self = shared_from_this(), copy = std::vector<std::byte>{payload.begin(), payload.end()}] {
        self->carrier_->ping(copy);
    });
}

void SessionCore::probe() {
    requireOpen("probe");
    ++lastProbe_;
    probed_ = loop_.now();
    settle(carrier_->ping(std::as_bytes(std::span{&lastProbe_, 1})), "probe");
}

/// Of the latest probe only: an older one's answer would tell the time of both.
void SessionCore::receivePong(Bytes payload) noexcept {
    const Bytes expected = std::as_bytes(std::span{&lastProbe_, 1});
    if (probed_ == Clock::time_point{} || !std::ranges::equal(payload, expected)) return;
    const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(loop_.now() - probed_);
    roundTrip_.store(passed.count(), std::memory_order_relaxed);
    probed_ = {};
}

std::uint64_t SessionCore::droppedMessages() const {
    requireNotGone("droppedMessages");
    const Mailbox* const box = mailbox_.load(std::memory_order_acquire);
    return carrier_->droppedMessages() + (box ? box->dropped() : 0);
}

void SessionCore::deliver(const Broadcast& broadcast) noexcept {
    if (!isOpen()) return;
    takeMail();
    const SendStatus status =
        broadcast.hasExceptions() ? sendOthers(broadcast) : carrier_->send(broadcast, 0, broadcast.count());
    if (status == SendStatus::Full) close(CloseCause::QueueFull, std::nullopt, {});
}

/// The runs between the messages that are not for this session.
SendStatus SessionCore::sendOthers(const Broadcast& broadcast) noexcept {
    SendStatus status = SendStatus::Queued;
    std::size_t first = 0;
    for (std::size_t end = 0; end <= broadcast.count() && status != SendStatus::Full; ++end) {
        if (end < broadcast.count() && broadcast.isFor(end, id_)) continue;
        if (first < end) status = carrier_->send(broadcast, first, end);
        first = end + 1;
    }
    return status;
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
    if (loop_.isCurrent()) handOutBefore();
    if (!leaveOpen()) return;
    const CloseRow row = closeRow(cause);
    const CloseCode onWire = code.value_or(row.onWire);
    if (text.empty()) text = row.text;
    if (loop_.isCurrent()) {
        sayGoodbye(cause, onWire, text);
    } else {
        loop_.post([self = shared_from_this(), cause, onWire, copy = std::string{text}] {
            self->sayGoodbye(cause, onWire, copy);
        });
    }
    finishSoon({code.value_or(row.seen), std::string{text}, cause});
}

void SessionCore::sayGoodbye(CloseCause cause, CloseCode onWire, std::string_view text) noexcept {
    if (cause == CloseCause::QueueFull) return carrier_->closeNow(onWire, text);
    takeMail();
    carrier_->close(onWire, text);
}

void SessionCore::peerClosed(CloseCode code, std::string_view text) noexcept {
    if (leaveOpen()) finishSoon({code, std::string{text}, CloseCause::Peer});
}

void SessionCore::peerFailed(CloseCause cause, const std::string& rule) noexcept {
    if (!isOpen()) return;
    if (cause == CloseCause::TooBig) {
        const Session session{shared_from_this()};
        endpoint_->dispatcher.error(start_.instance.get(), {session, start_.path},
                                    std::make_exception_ptr(MessageTooBig{rule}));
    }
    if (leaveOpen()) finishSoon({closeRow(cause).seen, rule, cause});
}

void SessionCore::lost(std::string_view why) noexcept {
    if (leaveOpen()) finishSoon({CloseCode::Abnormal, std::string{why}, CloseCause::ConnectionLost});
}

void SessionCore::finishSoon(CloseReason reason) {
    loop_.post([self = shared_from_this(), reason = std::move(reason)] { self->finish(reason); });
}

void SessionCore::finish(const CloseReason& reason) noexcept {
    loop_.cancel(idleTimer_);
    for (const TimerId timer : timers_) loop_.cancel(timer);
    timers_.clear();
    for (const auto& [table, topic] : subscriptions_) table->leave(*this, topic);
    subscriptions_.clear();
    endpoint_->server.closes.count(reason.cause());
    logEnd(reason, reason.text());

    const Session session{shared_from_this()};
    endpoint_->dispatcher.close(start_.instance.get(), {{session, start_.path}, reason});
    const auto& listeners = endpoint_->server.sessionListeners;
    for (auto listener = listeners.rbegin(); listener != listeners.rend(); ++listener) {
        told("closed", [&] { (*listener)->closed(session, reason); });
    }
    state_.store(State::Closed, std::memory_order_release);
    start_.instance.reset();
    start_.properties.clear();
    endpoint_->remove(id_);
}

void SessionCore::logEnd(const CloseReason& reason, std::string_view detail) const {
    std::string line = "session " + std::to_string(id_) + " (" + start_.remoteAddress + ") closed: ";
    line.append(name(reason.cause())).append(", code ");
    line.append(std::to_string(static_cast<int>(closeRow(reason.cause()).onWire)));
    if (!detail.empty()) line.append(": ").append(detail);
    log::write(closeRow(reason.cause()).logLevel, endpoint_->config.path, line);
}

// ------------------------------------------------------------------------------------------------ time and tasks

void SessionCore::setIdleTimeout(std::chrono::milliseconds timeout) {
    requireOpen("setIdleTimeout");
    if (loop_.isCurrent()) return watchIdle(timeout);
    loop_.post([self = shared_from_this(), timeout] { self->watchIdle(timeout); });
}

void SessionCore::watchIdle(std::chrono::milliseconds timeout) {
    loop_.cancel(idleTimer_);
    idleTimer_ = 0;
    idleTimeout_ = timeout;
    if (timeout.count() <= 0 || !isOpen()) return;
    idleTimer_ = loop_.after(timeout, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->checkIdle();
    });
}

void SessionCore::checkIdle() noexcept {
    const auto silent = loop_.now() - lastReceived();
    if (silent >= idleTimeout_) {
        close(CloseCause::Idle, std::nullopt, {});
        return;
    }
    // The peer spoke since the timer was set: wait for the rest of its time.
    idleTimer_ = loop_.after(idleTimeout_ - silent, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->checkIdle();
    });
}

void SessionCore::run(const std::function<void()>& task) noexcept {
    if (!isOpen()) return;
    const Session session{shared_from_this()};
    obey(endpoint_->dispatcher.task(start_.instance.get(), {session, start_.path}, task));
}

void SessionCore::post(std::function<void()> task) {
    requireOpen("post");
    loop_.post([self = shared_from_this(), task = std::move(task)] { self->run(task); });
}

void SessionCore::after(std::chrono::milliseconds delay, std::function<void()> task) {
    requireOpen("after");
    auto arm = [weak = weak_from_this(), delay, task = std::move(task)] {
        const auto self = weak.lock();
        if (!self || !self->isOpen()) return;
        auto timer = std::make_shared<TimerId>(0);
        *timer = self->loop_.after(delay, [weak, timer, task] {
            const auto alive = weak.lock();
            if (!alive) return;
            std::erase(alive->timers_, *timer);
            alive->run(task);
        });
        self->timers_.push_back(*timer);
    };
    if (loop_.isCurrent()) return arm();
    loop_.post(std::move(arm));
}

// ------------------------------------------------------------------------------------------------ topics

bool SessionCore::rememberTopic(std::shared_ptr<TopicTable> table, std::string_view topic) {
    if (!isOpen()) return false;
    for (const auto& [known, name] : subscriptions_) {
        if (known == table && name == topic) return false;
    }
    subscriptions_.emplace_back(std::move(table), topic);
    return true;
}

bool SessionCore::forgetTopic(const TopicTable& table, std::string_view topic) noexcept {
    return std::erase_if(subscriptions_, [&](const auto& s) { return s.first.get() == &table && s.second == topic; }) > 0;
}

}  // namespace patchbay::messaging
