#include "Model.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace patchbay::simulation {
namespace {

std::string number(std::uint64_t value) { return std::to_string(value); }

std::string_view nameOf(Model::Part part) noexcept {
    constexpr std::string_view kNames[] = {"opened()",      "open handler",  "message handler", "task",
                                           "error handler", "close handler", "closed()"};
    return kNames[static_cast<std::size_t>(part)];
}

std::string_view nameOf(SendStatus status) noexcept {
    constexpr std::string_view kNames[] = {"Queued", "Dropped", "Full", "Closed"};
    return kNames[static_cast<std::size_t>(status)];
}

}  // namespace

std::string_view name(Rule rule) noexcept {
    constexpr std::string_view kNames[] = {"Order",    "Loss",       "Ghost",  "Torn",   "Position",
                                           "Handlers", "AfterClose", "Reason", "Status", "Count",
                                           "Task",     "Bounds",     "Thread", "Asleep", "Kept", "Crash"};
    return kNames[static_cast<std::size_t>(rule)];
}

Ending endingFor(CloseCause cause, std::string_view text) noexcept {
    switch (cause) {
        case CloseCause::Application:
        case CloseCause::Peer: return {cause, CloseCode::Normal, CloseCode::Normal, text};
        case CloseCause::ConnectionLost: return {cause, CloseCode::Abnormal, CloseCode::Abnormal, text};
        case CloseCause::Idle: return {cause, CloseCode::GoingAway, CloseCode::Abnormal, text};
        case CloseCause::Protocol: return {cause, CloseCode::ProtocolError, CloseCode::ProtocolError, text};
        case CloseCause::InvalidText: return {cause, CloseCode::InvalidPayload, CloseCode::InvalidPayload, text};
        case CloseCause::TooBig: return {cause, CloseCode::TooBig, CloseCode::TooBig, text};
        case CloseCause::HandlerFailed: return {cause, CloseCode::InternalError, CloseCode::InternalError, text};
        case CloseCause::SendTimeout:
        case CloseCause::OutOfMemory:
        case CloseCause::QueueFull: return {cause, CloseCode::TryAgainLater, CloseCode::TryAgainLater, text};
        case CloseCause::MessageTimeout:
        case CloseCause::Expired:
        case CloseCause::Banned:
        case CloseCause::Policy: return {cause, CloseCode::PolicyViolation, CloseCode::PolicyViolation, text};
        case CloseCause::Shutdown: return {cause, CloseCode::GoingAway, CloseCode::GoingAway, text};
    }
    return {cause, CloseCode::InternalError, CloseCode::InternalError, text};
}

void Model::fail(Rule rule, std::string text) {
    if (!fault_) fault_ = Fault{rule, std::move(text), step_};
}

std::string Model::who(Id id) const { return "session " + number(id) + " (slot " + number(sessions_[id].facts.slot) + ")"; }

unsigned Model::newSpace() {
    topics_.resize(topics_.size() + kTopics);
    return static_cast<unsigned>(topics_.size() / kTopics) - 1;
}

// ------------------------------------------------------------------------------------------------ a session's life

Model::Id Model::add(const Facts& facts) {
    sessions_.emplace_back();
    sessions_.back().facts = facts;
    sessions_.back().idle = facts.idle;
    sessions_.back().lastTouched = now_;
    return static_cast<Id>(sessions_.size() - 1);
}

void Model::touched(Id id) noexcept {
    Seen& seen = sessions_[id];
    seen.longestSilence = std::max(seen.longestSilence, now_ - seen.lastTouched);
    seen.lastTouched = now_;
}

void Model::setIdle(Id id, std::chrono::milliseconds time) noexcept {
    Seen& seen = sessions_[id];
    seen.idleChanged = true;
    if (time.count() > 0) seen.idle = seen.idle.count() > 0 ? std::min(seen.idle, time) : time;
}

