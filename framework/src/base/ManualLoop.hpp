#pragma once
// A loop without a thread: entries run when a test settles it, timers when a test turns its clock. While neither is
// under way the loop is nobody's, as a real one between its turns: what a test calls comes from outside.

#include "base/Loop.hpp"
#include "base/Timers.hpp"

#include <atomic>
#include <memory>

namespace patchbay {

/// Thread: what Loop says of any thread from any; everything else from one.
class ManualLoop final : public Loop {
public:
    ~ManualLoop() override;

    Clock::time_point now() const noexcept override { return now_.load(std::memory_order_relaxed); }
    Clock::time_point present() const noexcept override { return now(); }
    std::chrono::system_clock::time_point timeOfDay() const noexcept override {
        return began_ + std::chrono::duration_cast<std::chrono::system_clock::duration>(now() - Clock::time_point{});
    }
    TimerId after(Clock::duration delay, Task task) override { return timers_.add(later(now(), delay), std::move(task)); }
    void cancel(TimerId timer) noexcept override { timers_.cancel(timer); }

    /// Drops what waits and what is armed, and takes no more: for its owner's end, since these may hold the loop.
    void retire() noexcept;
    /// Runs what waits, and what that puts.
    void settle();
    /// Turns the clock by `time`, stopping at each timer on the way.
    void advance(Clock::duration time);
    /// How long until a timer is due; nothing when there is none.
    std::optional<Clock::duration> untilNextTimer() const noexcept;
    /// Calls `action` as a part of a turn, as a carrier does with what has arrived; then settles.
    template <class Action>
    void turnWith(Action action) {
        {
            const Turning turning{*this};
            action();
            seeToMemory();
        }
        settle();
    }

private:
    void wake() noexcept override {}

    std::atomic<Clock::time_point> now_{};
    const std::chrono::system_clock::time_point began_ = std::chrono::system_clock::now();
    Timers timers_;
};

/// A loop of one's own, which ends with its owner: what waits in it may hold the loop.
class OwnLoop {
public:
    OwnLoop() : loop_{std::make_shared<ManualLoop>()} {}
    OwnLoop(const OwnLoop&) = delete;
    ~OwnLoop() { loop_->retire(); }
    ManualLoop& operator*() const noexcept { return *loop_; }
    ManualLoop* operator->() const noexcept { return loop_.get(); }
    operator std::shared_ptr<Loop>() const noexcept { return loop_; }  // NOLINT(google-explicit-constructor): stands for it

private:
    const std::shared_ptr<ManualLoop> loop_;
};

}  // namespace patchbay
