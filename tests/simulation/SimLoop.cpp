#include "SimLoop.hpp"

#include <utility>

namespace patchbay::simulation {

void SimLoop::enter() noexcept {
    turning_ = true;
    now_ = machine_.now;
    outer_ = std::exchange(machine_.innermost, this);
    here_.emplace(*this);
}

void SimLoop::leave() noexcept {
    here_.reset();
    machine_.innermost = outer_;
    turning_ = false;
    woken_ = woken_ || queue().filled();  // it looks before it sleeps
}

void SimLoop::turn(Network& network) {
    if (turning_ || ended_) return;
    enter();
    woken_ = false;
    network.arrive(*this);
    queue().runWaiting();
    timers_.runDue(now_);
    network.flush(*this);
    endTurn();
    if (stopping_ && queue().closeIfEmpty()) ended_ = true;
    leave();
}

bool SimLoop::isReady() const noexcept {
    if (ended_) return false;
    const auto next = timers_.next();
    return woken_ || stopping_ || hasTurnEndTasks() || (next && *next <= machine_.now);
}

void SimLoop::stop() {
    post([this] { stopping_ = true; });
}

void SimLoop::reopen() noexcept {
    queue().open();
    stopping_ = ended_ = false;
}

void SimLoop::retire() noexcept {
    queue().close();
    const Timers gone = std::exchange(timers_, {});
}

}  // namespace patchbay::simulation