bool Model::mayBeIdle(const Seen& seen) const noexcept {
    const Time::duration silence = seen.readsNot ? Time::duration{} : now_ - seen.lastTouched;
    return seen.idle.count() > 0 && std::max(seen.longestSilence, silence) >= seen.idle;
}

bool Model::mayEndFor(const Seen& seen, CloseCause cause) const noexcept {
    return (cause == CloseCause::QueueFull && seen.mayBeFull) || (cause == CloseCause::ConnectionLost && seen.mayBeLost) ||
           (cause == CloseCause::Idle && mayBeIdle(seen)) || (cause == CloseCause::SendTimeout && seen.late.takesNothing) ||
           (cause == CloseCause::MessageTimeout && seen.late.saysNothing);
}

/// Whether it may have ended for what nobody has told. A handler that takes its time may fail before its loop hears of it, and an
/// error handler runs before the session closes for what it is told.
bool Model::mayEndUnseen(const Seen& seen) noexcept {
    return !seen.ending && (!seen.failing || seen.facts.takeTime() || seen.facts.handlesErrors);
}

/// nullptr where it is not known.
const Ending* Model::reasonOf(const Seen& seen) noexcept {
    if (seen.ending) return &*seen.ending;
    return seen.failing ? &*seen.failing : nullptr;
}

void Model::look(Id id, bool isOpen) {
    Seen& seen = sessions_[id];
    if (!seen.opened || isOpen != seen.left) return;
    if (isOpen) return fail(Rule::Reason, who(id) + " is open though it was closed");
    leave(seen);
    const bool mayEnd = seen.failing || seen.mayBeFull || seen.mayBeLost || seen.late.takesNothing || seen.late.saysNothing;
    if (!mayEnd && !mayBeIdle(seen))
        fail(Rule::Reason, who(id) + " has closed, and nobody closed it");
}

void Model::leaves(Id id, const Ending& ending, Call call) {
    Seen& seen = sessions_[id];
    if (seen.left) return;
    leave(seen);
    seen.ending = ending;
    seen.endingCall = call;
    // Its open handler has failed, and the error handler was quicker to close it.
    if (seen.failing && !seen.open) seen.closeDue = Due::Maybe;
}

void Model::leave(Seen& seen) noexcept {
    seen.left = true;
    seen.lateEvent = seen.facts.onPool && seen.running == 0;
    if (seen.facts.takeTime() && seen.openThrew) seen.closeDue = Due::Maybe;  // before its loop knew that it had failed
}

/// What the peer ends comes behind its messages.   `told`: the cause where the close handler has heard it.
bool Model::wasLeftByPeer(const Seen& seen, std::optional<CloseCause> told) noexcept {
    if (!seen.ending) return told ? told == CloseCause::ConnectionLost : seen.mayBeLost;
    switch (seen.ending->cause) {
        case CloseCause::Peer:
        case CloseCause::ConnectionLost:
        case CloseCause::Protocol:
        case CloseCause::InvalidText:
        case CloseCause::TooBig: return true;
        default: return false;
    }
}

void Model::breaksSize(Id id) noexcept {
    Seen& seen = sessions_[id];
    if (!seen.facts.handlesErrors) return;
    if (seen.facts.takeTime() || seen.wasPaused)
        ++seen.errorsPossible;
    else if (seen.open)
        ++seen.errorsDue;
}

void Model::fails(Id id, const Ending& ending) noexcept {
    Seen& seen = sessions_[id];
    if (!seen.left && !seen.failing) seen.failing = ending;
}

void Model::turnedAway(Id id) {
    Seen& seen = sessions_[id];
    if (seen.opened || !seen.left) fail(Rule::Handlers, who(id) + " was turned away, or opened, though it should not");
    seen.gone = true;
    ++ended_[static_cast<std::size_t>(CloseCause::Shutdown)];
}

void Model::begins(Id id, Part part, bool isOpen, const CloseReason* reason) {
    look(id, isOpen);
    Seen& seen = sessions_[id];
    if (seen.running++ != 0) fail(Rule::Handlers, who(id) + ": its " + std::string{nameOf(part)} + " runs beside another");
    if (part == Part::Close) return beginsClose(id, *reason);
    if (part == Part::Closed) return beginsClosed(id, *reason);
    beginsPart(id, part);
}

