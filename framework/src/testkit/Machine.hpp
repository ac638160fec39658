#pragma once
// What runs under a test: a loop, and the pool for what may block, both turned by hand. A task of the pool runs between two
// turns of the loop, as it does on a thread of its own: it is on no loop.

#include "base/ManualLoop.hpp"
#include "base/ManualPool.hpp"

#include <memory>

namespace patchbay::testkit {

/// Thread: one.
class Machine {
public:
    explicit Machine(std::size_t mostWaiting) : pool_{std::make_shared<ManualPool>(mostWaiting)} {}
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;
    /// What waits may hold loop and pool.
    ~Machine() { pool_->retire(); }

    ManualLoop& loop() const noexcept { return *loop_; }
    std::shared_ptr<Loop> sharedLoop() const noexcept { return loop_; }
    const std::shared_ptr<ManualPool>& pool() const noexcept { return pool_; }

    /// Runs what waits in the loop and in the pool, and what that puts, until there is no more. Within a turn only the loop's.
    void settle();
    /// Turns the clock by `time`, stopping at each timer on the way.
    void advance(Clock::duration time);
    /// Calls `action` as a part of a turn; then settles.
    template <class Action>
    void turnWith(Action action) {
        loop_->turnWith(std::move(action));
        settle();
    }

private:
    const OwnLoop loop_;
    const std::shared_ptr<ManualPool> pool_;
};

}  // namespace patchbay::testkit
