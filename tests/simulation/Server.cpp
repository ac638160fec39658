// What the simulated server serves, who connects to it, and how it is stopped: the order of server/Stopping.cpp.

#include "Room.hpp"
#include "Simulation.hpp"

#include <algorithm>

namespace patchbay::simulation {
namespace {

constexpr std::array<std::string_view, kEndpoints> kPaths{"/a", "/b", "/c"};
constexpr std::array<char, kEndpoints> kIdentities{};
constexpr std::string_view kRemoved = "endpoint removed", kShutDown = "server shuts down";

}  // namespace

// ------------------------------------------------------------------------------------------------ endpoints

void Simulation::deploy(unsigned endpoint) {
    static const std::array kRooms{detail::makeModel<Room>(), detail::makeModel<SlowRoom<void>>(), detail::makeModel<SlowRoom<Answer>>()};
    if (isDeployed_[endpoint]) return;
    const Policy& policy = policies_[endpoint];
    // Of a message that went by the loop's queue, and for which others may have fallen, nobody says whether it fell itself.
    const bool replies = policy.whenFull != WhenFull::DropOldest;
    deployment::ConfiguredEndpoint configured{kRooms[!policy.coroutines ? 0 : !replies ? 1 : 2], {}};
    configured.model.path = kPaths[endpoint];
    configured.model.identity = &kIdentities[endpoint];
    configured.model.options.dispatch = policy.onPool ? Dispatch::Worker : Dispatch::Loop;
    if (!policy.handlesErrors) configured.model.onError = nullptr;
    EndpointConfig& config = configured.config;
    config.className = configured.model.className;
    config.path = kPaths[endpoint];
    config.limits.idleTimeout = std::chrono::milliseconds{policy.idle};
    config.limits.sendTimeout = std::chrono::milliseconds{policy.sendTimeout};
    config.limits.messageTimeout = std::chrono::milliseconds{policy.messageTimeout};
    config.limits.maxFragments = policy.maxFragments;
    config.limits.sendQueue = {policy.queueBytes, policy.whenFull};
    config.limits.receiveQueue = policy.receiveQueue;
    config.limits.maxTopics = policy.maxTopics;
    config.limits.maxSessions = policy.maxSessions;
    std::vector<deployment::ConfiguredEndpoint> endpoints;
    endpoints.push_back(std::move(configured));
    for (const std::string& problem : served_->deploy(std::move(endpoints))) model_.fail(Rule::Status, problem);
    const auto deployed = served_->endpointOf(&kIdentities[endpoint]);
    if (!deployed) return model_.fail(Rule::Status, "an endpoint was deployed, and is not there");
    isDeployed_[endpoint] = true;
    latest_[endpoint] = deployments_.size();
    deployments_.push_back({model_.newSpace(), deployed, deployed->topicTable, deployed->topics});
}

void Simulation::undeploy(unsigned endpoint) {
    if (!isDeployed_[endpoint]) {
        if (served_->undeploy(kPaths[endpoint])) model_.fail(Rule::Status, "what is not there was taken away");
        return;
    }
    const Model::Call call = model_.call();
    for (const auto& connection : connections_) {
        if (deploymentOf_[connection->id()] != latest_[endpoint]) continue;
        connection->look();
        model_.leaves(connection->id(), endingFor(CloseCause::Shutdown, connection->isPending() ? "" : kRemoved), call);
    }
    isDeployed_[endpoint] = false;
    if (!served_->undeploy(kPaths[endpoint])) model_.fail(Rule::Status, "an endpoint cannot be taken away");
    lookAtAll();
}

void Simulation::lookAtAll() {
    for (const auto& connection : connections_) connection->look();
}

// ------------------------------------------------------------------------------------------------ who connects

void Simulation::handshake(const Step& step, std::uint32_t at) {
    const unsigned slot = step[0], endpoint = step[1];
    if (slot >= kSlots || endpoint >= kEndpoints || step[2] >= loops_.size()) return;
    SimLoop& loop = *loops_[step[2]];
    if (loop.hasEnded() || (slots_[slot] && !slots_[slot]->hasEnded())) return;
    const Policy& policy = policies_[endpoint];
    const std::size_t deployment = latest_[endpoint];
    const Model::Id id = model_.add({.slot = slot,
                                     .loop = loop.index(),
                                     .space = deployments_[deployment].space,
                                     .queue = {policy.queueBytes, policy.whenFull},
                                     .maxTopics = policy.maxTopics,
                                     .handlesErrors = policy.handlesErrors,
                                     .idle = std::chrono::milliseconds{policy.idle},
                                     .onPool = policy.onPool,
                                     .coroutines = policy.coroutines,
                                     .receiveQueue = policy.receiveQueue});
    connections_.push_back(std::make_unique<Connection>(around_, loop, id, slot));
    deploymentOf_.push_back(deployment);
    Connection& connection = *connections_.back();
    beginning_ = &connection;

    HandshakeRequest request;
    request.target = kPaths[endpoint];
    request.uri = request.target;
    std::shared_ptr<messaging::SessionCore> session;
    const bool mayRefuse = this->mayRefuse(endpoint);
    {
        const Loop::Turning turning{loop};
        deployment::Admission admission;  // there is none to wait for: no hook here takes its time
        served_->admit(request, loop.index(), [&](deployment::Admission&& verdict) { admission = std::move(verdict); });
        if (!admission.rejection) session = served_->createSession(std::move(admission), loop.index());
    }
    if (!session) {
        if (!mayRefuse) model_.fail(Rule::Status, "a handshake was refused");
        return;
    }
    if (draining_ || !isDeployed_[endpoint]) model_.fail(Rule::Status, "a handshake was admitted by what is not there");
    ++counts_.sessions;
    byId_.resize(session->id() + 1);
    byId_[session->id()] = &connection;
    slots_[slot] = &connection;
    onLoop_[loop.index()].push_back(&connection);
    setProgrammes(connection, innerOf(at));
    connection.begin(session);
}

bool Simulation::mayRefuse(unsigned endpoint) const {
    if (draining_ || !isDeployed_[endpoint]) return true;
    if (policies_[endpoint].maxSessions == 0) return false;
    const auto isThere = [&](const auto& connection) {
        return deploymentOf_[connection->id()] == latest_[endpoint] && connection->session().id() != 0 &&
               !model_.hasGone(connection->id());
    };
    return std::ranges::count_if(connections_, isThere) >= policies_[endpoint].maxSessions;
}

void Simulation::setProgrammes(Connection& connection, Range steps) {
    connection.atOpen = steps;
    for (std::uint32_t at = steps.first; at < steps.last; at = static_cast<std::uint32_t>(behind(script_, at))) {
        switch (script_[at].op) {
            case Op::AtOpened: connection.atOpened = innerOf(at); break;
            case Op::AtClose: connection.atClose = innerOf(at); break;
            case Op::AtClosed: connection.atClosed = innerOf(at); break;
            case Op::AtError: connection.atError = innerOf(at); break;
            case Op::AtDestroyed: connection.atDestroyed = innerOf(at); break;
            default: break;
        }
    }
}

void Simulation::open(Connection& connection) {
    if (!connection.isPending() || connection.loop().hasEnded()) return;
    const bool isTurnedAway = model_.hasLeft(connection.id());
    connection.loop().turnWith([&] { connection.open(); });
    if (isTurnedAway) model_.turnedAway(connection.id());
}

void Simulation::openPending() {
    for (const auto& connection : connections_) open(*connection);
}

// ------------------------------------------------------------------------------------------------ its stop

void Simulation::drain() {
    if (draining_) return;
    draining_ = true;
    const Model::Call call = model_.call();
    for (const auto& connection : connections_) {
        if (connection->session().id() == 0) continue;
        connection->look();
        model_.leaves(connection->id(), endingFor(CloseCause::Shutdown, connection->isPending() ? "" : kShutDown), call);
    }
    served_->drain();
    for (const auto& session : served_->shut()) session->close(CloseCause::Shutdown, std::nullopt, kShutDown);
    lookAtAll();
}

void Simulation::cutAll() {
    drain();
    if (cutting_) return;
    cutting_ = true;
    openPending();
    for (const auto& loop : loops_) {
        loop->post([this, index = loop->index()] {
            for (Connection* connection : onLoop_[index]) connection->cut();
        });
    }
    for (const auto& connection : connections_) model_.hurried(connection->id());
    for (const auto& session : served_->shut()) session->loop().post([session] { session->hurry(); });
}

void Simulation::end() {
    cutAll();
    if (ending_) return;
    ending_ = true;
    for (std::size_t waiting = pool_->waiting(); waiting != 0; --waiting) runOnPool(0);
    for (const auto& loop : loops_) loop->stop();
}

bool Simulation::haveEnded() const noexcept {
    return std::ranges::all_of(loops_, [](const auto& loop) { return loop->hasEnded(); });
}

void Simulation::start() {
    if (!ending_ || !haveEnded() || stopped_) return;
    while (runOnPool(0)) {  // handlers that the stop has not waited for
    }
    checkStopped();
    for (const auto& loop : loops_) loop->reopen();
    served_->open();
    draining_ = cutting_ = ending_ = false;
}

}  // namespace patchbay::simulation
