#include "Simulation.hpp"

#include "Room.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace patchbay::simulation {

Outcome run(std::span<const Step> script, RunOptions options) { return Simulation{script, options}.run(); }

Simulation::Simulation(std::span<const Step> script, RunOptions options)
    : script_{script}, trace_{options.lines}, around_{machine_, model_, trace_, options.planted} {
    machine_.now = Clock::time_point{std::chrono::hours{1}};
    model_.setNow(machine_.now);
    readSettings();
    for (unsigned i = 0; i < loopCount_; ++i) {
        loops_.push_back(std::make_shared<SimLoop>(machine_, i));
        loops_.back()->queue().setLimit(loopQueue_);
    }
    onLoop_.resize(loops_.size());
    served_ = std::make_unique<deployment::Deployments>(std::vector<std::shared_ptr<Loop>>{loops_.begin(), loops_.end()}, pool_);
    // Nobody can make room while a thread waits for it: there is one.
    served_->state().publishTimeout = {};
    served_->state().sessionListeners.push_back({{}, std::make_shared<Listener>(*this)});
    served_->services().provide(std::shared_ptr<Simulation>{std::shared_ptr<Simulation>{}, this});
    deployments_.push_back({model_.newSpace(), {}, nullptr, served_->services().get<std::shared_ptr<GlobalTopics>>()});
    for (unsigned endpoint = 0; endpoint < kEndpoints; ++endpoint) deploy(endpoint);
}

Simulation::~Simulation() = default;

void Simulation::readSettings() {
    for (std::size_t at = 0; at < script_.size(); at = behind(script_, at)) {
        const Step& step = script_[at];
        if (step.op == Op::Loops) {
            loopCount_ = static_cast<std::uint16_t>(std::clamp<unsigned>(step[0], 1, kMostLoops));
            loopQueue_ = step[1];
        }
        if (step.op == Op::Policy) {
            Policy& policy = policies_[step[0] % kEndpoints];
            policy.whenFull = static_cast<WhenFull>(step[1] % 3);
            policy.queueBytes = step[2];
            policy.handlesErrors = step[3] != 0;
        }
        if (step.op == Op::Limits) {
            Policy& policy = policies_[step[0] % kEndpoints];
            policy.idle = step[1];
            policy.maxTopics = step[2];
            policy.maxSessions = step[3];
        }
        if (step.op == Op::Wire) around_.byBytes = step[0] != 0;
        if (step.op == Op::Handlers) {
            Policy& policy = policies_[step[0] % kEndpoints];
            policy.onPool = step[1] != 0;
            policy.receiveQueue = step[2];
            policy.coroutines = step[3] != 0;
        }
        if (step.op == Op::Timeouts) {
            Policy& policy = policies_[step[0] % kEndpoints];
            policy.sendTimeout = step[1];
            policy.messageTimeout = step[2];
            policy.maxFragments = step[3];
        }
    }
}

Outcome Simulation::run() {
    const Performer run{.isRun = true};
    for (std::uint32_t at = 0; at < script_.size() && !model_.fault();
         at = static_cast<std::uint32_t>(behind(script_, at))) {
        performAt(at, run);
        checkLoops();
    }
    finish();
    counts_.threads = static_cast<std::uint64_t>(std::popcount(threadsSeen_));
    counts_.topics = static_cast<std::uint64_t>(std::popcount(topicsSeen_));
    counts_.faults += around_.fullQueues;
    return {model_.fault(), trace_.hash(), counts_};
}

void Simulation::checkLoops() {
    for (const auto& loop : loops_) {
        if (loop->queue().chargedBytes() > loopQueue_)
            model_.fail(Rule::Bounds, "loop " + std::to_string(loop->index()) + " holds " +
                                          std::to_string(loop->queue().chargedBytes()) + " bytes");
        if (loop->isMisused())
            model_.fail(Rule::Thread, "loop " + std::to_string(loop->index()) + " was used by a thread that is not its own");
        if (loop->oversleeps()) model_.fail(Rule::Asleep, "loop " + std::to_string(loop->index()) + " was not woken");
    }
}

// ------------------------------------------------------------------------------------------------ one step after the other

void Simulation::perform(Range range, const Performer& who) {
    for (std::uint32_t at = range.first; at < range.last && !model_.fault();
         at = static_cast<std::uint32_t>(behind(script_, at))) {
        performAt(at, who);
    }
}

