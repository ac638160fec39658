#include "base/ManualLoop.hpp"

#include <algorithm>
#include <utility>

namespace patchbay {

ManualLoop::~ManualLoop() { retire(); }

void ManualLoop::retire() noexcept {
    queue().close();
    const Timers gone = std::exchange(timers_, {});
}

void ManualLoop::settle() {
    const Turning turning{*this};
    while (!queue().idle()) queue().runWaiting();
}

void ManualLoop::advance(Clock::duration time) {
    const Turning turning{*this};
    const auto end = later(now(), time);
    settle();
    for (auto next = timers_.next(); next && *next <= end; next = timers_.next()) {
        now_ = std::max(now(), *next);
        timers_.runDue(now());
        settle();
    }
    now_ = end;
}

}  // namespace patchbay
