#include "base/TimedTask.hpp"

#include "base/Guarded.hpp"

#include <patchbay/detail/Labels.hpp>
#include <patchbay/timer.hpp>

#include <algorithm>
#include <utility>

namespace patchbay {

TimedTask::TimedTask(const std::shared_ptr<Loop>& loop, Times times, Task task) noexcept
    : known_{loop}, loop_{loop.get()}, times_{times}, task_{std::move(task)} {}

bool TimedTask::start() {
    const auto loop = known_.lock();
    if (!loop) return false;
    if (!loop->isHere()) return loop->post([self = shared_from_this()] { self->arm(); });
    arm();
    return true;
}

void TimedTask::arm() {
    if (!isActive()) return;
    if (!enlist()) return disarm();
    armFor(later(loop_->now(), times_.first));
}

void TimedTask::armFor(Clock::time_point due) {
    due_ = due;
    timer_ = loop_->after(due == Clock::time_point::max() ? Clock::duration::max() : due - loop_->now(),
                          [self = shared_from_this()] { self->fire(); });
}

void TimedTask::fire() noexcept {
    timer_ = 0;
    if (!isActive()) return disarm();
    if (!waiting_ && !running_) {
        waiting_ = true;
        due();
    }
    if (repeats() && isActive()) armAgain();
}

void TimedTask::armAgain() {
    const Clock::time_point now = loop_->now();
    Clock::time_point next = later(due_, times_.interval);
    if (next <= now) next = later(due_, ((now - due_) / times_.interval + 1) * times_.interval);
    armFor(next);
}

Task* TimedTask::beginRun() noexcept {
    waiting_ = false;
    const bool wanted = repeats() ? isActive() : active_.exchange(false, std::memory_order_acq_rel);
    if (!wanted) return nullptr;
    running_ = true;
    return &task_;
}

void TimedTask::endRun() noexcept {
    running_ = false;
    if (!repeats() || !isActive()) disarm();
}

/// The task goes as well: what it holds is not kept for a handle's sake.
void TimedTask::disarm() noexcept {
    active_.store(false, std::memory_order_release);
    const auto keep = weak_from_this().lock();  // the timer may hold the last reference
    const TimerId timer = std::exchange(timer_, 0);
    if (timer != 0 && !known_.expired()) loop_->cancel(timer);
    delist();
    if (!running_) task_ = {};
}

void TimedTask::cancel() noexcept {
    if (!active_.exchange(false, std::memory_order_acq_rel)) return;
    const auto loop = known_.lock();
    if (!loop) return;  // the loop has taken its part along
    if (loop->isHere()) return disarm();
    loop->post([self = shared_from_this()] { self->disarm(); });
}

void TimedTask::drop() noexcept { disarm(); }

std::shared_ptr<LoopTask> LoopTask::once(const std::shared_ptr<Loop>& loop, std::chrono::milliseconds delay, Task task,
                                         const char* what) {
    const Times times{std::max(onClock(delay), Clock::duration::zero()), Clock::duration::zero()};
    auto timed = std::make_shared<LoopTask>(loop, times, std::move(task), what);
    if (!timed->start()) timed->drop();
    return timed;
}

void LoopTask::due() noexcept {
    Task* const task = beginRun();
    if (!task) return;
    const detail::Labelled labelled{detail::runningHere(), what_};
    guarded("patchbay", what_, *task);
    endRun();
}

void Timer::cancel() const noexcept {
    if (task_) task_->cancel();
}
bool Timer::active() const noexcept { return task_ && task_->isActive(); }

}  // namespace patchbay
