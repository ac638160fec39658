#include "base/Guarded.hpp"
#include "base/Log.hpp"
#include "base/Printable.hpp"
#include "messaging/HandlerNow.hpp"
#include "messaging/SessionCore.hpp"

#include <utility>

namespace patchbay::messaging {

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
    finishSoon({code.value_or(row.seen), std::string{text}, cause}, By::Us);
}

void SessionCore::closeInItsTurn(CloseCause cause) noexcept {
    if (!leaveOpen()) return;
    const CloseRow row = closeRow(cause);
    sayGoodbye(cause, row.onWire, row.text);
    finishSoon({row.seen, std::string{row.text}, cause}, By::Us);
}

void SessionCore::sayGoodbye(CloseCause cause, CloseCode onWire, std::string_view text) noexcept {
    if (cause == CloseCause::QueueFull || cause == CloseCause::SendTimeout) return outgoing_.closeNow(onWire, text);
    outgoing_.close(onWire, text);
}

void SessionCore::peerClosed(CloseCode code, std::string_view text) noexcept {
    if (leaveOpen()) finishSoon({code, std::string{text}, CloseCause::Peer}, By::Peer);
}

/// The reason stands before the error handler is asked: what it sends finds the session closed.
void SessionCore::peerFailed(CloseCause cause, const std::string& rule) noexcept {
    if (!leaveOpen()) return;
    if (cause == CloseCause::TooBig) {
        const auto error = std::make_exception_ptr(MessageTooBig{rule});
        const Session self = handle();
        if (waits_)
            strand().putMessage(std::make_unique<ErrorEvent>(error));
        else if (opened_)
            doNow([&](endpoint::Run& run) { return callError(self, error, run); });
    }
    finishSoon({closeRow(cause).seen, rule, cause}, By::Peer);
}

void SessionCore::lost(std::string_view why) noexcept {
    if (leaveOpen()) finishSoon({CloseCode::Abnormal, std::string{why}, CloseCause::ConnectionLost}, By::Peer);
}

void SessionCore::finishSoon(CloseReason reason, By who) {
    loop_.post([self = shared_from_this(), reason = std::move(reason), who] { self->finish(reason, who); });
}

void SessionCore::leaveTopics() noexcept {
    if (!knownRare()) return;
    while (const auto topic = knownRare()->belongings.anyTopic()) TopicTable::leave(*this, *topic);
}

void SessionCore::finish(const CloseReason& reason, By who) noexcept {
    timers_.end(*this);
    leaveTopics();
    endpoint_->server->closes.count(reason.cause());
    logEnd(reason);

    if (waits_) return strand().end(std::make_unique<CloseEvent>(reason), who == By::Peer);
    const Session self = handle();
    if (!opened_) return closed(reason);
    doNow<CloseEvent>([&](endpoint::Run& run) { return callClose(self, reason, run); },
                      [&](endpoint::Outcome, const endpoint::Run&) { closed(reason); }, reason);
}

void SessionCore::closed(const CloseReason& reason) noexcept {
    const Session session = handle();
    const auto& listeners = endpoint_->server->sessionListeners;
    for (auto listener = listeners.rbegin(); told_ && listener != listeners.rend(); ++listener) {
        guarded(endpoint_->config.path, "a session listener's closed()", [&] {
            const detail::Labelled labelled{detail::runningHere(), "a session listener"};
            (*listener)->closed(session, reason);
        });
    }
    letGo();
}

/// From here on a handle is answered, and nothing else is left. The instance's destructor may still call anything.
void SessionCore::letGo() noexcept {
    state_.store(State::Closed, std::memory_order_release);
    timers_.end(*this);
    if (isWire_) wire()->end();
    instance_.reset();
    if (knownRare()) {
        knownRare()->belongings.clearProperties();
        knownRare()->credentials.end(*this);
        if (knownRare()->rateTimer != 0) loop_.cancel(std::exchange(knownRare()->rateTimer, 0));
        paysToll_ = false;
        const auto toll = std::exchange(knownRare()->toll, {});
    }
    if (hasStrand()) strand().clear();
    code_.reset();
    endpoint_->remove(*this);
}

void SessionCore::logEnd(const CloseReason& reason) const {
    const CloseRow row = closeRow(reason.cause());
    if (!log::isRead(row.logLevel)) return;
    const bool own = reason.cause() == CloseCause::Peer || reason.cause() == CloseCause::Application;
    std::string line = "session " + std::to_string(id_) + " (";
    line.append(origin_.remoteAddress()).append(") closed: ").append(name(reason.cause())).append(", code ");
    line.append(std::to_string(static_cast<int>(own ? reason.code() : row.onWire)));
    if (!reason.text().empty()) line.append(": ").append(printable(reason.text()));
    if (!row.limit.empty()) line.append(" (").append(row.limit).append(")");
    log::write(row.logLevel, endpoint_->config.path, line);
}

}  // namespace patchbay::messaging