void Model::beginsPart(Id id, Part part) {
    Seen& seen = sessions_[id];
    const auto wrong = [&](Rule rule, std::string_view how) {
        fail(rule, who(id) + ": its " + std::string{nameOf(part)} + " runs " + std::string{how});
    };
    if (part == Part::Error) {
        if (!seen.opened) wrong(Rule::Handlers, "before opened()");
        if (seen.errorsDue + seen.errorsPossible == 0) return wrong(Rule::Handlers, "for nothing");
        --(seen.errorsDue != 0 ? seen.errorsDue : seen.errorsPossible);
        if (seen.closed && !std::exchange(seen.closeThrew, false)) wrong(Rule::AfterClose, "behind the close handler");
        return;
    }
    if (seen.closed || seen.gone) return wrong(Rule::AfterClose, "behind the close handler");
    if (part == Part::Opened) {
        if (std::exchange(seen.opened, true)) wrong(Rule::Handlers, "twice");
        return;
    }
    if (part == Part::Open) {
        if (!seen.opened || std::exchange(seen.opening, true)) wrong(Rule::Handlers, "twice, or before opened()");
    } else if (!seen.open) {
        wrong(Rule::Handlers, "though no open handler has returned");
    }
    if (seen.left) {
        const bool inOrder = part == Part::Message && wasLeftByPeer(seen, std::nullopt);
        if (!inOrder && !std::exchange(seen.lateEvent, false)) wrong(Rule::AfterClose, "though the session is closed");
    } else if (part == Part::Message && seen.paused && !std::exchange(seen.lateMessage, false)) {
        wrong(Rule::Handlers, "though it was told to receive no more");
    }
    if (seen.failing && !seen.left) wrong(Rule::Reason, "though a handler before it has failed");
}

void Model::ends(Id id, Part part, bool threw) {
    Seen& seen = sessions_[id];
    --seen.running;
    if (part == Part::Open) {
        seen.open = !threw;
        seen.openThrew = threw;
        seen.closeDue = !threw || seen.left ? Due::Yes : Due::No;
    }
    if (part == Part::Close) seen.closeThrew = threw;
}

void Model::beginsClose(Id id, const CloseReason& reason) {
    Seen& seen = sessions_[id];
    const auto wrong = [&](Rule rule, std::string_view how) {
        fail(rule, who(id) + ": its close handler runs " + std::string{how});
    };
    if (std::exchange(seen.closed, true) || seen.gone) return wrong(Rule::Handlers, "twice");
    if (!seen.left) wrong(Rule::Handlers, "though it is open");
    if (seen.closeDue == Due::No) wrong(Rule::Handlers, "though no open handler has returned");
    if (wasLeftByPeer(seen, reason.cause()) && !seen.hurried && !seen.openThrew && seen.heard != seen.handled)
        wrong(Rule::Loss, "before it has handled what its peer said before");
    seen.member = {};
    checkReason(id, reason);
}

void Model::beginsClosed(Id id, const CloseReason& reason) {
    Seen& seen = sessions_[id];
    if (std::exchange(seen.gone, true)) return fail(Rule::Handlers, who(id) + ": closed() is told twice");
    if (!seen.left) fail(Rule::Handlers, who(id) + ": closed() is told though it is open");
    if (seen.closeDue == Due::Yes && !seen.closed) fail(Rule::Handlers, who(id) + ": its close handler has not run");
    seen.member = {};
    ++ended_[static_cast<std::size_t>(reason.cause())];
    checkReason(id, reason);
}

