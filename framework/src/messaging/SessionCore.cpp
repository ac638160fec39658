#include "messaging/SessionCore.hpp"

#include "base/Guarded.hpp"
#include "base/Heap.hpp"
#include "base/Log.hpp"
#include "messaging/HandlerNow.hpp"
#include "messaging/RequireText.hpp"
#include "wire/Writing.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace patchbay::messaging {

SessionCore::SessionCore(std::shared_ptr<DeployedEndpoint> endpoint, std::size_t loopIndex, SessionStart start)
    : endpoint_{std::move(endpoint)},
      loop_{*endpoint_->server->loops[loopIndex]},
      id_{endpoint_->server->lastSessionId.fetch_add(1) + 1},
      loopIndex_{static_cast<std::uint16_t>(loopIndex)},
      waits_{endpoint_->onPool || start.isWire},
      isRated_{endpoint_->config.limits.maxMessageRate != 0 || endpoint_->config.limits.maxByteRate != 0},
      isWire_{start.isWire},
      origin_{start},
      code_{endpoint_->code},
      instance_{std::move(start.instance)} {
    if (isWire_) rare().wire = std::make_unique<WireSession>(*this);
    if (start.authenticateWithin) rare().credentials.beStranger(*start.authenticateWithin);
    for (auto& [name, value] : start.properties) rare().belongings.setProperty(*this, name, std::move(value), code_->pin);
}

SessionCore::~SessionCore() { endpoint_->remove(*this); }

// ------------------------------------------------------------------------------------------------ handlers

[[gnu::always_inline]] inline detail::MessageCall SessionCore::messageCall(const detail::Call& call, const ReceivedMessage& message,
                                                                           EndpointCode::Decoding& decoding) const noexcept {
    return {call, message.payload, message.slack, decoding.document, decoding.scratch.get(), endpoint_->format,
            endpoint_->config.limits.maxMessageSize};
}

endpoint::Outcome SessionCore::callOpen(const Session& self, endpoint::Run& run) const noexcept {
    return code_->dispatcher.open(instance_.get(), {call(self), endpoint_->config}, run);
}
endpoint::Outcome SessionCore::callMessage(const Session& self, const ReceivedMessage& message, EndpointCode::Decoding& decoding,
                                           endpoint::Run& run) const noexcept {
    return code_->dispatcher.message(message.kind, instance_.get(), messageCall(call(self), message, decoding), run);
}
endpoint::Outcome SessionCore::callTask(const Session& self, Task& task, endpoint::Run& run) const noexcept {
    return code_->dispatcher.task(instance_.get(), {call(self)}, task, run);
}
endpoint::Outcome SessionCore::callError(const Session& self, std::exception_ptr error, endpoint::Run& run) const noexcept {
    return code_->dispatcher.error(instance_.get(), {call(self)}, std::move(error), run);
}
endpoint::Outcome SessionCore::callClose(const Session& self, const CloseReason& reason, endpoint::Run& run) const noexcept {
    return code_->dispatcher.close(instance_.get(), {call(self), reason}, run);
}
endpoint::Outcome SessionCore::goOn(const Session& self, endpoint::Run& run) const noexcept {
    return code_->dispatcher.goOn(instance_.get(), {call(self)}, run);
}

Strand& SessionCore::strand() {
    auto& mine = rare().strand;
    if (!mine) mine = std::make_unique<Strand>(*this, endpoint_->onPool);
    return *mine;
}

void SessionCore::strandChanged() noexcept { waits_ = isWire_ || strand().isNeeded(); }

void SessionCore::hurry() noexcept {
    if (hasStrand()) strand().hurry();
}

// ------------------------------------------------------------------------------------------------ the beginning

