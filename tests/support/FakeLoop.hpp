#pragma once
// A loop that runs when a test says so, with a clock that is turned by hand.

#include "base/Loop.hpp"
#include "base/Timers.hpp"

#include <deque>
#include <utility>

namespace patchbay::test {

/// Thread: the test's.
class FakeLoop final : public Loop {
public:
    void post(Task task) override { tasks_.push_back(std::move(task)); }
    bool isCurrent() const noexcept override { return true; }
    Clock::time_point now() const noexcept override { return now_; }
    TimerId after(Clock::duration delay, Task task) override { return timers_.add(now_ + delay, std::move(task)); }
    void cancel(TimerId timer) noexcept override { timers_.cancel(timer); }

    /// Runs what was posted, and what that posts.
    void run() {
        while (!tasks_.empty()) {
            const Task task = std::move(tasks_.front());
            tasks_.pop_front();
            task();
        }
    }
    /// Turns the clock and runs what is due.
    void advance(Clock::duration by) {
        now_ += by;
        timers_.runDue(now_);
        run();
    }

private:
    std::deque<Task> tasks_;
    Timers timers_;
    Clock::time_point now_{};
};

}  // namespace patchbay::test
