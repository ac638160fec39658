#pragma once
// Where the handlers of a session run: one thread at a time, tasks in the order in which they were posted, timers.
// transport::EventLoop is the real one; the test kit has one whose clock is turned by hand.

#include <chrono>
#include <cstdint>
#include <functional>

namespace patchbay {

using Clock = std::chrono::steady_clock;

/// Names a timer that has not fired yet; 0 is none.
using TimerId = std::uint64_t;

class Loop {
public:
    using Task = std::function<void()>;

    virtual ~Loop() = default;

    /// Runs `task` on the loop, after those posted before it.   Thread: any.   Errors: a task must not throw.
    virtual void post(Task task) = 0;
    /// True on the thread that runs the loop (or, before it runs, on every thread).
    virtual bool isCurrent() const noexcept = 0;
    /// The time of this turn: read once per turn, so that a turn sees one time.   Thread: the loop's.
    virtual Clock::time_point now() const noexcept = 0;
    /// Calls `task` once, at the first turn at or after `delay`.   Thread: the loop's.
    virtual TimerId after(Clock::duration delay, Task task) = 0;
    /// Forgets a timer; one that has fired or was never there is ignored.   Thread: the loop's.
    virtual void cancel(TimerId timer) noexcept = 0;
};

}  // namespace patchbay
