// Handlers that take their time: coroutines that wait for the clock, the pool and each other.

#include "Room.hpp"
#include "Simulation.hpp"

namespace patchbay::simulation {
namespace {

/// A handler runs, until its coroutine ends.
class SlowlyRunning {
public:
    SlowlyRunning(Model& model, Model::Id id, Model::Part part) noexcept : model_{model}, id_{id}, part_{part} {}
    SlowlyRunning(const SlowlyRunning&) = delete;
    ~SlowlyRunning() { model_.ends(id_, part_, threw); }

    bool threw = true;

private:
    Model& model_;
    const Model::Id id_;
    const Model::Part part_;
};

Performer performer(Connection& connection, Model::Part part) noexcept {
    return {.self = &connection, .part = part, .mayThrow = true};
}

}  // namespace

Async<void> Simulation::openedSlowly(Connection& connection) {
    begin(connection, Model::Part::Open);
    SlowlyRunning running{model_, connection.id(), Model::Part::Open};
    co_await performSlowly(connection.atOpen, performer(connection, Model::Part::Open));
    running.threw = false;
}

Async<void> Simulation::saidSlowly(Connection& connection, Bytes payload) {
    begin(connection, Model::Part::Message);
    SlowlyRunning running{model_, connection.id(), Model::Part::Message};
    const Range steps = beginMessage(connection, payload);
    co_await performSlowly(steps, performer(connection, Model::Part::Message));
    running.threw = false;
}

Async<void> Simulation::closedSlowly(Connection& connection, const CloseReason& reason) {
    begin(connection, Model::Part::Close, &reason);
    SlowlyRunning running{model_, connection.id(), Model::Part::Close};
    co_await performSlowly(connection.atClose, performer(connection, Model::Part::Close));
    running.threw = false;
}

Async<void> Simulation::failedSlowly(Connection& connection) {
    begin(connection, Model::Part::Error);
    SlowlyRunning running{model_, connection.id(), Model::Part::Error};
    co_await performSlowly(connection.atError, performer(connection, Model::Part::Error));
    running.threw = false;
}

std::unique_ptr<Reply> Simulation::reply(Connection& connection) {
    constexpr Model::Call kSizes = 60;
    const Model::Call call = model_.call();
    connection.look();
    if (!connection.isOpen()) willFail(performer(connection, Model::Part::Message), endingFor(CloseCause::Application));
    model_.sends(call);
    return std::make_unique<Reply>(*this, connection, call, payloadOf(call, call % kSizes));
}

/// It was sent by a call that says nothing but that the session has closed.
void Simulation::replied(const Reply& reply) noexcept {
    Connection& sender = reply.sender;
    const bool isRefused = std::uncaught_exceptions() > reply.exceptions;
    SendStatus status = SendStatus::Queued;
    if (isRefused) {
        status = SendStatus::Closed;
        if (reply.wasOpen) willFail(performer(sender, Model::Part::Message), endingFor(CloseCause::Application));
    } else if (const auto answer = model_.answer()) {
        status = *answer;
    } else if (sender.session().droppedMessages() != reply.dropped) {
        status = SendStatus::Dropped;
    } else if (!sender.isOpen()) {
        status = SendStatus::Full;
    }
    trace_.add("call %llu replies to session %llu: %llu", reply.number, sender.id(), static_cast<std::uint64_t>(status));
    if (status == SendStatus::Full || status == SendStatus::Dropped) ++around_.fullQueues;
    model_.sent(sender.id(), {reply.text.size(), reply.wasOpen, reply.loopHasRoom}, status);
}

Async<void> Simulation::performSlowly(Range range, Performer who) {
    Waiting waiting;
    for (std::uint32_t at = range.first; at < range.last && !model_.fault();
         at = static_cast<std::uint32_t>(behind(script_, at))) {
        const Step& step = script_[at];
        if (step.op < Op::Sleep || step.op > Op::Helper) {
            performAt(at, who);
            continue;
        }
        ++counts_.steps;
        if (step.op == Op::Helper) {
            co_await performSlowly(innerOf(at), who);
            continue;
        }
        trace_.add("step %llu, waits", at);
        waiting.until = machine_.now;
        waiting.isCancelled = false;
        try {
            if (step.op == Op::Sleep) {
                const std::chrono::milliseconds time{step[0]};
                waiting.until += time;
                co_await sleepFor(time);
            } else if (step.op == Op::Run) {
                const Range inner = innerOf(at);
                co_await executor_.run([this, inner, &waiting] {
                    waiting.isBeingDone = true;
                    perform(inner, {});
                    waiting.isBeingDone = false;
                });
            } else {
                auto& place = completions_[step[0] % kCompletions];
                const Completion<int> completion;
                place = completion;  // whoever waits for the one before waits in vain
                if (co_await completion != 1) model_.fail(Rule::Status, "a completion is not what was set");
            }
        } catch (const Cancelled&) {
            waiting.isCancelled = true;
        } catch (const QueueFull&) {
            ++around_.fullQueues;
        } catch (const BrokenCompletion&) {
            if (step.op != Op::Await) model_.fail(Rule::Status, "a wait that is no completion's is broken");
        }
        goesOn(at, who, waiting);
        waiting.wasCancelled |= waiting.isCancelled;
        if (waiting.isCancelled && step[step.op == Op::Run ? 0 : 1] == 0) throw Cancelled{};
    }
}

/// A wait is over.
void Simulation::goesOn(std::uint32_t at, const Performer& who, const Waiting& waiting) {
    model_.setStep(at);
    Connection& connection = *who.self;
    trace_.add("goes on session %llu: cancelled %llu", connection.id(), waiting.isCancelled ? 1 : 0);
    checkThread(connection, who.part);
    connection.look();
    if (waiting.isBeingDone) model_.fail(Rule::Handlers, "a handler goes on before the function that it waits for has returned");
    if (!waiting.isCancelled) {
        if (waiting.wasCancelled) model_.fail(Rule::Status, "a handler that was cancelled waits all the same");
        if (machine_.now < waiting.until) model_.fail(Rule::Task, "a handler that sleeps wakes too early");
    } else if (!model_.hasLeft(connection.id())) {
        model_.fail(Rule::Status, "the handler of an open session was cancelled");
    } else if (who.part == Model::Part::Close && !model_.isHurried(connection.id())) {
        model_.fail(Rule::Status, "a close handler was cancelled though there is time");
    }
}

}  // namespace patchbay::simulation
