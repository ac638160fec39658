#include "base/LoopQueue.hpp"

#include "base/Loop.hpp"

#include <utility>

namespace patchbay {

void LoopQueue::append(List& list, LoopEntry* entry) noexcept {
    entry->next_ = nullptr;
    entry->previous_ = list.last;
    (list.last ? list.last->next_ : list.first) = entry;
    list.last = entry;
}

bool LoopQueue::put(std::unique_ptr<LoopEntry>& entry) {
    Access access{*this};
    if (access.isClosed()) return false;
    access.put(std::move(entry));
    return true;
}

void LoopQueue::Access::put(std::unique_ptr<LoopEntry> entry) noexcept {
    LoopEntry* const added = entry.release();
    append(queue_.waiting_, added);
    queue_.lastHint_.store(added, std::memory_order_relaxed);
    // The loop's own thread looks at its queue before it waits. Under the lock: a loop that ends closes its queue first.
    if (!queue_.filled_.exchange(true, std::memory_order_acq_rel) && !queue_.loop_.isHere()) queue_.loop_.wake();
}

std::unique_ptr<LoopEntry> LoopQueue::Access::remove(LoopEntry& entry) noexcept {
    (entry.previous_ ? entry.previous_->next_ : queue_.waiting_.first) = entry.next_;
    (entry.next_ ? entry.next_->previous_ : queue_.waiting_.last) = entry.previous_;
    queue_.lastHint_.store(queue_.waiting_.last, std::memory_order_relaxed);
    return std::unique_ptr<LoopEntry>{&entry};
}

void LoopQueue::release(std::size_t bytes) noexcept {
    if (bytes == 0) return;
    charged_.fetch_sub(bytes, std::memory_order_seq_cst);
    if (waiters_.load(std::memory_order_seq_cst) == 0) return;
    const std::lock_guard guard{lock_};
    roomMade_.notify_all();
}

bool LoopQueue::waitForRoom(std::size_t bytes, std::chrono::steady_clock::time_point until) {
    if (bytes > mostBytes_) return false;
    std::unique_lock guard{lock_};
    waiters_.fetch_add(1, std::memory_order_seq_cst);
    const bool made = roomMade_.wait_until(guard, until, [&] {
        return closed_ || charged_.load(std::memory_order_seq_cst) <= mostBytes_ - bytes;
    });
    waiters_.fetch_sub(1, std::memory_order_relaxed);
    return made && !closed_;
}

/// Everything that waits, behind what was taken before and has not run: a task may turn its loop itself.
void LoopQueue::take() noexcept {
    if (!filled_.load(std::memory_order_acquire)) return;
    const std::lock_guard guard{lock_};
    filled_.store(false, std::memory_order_release);
    lastHint_.store(nullptr, std::memory_order_relaxed);
    ++takes_;
    const List more = std::exchange(waiting_, {});
    if (!more.first) return;
    (taken_.last ? taken_.last->next_ : taken_.first) = more.first;
    more.first->previous_ = taken_.last;
    taken_.last = more.last;
}

bool LoopQueue::runTaken(std::size_t most) noexcept {
    while (taken_.first && most-- > 0) {
        const std::unique_ptr<LoopEntry> entry{taken_.first};
        taken_.first = entry->next_;
        if (!taken_.first) taken_.last = nullptr;
        entry->run();
    }
    return taken_.first != nullptr;
}

void LoopQueue::runWaiting() noexcept {
    take();
    runTaken(SIZE_MAX);
}

bool LoopQueue::closeIfEmpty() noexcept {
    const std::lock_guard guard{lock_};
    if (waiting_.first || taken_.first) return false;
    closed_ = true;
    roomMade_.notify_all();
    return true;
}

void LoopQueue::close() noexcept {
    {
        const std::lock_guard guard{lock_};
        closed_ = true;
        roomMade_.notify_all();
    }
    take();
    // One that is destroyed may hold the last of something that looks into this queue: it finds it closed.
    while (taken_.first) {
        const std::unique_ptr<LoopEntry> entry{std::exchange(taken_.first, taken_.first->next_)};
    }
    taken_.last = nullptr;
}

void LoopQueue::open() noexcept {
    const std::lock_guard guard{lock_};
    closed_ = false;
}

}  // namespace patchbay