void Model::checkReason(Id id, const CloseReason& reason) {
    const Seen& seen = sessions_[id];
    const Ending* const known = reasonOf(seen);
    const bool asKnown = known && reason.cause() == known->cause && reason.code() == known->seen &&
                         (known->text.empty() || reason.text() == known->text);
    const bool unseen = mayEndUnseen(seen) && mayEndFor(seen, reason.cause()) && reason.code() == endingFor(reason.cause()).seen;
    const bool right = asKnown || unseen;
    if (right) return;
    fail(Rule::Reason, who(id) + " has ended for " + std::string{patchbay::name(reason.cause())} + ", code " +
                           number(static_cast<unsigned>(reason.code())) + " '" + reason.text() + "', not for " +
                           (known ? std::string{patchbay::name(known->cause)} + " '" + std::string{known->text} + "'"
                                  : "what may have closed it"));
}

void Model::arrived(Id id, std::uint32_t number, std::size_t bytes) {
    Seen& seen = sessions_[id];
    std::size_t waiting = 0;  // the first may be with the pool
    for (std::size_t i = 1; i < seen.waiting.size(); ++i) waiting += seen.waiting[i];
    if (seen.facts.receiveQueue != 0 && waiting >= seen.facts.receiveQueue)
        fail(Rule::Bounds, who(id) + " reads on, and " + simulation::number(waiting) + " bytes of its peer's wait");
    seen.heard = number;
    seen.waiting.push_back(bytes);
}

void Model::paused(Id id, Call call) noexcept {
    Seen& seen = sessions_[id];
    seen.wasPaused = true;
    if (seen.pausing != call || seen.paused) return;
    seen.lateMessage = seen.facts.onPool && seen.running == 0;
    seen.paused = true;
}

void Model::resumed(Id id) noexcept {
    sessions_[id].pausing = 0;
    sessions_[id].paused = false;
}

void Model::readsNot(Id id) noexcept {
    touched(id);
    sessions_[id].readsNot = true;
}

void Model::readsAgain(Id id) noexcept {
    sessions_[id].readsNot = false;
    sessions_[id].lastTouched = now_;
}

void Model::handles(Id id, std::uint32_t number) {
    Seen& seen = sessions_[id];
    if (!seen.waiting.empty()) seen.waiting.erase(seen.waiting.begin());
    if (number > seen.heard || number != seen.handled + 1)
        fail(Rule::Order, who(id) + " handles its peer's message " + simulation::number(number) + " behind " +
                              simulation::number(seen.handled));
    seen.handled = number;
}

void Model::finished() {
    for (Id id = 0; id < sessions_.size(); ++id) {
        const Seen& seen = sessions_[id];
        if (seen.opened && !seen.gone) fail(Rule::Handlers, who(id) + " has never ended");
        if (seen.running != 0) fail(Rule::Handlers, who(id) + ": a handler has never returned");
        if (seen.errorsDue != 0) fail(Rule::Handlers, who(id) + ": its error handler has not run");
    }
}

// ------------------------------------------------------------------------------------------------ what is said

void Model::expect(Seen& seen, const Expected& what) {
    if (seen.excused) return;
    seen.expected.push_back(what);
    if (what.forOne) seen.waitingBytes += what.bytes + kBesidePayload;
}

Model::Expected Model::pop(Seen& seen) noexcept {
    const Expected first = seen.expected[seen.firstExpected++];
    if (first.forOne) seen.waitingBytes -= first.bytes + kBesidePayload;
    if (!seen.expects()) {
        seen.expected.clear();
        seen.firstExpected = 0;
    }
    return first;
}

/// What is before that call has not come, and may not come any more.
void Model::skipUpTo(Id id, Call call) {
    Seen& seen = sessions_[id];
    while (seen.expects() && seen.expected[seen.firstExpected].call < call) {
        const Expected lost = pop(seen);
        if (!lost.wanted) continue;
        ++seen.missing;
        seen.lastMissing = lost.call;
    }
}

void Model::takesEffect(Id id, Call call, std::string_view what) {
    Seen& seen = sessions_[id];
    if (call <= seen.lastEffect)
        fail(Rule::Order, who(id) + ": " + std::string{what} + " of call " + number(call) + " comes behind call " +
                              number(seen.lastEffect));
    seen.lastEffect = call;
}

