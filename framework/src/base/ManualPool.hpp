#pragma once
// A pool without threads: tasks run when a test, or a simulation, asks for one.

#include "base/TaskPool.hpp"

#include <deque>
#include <mutex>

namespace patchbay {

/// Thread: what TaskPool says of any thread from any; everything else from one, while it turns no loop: a task must not take
/// itself to be on one.
class ManualPool final : public TaskPool {
public:
    explicit ManualPool(std::size_t mostWaiting) noexcept : mostWaiting_{mostWaiting} {}
    ~ManualPool() override { retire(); }

    bool put(Task task) override;
    bool tryPut(Task task) override;
    std::size_t waiting() const noexcept override;
    bool isHere() const noexcept override { return worksHere(); }

    /// Runs the task that has waited longest, or one so many places behind it, as several threads might. False when there is
    /// none.
    bool runOne(std::size_t place = 0);
    /// Takes no more, and drops what waits: for its owner's end, since these may hold the pool.
    void retire() noexcept;

private:
    bool add(Task& task, std::size_t mostWaiting);

    const std::size_t mostWaiting_;
    detail::RunningSlot running_{nullptr};
    mutable std::mutex lock_;  // guards what follows
    std::deque<Task> waiting_;
    bool retired_ = false;
};

}  // namespace patchbay