void SessionCore::open(std::unique_ptr<Carrier> carrier) {
    outgoing_.carry(isWire_ ? wire()->wrap(std::move(carrier)) : std::move(carrier));
    touch();
    State fresh = State::New;
    if (!state_.compare_exchange_strong(fresh, State::Opening)) return turnAway();
    if (origin_.principal()->expires) Credentials::watch(*this);
    timers_.watchIdle(*this);  // first: the open handler may set another
    const Session session = handle();
    told_ = true;
    for (const auto& listener : endpoint_->server->sessionListeners) {
        guarded(endpoint_->config.path, "a session listener's opened()", [&] {
            const detail::Labelled labelled{detail::runningHere(), "a session listener"};
            listener->opened(session);
        });
    }
    if (!isOpen()) return;
    if (isStranger()) Credentials::await(*this);
    if (isWire_) return wire()->await();
    if (!isStranger()) begin();
}

void SessionCore::begin() noexcept {
    const Session session = handle();
    if (!hasInstance(session)) return;
    if (waits_) return strand().begin(std::make_unique<OpenEvent>());
    doNow<OpenEvent>([&](endpoint::Run& run) { return callOpen(session, run); },
                     [&](endpoint::Outcome outcome, const endpoint::Run& run) { opened(outcome, run.refusal()); });
}

/// One whose constructor asks for its session is constructed now; others are there since the handshake. False where the session
/// has ended by that.
bool SessionCore::hasInstance(const Session& self) noexcept {
    if (instance_) return true;
    const detail::Labelled labelled{detail::runningHere(), "a constructor"};
    endpoint::Run run;
    const endpoint::Outcome outcome = code_->dispatcher.construct(instance_, endpoint_->services, {self, origin_.path()}, run);
    if (outcome != endpoint::Outcome::Fine) opened(outcome, run.refusal());
    return isOpen();
}

/// A peer whose open handler failed is never served. One that had gone before the handler failed (as it does when it sends to
/// a peer that has left) was there: its close handler undoes what the open handler had done.
void SessionCore::opened(endpoint::Outcome outcome, std::string_view refusal) noexcept {
    opened_ = outcome == endpoint::Outcome::Fine || (instance_ && !isOpen());
    if (outcome != endpoint::Outcome::Fine && hasStrand()) strand().dropMessages();
    if (outcome == endpoint::Outcome::CloseRefused) return close(CloseCause::Policy, std::nullopt, refusal);
    obey(outcome);
    State opening = State::Opening;
    state_.compare_exchange_strong(opening, State::Open);
}

/// The endpoint was taken away, or the server shuts down, since the handshake.
void SessionCore::turnAway() noexcept {
    const CloseRow row = closeRow(CloseCause::Shutdown);
    outgoing_.close(row.onWire, row.text);
    endpoint_->server->closes.count(CloseCause::Shutdown);
    letGo();
}

// ------------------------------------------------------------------------------------------------ what arrives

/// As doNow(), written out: what every message goes through, on the loop.
[[gnu::always_inline]] inline void SessionCore::handle(const Session& self, const ReceivedMessage& message) noexcept {
    const bool isText = message.kind == MessageKind::Text;
    if (isText) loop_.setReceivedText(message.payload);
    code_->dispatcher.messageNow(message.kind, instance_.get(), messageCall(callOnLoop(self), message, code_->decodings[loopIndex_]),
                                 [this](endpoint::Outcome outcome, endpoint::Run& run) noexcept { handled(outcome, run); });
    if (isText) loop_.setReceivedText({});
    if (message.payload.size() > EndpointCode::Decoding::kLarge) [[unlikely]]
        handledLarge(message.payload.size());
}

/// In receive(), whose registers are saved already.
[[gnu::always_inline]] inline void SessionCore::payForMessage(std::size_t bytes) noexcept {
    const auto now = loop_.now();
    Clock::duration wait{0};
    if (paysToll_) wait = knownRare()->toll->pay(bytes, now);
    if (isRated_) wait = std::max(wait, payOwnRates(bytes, now));
    if (wait > Clock::duration::zero()) [[unlikely]]
        readAfter(wait);
}

void SessionCore::payForAnother() noexcept {
    if (isRated_ || paysToll_) payForMessage(0);
}

