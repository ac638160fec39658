#pragma once
// A task of the application's with the times at which it runs: once, or again and again at a fixed rate.
//
// Rate: the n-th run is due at start + n * interval, whatever the runs before took. A loop that stood still runs what it
// has missed once, and goes on with the next time that is still to come.
// Ownership: the loop holds what is armed; handles (patchbay/timer.hpp) hold it too, and may outlive loop and owner. It does
// not hold the loop, which would then hold itself.

#include "base/Loop.hpp"

#include <patchbay/task.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <utility>

namespace patchbay {

class TimedTask : public std::enable_shared_from_this<TimedTask> {
public:
    struct Times {
        Clock::duration first;     ///< from start() to the first run
        Clock::duration interval;  ///< between two runs; zero: it runs once
    };
    TimedTask(const std::shared_ptr<Loop>& loop, Times times, Task task) noexcept;
    TimedTask(const TimedTask&) = delete;
    virtual ~TimedTask() = default;

    /// Begins to count. False when the loop takes nothing now: then it has not begun, and may be started again.
    /// Thread: any; on another than the loop's it begins when the loop comes to it.   Requires: once.
    bool start();
    void cancel() noexcept;
    /// It ends here and now, also one that another thread has cancelled.   Thread: the loop's, or any when it turns no more.
    void drop() noexcept;
    bool isActive() const noexcept { return active_.load(std::memory_order_acquire); }

protected:
    /// A run is due: the owner makes it now, or when it comes to it; times that come meanwhile are the same run.
    /// Thread: the loop's.   Errors: what the task throws ends here.
    virtual void due() noexcept = 0;
    /// A run begins.   Returns: the task, for any one thread until endRun(); nullptr when it has been cancelled meanwhile.
    /// Thread: the loop's.   Requires: due.
    Task* beginRun() noexcept;
    /// Thread: the loop's.   Requires: beginRun() has returned a task.
    void endRun() noexcept;
    /// The owner has gone, or will not have it: then nothing is armed.   Thread: the loop's.
    virtual bool enlist() noexcept { return true; }
    /// It will not run again.   Thread: the loop's.
    virtual void delist() noexcept {}

private:
    void arm();
    void armFor(Clock::time_point due);
    void fire() noexcept;
    void armAgain();
    void disarm() noexcept;
    bool repeats() const noexcept { return times_.interval > Clock::duration::zero(); }

    const std::weak_ptr<Loop> known_;
    Loop* const loop_;  // on its thread
    const Times times_;
    Task task_;
    Clock::time_point due_{};
    TimerId timer_ = 0;
    bool waiting_ = false;  // for the owner to begin the run
    bool running_ = false;
    std::atomic<bool> active_{true};
};

/// One whose runs are made by its loop when they are due, for nobody in particular.
class LoopTask final : public TimedTask {
public:
    /// `what`: such as "a coroutine's timer", for the log and the watchdog; it outlives the task.
    LoopTask(const std::shared_ptr<Loop>& loop, Times times, Task task, const char* what) noexcept
        : TimedTask{loop, times, std::move(task)}, what_{what} {}
    /// Runs `task` once after `delay`, never within this call; a loop that takes nothing drops it.   Units: below zero is zero.
    static std::shared_ptr<LoopTask> once(const std::shared_ptr<Loop>& loop, std::chrono::milliseconds delay, Task task, const char* what);

private:
    void due() noexcept override;

    const char* const what_;
};

}  // namespace patchbay
