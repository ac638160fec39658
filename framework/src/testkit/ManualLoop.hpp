#pragma once
// A loop without a thread: tasks run when the test settles it, timers when the test turns its clock.

#include "base/Loop.hpp"
#include "base/Timers.hpp"

#include <deque>
#include <mutex>
#include <thread>

namespace patchbay::testkit {

/// Thread: post() from any; everything else from the one that made it.
class ManualLoop final : public Loop {
public:
    void post(Task task) override {
        const std::lock_guard guard{lock_};
        tasks_.push_back(std::move(task));
    }
    bool isCurrent() const noexcept override { return std::this_thread::get_id() == thread_; }
    Clock::time_point now() const noexcept override { return now_; }
    TimerId after(Clock::duration delay, Task task) override { return timers_.add(now_ + delay, std::move(task)); }
    void cancel(TimerId timer) noexcept override { timers_.cancel(timer); }

    /// Runs the posted tasks, and those that they post.
    void settle();
    /// Turns the clock by `time`, stopping at each timer on the way.
    void advance(Clock::duration time);

private:
    const std::thread::id thread_ = std::this_thread::get_id();
    Clock::time_point now_{};
    Timers timers_;
    std::mutex lock_;
    std::deque<Task> tasks_;
};

}  // namespace patchbay::testkit