void SessionCore::receive(const Session& self, MessageKind kind, Bytes payload, std::size_t slack) noexcept {
    if (!isOpen()) return;
    if (isRated_ || paysToll_) [[unlikely]]
        payForMessage(payload.size());
    if (waits_) [[unlikely]]
        return keepMessage(kind, payload);
    if (!endpoint_->server->messageInterceptors.empty()) [[unlikely]]
        return receiveIntercepted(self, kind, payload);
    handle(self, {kind, payload, slack});
}

namespace {

/// Soon, and again for an answer that its peer takes slowly.
void trimAfter(std::chrono::seconds wait, Loop& loop, boost::intrusive_ptr<EndpointCode> code, std::size_t loopIndex) {
    static constexpr std::chrono::seconds kLast{27};
    loop.after(wait, [wait, &loop, code = std::move(code), loopIndex]() mutable {
        trimHeap();
        if (wait < kLast) return trimAfter(wait * 3, loop, std::move(code), loopIndex);
        code->decodings[loopIndex].trims = false;
    });
}

}  // namespace

/// A list of a million texts leaves a heap that is as large as it was: with the message and its answer gone, what is free of it goes too.
void SessionCore::handledLarge(std::size_t bytes) noexcept {
    constexpr std::size_t kMuch = 8_MiB;
    EndpointCode::Decoding& decoding = code_->decodings[loopIndex_];
    code_->giveBackMemory(decoding);
    if (bytes < kMuch || std::exchange(decoding.trims, true)) return;
    trimAfter(std::chrono::seconds{1}, loop_, code_, loopIndex_);
}

/// It may say who it is, which an interceptor takes, and nothing else.
void SessionCore::receiveFromStranger(MessageKind kind, Bytes payload) noexcept {
    InterceptedMessage message{kind, payload};
    bool taken = false;
    guarded(endpoint_->config.path, "a message interceptor", [&] { taken = !intercept(message); });
    if (!taken) close(CloseCause::Policy, std::nullopt, "not signed in");
}

void SessionCore::keepMessage(MessageKind kind, Bytes payload) noexcept {
    if (isWire_) return wire()->receive(kind, payload);
    // What comes behind a token waits while that is looked at.
    const bool mustSay = isStranger() && isReceiving() && !Credentials::of(*this)->isSomebody();
    if (mustSay) return receiveFromStranger(kind, payload);
    std::unique_ptr<MessageEvent> event;
    try {
        event = std::make_unique<MessageEvent>(kind, payload);
    } catch (const std::bad_alloc&) {
        return close(CloseCause::OutOfMemory, std::nullopt, {});
    }
    strand().putMessage(std::move(event));
}

void SessionCore::handled(endpoint::Outcome outcome, endpoint::Run& run) noexcept {
    if (outcome == endpoint::Outcome::Unfinished) return strand().adopt(std::make_unique<BegunEvent>(), std::move(run));
    obey(outcome);
}

void SessionCore::receiveIntercepted(const Session& self, MessageKind kind, Bytes payload) noexcept {
    InterceptedMessage message{kind, payload};
    try {
        if (!intercept(message)) return;
    } catch (...) {
        const std::exception_ptr error = std::current_exception();
        return doNow([&](endpoint::Run& run) { return callError(self, error, run); });
    }
    if (isOpen()) handle(self, {kind, message.payload(), 0});
}

bool SessionCore::intercept(InterceptedMessage& message) {
    if (endpoint_->server->messageInterceptors.empty()) return true;
    const Session self = handle();
    const auto interceptors = endpoint_->server->messageInterceptors.list();
    const detail::Labelled labelled{detail::runningHere(), "a message interceptor"};
    return std::ranges::all_of(*interceptors, [&](const auto& interceptor) {
        return interceptor->received(self, message) == MessageInterceptor::Verdict::Pass;
    });
}

void SessionCore::closeAfter(endpoint::Outcome outcome) noexcept {
    if (outcome == endpoint::Outcome::CloseTooBig) close(CloseCause::TooBig, std::nullopt, {});
    if (outcome == endpoint::Outcome::CloseFailed) close(CloseCause::HandlerFailed, std::nullopt, {});
}

