#include "base/Loop.hpp"

#include <patchbay/clock.hpp>

#include <utility>

namespace patchbay {

ServerClock::ServerClock(std::shared_ptr<Loop> loop) noexcept : loop_{std::move(loop)} {}

std::chrono::steady_clock::time_point ServerClock::now() const noexcept { return loop_->present(); }
std::chrono::system_clock::time_point ServerClock::timeOfDay() const noexcept { return loop_->timeOfDay(); }

}  // namespace patchbay
