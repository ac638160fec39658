#pragma once
// A loop with what channels need of it: turn's ends, at which they write, and the memory that they may refer to for a while.
// EventLoop turns it over sockets; a simulation over whatever it likes.

#include "base/Loop.hpp"

#include <cstddef>
#include <memory>

namespace patchbay::transport {

/// The place of a turn-end task in the loop's list.
class TurnEndLink {
public:
    TurnEndLink() noexcept = default;
    TurnEndLink(const TurnEndLink&) = delete;
    ~TurnEndLink() { unlink(); }
    bool linked() const noexcept { return next_ != this; }
    void unlink() noexcept;
    void linkBefore(TurnEndLink& place) noexcept;
    /// Moves everything that is linked with `other` here.   Requires: nothing is linked here.
    void takeOver(TurnEndLink& other) noexcept;
    TurnEndLink& next() const noexcept { return *next_; }

private:
    TurnEndLink* next_ = this;
    TurnEndLink* previous_ = this;
};

/// Something to do once when the turn ends, however often it was asked for: a channel's write. Its destructor takes it
/// off the list.
class TurnEndTask : public TurnEndLink {
public:
    virtual ~TurnEndTask() = default;
    virtual void onTurnEnd() noexcept = 0;
};

/// Thread: the loop's, where nothing else is said.
class ChannelLoop : public Loop {
public:
    /// Runs `task` when this turn ends.
    void atTurnEnd(TurnEndTask& task) noexcept {
        if (!task.linked()) task.linkBefore(turnEnd_);
    }
    /// Destroys `task` on the loop's thread, in a later turn, when none of its functions runs; here and now when the loop
    /// has ended.   Thread: any.
    void discard(std::unique_ptr<TurnEndTask> task);
    /// Memory that outlives every call made now, and who may queue it where it lies: one at a time.
    struct Loan {
        const TurnEndTask* borrower;
        const std::byte* begin;
        const std::byte* end;
    };
    Loan& loan() noexcept { return loan_; }

protected:
    ChannelLoop() = default;
    bool hasTurnEndTasks() const noexcept { return turnEnd_.linked(); }
    /// What is asked for meanwhile belongs to the next turn's end.
    void endTurn() noexcept;

private:
    TurnEndLink turnEnd_;
    Loan loan_{};
};

}  // namespace patchbay::transport
