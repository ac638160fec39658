#pragma once
// Where what may block runs, so that it holds up no loop: a server's threads; in tests and simulations something that is
// turned by hand.

#include <patchbay/task.hpp>

#include <cstddef>

namespace patchbay {

class TaskPool {
public:
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
};

}  // namespace patchbay