void Model::sends(Call call) noexcept {
    sending_ = call;
    answer_.reset();
}

void Model::sent(Id id, const Sending& what, SendStatus status) {
    const Call call = std::exchange(sending_, 0);
    Seen& seen = sessions_[id];
    const std::string_view said = nameOf(status);
    if (!what.wasOpen) {
        if (status != SendStatus::Closed || answer_)
            fail(Rule::Status, who(id) + " is closed, and a message to it is " + std::string{said});
    } else if (status == SendStatus::Closed) {
        if (!seen.mayBeLost) fail(Rule::Status, who(id) + " is open, and a message to it is Closed");
    } else if (answer_) {
        if (status != *answer_)
            fail(Rule::Status, "call " + number(call) + ": the carrier says " + std::string{nameOf(*answer_)} +
                                   ", the call " + std::string{said});
    } else if (status == SendStatus::Queued) {
        expect(seen, {call, static_cast<std::uint32_t>(what.bytes), true, true});
    } else {
        refused(id, what, status);
    }
}

/// It was refused before it came to the carrier.
void Model::refused(Id id, const Sending& what, SendStatus status) {
    Seen& seen = sessions_[id];
    const bool closes = seen.facts.queue.whenFull == WhenFull::Close;
    if ((status == SendStatus::Full) != closes)
        fail(Rule::Status, who(id) + ": " + std::string{nameOf(status)} + " is not its policy");
    const bool fits = what.loopHasRoom &&
                      (seen.waitingBytes == 0 ? what.bytes <= seen.facts.queue.bytes
                                              : seen.waitingBytes + what.bytes + kBesidePayload <= seen.facts.queue.bytes);
    if (fits && !seen.excused)
        fail(Rule::Status, who(id) + ": a message is " + std::string{nameOf(status)} + " though there is room");
    if (!closes) {
        ++seen.refused;
        return;
    }
    leaves(id, endingFor(CloseCause::QueueFull));
    seen.mayBeFull = true;
}

void Model::entered(Id id, Call call, SendStatus answer) {
    takesEffect(id, call, "a message");
    skipUpTo(id, call);
    Seen& seen = sessions_[id];
    if (seen.expects() && seen.expected[seen.firstExpected].call == call) {
        pop(seen);
    } else if (call == sending_) {
        answer_ = answer;
    } else if (!seen.excused) {
        fail(Rule::Ghost, who(id) + " gets the message of call " + number(call) + ", which is not for it");
    }
    if (answer != SendStatus::Full) return;
    leaves(id, endingFor(CloseCause::QueueFull));
    seen.mayBeFull = true;  // what comes behind it may be lost, also where it closes for another reason
}

void Model::goodbye(Id id, CloseCode code, std::string_view text, bool atOnce, std::uint64_t counted) {
    Seen& seen = sessions_[id];
    if (std::exchange(seen.goodbyeSaid, true)) fail(Rule::Reason, who(id) + " says goodbye twice");
    if (seen.endingCall != 0) takesEffect(id, seen.endingCall, "the goodbye");
    const Ending* const known = reasonOf(seen);
    const bool asKnown = known && code == known->onWire && (known->text.empty() || text == known->text);
    const auto maySay = [&](CloseCause cause) { return code == endingFor(cause).onWire && mayEndFor(seen, cause); };
    const bool unseen = mayEndUnseen(seen) && (maySay(CloseCause::QueueFull) || maySay(CloseCause::Idle) ||
                                               maySay(CloseCause::SendTimeout) || maySay(CloseCause::MessageTimeout));
    if (!asKnown && !unseen)
        fail(Rule::Reason,
             who(id) + " says goodbye with " + number(static_cast<unsigned>(code)) + " '" + std::string{text} + "'");
    if (!atOnce) checkAllCame(id, counted);
    excuse(id);
}

void Model::endedByPeer(Id id, std::uint64_t counted) {
    checkAllCame(id, counted);
    excuse(id);
}

