#include "testkit/ManualLoop.hpp"

namespace patchbay::testkit {

void ManualLoop::settle() {
    for (;;) {
        Task task;
        {
            const std::lock_guard guard{lock_};
            if (tasks_.empty()) return;
            task = std::move(tasks_.front());
            tasks_.pop_front();
        }
        task();
    }
}

void ManualLoop::advance(Clock::duration time) {
    const auto end = now_ + time;
    settle();
    for (auto next = timers_.next(); next && *next <= end; next = timers_.next()) {
        now_ = std::max(now_, *next);
        timers_.runDue(now_);
        settle();
    }
    now_ = end;
}

}  // namespace patchbay::testkit
