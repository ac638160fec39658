#include "messaging/RequestEvent.hpp"

#include "base/Guarded.hpp"
#include "base/Utf8.hpp"
#include "messaging/History.hpp"
#include "messaging/SessionCore.hpp"
#include "messaging/WireSession.hpp"
#include "wire/Writing.hpp"

#include <utility>

namespace patchbay::messaging {

using endpoint::Outcome, endpoint::Run;

/// Nothing has come of it: who waits for it, or comes again, begins it anew.
RequestEvent::~RequestEvent() {
    if (client_) client_->abandon(id_);
}

bool RequestEvent::begin(SessionCore& session) noexcept {
    bool goesOn = false;
    if (id_ != 0 && !session.isOpen()) return false;  // its client asks again
    const auto thrown = thrownBy([&] {
        if (id_ != 0 && !isFirst(session)) return;
        if (id_ != 0) scope_ = std::make_unique<RequestScope>(session.wire()->you(), id_);
        goesOn = MessageEvent::begin(session);
        if (goesOn || id_ == 0) return;
        wire::writeError(outcome_, id_, {"forbidden"});  // a hook has dropped it
        finish(session);
    });
    if (thrown) session.wire()->refuse(id_, {"busy", {}, true});
    return goesOn && !thrown;
}

bool RequestEvent::isFirst(SessionCore& session) {
    WireSession& wire = *session.wire();
    std::string outcome;
    switch (wire.client()->begin(id_, outcome, [&] { return wire.teller(id_, kind(), payload()); })) {
        case Once::Client::Beginning::New: client_ = wire.client(); return true;
        case Once::Client::Beginning::Waits: break;
        case Once::Client::Beginning::Recorded: wire.say(outcome); break;
        case Once::Client::Beginning::InStore: wire.fetch(id_); break;
        case Once::Client::Beginning::Forgotten: wire.refuse(id_, {"forgotten"}); break;
        case Once::Client::Beginning::Busy: wire.refuse(id_, {"busy", {}, true}); break;
    }
    return false;
}

Outcome RequestEvent::run(SessionCore& session, const Session& handle, Run& run) noexcept {
    if (id_ != 0) run.request = this;
    return MessageEvent::run(session, handle, run);
}

/// What it waits for may be what it has published.
void RequestEvent::suspended(SessionCore& session) noexcept {
    if (!scope_ || scope_->empty()) return;
    scope_->noteEffect();
    const auto thrown = thrownBy([&] { scope_->commit(*session.endpoint().server->history, std::nullopt, {}); });
    if (thrown) session.close(CloseCause::OutOfMemory, std::nullopt, {});
}

bool RequestEvent::reply(MessageKind kind, Bytes data) {
    if (id_ == 0) return true;
    std::string outcome;
    wire::writeAnswer(outcome, id_, kind, data);
    outcome_ = std::move(outcome);
    return true;
}

/// What its error handler publishes then is another matter.
void RequestEvent::handlerThrew() noexcept { scope_->drop(); }

void RequestEvent::note(const Run& run) noexcept {
    if (!run.thrown() || id_ == 0) return;
    isCancelled_ = true;  // without memory to say more nothing has come of it
    const auto thrown = thrownBy([&] { noteFailure(run); });
}

void RequestEvent::noteFailure(const Run& run) {
    const endpoint::Failure failure = endpoint::failureOf(run.thrown());
    outcome_.clear();
    wire::writeError(outcome_, id_, {failure.code, isUtf8(asBytes(failure.text)) ? std::string_view{failure.text} : std::string_view{}});
    isCancelled_ = failure.isCancelled;
    isOfAClosedSession_ = failure.isOfAClosedSession;
}

/// Where its handler was told that its session has ended, by an exception of whatever call, it has not come to its end: it is begun anew
/// unless something of it is there already, which would be there twice.
void RequestEvent::end(SessionCore& session, Outcome outcome, std::string_view) noexcept {
    const auto thrown = thrownBy([&] {
        if (!client_) return;
        const bool isCancelled = isCancelled_ || (isOfAClosedSession_ && !session.isOpen());
        if (isCancelled && !scope_->hasEffect()) return;
        if (outcome_.empty() && isCancelled) wire::writeError(outcome_, id_, {"failed"});
        if (outcome_.empty()) wire::writeOk(outcome_, id_);
        finish(session);
    });
    if (thrown) return session.close(CloseCause::OutOfMemory, std::nullopt, {});
    if (id_ == 0 || outcome != Outcome::CloseFailed) session.obey(outcome);  // who waits for an outcome has heard of the failure by that
}

void RequestEvent::finish(SessionCore& session) {
    const auto committer = [&](Answer answer, Receiver<Committed> receiver) {
        scope_->commit(*session.endpoint().server->history, std::move(answer), std::move(receiver));
    };
    client_->commit(committer, id_, outcome_, session.wire()->teller(id_, kind(), {}), scope_->hasEffect());
    client_.reset();  // behind that, which may throw: then nothing has come of it
}

}  // namespace patchbay::messaging
