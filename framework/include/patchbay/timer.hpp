#pragma once
// Timer: what after() and every() return, to call them off.

#include <memory>
#include <utility>

namespace patchbay {

class TimedTask;

/// A handle: copy it, drop it, keep it for ever. Dropping it changes nothing; a timer ends when it has fired for the last
/// time, when it is cancelled, or with its session or server.   Thread: any.
class Timer {
public:
    /// One that has ended.
    Timer() noexcept = default;
    explicit Timer(std::shared_ptr<TimedTask> task) noexcept : task_{std::move(task)} {}

    /// From now on the task does not begin to run; one that runs right now is not waited for. Again: nothing.
    void cancel() const noexcept;
    /// Whether the task will run, or run again, unless it is cancelled.
    bool active() const noexcept;

private:
    std::shared_ptr<TimedTask> task_;
};

}  // namespace patchbay