/// What was said to it before it left.
void Model::checkAllCame(Id id, std::uint64_t counted) {
    const Seen& seen = sessions_[id];
    if (seen.excused) return;
    skipUpTo(id, UINT32_MAX);
    // Whose policy is to close has no other word for it.
    if (seen.mayBeFull && seen.facts.queue.whenFull == WhenFull::Close) return;
    checkMissing(id, counted, seen.missing + seen.refused > counted);
}

void Model::checkMissing(Id id, std::uint64_t counted, bool isWrong) {
    if (!isWrong) return;
    const Seen& seen = sessions_[id];
    const std::string last = seen.lastMissing == 0 ? "" : " (the last that of call " + number(seen.lastMissing) + ")";
    fail(seen.missing + seen.refused > counted ? Rule::Loss : Rule::Count,
         who(id) + " misses " + number(seen.missing + seen.refused) + " messages" + last + ", and " + number(counted) +
             " were counted");
}

void Model::excuse(Id id) noexcept {
    Seen& seen = sessions_[id];
    seen.excused = true;
    seen.expected.clear();
    seen.firstExpected = 0;
    seen.waitingBytes = 0;
}

void Model::rests(Id id, std::uint64_t counted) {
    Seen& seen = sessions_[id];
    if (seen.failing) fail(Rule::Reason, who(id) + " is open though a handler has failed");
    if (seen.running != 0) fail(Rule::Handlers, who(id) + ": a handler has not returned");
    if (!seen.excused) {
        skipUpTo(id, UINT32_MAX);
        checkMissing(id, counted, seen.missing + seen.refused != counted);
    }
    if (seen.heard != seen.handled)
        fail(Rule::Loss, who(id) + " has handled " + number(seen.handled) + " messages of " + number(seen.heard));
    if (seen.firstTask != seen.tasks.size())
        fail(Rule::Task, who(id) + ": the task of call " + number(seen.tasks[seen.firstTask]) + " has not run");
    if (!seen.idleChanged && !seen.readsNot && seen.idle.count() > 0 && now_ - seen.lastTouched >= seen.idle)
        fail(Rule::Reason, who(id) + " is open though its peer has been silent for too long");
}

// ------------------------------------------------------------------------------------------------ topics

bool Model::isMember(const Seen& seen, unsigned space, unsigned topic) noexcept {
    if (space != 0 && space != seen.facts.space) return false;
    return (seen.member[space == 0 ? 1 : 0] >> topic & 1) != 0;
}

Model::Members Model::members(unsigned space, unsigned topic) const noexcept {
    Members all;
    for (const Seen& seen : sessions_) {
        if (seen.gone || !isMember(seen, space, topic)) continue;
        ++(seen.left ? all.unsure : all.sure);
        all.loops |= 1u << seen.facts.loop;
    }
    return all;
}

void Model::published(Call call, const Publication& what, SendStatus status, TopicPosition position) {
    const auto wrong = [&](Rule rule, const std::string& how) {
        fail(rule, "publishing to topic " + number(what.topic) + " (call " + number(call) + "): " + how);
    };
    const Members all = members(what.space, what.topic);
    if (status == SendStatus::Full) {
        if (what.onLoop || (what.crowded & all.loops) == 0) wrong(Rule::Status, "QueueFull, but there is room");
        if (position != TopicPosition{}) wrong(Rule::Status, "QueueFull, but it has a position");
        return;
    }
    if (status != SendStatus::Queued) return wrong(Rule::Status, std::string{nameOf(status)});
    if (position == TopicPosition{}) {
        if (all.sure != 0) wrong(Rule::Loss, "nobody is there, but " + number(all.sure) + " are");
        return;
    }
    if (all.sure + all.unsure == 0) wrong(Rule::Ghost, "somebody is there, but nobody is");
    TopicPosition& last = lastOf(what.space, what.topic);
    if (position != TopicPosition{last.epoch, last.offset + 1})
        wrong(Rule::Position, "it has number " + number(position.offset) + ", behind " + number(last.offset));
    last = position;
    for (Id id = 0; id < sessions_.size(); ++id) {
        Seen& seen = sessions_[id];
        if (seen.gone || !isMember(seen, what.space, what.topic)) continue;
        if ((what.crowded >> seen.facts.loop & 1) != 0) seen.mayBeFull = true;
        if (what.except != id) expect(seen, {call, 0, !seen.left, false});
    }
}

