// The second phase of a stop: what one thread does, and how long it may take.
//
//     refuse newcomers (503) -> `stopping` -> plugins stop -> 1001 to each session, idle connections end
//       -> wait for sessions and answers           until drainTimeout
//       -> listen no more, and wait for the answers of those who came meanwhile      likewise
//       -> cut off what is left                    kLastMoment more, for close handlers
//       -> the executor's tasks, to the last       kEnding more; then those that wait are dropped
//       -> loops and HTTP's workers end            kEnding more; who runs even then is abandoned
//
// The pool ends before the loops: what its tasks post to sessions still runs. Nothing here asks again and again: sessions,
// connections, workers and loops ring a bell when they end.

#include "base/Guarded.hpp"
#include "messaging/CarrierLink.hpp"
#include "server/ServerParts.hpp"

#include <algorithm>

namespace patchbay {
namespace {

/// For close handlers that run when connections are cut off.
constexpr std::chrono::milliseconds kLastMoment{500};
/// For the pool, and then for loops and workers that have nothing left to do.
constexpr std::chrono::milliseconds kEnding{250};

}  // namespace

StopFromWithin::StopFromWithin()
    : std::logic_error{"stop: this thread is one of the server's own, or starts or stops it, and would wait for itself; call "
                       "requestStop(), which run() obeys, or stop() on another thread"} {}

bool Server::Parts::isHere() const noexcept {
    return pool->isHere() || httpHost.workers().here() || std::ranges::any_of(loops, [](const auto& loop) { return loop->isHere(); });
}

bool Server::Parts::stop() {
    if (isHere()) throw StopFromWithin{};
    if (const auto stopped = lifeCycle.beginStop()) return *stopped;
    const bool clean = drain();
    if (!clean) abandon();
    stopAsked.store(false);
    lifeCycle.endStop(clean);
    wakeUp.wake();
    return clean;
}

bool Server::Parts::drain() {
    const auto deadline = later(Clock::now(), onClock(config.server.drainTimeout));
    deployments.drain();
    if (stopping) guarded("patchbay", "the application's stopping()", stopping);
    pluginHost.stop();
    closeSessions(deadline);
    for (std::size_t i = 0; i < loops.size(); ++i) {
        loops[i]->post([this, gate = gate, i] {
            greetings[i]->endAll();
            http::Gate::endIdle(*gate, i);
        });
    }
    waitForSessions(deadline);
    stopListening(std::max(deadline, Clock::now()) + kLastMoment);
    waitForEverybody(deadline);

    const auto last = std::max(deadline, Clock::now()) + kLastMoment;
    endConnections();
    waitForEverybody(last);
    pool->stop(std::max(deadline, Clock::now()) + kEnding);
    const auto end = std::max(deadline, Clock::now()) + kEnding;
    const bool loopsEnded = stopLoops(end);
    const bool workersEnded = httpHost.stop(end);
    const bool tasksEnded = pool->stop(end);  // also those that were late
    watchdog.reset();
    const bool allEnded = tasksEnded && workersEnded && loopsEnded;
    if (allEnded) httpHost.clear();
    return allEnded;
}

/// Says goodbye to everyone, evenly over the configured time.
void Server::Parts::closeSessions(Clock::time_point deadline) {
    const auto sessions = deployments.shut();
    const auto start = Clock::now();
    const auto spread = std::min<Clock::duration>(config.server.drainSpread, std::max(deadline - start, Clock::duration{}));
    for (std::size_t i = 0; i < sessions.size(); ++i) {
        const auto due = start + spread * i / sessions.size();
        if (due > start && waitForSessions(due)) return;  // they have all left
        sessions[i]->close(CloseCause::Shutdown, std::nullopt, "server shuts down");
    }
}

/// And for the connections that were there; not for who has come since, for there may be others for ever. False when some are left.
bool Server::Parts::waitForSessions(Clock::time_point deadline) {
    return deployments.state().ended->waitUntil(
        deadline, [&] { return gate->connections.now() == 0 && deployments.sessionCount() == 0; });
}

bool Server::Parts::waitForEverybody(Clock::time_point deadline) {
    return waitForSessions(deadline) && deployments.state().ended->waitUntil(deadline, [&] { return gate->latecomers.now() == 0; });
}

/// When it returns in time every connection that was taken is on its loop, or posted to it.
void Server::Parts::stopListening(Clock::time_point deadline) {
    if (threads.empty()) return;
    on(*loops.front(), [this] {
        for (auto& listener : listeners) listener->stop();
    }).wait_until(deadline);
}

/// What the time was too short for, and who came in its last moment. Their close handlers still run.
void Server::Parts::endConnections() {
    deployments.state().cutting.store(true);
    for (std::size_t i = 0; i < loops.size(); ++i) {
        loops[i]->post([this, gate = gate, i] {
            greetings[i]->endAll();
            http::Gate::endAll(*gate, i);
            site.cutAll(i);
            messaging::CarrierLink::cutAll(deployments.state(), i);
        });
    }
    for (const auto& session : deployments.shut()) session->loop().post([session] { session->hurry(); });
}

/// False when some turn on: a handler does not return.
bool Server::Parts::stopLoops(Clock::time_point deadline) {
    for (std::size_t i = 0; i < threads.size(); ++i) loops[i]->stop();
    const bool all = deployments.state().ended->waitUntil(
        deadline, [&] { return std::ranges::all_of(threads, [](const auto& one) { return one->ended.load(); }); });
    if (!all) return false;
    for (const auto& one : threads) one->thread.join();
    threads.clear();
    return true;
}

/// What still runs, a line for each.
std::string Server::Parts::whatRuns() const {
    std::string lines;
    for (std::size_t i = 0; i < threads.size(); ++i) {
        if (threads[i]->ended) continue;
        lines += "\n  - a handler on loop " + std::to_string(i + 1) + " of " + std::to_string(threads.size());
        if (const char* label = loops[i]->running()) lines.append(": ").append(label);
    }
    for (const auto& [label, postedBy] : pool->busy()) {
        lines.append("\n  - a worker's ").append(label ? label : "task");
        if (!label && postedBy) lines.append(", posted by ").append(postedBy);
    }
    for (const auto& request : httpHost.workers().requests()) lines += "\n  - a worker's handler of " + request;
    return lines;
}

/// Says what still runs, and leaves these parts to a thread that waits for it.
void Server::Parts::abandon() {
    log::error("patchbay", "the time to stop (" + std::to_string(config.server.drainTimeout.count()) +
                               " ms) is over, and these have not returned:" + whatRuns() +
                               "\nwhat they use is kept until they have; this server cannot start again");
    std::thread{[self = shared_from_this()] {
        for (const auto& one : self->threads) one->thread.join();
        self->pool->join();
        self->httpHost.join();
        self->returned.store(true);
    }}.detach();
}

}  // namespace patchbay
