#include "base/RunningHere.hpp"

#include <utility>

namespace patchbay {
namespace {

constinit detail::RunningSlot nobodys{nullptr};
// As in Loop.cpp: a look at it is a load, not a call.
__attribute__((tls_model("initial-exec"))) constinit thread_local detail::RunningSlot* current = &nobodys;

}  // namespace

RunningHere::RunningHere(detail::RunningSlot& slot) noexcept : before_{std::exchange(current, &slot)} {}
RunningHere::~RunningHere() { current = before_; }

detail::RunningSlot& detail::runningHere() noexcept { return *current; }

}  // namespace patchbay
