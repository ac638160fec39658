#pragma once
// A loop of the simulation: it turns when the script says so, by the simulation's clock. A turn has the stages of
// transport::EventLoop's, in their order: what the network brings, the queue, due timers, what is written at the end.

#include "base/Timers.hpp"
#include "transport/ChannelLoop.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace patchbay::simulation {

/// What a run has one of: the time, and who has the processor.
///
/// Turns may stand within one another, as two threads' do in time: while a handler of one loop runs, another loop may turn.
struct Machine {
    Clock::time_point now{};
    /// Of the loops that are turning, the one that runs; nullptr: a thread that turns none.
    class SimLoop* innermost = nullptr;
};

/// What a loop does for its connections.
class Network {
public:
    /// Hands on what has arrived.
    virtual void arrive(SimLoop& loop) = 0;
    /// The turn ends: what waits for peers that read is written.
    virtual void flush(SimLoop& loop) = 0;

protected:
    ~Network() = default;
};

/// Thread: the only one.
class SimLoop final : public transport::ChannelLoop {
public:
    SimLoop(Machine& machine, unsigned index) noexcept : machine_{machine}, index_{index} {}
    ~SimLoop() override { retire(); }

    unsigned index() const noexcept { return index_; }
    /// A turn sees one time.
    Clock::time_point now() const noexcept override { return isTurning() ? now_ : machine_.now; }
    Clock::time_point present() const noexcept override { return machine_.now; }
    TimerId after(Clock::duration delay, Task task) override {
        mustBeHere();
        return timers_.add(later(now(), delay), std::move(task));
    }
    void cancel(TimerId timer) noexcept override {
        mustBeHere();
        timers_.cancel(timer);
    }

    bool isTurning() const noexcept { return turning_; }
    bool hasEnded() const noexcept { return ended_; }
    /// One turn. Nothing when it is turning already, or has ended.
    void turn(Network& network);
    /// The beginning of a turn, in which the network brings `action`.   Requires: it neither turns nor has ended.
    template <class Action>
    void turnWith(Action action) {
        enter();
        action();
        leave();
    }
    /// Whether a turn would find something to do, as the real one knows it: it was woken, or a timer is due.
    bool isReady() const noexcept;
    /// Something waits, and nobody has woken the loop for it: it would sleep on.
    bool oversleeps() const noexcept { return !ended_ && !turning_ && queue().filled() && !woken_; }

    /// What is the loop's thread's was used by another.
    bool isMisused() const noexcept { return misused_; }
    void mustBeHere() noexcept { misused_ = misused_ || (!isHere() && !ended_); }

    /// It ends when nothing waits any more.   Thread: any.
    void stop();
    void reopen() noexcept;
    /// Drops what waits and what is armed.
    void retire() noexcept;

private:
    friend class Outside;
    void enter() noexcept;
    void leave() noexcept;
    void wake() noexcept override { woken_ = true; }

    Machine& machine_;
    const unsigned index_;
    Clock::time_point now_{};
    Timers timers_;
    std::optional<Turning> here_;  // empty while an outside thread has the processor
    SimLoop* outer_ = nullptr;     // in whose turn this one's stands
    bool turning_ = false;
    bool woken_ = false;
    bool stopping_ = false;
    bool ended_ = false;
    bool misused_ = false;
};

/// While it lives this is a thread that turns no loop: those that are turning stand still, as if it had interrupted them.
/// Others may turn meanwhile.
class Outside {
public:
    explicit Outside(Machine& machine) noexcept
        : machine_{machine}, interrupted_{std::exchange(machine.innermost, nullptr)} {
        for (SimLoop* loop = interrupted_; loop; loop = loop->outer_) loop->here_.reset();
    }
    Outside(const Outside&) = delete;
    ~Outside() {
        machine_.innermost = interrupted_;
        goOn(interrupted_);
    }

private:
    static void goOn(SimLoop* loop) noexcept {
        if (!loop) return;
        goOn(loop->outer_);
        loop->here_.emplace(*loop);
    }

    Machine& machine_;
    SimLoop* const interrupted_;
};

}  // namespace patchbay::simulation
