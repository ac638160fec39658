#include "messaging/SessionCore.hpp"

#include "base/Log.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace patchbay::messaging {
SessionCore::SessionCore(std::shared_ptr<DeployedEndpoint> endpoint, Loop& loop, std::size_t loopIndex, SessionStart start)
    : endpoint_{std::move(endpoint)},
      loop_{loop},
      id_{endpoint_->server.lastSessionId.fetch_add(1) + 1},
      loopIndex_{static_cast<std::uint16_t>(loopIndex)},
      origin_{start},
      instance_{std::move(start.instance)} {
    if (!start.properties.empty()) extras().properties = std::move(start.properties);
}

SessionCore::~SessionCore() {
    endpoint_->remove(*this);
    delete mailbox_.load(std::memory_order_acquire);
}

SessionCore::Extras& SessionCore::extras() {
    if (!extras_) extras_ = std::make_unique<Extras>();
    return *extras_;
}

std::any* SessionCore::findProperty(std::string_view name) noexcept {
    if (!extras_) return nullptr;
    const auto found = extras_->properties.find(name);
    return found == extras_->properties.end() ? nullptr : &found->second;
}

void SessionCore::setProperty(std::string_view name, std::any value) {
    extras().properties.insert_or_assign(std::string{name}, std::move(value));
}

void SessionCore::open(std::unique_ptr<Carrier> carrier) {
    carrier_ = std::move(carrier);
    touch();
    State fresh = State::New;
    if (!state_.compare_exchange_strong(fresh, State::Opening)) return turnAway();
    watchIdle(idleTimeout());  // first: the open handler may set another
    const Session session = handle();
    for (const auto& listener : endpoint_->server.sessionListeners) {
        told("opened", [&] { listener->opened(session); });
    }
    const auto opened = endpoint_->dispatcher.open(instance_.get(), {call(session), endpoint_->config});
    if (opened.outcome == endpoint::Outcome::CloseRefused) {
        close(CloseCause::Policy, std::nullopt, opened.refusal);
    } else {
        obey(opened.outcome);
    }
    State opening = State::Opening;
    state_.compare_exchange_strong(opening, State::Open);
}

/// The endpoint was taken away, or the server shuts down, since the handshake.
void SessionCore::turnAway() noexcept {
    const CloseRow row = closeRow(CloseCause::Shutdown);
    carrier_->close(row.onWire, row.text);
    state_.store(State::Closed, std::memory_order_release);
    endpoint_->server.closes.count(CloseCause::Shutdown);
    endpoint_->remove(*this);
}

void SessionCore::receive(const Session& self, MessageKind kind, Bytes payload, std::size_t slack) noexcept {
    if (!isOpen()) return;
    if (!endpoint_->server.messageInterceptors.empty()) return receiveIntercepted(self, kind, payload);
    handle(self, kind, payload, slack);
}

void SessionCore::handle(const Session& session, MessageKind kind, Bytes payload, std::size_t slack) noexcept {
    auto& local = endpoint_->local(loopIndex_);
    obey(endpoint_->dispatcher.message(
        kind, instance_.get(),
        {call(session), payload, slack, local.document, local.scratch.get(), endpoint_->format,
         endpoint_->config.limits.maxMessageBytes}));
}

