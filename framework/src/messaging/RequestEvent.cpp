#include "messaging/RequestEvent.hpp"

#include "base/Guarded.hpp"
#include "base/Utf8.hpp"
#include "messaging/History.hpp"
#include "messaging/SessionCore.hpp"
#include "messaging/WireSession.hpp"
#include "wire/Writing.hpp"

#include <functional>
#include <mutex>
#include <utility>

namespace patchbay::messaging {

using endpoint::Outcome, endpoint::Run;

/// Where one of them fails its request has, whatever its handler knows of it: its last commit waits for them.   Thread: any.
class RequestEvent::Earlier {
public:
    void begin() {
        const std::lock_guard guard{lock_};
        ++waiting_;
    }
    void end(bool failed) noexcept {
        std::function<void(bool)> last;
        {
            const std::lock_guard guard{lock_};
            failed_ = failed_ || failed;
            if (--waiting_ == 0) last.swap(last_);
            failed = failed_;
        }
        if (last) last(failed);
    }
    /// `last(whether one has failed)`, as soon as all have ended.   Requires: it throws nothing.
    void whenEnded(std::function<void(bool)> last) {
        bool failed = false;
        {
            const std::lock_guard guard{lock_};
            if (waiting_ != 0) {
                last_.swap(last);
                return;
            }
            failed = failed_;
        }
        last(failed);
    }

private:
    std::mutex lock_;  // guards what follows
    std::size_t waiting_ = 0;
    bool failed_ = false;
    std::function<void(bool)> last_;
};

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
    const auto thrown = thrownBy([&] {
        if (!earlier_) earlier_ = std::make_shared<Earlier>();
        earlier_->begin();
        scope_->commit(*session.endpoint().server->history, std::nullopt, [earlier = earlier_](patchbay::Outcome<Committed> committed) {
            bool failed = false;
            try {
                committed.take();
            } catch (...) {
                failed = true;
            }
            earlier->end(failed);
        });
    });
    if (!thrown) return;
    if (earlier_) earlier_->end(true);
    session.close(CloseCause::OutOfMemory, std::nullopt, {});
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
    hasThrown_ = true;
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
    const std::shared_ptr<RequestScope> scope{std::move(scope_)};
    auto last = [client = client_, scope, history = session.endpoint().server->history, id = id_, outcome = outcome_, hasThrown = hasThrown_,
                 told = session.wire()->teller(id_, kind(), {})](bool failed) {
        std::string what = outcome;
        if (failed && !hasThrown) {
            scope->drop();
            what.clear();
            wire::writeError(what, id, {"failed"});
        }
        const auto committer = [&](Answer answer, Receiver<Committed> receiver) { scope->commit(*history, std::move(answer), std::move(receiver)); };
        client->commit(committer, id, std::move(what), told, scope->hasEffect());
    };
    if (!earlier_) {
        last(false);
    } else {
        earlier_->whenEnded([client = client_, id = id_, last = std::move(last)](bool failed) {
            if (thrownBy([&] { last(failed); })) client->abandon(id);
        });
    }
    client_.reset();  // behind that, which may throw: then nothing has come of it
}

}  // namespace patchbay::messaging
