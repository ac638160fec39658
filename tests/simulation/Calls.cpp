// What threads and handlers call, each call with what the model needs to judge it.

#include "Room.hpp"
#include "Simulation.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>

namespace patchbay::simulation {
namespace {

constexpr std::array<std::string_view, kTopics> kTopicNames{"t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7"};
constexpr std::array<std::string_view, 5> kTexts{"one", "two", "three", "four", "five"};
constexpr CloseCause kCauses[] = {CloseCause::Idle, CloseCause::Policy, CloseCause::QueueFull};

/// Whether `call` threw SessionClosed.
template <class Call>
bool isRefused(Call call) {
    try {
        call();
        return false;
    } catch (const SessionClosed&) {
        return true;
    }
}

}  // namespace

void Simulation::performCall(const Step& step, std::uint32_t at, const Performer& who) {
    switch (step.op) {
        case Op::Publish:
        case Op::PublishExcept: return publish(step);
        case Op::Cancel: return cancel(step);
        case Op::Throw: return throwSomething(step, who);
        case Op::Done: {
            // A copy, since whoever goes on may put another in its place.
            const auto completion = completions_[step[0] % kCompletions];
            return completion ? completion->set(1) : void();
        }
        default: break;
    }
    Connection* const whom = this->at(step[0]);
    if (!whom || whom->isPending()) return;  // nobody has a handle yet
    whom->look();
    switch (step.op) {
        case Op::Send: return send(*whom, step, who);
        case Op::Subscribe: return subscribe(*whom, step);
        case Op::Unsubscribe: {
            const Model::Membership where{step[1] != 0, step[2] % kTopics};
            const std::string_view topic = kTopicNames[where.topic];
            where.global ? deployments_[0].topics->unsubscribe(whom->session(), topic) : whom->session().unsubscribe(topic);
            return model_.unsubscribed(whom->id(), where);
        }
        case Op::Post: return post(*whom, at);
        case Op::After:
        case Op::Every: return startTimer(*whom, step, at);
        case Op::Close: return close(*whom, step);
        case Op::CloseFor: return closeFor(*whom, step);
        case Op::Ping: return ping(*whom);
        case Op::Idle: return setIdle(*whom, step);
        case Op::Pause:
        case Op::Resume: return setReceiving(*whom, step.op == Op::Resume);
        case Op::Keep: return keep(*whom, step);
        case Op::Look: return lookAround(*whom);
        default: return;
    }
}

// ------------------------------------------------------------------------------------------------ messages

void Simulation::send(Connection& to, const Step& step, const Performer& who) {
    const Model::Call call = model_.call();
    const Bytes payload = payloadOf(call, step[1]);
    const bool wasOpen = to.isOpen(), binary = (step[2] & 1) != 0, throws = (step[2] & 2) != 0 && !wasOpen;
    const bool loopHasRoom = to.loop().queue().hasRoom(payload.size() + Model::kBesidePayload);
    const Session& session = to.session();
    model_.sends(call);
    SendStatus status = SendStatus::Closed;
    if (throws) {
        if (!isRefused([&] { binary ? session.send(payload) : session.send(asText(payload)); }))
            status = SendStatus::Queued;
    } else {
        status = binary ? session.trySend(payload) : session.trySend(asText(payload));
    }
    trace_.add("call %llu sends to session %llu: %llu", call, to.id(), static_cast<std::uint64_t>(status));
    if (status == SendStatus::Full || status == SendStatus::Dropped) ++around_.fullQueues;
    model_.sent(to.id(), {payload.size(), wasOpen, loopHasRoom}, status);
    if (!throws || !who.mayThrow) return;
    willFail(who, endingFor(CloseCause::Application));
    throw SessionClosed{"the session that a handler writes to"};
}

const Simulation::Deployment* Simulation::topicsOf(unsigned number) const noexcept {
    if (number >= kEndpoints) return deployments_.data();
    return &deployments_[latest_[number]];
}

void Simulation::publish(const Step& step) {
    lookAtAll();
    const Deployment& where = *topicsOf(step[0]);
    const unsigned topic = step[1] % kTopics;
    topicsSeen_ |= 1u << topic;
    const Model::Call call = model_.call();
    const Bytes payload = payloadOf(call, step[2]);
    Model::Publication what{where.space, topic, std::nullopt, 0, Loop::here() != nullptr};
    const std::size_t needed = payload.size() + messaging::Broadcast::kMessageBytes + messaging::Broadcast::kBatchBytes;
    for (const auto& loop : loops_) what.crowded |= loop->queue().hasRoom(needed) ? 0u : 1u << loop->index();
    Published published{SendStatus::Queued, {}};
    Connection* const except = step.op == Op::PublishExcept ? this->at(step[3]) : nullptr;
    try {
        if (except) {
            if (!except->isPending()) what.except = except->id();
            published.position = where.topics->publish(kTopicNames[topic], payload, except->session());
        } else if (call % 4 == 0) {
            published.position = where.topics->publish(kTopicNames[topic], asText(payload));
        } else {
            published = where.topics->tryPublish(kTopicNames[topic], payload);
        }
    } catch (const QueueFull&) {
        published.status = SendStatus::Full;
    }
    if (published.status == SendStatus::Full) ++around_.fullQueues;
    trace_.add("call %llu publishes: %llu, number %llu", call, static_cast<std::uint64_t>(published.status),
               published.position.offset);
    model_.published(call, what, published.status, published.position);
}

// ------------------------------------------------------------------------------------------------ topics

void Simulation::subscribe(Connection& whom, const Step& step) {
    const Model::Membership where{step[1] != 0, step[2] % kTopics};
    const std::string_view topic = kTopicNames[where.topic];
    const bool wasOpen = whom.isOpen();
    topicsSeen_ |= 1u << where.topic;
    lookAtAll();
    model_.call();
    Model::Joining outcome = Model::Joining::Joined;
    TopicPosition position;
    try {
        position =
            where.global ? deployments_[0].topics->subscribe(whom.session(), topic) : whom.session().subscribe(topic);
    } catch (const SessionClosed&) {
        outcome = Model::Joining::Closed;
    } catch (const TooManyTopics&) {
        outcome = Model::Joining::TooMany;
    }
    trace_.add("joins session %llu: %llu, number %llu", whom.id(), static_cast<std::uint64_t>(outcome), position.offset);
    model_.subscribed(whom.id(), where, wasOpen, outcome, position);
}

// ------------------------------------------------------------------------------------------------ tasks and timers

std::uint32_t Simulation::give(TaskRecord record) {
    tasks_.push_back(std::move(record));
    ++liveTasks_;
    return static_cast<std::uint32_t>(tasks_.size() - 1);
}

void Simulation::post(Connection& to, std::uint32_t at) {
    const Model::Call call = model_.call();
    const bool wasOpen = to.isOpen();
    const std::uint32_t task = give({.connection = &to, .steps = innerOf(at), .call = call, .wasOpen = wasOpen});
    if (wasOpen) model_.posts(to.id(), call);
    trace_.add("call %llu posts to session %llu", call, to.id());
    to.session().post(Given{*this, task});
    if (!wasOpen && !tasks_[task].gone) model_.fail(Rule::Kept, "a task that was posted to a closed session is kept");
}

void Simulation::startTimer(Connection& on, const Step& step, std::uint32_t at) {
    const std::chrono::milliseconds time{std::max<std::uint16_t>(step[2], 1)};
    const Model::Call call = model_.call();
    const bool wasOpen = on.isOpen(), repeats = step.op == Op::Every;
    const std::uint32_t task = give({.connection = &on,
                                     .steps = innerOf(at),
                                     .call = call,
                                     .wasOpen = wasOpen,
                                     .isTimer = true,
                                     .isExact = on.loop().isHere(),
                                     .due = on.loop().now() + time,
                                     .interval = repeats ? time : std::chrono::milliseconds{}});
    timers_[step[1] % kTimers] = task;
    const Timer timer = repeats ? on.session().every(time, Given{*this, task}) : on.session().after(time, Given{*this, task});
    tasks_[task].timer = timer;
    trace_.add("call %llu starts a timer of session %llu", call, on.id());
    if (timer.active() != wasOpen)
        model_.fail(Rule::Task, "a timer is active though its session is closed, or the other way");
    if (!wasOpen && !tasks_[task].gone) model_.fail(Rule::Kept, "a timer's task is kept though its session was closed");
}

void Simulation::cancel(const Step& step) {
    const auto task = timers_[step[0] % kTimers];
    if (task) cancelTimer(tasks_[*task]);
}

void Simulation::cancelTimer(TaskRecord& task) {
    model_.call();
    task.cancelled = true;
    const Timer timer = task.timer;  // its task may go, and what goes may start others
    timer.cancel();
    if (timer.active()) model_.fail(Rule::Task, "a timer is active though it was cancelled");
}

// ------------------------------------------------------------------------------------------------ a session's own

void Simulation::close(Connection& whom, const Step& step) {
    const Model::Call call = model_.call();
    const std::string_view text = kTexts[call % kTexts.size()];
    const auto code = static_cast<CloseCode>(step[1] == 0 ? 1000 : 3000 + step[1] % 1000);
    model_.leaves(whom.id(), {CloseCause::Application, code, code, text}, call);
    trace_.add("call %llu closes session %llu", call, whom.id());
    whom.session().close(code, text);
    whom.look();
}

void Simulation::closeFor(Connection& whom, const Step& step) {
    const Model::Call call = model_.call();
    const std::string_view text = kTexts[call % kTexts.size()];
    const CloseCause cause = kCauses[step[1] % std::size(kCauses)];
    model_.leaves(whom.id(), endingFor(cause, text), call);
    trace_.add("call %llu closes session %llu", call, whom.id());
    whom.session().closeFor(cause, text);
    whom.look();
}

void Simulation::ping(Connection& whom) {
    model_.call();
    const bool wasOpen = whom.isOpen();
    const bool refused =
        isRefused([&] { whom.loop().isHere() ? whom.session().probe() : whom.session().basicRemote().sendPing({}); });
    if (!wasOpen && !refused) model_.fail(Rule::Status, "a closed session can be pinged");
}

void Simulation::setIdle(Connection& whom, const Step& step) {
    model_.call();
    const std::chrono::milliseconds time{step[1]};
    const bool wasOpen = whom.isOpen();
    if (wasOpen) model_.setIdle(whom.id(), time);
    if (isRefused([&] { whom.session().setIdleTimeout(time); }) == wasOpen)
        model_.fail(Rule::Status, "setIdleTimeout() says that a session is closed, or does not");
}

/// Off its loop a pause is in effect when the loop has come to it.
void Simulation::setReceiving(Connection& whom, bool receives) {
    const Model::Call call = model_.call();
    const bool wasOpen = whom.isOpen(), isHere = whom.loop().isHere();
    trace_.add("call %llu: session %llu receives: %llu", call, whom.id(), receives ? 1 : 0);
    receives ? whom.session().resumeReceiving() : whom.session().pauseReceiving();
    if (whom.session().isReceiving() != (wasOpen && receives)) model_.fail(Rule::Status, "isReceiving() is not what was said");
    if (!wasOpen) return;
    if (receives) return model_.resumed(whom.id());
    model_.pausing(whom.id(), call);
    if (isHere) return model_.paused(whom.id(), call);
    whom.loop().post([this, id = whom.id(), call] { model_.paused(id, call); });
}

/// What was set last is there until the session has ended, and nothing before it.
void Simulation::keep(Connection& where, const Step& step) {
    model_.call();
    const std::size_t alive = values_;
    const int value = step[1];
    const bool refused = isRefused([&] { where.session().setProperty("kept", Valuable{values_, value}); });
    if (refused && !model_.hasLeft(where.id())) model_.fail(Rule::Status, "a property of an open session cannot be set");
    if (refused) return;
    if (values_ > alive + 1) model_.fail(Rule::Kept, "a property has more than one value");
    const auto found = where.session().property<Valuable>("kept");
    if (!found || found->value != value) model_.fail(Rule::Status, "a property is not what was set");
}

void Simulation::lookAround(Connection& from) {
    lookAtAll();
    for (const Deployment& deployment : deployments_) {
        for (unsigned topic = 0; topic < kTopics; ++topic)
            model_.counted(deployment.space, topic, deployment.topics->subscribers(kTopicNames[topic]));
    }
    if (model_.hasLeft(from.id())) return;
    const std::vector<Session> open = from.session().openSessions();
    std::size_t wanted = 0;
    for (const auto& connection : connections_) {
        if (deploymentOf_[connection->id()] == deploymentOf_[from.id()] && connection->isOpen()) ++wanted;
    }
    if (open.size() != wanted)
        model_.fail(Rule::Count, "openSessions() has " + std::to_string(open.size()) + " of " + std::to_string(wanted));
}

// ------------------------------------------------------------------------------------------------ exceptions

/// What follows from it: the table in endpoint/Dispatcher.hpp.
void Simulation::throwSomething(const Step& step, const Performer& who) {
    if (!who.mayThrow) return;
    switch (step[0] % 6) {
        case 0: willFail(who, endingFor(CloseCause::HandlerFailed)); throw std::runtime_error{"a handler"};
        case 1: willFail(who, endingFor(CloseCause::HandlerFailed)); throw 42;
        case 2: willFail(who, endingFor(CloseCause::Application)); throw DecodeError{"", "a payload"};
        case 3: willFail(who, endingFor(CloseCause::TooBig)); throw MessageTooBig{"a message"};
        case 4: willFail(who, endingFor(CloseCause::Application)); throw SessionClosed{"a call"};
        default: willFail(who, endingFor(CloseCause::Policy, "refused")); throw Refused{"refused"};
    }
}

/// `ending`: as for a message handler whose endpoint takes no errors; Application: it goes on.
void Simulation::willFail(const Performer& who, const Ending& ending) {
    using Part = Model::Part;
    if (!who.self || who.part == Part::Error || who.part == Part::Opened || who.part == Part::Closed) return;
    model_.owesError(who.self->id());
    who.self->look();
    if (who.part == Part::Open) {
        model_.fails(who.self->id(), ending.cause == CloseCause::Policy ? ending : endingFor(CloseCause::HandlerFailed));
    } else if (who.part == Part::Message || who.part == Part::Task) {
        if (ending.cause == CloseCause::TooBig) return model_.fails(who.self->id(), ending);
        const bool handled = ending.cause == CloseCause::Application || model_.handlesErrors(who.self->id());
        if (!handled) model_.fails(who.self->id(), endingFor(CloseCause::HandlerFailed));
    }
}

}  // namespace patchbay::simulation