void SessionCore::receiveIntercepted(const Session& session, MessageKind kind, Bytes payload) noexcept {
    InterceptedMessage message{kind, payload};
    try {
        for (const auto& interceptor : endpoint_->server.messageInterceptors) {
            if (interceptor->received(session, message) == MessageInterceptor::Verdict::Drop) return;
        }
    } catch (...) {
        return obey(endpoint_->dispatcher.error(instance_.get(), {call(session)}, std::current_exception()));
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
    const Session session = handle();
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
    if (!extras_ || extras_->subscriptions.empty()) return;
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
    Extras& mine = extras();
    ++mine.lastProbe;
    mine.probed = loop_.now();
    settle(carrier_->ping(std::as_bytes(std::span{&mine.lastProbe, 1})), "probe");
}

/// Of the latest probe only: an older one's answer would tell the time of both.
void SessionCore::receivePong(Bytes payload) noexcept {
    if (!extras_ || extras_->probed == Clock::time_point{}) return;
    if (!std::ranges::equal(payload, std::as_bytes(std::span{&extras_->lastProbe, 1}))) return;
    const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(loop_.now() - std::exchange(extras_->probed, {}));
    constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
    roundTrip_.store(static_cast<std::int32_t>(std::min<std::int64_t>(passed.count(), kMost)), std::memory_order_relaxed);
}

std::uint64_t SessionCore::droppedMessages() const {
    requireNotGone("droppedMessages");
    const Mailbox* const box = mailbox_.load(std::memory_order_acquire);
    return carrier_->droppedMessages() + (box ? box->dropped() : 0);
}

void SessionCore::deliver(const Broadcast& broadcast) noexcept {
    if (isGone()) return;
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
    if (!leaveOpen()) return;  // from here on the loop waits for finish(); before, it may be gone
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
    handOutBefore();
    carrier_->close(onWire, text);
}

void SessionCore::peerClosed(CloseCode code, std::string_view text) noexcept {
    if (leaveOpen()) finishSoon({code, std::string{text}, CloseCause::Peer});
}

void SessionCore::peerFailed(CloseCause cause, const std::string& rule) noexcept {
    if (!isOpen()) return;
    if (cause == CloseCause::TooBig) {
        const Session session = handle();
        endpoint_->dispatcher.error(instance_.get(), {call(session)}, std::make_exception_ptr(MessageTooBig{rule}));
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
    if (extras_) {
        for (const TimerId timer : std::exchange(extras_->timers, {})) loop_.cancel(timer);
        for (const auto& [table, topic] : std::exchange(extras_->subscriptions, {})) table->leave(*this, topic);
    }
    endpoint_->server.closes.count(reason.cause());
    logEnd(reason, reason.text());

    const Session session = handle();
    endpoint_->dispatcher.close(instance_.get(), {call(session), reason});
    const auto& listeners = endpoint_->server.sessionListeners;
    for (auto listener = listeners.rbegin(); listener != listeners.rend(); ++listener) {
        told("closed", [&] { (*listener)->closed(session, reason); });
    }
    state_.store(State::Closed, std::memory_order_release);
    instance_.reset();
    extras_.reset();
    endpoint_->remove(*this);
}

void SessionCore::logEnd(const CloseReason& reason, std::string_view detail) const {
    std::string line = "session " + std::to_string(id_) + " (";
    line.append(origin_.remoteAddress()).append(") closed: ").append(name(reason.cause())).append(", code ");
    line.append(std::to_string(static_cast<int>(closeRow(reason.cause()).onWire)));
    if (!detail.empty()) line.append(": ").append(detail);
    log::write(closeRow(reason.cause()).logLevel, endpoint_->config.path, line);
}

// ------------------------------------------------------------------------------------------------ time and tasks

void SessionCore::setIdleTimeout(std::chrono::milliseconds timeout) {
    requireOpen("setIdleTimeout");
    auto set = [self = shared_from_this(), timeout] {
        if (!self->isOpen()) return;
        self->extras().idleTimeout = timeout;
        self->watchIdle(timeout);
    };
    if (loop_.isCurrent()) return set();
    loop_.post(std::move(set));
}

std::chrono::milliseconds SessionCore::idleTimeout() const noexcept {
    return extras_ && extras_->idleTimeout ? *extras_->idleTimeout : endpoint_->config.limits.idleTimeout;
}

void SessionCore::watchIdle(std::chrono::milliseconds timeout) {
    loop_.cancel(idleTimer_);
    idleTimer_ = 0;
    if (timeout.count() <= 0 || !isOpen()) return;
    idleTimer_ = loop_.after(timeout, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->checkIdle();
    });
}

void SessionCore::checkIdle() noexcept {
    const auto timeout = idleTimeout();
    const auto silent = loop_.now() - lastReceived();
    if (silent >= timeout) {
        close(CloseCause::Idle, std::nullopt, {});
        return;
    }
    // The peer spoke since the timer was set: wait for the rest of its time.
    idleTimer_ = loop_.after(timeout - silent, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->checkIdle();
    });
}

void SessionCore::run(const std::function<void()>& task) noexcept {
    if (!isOpen()) return;
    const Session session = handle();
    obey(endpoint_->dispatcher.task(instance_.get(), {call(session)}, task));
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
            if (alive->extras_) std::erase(alive->extras_->timers, *timer);
            alive->run(task);
        });
        self->extras().timers.push_back(*timer);
    };
    if (loop_.isCurrent()) return arm();
    loop_.post(std::move(arm));
}

// ------------------------------------------------------------------------------------------------ topics

bool SessionCore::rememberTopic(std::shared_ptr<TopicTable> table, std::string_view topic) {
    if (!isOpen()) return false;
    auto& subscriptions = extras().subscriptions;
    for (const auto& [known, name] : subscriptions) {
        if (known == table && name == topic) return false;
    }
    subscriptions.emplace_back(std::move(table), topic);
    return true;
}

bool SessionCore::forgetTopic(const TopicTable& table, std::string_view topic) noexcept {
    if (!extras_) return false;
    return std::erase_if(extras_->subscriptions, [&](const auto& s) { return s.first.get() == &table && s.second == topic; }) > 0;
}

}  // namespace patchbay::messaging
