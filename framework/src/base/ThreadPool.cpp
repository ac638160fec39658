#include "base/ThreadPool.hpp"

#include "base/Guarded.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace patchbay {

ThreadPool::~ThreadPool() {
    if (!stop(Clock::now())) join();
}

bool ThreadPool::put(Task task) { return add(task, std::numeric_limits<std::size_t>::max()); }
bool ThreadPool::tryPut(Task task) { return add(task, bounds_.waiting); }

/// A task that is refused stays with the caller, who destroys it without the lock.
bool ThreadPool::add(Task& task, std::size_t mostWaiting) {
    std::optional<std::string> problem;
    bool taken = true;
    {
        const std::lock_guard guard{lock_};
        if (closed_ || waiting_.size() >= mostWaiting) return false;
        waiting_.push_back({std::move(task), detail::runningHere().load(std::memory_order_relaxed)});
        if (!started_) return true;
        if (idle_ < waiting_.size()) problem = addWorker();
        if (workers_.empty()) {
            task = std::move(waiting_.back().task);
            waiting_.pop_back();
            taken = false;
        }
    }
    if (taken) changed_.notify_one();
    if (problem) log::error("patchbay", "the system gives the executor no more threads: " + *problem);
    return taken;
}

/// One more, if there may be one. What keeps it from being made; it is not tried again while there are others.
/// Requires: the lock is held.
std::optional<std::string> ThreadPool::addWorker() {
    if (workers_.size() >= mostThreads_) return std::nullopt;
    auto problem = thrownBy([this] {
        auto worker = std::make_unique<Worker>();
        Worker& one = *worker;
        workers_.reserve(bounds_.threads);
        one.thread = std::thread{[this, &one] { work(one); }};  // waits for the lock first
        workers_.push_back(std::move(worker));
    });
    if (problem && !workers_.empty()) mostThreads_ = workers_.size();
    return problem;
}

void ThreadPool::work(Worker& self) noexcept {
    std::unique_lock guard{lock_};
    for (;;) {
        ++idle_;
        changed_.wait(guard, [this] { return closed_ || !waiting_.empty(); });
        --idle_;
        if (waiting_.empty()) break;
        Entry next = std::move(waiting_.front());
        waiting_.pop_front();
        self.isBusy = true;
        self.postedBy = next.postedBy;
        ++busy_;
        guard.unlock();
        run(std::move(next.task), self.running);
        guard.lock();
        --busy_;
        self.isBusy = false;
    }
    guard.unlock();
    ended_.ring();
}

std::size_t ThreadPool::waiting() const noexcept {
    const std::lock_guard guard{lock_};
    return waiting_.size();
}

std::vector<ThreadPool::Busy> ThreadPool::busy() const {
    std::vector<Busy> all;
    const std::lock_guard guard{lock_};
    for (const auto& worker : workers_) {
        if (worker->isBusy) all.push_back({worker->running.load(std::memory_order_acquire), worker->postedBy});
    }
    return all;
}

// ------------------------------------------------------------------------------------------------ beginning and end

void ThreadPool::start() {
    std::optional<std::string> problem;
    {
        const std::lock_guard guard{lock_};
        started_ = true;
        while (!problem && workers_.size() < std::min(mostThreads_, waiting_.size())) problem = addWorker();
    }
    if (problem) log::error("patchbay", "the system gives the executor no more threads: " + *problem);
}

bool ThreadPool::stop(Clock::time_point deadline) {
    {
        const std::lock_guard guard{lock_};
        closed_ = true;
    }
    changed_.notify_all();
    ended_.waitUntil(deadline, [this] {
        const std::lock_guard guard{lock_};
        return workers_.empty() || (waiting_.empty() && busy_ == 0);
    });
    std::deque<Entry> late;  // destroyed without the lock: they may call anything
    bool allEnd = false;
    {
        const std::lock_guard guard{lock_};
        late.swap(waiting_);
        started_ = false;
        allEnd = busy_ == 0;  // who is idle ends at once
    }
    late.clear();
    if (allEnd) join();
    return allEnd;
}

void ThreadPool::join() {
    std::vector<std::unique_ptr<Worker>> ending;
    {
        const std::lock_guard guard{lock_};
        ending.swap(workers_);
    }
    for (const auto& worker : ending) worker->thread.join();
}

void ThreadPool::reopen() {
    const std::lock_guard guard{lock_};
    closed_ = false;
    mostThreads_ = bounds_.threads;
}

}  // namespace patchbay