void Model::subscribed(Id id, Membership where, bool wasOpen, Joining outcome, TopicPosition position) {
    Seen& seen = sessions_[id];
    const auto wrong = [&](Rule rule, const std::string& how) {
        fail(rule, who(id) + " and topic " + number(where.topic) + ": " + how);
    };
    if (wasOpen != (outcome != Joining::Closed))
        return wrong(Rule::Status, wasOpen ? "SessionClosed, but it is open" : "it joins, but it is closed");
    if (!wasOpen) return;
    const unsigned space = where.global ? 0 : seen.facts.space;
    std::uint32_t& mine = seen.member[where.global ? 1 : 0];
    TopicPosition& joined = seen.joined[where.global ? 1 : 0][where.topic];
    if ((mine >> where.topic & 1) != 0) {
        if (outcome != Joining::Joined || position != joined) wrong(Rule::Status, "joining twice is not joining once");
        return;
    }
    const auto count = static_cast<std::size_t>(std::popcount(seen.member[0]) + std::popcount(seen.member[1]));
    const bool tooMany = seen.facts.maxTopics != 0 && count >= seen.facts.maxTopics;
    if (tooMany != (outcome == Joining::TooMany))
        wrong(Rule::Status, "it is in " + number(count) + " topics of " + number(seen.facts.maxTopics) + ", and this is " +
                                (tooMany ? "none" : "one") + " too many");
    if (outcome == Joining::TooMany) return;
    const Members others = members(space, where.topic);
    TopicPosition& last = lastOf(space, where.topic);
    const bool another = position.epoch > newestEpoch_ && position.offset == 0;
    const bool same = last.epoch != 0 && position == last;
    if (!(others.sure != 0 ? same : others.unsure != 0 ? same || another : another))
        wrong(Rule::Position, "it joins at number " + number(position.offset) +
                                  (position.epoch == last.epoch ? "" : " of another epoch") + ", and the topic is at " +
                                  number(last.offset));
    newestEpoch_ = std::max(newestEpoch_, position.epoch);
    last = joined = position;
    mine |= 1u << where.topic;
}

void Model::unsubscribed(Id id, Membership where) noexcept {
    sessions_[id].member[where.global ? 1 : 0] &= ~(1u << where.topic);
}

void Model::counted(unsigned space, unsigned topic, std::size_t subscribers) {
    const Members all = members(space, topic);
    if (subscribers < all.sure || subscribers > all.sure + all.unsure)
        fail(Rule::Count,
             "topic " + number(topic) + " tells " + number(subscribers) + " subscribers, and has " + number(all.sure));
}

// ------------------------------------------------------------------------------------------------ tasks

void Model::runs(Id id, Call call) {
    Seen& seen = sessions_[id];
    if (!seen.facts.takeTime()) takesEffect(id, call, "a task");
    if (call <= std::exchange(seen.lastTask, call)) fail(Rule::Order, who(id) + ": its tasks run out of order");
    if (seen.firstTask == seen.tasks.size() || seen.tasks[seen.firstTask] != call)
        return fail(Rule::Task, who(id) + ": the task of call " + number(call) + " is not the next, or runs twice");
    ++seen.firstTask;
}

void Model::dropped(Id id, Call call) {
    Seen& seen = sessions_[id];
    if (!seen.left)
        fail(Rule::Task, who(id) + ": the task of call " + number(call) + " was dropped though the session is open");
    const auto found = std::find(seen.tasks.begin() + static_cast<std::ptrdiff_t>(seen.firstTask), seen.tasks.end(), call);
    if (found != seen.tasks.end()) seen.tasks.erase(found);
}

}  // namespace patchbay::simulation
