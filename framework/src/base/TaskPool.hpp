#pragma once
// Where what may block runs, so that it holds up no loop: a server's threads (ThreadPool); in tests and simulations something
// that is turned by hand (ManualPool).
//
// A pool is *here* only while this thread runs a task of it, as a loop is while it turns.

#include "base/RunningHere.hpp"

#include <patchbay/task.hpp>

#include <cstddef>

namespace patchbay {

class TaskPool {
public:
    TaskPool() noexcept = default;
    TaskPool(const TaskPool&) = delete;
    TaskPool& operator=(const TaskPool&) = delete;
    virtual ~TaskPool() = default;

    /// Runs `task` some time, on some thread. Never refused for want of room, so only for what is bounded elsewhere (one for
    /// each session, say). False when the pool has ended: then it is destroyed here.
    /// Thread: any.   Errors: what the task throws is logged.
    virtual bool put(Task task) = 0;
    /// The same within the pool's bound: false, too, when that many wait.
    virtual bool tryPut(Task task) = 0;
    /// How many have not begun.   Thread: any.
    virtual std::size_t waiting() const noexcept = 0;
    /// Whether this thread runs a task of this pool.
    virtual bool isHere() const noexcept = 0;

protected:
    /// While it lives this thread runs a task of `pool`, and what it runs by name is written to `running`.
    class Working {
    public:
        Working(const TaskPool& pool, detail::RunningSlot& running) noexcept;
        Working(const Working&) = delete;
        Working& operator=(const Working&) = delete;
        ~Working();

    private:
        friend class TaskPool;
        const TaskPool& pool_;
        const Working* const outer_;
        const RunningHere slot_;
    };

    /// Runs `task` as one of this pool's, and destroys it.
    void run(Task task, detail::RunningSlot& running) const noexcept;
    /// Whether this thread is at work for this pool, however deep within.
    bool worksHere() const noexcept;
};

}  // namespace patchbay
