// How a run ends: everything comes to rest, and what was promised has come; the server is stopped, and everything has
// ended; nobody holds anything, and nothing is left.

#include "Simulation.hpp"

#include <algorithm>

namespace patchbay::simulation {
namespace {

/// More than any script needs: who posts itself for ever never rests.
constexpr int kMostRounds = 2000;

}  // namespace

void Simulation::finish() {
    const bool alreadyBroken = model_.fault().has_value();
    model_.setStep(script_.size());
    if (!alreadyBroken && !draining_ && comeToRest()) checkRest();
    stop();
    if (!model_.fault()) checkStopped();
    if (!model_.fault()) callStopped();
    checkKept();
}

/// Turns the loops that have something to do and runs what waits for the pool, until there is nothing. False when that takes too long.
bool Simulation::comeToRest() {
    for (int round = 0; round < kMostRounds; ++round) {
        bool rests = pool_->waiting() == 0;
        for (std::size_t waiting = pool_->waiting(); waiting != 0; --waiting) runOnPool(0);
        for (const auto& loop : loops_) {
            const auto& connections = onLoop_[loop->index()];
            const bool works =
                std::ranges::any_of(connections, [](const Connection* connection) { return connection->hasWork(); });
            if (loop->hasEnded() || !(works || loop->isReady())) continue;
            rests = false;
            loop->turn(*this);
        }
        checkLoops();
        if (rests) return true;
    }
    model_.fail(Rule::Asleep, "the loops do not come to rest");
    return false;
}

/// Those that were told to receive no more; their handlers may say it again. False when there is none.
bool Simulation::receiveAgain() {
    bool any = false;
    for (const auto& connection : connections_) {
        if (!connection->isOpen() || connection->session().isReceiving()) continue;
        any = true;
        setReceiving(*connection, true);
    }
    return any && !model_.fault();
}

/// Whoever waits gets what he waits for, and nothing more begins of itself. False when no handler is under way.
bool Simulation::wakeUp() {
    const auto isBusy = [this](const auto& connection) { return model_.isRunning(connection->id()); };
    if (model_.fault() || std::ranges::none_of(connections_, isBusy)) return false;
    for (std::size_t task = 0; task < tasks_.size(); ++task) {
        if (tasks_[task].interval.count() != 0 && !tasks_[task].cancelled) cancelTimer(tasks_[task]);
    }
    for (std::uint16_t name = 0; name < kCompletions; ++name) performCall({.op = Op::Done, .operands = {name}}, 0, {});
    machine_.now += std::chrono::milliseconds{10};
    model_.setNow(machine_.now);
    return true;
}

/// Nobody is stalled, nothing is under way, and no handler waits.
void Simulation::checkRest() {
    openPending();
    for (const auto& connection : connections_) connection->calm();
    do {
        if (!comeToRest()) return;
    } while (wakeUp() || receiveAgain());
    if (model_.fault()) return;
    for (const auto& loop : loops_) {
        const std::size_t bytes = loop->queue().chargedBytes();
        if (bytes != 0)
            model_.fail(Rule::Bounds,
                        "loop " + std::to_string(loop->index()) + " rests, and holds " + std::to_string(bytes) + " bytes");
    }
    for (const auto& connection : connections_) {
        if (connection->session().id() == 0) continue;
        connection->look();
        if (connection->isOpen() && connection->isHeldUp()) model_.fail(Rule::Asleep, "a peer is not read though nothing waits");
        connection->checkRest();
        if (!model_.hasLeft(connection->id())) model_.rests(connection->id(), connection->droppedBefore());
    }
    for (const TaskRecord& task : tasks_) {
        const bool isMissing =
            task.isTimer && task.isExact && task.runs == 0 && task.wasOpen && !task.cancelled && task.due <= machine_.now;
        if (isMissing && !model_.hasLeft(task.connection->id()))
            model_.fail(Rule::Task, "a timer has not run, and its time is over");
    }
}

/// Those who have no good order get none.
void Simulation::stop() {
    stopped_ = true;
    for (const auto& connection : connections_) connection->calm();
    drain();
    comeToRest();
    machine_.now += served_->state().closeTimeout + Connection::kOverflowTimeout;
    model_.setNow(machine_.now);
    comeToRest();
    for (const auto& connection : connections_) {
        if (connection->isLate()) model_.fail(Rule::Asleep, "a connection has not ended within its bound");
    }
    end();
    comeToRest();
    if (!haveEnded()) model_.fail(Rule::Asleep, "a loop does not end");
}

void Simulation::checkStopped() {
    model_.finished();
    if (const std::size_t count = served_->sessionCount(); count != 0)
        model_.fail(Rule::Kept, "the server has stopped, and has " + std::to_string(count) + " sessions");
    for (std::size_t i = 0; i <= static_cast<std::size_t>(CloseCause::Shutdown); ++i) {
        const auto cause = static_cast<CloseCause>(i);
        const std::uint64_t told = served_->state().closes.of(cause), seen = model_.ended(cause);
        if (told != seen)
            model_.fail(Rule::Count, std::to_string(told) + " sessions were counted for " + std::string{name(cause)} +
                                         ", and " + std::to_string(seen) + " have ended so");
    }
    for (const auto& loop : loops_) {
        if (loop->queue().chargedBytes() != 0)
            model_.fail(Rule::Bounds, "loop " + std::to_string(loop->index()) + " has ended, and holds bytes");
    }
    for (const Deployment& deployment : deployments_) {
        if (deployment.table && deployment.table->topicCount() != 0)
            model_.fail(Rule::Kept, "a topic is left though everybody has gone");
        for (unsigned topic = 0; topic < kTopics; ++topic)
            model_.counted(deployment.space, topic, deployment.topics->subscribers("t" + std::to_string(topic)));
    }
    for (const auto& connection : connections_) {
        if (connection->hasCarrier()) model_.fail(Rule::Kept, "a carrier is left though its connection has ended");
    }
    if (around_.places->now() != 0) model_.fail(Rule::Kept, "a connection has not given back its place");
    if (instances_ != 0) model_.fail(Rule::Kept, std::to_string(instances_) + " instances are left");
    if (liveTasks_ != 0) model_.fail(Rule::Kept, std::to_string(liveTasks_) + " tasks are left");
    if (values_ != 0) model_.fail(Rule::Kept, std::to_string(values_) + " values of properties are left");
}

/// Somebody still holds handles, and calls.
void Simulation::callStopped() {
    constexpr std::array kLastCalls{Op::Send, Op::Post, Op::Publish, Op::Close, Op::Unsubscribe, Op::After};
    for (std::uint16_t slot = 0; slot < kSlots; ++slot) {
        for (const Op op : kLastCalls)
            performCall({.op = op, .operands = {op == Op::Publish ? std::uint16_t(slot % 4) : slot, 1, 5, 0}}, 0, {});
    }
    for (std::uint16_t slot = 0; slot < kSlots; slot += 5) {
        for (const Op op : {Op::Subscribe, Op::Keep, Op::Idle, Op::Ping})
            performCall({.op = op, .operands = {slot, 1, 5, 0}}, 0, {});
    }
    if (liveTasks_ != 0) model_.fail(Rule::Kept, "a stopped server has kept a task");
}

/// The server is destroyed, and then whoever has handles lets go of them.
void Simulation::checkKept() {
    served_.reset();
    for (const auto& loop : loops_) loop->retire();
    for (const auto& connection : connections_) {
        if (connection->isOpen()) model_.fail(Rule::AfterClose, "a session is open though its server has gone");
        if (!connection->letGo()) model_.fail(Rule::Kept, "a session is left though nobody holds it");
    }
    for (TaskRecord& task : tasks_) task.timer = {};
    for (auto& completion : completions_) completion.reset();
    pool_->retire();
    for (Deployment& deployment : deployments_) {
        deployment.topics.reset();
        deployment.table.reset();
        if (!deployment.endpoint.expired()) model_.fail(Rule::Kept, "an endpoint is left though nobody holds it");
    }
}

}  // namespace patchbay::simulation