// ------------------------------------------------------------------------------------------------ what it says

SendStatus SessionCore::refused(SendStatus status) noexcept {
    if (status == SendStatus::Full) close(CloseCause::QueueFull, std::nullopt, {});
    // The carrier knew first: the peer has left while messages of its were being answered.
    if (status == SendStatus::Closed) lost("the connection has ended");
    return status;
}

[[gnu::always_inline]] inline SendStatus SessionCore::transmit(MessageKind kind, Bytes payload) {
    return settle(isNext() ? outgoing_.send(kind, payload) : Outgoing::mail(*this, kind, payload));
}

/// What a handler has got, and sends on as it is: most of what is not looked at again.
inline bool SessionCore::isReceivedHere(std::string_view text) const noexcept {
    if (!loop_.isHere()) return false;
    const Bytes received = loop_.receivedText();
    return asBytes(text).data() == received.data() && text.size() == received.size();
}

SendStatus SessionCore::trySendText(std::string_view text) {
    if (!isOpen()) return SendStatus::Closed;
    if (!isReceivedHere(text)) requireText(text);
    return trySend(MessageKind::Text, asBytes(text));
}

SendStatus SessionCore::trySend(MessageKind kind, Bytes payload) {
    if (!isOpen()) return SendStatus::Closed;
    if (!endpoint_->server->messageInterceptors.empty()) [[unlikely]]
        return sendIntercepted(kind, payload);
    return transmit(kind, payload);
}

SendStatus SessionCore::reply(MessageKind kind, Bytes payload) {
    Event* const event = strand().current();
    return event && event->reply(kind, payload) ? SendStatus::Queued : trySend(kind, payload);
}

SendStatus SessionCore::sendIntercepted(MessageKind kind, Bytes payload) {
    InterceptedMessage message{kind, payload};
    const Session session = handle();
    const auto interceptors = endpoint_->server->messageInterceptors.list();
    {
        const detail::Labelled labelled{detail::runningHere(), "a message interceptor"};
        for (const auto& interceptor : *interceptors) {
            if (interceptor->sending(session, message) == MessageInterceptor::Verdict::Drop) return SendStatus::Dropped;
        }
    }
    return transmit(kind, message.payload());
}


SendStatus SessionCore::sendPart(MessageKind kind, Bytes piece, PieceOf of, SendCompletion& completion) noexcept {
    if (!isOpen()) return SendStatus::Closed;
    const SendStatus status = outgoing_.sendPart(kind, piece, of, completion);
    return status == SendStatus::Full ? status : settle(status);
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
    if (!loop_.isHere()) {
        loop_.post([self = shared_from_this()] {
            if (self->isOpen()) self->settle(self->outgoing_.ping(SessionTimers::probe(*self)));
        });
        return;
    }
    if (settle(outgoing_.ping(SessionTimers::probe(*this))) == SendStatus::Closed) throw SessionClosed{"probe"};
}

void SessionCore::missed(std::uint64_t count) noexcept {
    if (isWire_) wire()->lostSome();
    if (sendQueue().whenFull == WhenFull::Close) return close(CloseCause::QueueFull, std::nullopt, {});
    rare().letters.dropped.fetch_add(count, std::memory_order_relaxed);
}

