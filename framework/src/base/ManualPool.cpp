#include "base/ManualPool.hpp"

#include <limits>
#include <utility>

namespace patchbay {

bool ManualPool::put(Task task) { return add(task, std::numeric_limits<std::size_t>::max()); }
bool ManualPool::tryPut(Task task) { return add(task, mostWaiting_); }

bool ManualPool::add(Task& task, std::size_t mostWaiting) {
    const std::lock_guard guard{lock_};
    if (retired_ || waiting_.size() >= mostWaiting) return false;
    waiting_.push_back(std::move(task));
    return true;
}

std::size_t ManualPool::waiting() const noexcept {
    const std::lock_guard guard{lock_};
    return waiting_.size();
}

bool ManualPool::runOne(std::size_t place) {
    Task next;
    {
        const std::lock_guard guard{lock_};
        if (place >= waiting_.size()) return false;
        const auto found = waiting_.begin() + static_cast<std::ptrdiff_t>(place);
        next = std::move(*found);
        waiting_.erase(found);
    }
    run(std::move(next), running_);
    return true;
}

void ManualPool::retire() noexcept {
    std::deque<Task> dropped;  // destroyed without the lock: they may put others
    const std::lock_guard guard{lock_};
    retired_ = true;
    dropped.swap(waiting_);
}

}  // namespace patchbay
