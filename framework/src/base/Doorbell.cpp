#include "base/Doorbell.hpp"

namespace patchbay {

void Doorbell::wake() noexcept {
    const std::lock_guard guard{lock_};
    ++rings_;
    rung_.notify_all();  // under the lock: who has been woken may destroy the bell
}

std::uint64_t Doorbell::rings() noexcept {
    const std::lock_guard guard{lock_};
    return rings_;
}

bool Doorbell::ringsAfter(std::uint64_t before, Clock::time_point deadline) {
    std::unique_lock guard{lock_};
    return rung_.wait_until(guard, deadline, [&] { return rings_ != before; });
}

}  // namespace patchbay