void SessionCore::noteDropped(std::uint64_t messages) noexcept {
    if (isWire_) wire()->lostSome();
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

// ------------------------------------------------------------------------------------------------ the peer's window

/// To receive again is an entry of its own: what waits is not handled inside the handler that says so.
void SessionCore::setReceiving(bool receiving) {
    if (!isOpen()) return;
    rare().receivesNot.store(!receiving, std::memory_order_release);
    if (!receiving && loop_.isHere()) return applyReceiving();
    loop_.post([self = shared_from_this()] { self->applyReceiving(); });
}

void SessionCore::applyReceiving() {
    if (!isOpen()) return;
    strand().setPaused(rare().receivesNot.load(std::memory_order_acquire));
    if (isWire_) wire()->goOn();
}

bool SessionCore::isReceiving() const noexcept {
    return isOpen() && !(knownRare() && knownRare()->receivesNot.load(std::memory_order_acquire));
}

std::size_t SessionCore::receiveQueue() const noexcept {
    return endpoint_->receiveQueueBytes();
}

void SessionCore::pauseReading(Pause why) noexcept {
    std::uint8_t& reasons = rare().pauses;
    if (std::exchange(reasons, reasons | static_cast<std::uint8_t>(why)) != 0) return;
    timers_.pauseReading();
    outgoing_.pauseReading();
}

Clock::duration SessionCore::payOwnRates(std::size_t bytes, Clock::time_point now) noexcept {
    const Limits& limits = endpoint_->config.limits;
    return rare().rateLimit.pay({limits.maxMessageRate, limits.maxByteRate}, bytes, now);
}

/// Its peer sends faster than it may.
void SessionCore::readAfter(Clock::duration wait) noexcept {
    RareThings& mine = rare();
    if (mine.rateTimer != 0) return;
    pauseReading(Pause::SendsTooFast);
    mine.rateTimer = loop_.after(wait, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self) return;
        self->rare().rateTimer = 0;
        self->resumeReading(Pause::SendsTooFast);
    });
    log::write(log::Level::Debug, endpoint_->config.path,
               "session " + std::to_string(id_) + " sends faster than it may (maxMessageRate, maxByteRate, a plugin's rates); it is read more slowly");
}

void SessionCore::setToll(Hook<MessageToll>& toll) {
    if (!isOpen()) return;
    Hook<MessageToll>& mine = rare().toll;
    paysToll_ = toll.object != nullptr;
    std::swap(mine.pin, toll.pin);
    mine.object.swap(toll.object);
}

void SessionCore::resumeReading(Pause why) noexcept {
    std::uint8_t& reasons = rare().pauses;
    reasons &= static_cast<std::uint8_t>(~static_cast<unsigned>(why));
    if (reasons != 0) return;
    outgoing_.resumeReading();
    timers_.resumeReading(*this);
}

// ------------------------------------------------------------------------------------------------ its topics

void SessionCore::tellJoined(const JoinedTopic& joined) noexcept {
    if (isWire_) return wire()->joined(joined);
    for (const Excerpt& one : joined.publications) show({*one.batch, one.first, one.last, joined.tag, false});
}

void SessionCore::leaveWhatIsForbidden() noexcept {
    if (!knownRare()) return;
    try {
        for (const auto& topic : knownRare()->belongings.topics()) {
            const auto table = topic->table();
            if (!table || table->allows(*this, topic->name())) continue;
            TopicTable::leave(*this, *topic);
            static constexpr wire::Error kForbidden{"forbidden"};
            if (isWire_) wire()->left(topic->name(), &kForbidden);
        }
    } catch (...) {  // it must not stay where it may not be
        close(CloseCause::OutOfMemory, std::nullopt, {});
    }
}

// ------------------------------------------------------------------------------------------------ tasks

void SessionCore::run(Task& task) noexcept {
    if (!isOpen()) return;
    if (waits_) return strand().putTask(std::make_unique<TaskEvent>(std::move(task)));
    runNow(task);
}

void SessionCore::runNow(Task& task) noexcept {
    const Session self = handle();
    doNow([&](endpoint::Run& run) { return callTask(self, task, run); });
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

std::chrono::milliseconds SessionCore::idleTimeout() const noexcept {
    const RareThings* const mine = knownRare();
    return mine && mine->timers.idleTimeout ? *mine->timers.idleTimeout : endpoint_->config.limits.idleTimeout;
}

void SessionCore::setIdleTimeout(std::chrono::milliseconds timeout) {
    requireOpen("setIdleTimeout");
    if (isNext()) return timers_.setIdleTimeout(*this, timeout);
    loop_.post([self = shared_from_this(), timeout] { self->timers_.setIdleTimeout(*self, timeout); });
}

}  // namespace patchbay::messaging
