#pragma once
// Where the handlers of a session run: one thread at a time, entries in the order in which they were put, timers.
// transport::EventLoop is the real one; the test kit has one whose clock is turned by hand.
//
// A loop is *here* only while this thread turns it: a Turning says so. Nothing goes by the identity of threads, so a loop
// that does not run yet, or no more, is nobody's.

#include "base/LoopQueue.hpp"
#include "base/MemoryBudget.hpp"
#include "base/MemoryReserve.hpp"
#include "base/RunningHere.hpp"

#include <patchbay/bytes.hpp>
#include <patchbay/task.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

namespace patchbay {

using Clock = std::chrono::steady_clock;

/// Names a timer that has not fired yet; 0 is none.
using TimerId = std::uint64_t;

/// `start` and so much later, or the end of time where that is earlier: a wait of `max()` never ends.
inline Clock::time_point later(Clock::time_point start, Clock::duration delay) noexcept {
    return delay >= Clock::time_point::max() - start ? Clock::time_point::max() : start + delay;
}
/// Units: what a clock counts; milliseconds::max() and whatever else it cannot hold are its longest, below nothing likewise.
inline Clock::duration onClock(std::chrono::milliseconds time) noexcept {
    constexpr auto kMost = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::duration::max());
    if (time <= -kMost) return -Clock::duration::max();
    return time >= kMost ? Clock::duration::max() : Clock::duration{time};
}

class Loop {
public:
    /// Makes a loop current on this thread for as long as it lives; the one before is current again afterwards.
    class Turning {
    public:
        explicit Turning(Loop& loop) noexcept;
        Turning(const Turning&) = delete;
        ~Turning();

    private:
        Loop* const before_;
        MemoryAccount* const accountBefore_;
        const RunningHere slot_;
    };

    virtual ~Loop() = default;

    /// The loop that this thread turns; nullptr on any other thread.   Thread: any.
    static Loop* here() noexcept { return turned_; }
    bool isHere() const noexcept { return here() == this; }

    /// What is to be done on this loop, from whatever thread.
    LoopQueue& queue() noexcept { return queue_; }
    const LoopQueue& queue() const noexcept { return queue_; }
    /// Runs `task` on the loop, after what was put before it. False when the loop has ended: then it is destroyed here.
    /// Thread: any.   Errors: a task must not throw.
    bool post(Task task);

    /// The time of this turn: read once per turn, so that a turn sees one time.   Thread: the loop's.
    virtual Clock::time_point now() const noexcept = 0;
    /// The time by the same clock for whoever is elsewhere.   Thread: any.
    virtual Clock::time_point present() const noexcept = 0;
    /// The time of day, which goes with present() where a test turns that.   Thread: any.
    virtual std::chrono::system_clock::time_point timeOfDay() const noexcept { return std::chrono::system_clock::now(); }
    /// Calls `task` once, at the first turn at or after `delay`.   Thread: the loop's.
    virtual TimerId after(Clock::duration delay, Task task) = 0;
    /// Forgets a timer; one that has fired or was never there is ignored.   Thread: the loop's.
    virtual void cancel(TimerId timer) noexcept = 0;
    /// What is counted of its server's memory here. Its budget may be asked for from any thread.   Thread: the loop's.
    MemoryAccount& memory() noexcept { return memory_; }
    /// Calls `look` as soon as what small things live on is in use (base/MemoryReserve), between two handlers and as often, until it is
    /// whole: no timer comes in time where a peer's bytes use it up.   Thread: the loop's.
    void whenMemoryIsOut(Task look) noexcept { whenMemoryIsOut_ = std::move(look); }
    /// The text that a handler is being given here: what lies in it was checked when it came.   Thread: the loop's.
    Bytes receivedText() const noexcept { return doing_.receivedText; }
    void setReceivedText(Bytes text) noexcept { doing_.receivedText = text; }
    /// Where what runs on it says so; what detail::runningHere() gives while it turns, for who knows the loop.
    /// Thread: the loop's.
    detail::RunningSlot& runningSlot() noexcept { return doing_.running; }

    // ---- for whoever watches it: what it is at just now.   Thread: any. ----

    /// When the turn began that it is in; nothing while it waits.
    std::optional<Clock::time_point> turnBegan() const noexcept {
        const auto began = doing_.turnBegan.load(std::memory_order_relaxed);
        return began == 0 ? std::nullopt : std::optional{Clock::time_point{Clock::duration{began}}};
    }
    /// The label of what runs (patchbay/detail/Labels.hpp); nullptr for what has none.
    const char* running() const noexcept { return doing_.running.load(std::memory_order_acquire); }

protected:
    Loop() : queue_{*this} {}
    void turnBegins(Clock::time_point now) noexcept {
        doing_.turnBegan.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    }
    void seeToMemory() noexcept {
        if (MemoryReserve::isOut() && whenMemoryIsOut_) [[unlikely]]
            whenMemoryIsOut_();
    }
    void turnEnds() noexcept { doing_.turnBegan.store(0, std::memory_order_relaxed); }

private:
    friend class LoopQueue;
    /// Something was put into an empty queue by another thread: the next turn must come soon.   Thread: any, under the
    /// queue's lock.
    virtual void wake() noexcept = 0;

    /// Everybody's, exported by the library. One word in its static block: a look at it is a load, not a call.
    [[gnu::tls_model("initial-exec")]] static constinit thread_local Loop* turned_;

    /// Written for each handler, so on a cache line of its own: other threads write the queue's.
    struct alignas(64) Doing {
        std::atomic<Clock::rep> turnBegan{0};  // 0: it waits
        detail::RunningSlot running{nullptr};
        Bytes receivedText;
    };

    MemoryAccount memory_;  // first: what waits is counted in it
    LoopQueue queue_;
    Task whenMemoryIsOut_;
    Doing doing_;
};

}  // namespace patchbay
