// What the framework calls: the endpoint's handlers, its listener, its tasks.

#include "Room.hpp"
#include "Simulation.hpp"

#include <exception>

namespace patchbay::simulation {
namespace {

/// A handler runs.
class Running {
public:
    Running(Model& model, Model::Id id, Model::Part part) noexcept : model_{model}, id_{id}, part_{part} {}
    Running(const Running&) = delete;
    ~Running() { model_.ends(id_, part_, std::uncaught_exceptions() > exceptions_); }

private:
    Model& model_;
    const Model::Id id_;
    const Model::Part part_;
    const int exceptions_ = std::uncaught_exceptions();
};

}  // namespace

void Simulation::begin(Connection& connection, Model::Part part, const CloseReason* reason) {
    trace_.add("handler of session %llu: part %llu", connection.id(), static_cast<std::uint64_t>(part));
    checkThread(connection, part);
    model_.begins(connection.id(), part, connection.isOpen(), reason);
}

void Simulation::handle(Connection& connection, Model::Part part, Range steps, const CloseReason* reason) {
    begin(connection, part, reason);
    const Running running{model_, connection.id(), part};
    perform(steps, {.self = &connection, .part = part, .mayThrow = true});
}

/// Hooks run on the loop, and handlers where their endpoint has them run.
void Simulation::checkThread(const Connection& connection, Model::Part part) {
    const bool isHook = part == Model::Part::Opened || part == Model::Part::Closed;
    if (isHook || !model_.isOnPool(connection.id())) return connection.loop().mustBeHere();
    if (machine_.innermost || !pool_->isHere()) model_.fail(Rule::Thread, "a handler of the pool's runs on a loop");
}

Connection& Simulation::begins() noexcept {
    ++instances_;
    return *beginning_;
}

void Simulation::destroyed(Connection& connection) {
    --instances_;
    if (connection.session().id() == 0) return;  // it was never admitted
    if (model_.isRunning(connection.id())) model_.fail(Rule::Handlers, "an instance was destroyed while its handler runs");
    connection.look();
    if (!model_.hasLeft(connection.id())) model_.fail(Rule::AfterClose, "the instance of an open session was destroyed");
    perform(connection.atDestroyed, {.self = &connection});
}

void Simulation::opened(Connection& connection) { handle(connection, Model::Part::Open, connection.atOpen); }

void Simulation::said(Connection& connection, Bytes payload) {
    begin(connection, Model::Part::Message);
    const Running running{model_, connection.id(), Model::Part::Message};
    const Range steps = beginMessage(connection, payload);
    perform(steps, {.self = &connection, .part = Model::Part::Message, .mayThrow = true});
}

/// What its handler is to do.
Range Simulation::beginMessage(Connection& connection, Bytes payload) {
    const auto what = saidIn(payload);
    if (!what) return model_.fail(Rule::Torn, "a peer's message was cut"), Range{};
    trace_.add("message of session %llu: %llu", connection.id(), what->number);
    connection.handles(what->number);
    model_.handles(connection.id(), what->number);
    if (what->step < script_.size()) return innerOf(what->step);
    return model_.fail(Rule::Torn, "a peer's message is not what it said"), Range{};
}

void Simulation::closed(Connection& connection, const CloseReason& reason) {
    handle(connection, Model::Part::Close, connection.atClose, &reason);
}

void Simulation::failed(Connection& connection) { handle(connection, Model::Part::Error, connection.atError); }

void Simulation::told(Model::Part part, const Session& session, const CloseReason* reason) {
    Connection& connection = *byId_[session.id()];
    handle(connection, part, part == Model::Part::Opened ? connection.atOpened : connection.atClosed, reason);
}

void Simulation::runTask(std::uint32_t task) {
    TaskRecord& record = tasks_[task];
    Connection& connection = *record.connection;
    const Range steps = record.steps;
    ++record.runs;
    connection.look();
    if (record.isTimer)
        checkTimer(record);
    else
        model_.runs(connection.id(), record.call);
    handle(connection, Model::Part::Task, steps);
}

void Simulation::checkTimer(TaskRecord& record) {
    const bool mayBeLate = model_.isOnPool(record.connection->id());
    if (record.cancelled && (!mayBeLate || std::exchange(record.ranLate, true)))
        model_.fail(Rule::Task, "a timer runs though it was cancelled");
    if (record.interval.count() == 0 && record.runs > 1) model_.fail(Rule::Task, "a timer that fires once runs twice");
    if (record.connection->loop().now() < record.due + (record.runs - 1) * record.interval)
        model_.fail(Rule::Task, "a timer runs too early");
}

void Simulation::taskGone(std::uint32_t task) noexcept {
    TaskRecord& record = tasks_[task];
    record.gone = true;
    --liveTasks_;
    Connection& connection = *record.connection;
    connection.look();
    if (record.isTimer) {
        const bool over = record.cancelled || (record.interval.count() == 0 && record.runs != 0);
        if (record.wasOpen && !over && !model_.hasLeft(connection.id()))
            model_.fail(Rule::Task, "a timer was dropped though its session is open");
    } else if (record.wasOpen && record.runs == 0) {
        model_.dropped(connection.id(), record.call);
    }
}

}  // namespace patchbay::simulation