void Simulation::performAt(std::uint32_t at, const Performer& who) {
    const Step& step = script_[at];
    model_.setStep(at);
    if (step.op <= Op::Wire || step.op >= Op::Sleep) return;
    ++counts_.steps;
    if (formOf(step.op).isFault) ++counts_.faults;
    trace_.add("step %llu, operation %llu", at, static_cast<std::uint64_t>(step.op));
    if (step.op >= Op::Send) return performCall(step, at, who);
    if (step.op >= Op::Undeploy) return performOnServer(step, who);
    if (step.op == Op::Turn) {
        if (step[0] < loops_.size()) turn(*loops_[step[0]]);
    } else if (step.op == Op::Thread) {
        threadsSeen_ |= 1u << (step[0] % kThreads);
        const Outside outside{machine_};
        perform(innerOf(at), {});
    } else if (step.op == Op::Pool) {
        runOnPool(step[0]);
    } else if (step.op == Op::Pass) {
        if (!who.isRun) return;
        machine_.now += std::chrono::milliseconds{step[0]};
        model_.setNow(machine_.now);
    } else if (who.isRun) {
        performOnNetwork(step, at);
    }
}

/// As one of its threads would. False when nothing waits.
bool Simulation::runOnPool(std::size_t place) {
    const std::size_t waiting = pool_->waiting();
    if (waiting == 0) return false;
    trace_.add("the pool runs task %llu of %llu", place % waiting, waiting);
    const Outside outside{machine_};
    return pool_->runOne(place % waiting);
}

void Simulation::turn(SimLoop& loop) {
    trace_.add("turn of loop %llu", loop.index());
    loop.turn(*this);
}

void Simulation::arrive(SimLoop& loop) {
    auto& connections = onLoop_[loop.index()];
    std::erase_if(connections, [](const Connection* connection) { return connection->hasEnded(); });
    for (std::size_t i = 0; i < connections.size(); ++i) connections[i]->arrive();
}

void Simulation::flush(SimLoop& loop) {
    for (Connection* connection : onLoop_[loop.index()]) connection->flush();
}

void Simulation::performOnNetwork(const Step& step, std::uint32_t at) {
    if (step.op == Op::Handshake) return handshake(step, at);
    Connection* const peer = this->at(step[0]);
    if (!peer) return;
    if (step.op == Op::Opens) return open(*peer);
    if (peer->isPending()) return;
    constexpr CloseCause kRules[] = {CloseCause::Protocol, CloseCause::InvalidText, CloseCause::TooBig};
    switch (step.op) {
        case Op::Says: return peer->say(at, step[1], step[2] == 0 ? MessageKind::Text : MessageKind::Binary);
        case Op::PeerCloses: return peer->sayGoodbye(static_cast<CloseCode>(4000 + step[1] % 1000));
        case Op::PeerBreaks:
            if (step[1] % (std::size(kRules) + 1) == std::size(kRules)) return peer->sayInTooManyFrames();
            return peer->breakRule(kRules[step[1] % (std::size(kRules) + 1)]);
        case Op::Cut: return peer->loseConnection();
        case Op::Vanishes: return peer->vanish();
        case Op::Stalls: return peer->stall();
        case Op::Reads: return peer->read(step[1]);
        case Op::Flows: return peer->flow();
        case Op::Delay: return peer->delay(std::chrono::milliseconds{step[1]});
        case Op::Mute: return peer->mute();
        case Op::Hangs: return peer->hang();
        default: return;
    }
}

/// A handler may take an endpoint away; a stop comes from outside, and its later parts from who has begun it.
void Simulation::performOnServer(const Step& step, const Performer& who) {
    switch (step.op) {
        case Op::Undeploy: return undeploy(step[0] % kEndpoints);
        case Op::Deploy: return deploy(step[0] % kEndpoints);
        case Op::Drain:
            if (!machine_.innermost && !pool_->isHere()) drain();
            return;
        case Op::CutAll:
            if (who.isRun) cutAll();
            return;
        case Op::End:
            if (who.isRun) end();
            return;
        case Op::Start:
            if (who.isRun) start();
            return;
        default: return;
    }
}

}  // namespace patchbay::simulation
