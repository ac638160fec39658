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
    Call call;
    bool taken = true;
    {
        const std::lock_guard guard{lock_};
        if (closed_ || waiting_.size() >= mostWaiting) return false;
        waiting_.push_back({std::move(task), detail::runningHere().load(std::memory_order_relaxed)});
        if (!started_) return true;
        call = callOne();
        taken = !workers_.empty();
        if (!taken) {
            task = std::move(waiting_.back().task);
            waiting_.pop_back();
        }
    }
    carryOut(call);
    return taken;
}

/// For what waits: wakes the thread that was at work last, or makes one. One at a time: it calls the next when it has come and
/// finds more than it takes. So small tasks, which those that are at work take in passing, wake nobody else.
/// Requires: the lock is held.
ThreadPool::Call ThreadPool::callOne() {
    if (called_) return {};
    if (idle_.empty()) return {.problem = addWorker()};
    called_ = true;
    Call call{.woken = std::move(idle_.back())};
    idle_.pop_back();
    call.woken->isIdle = false;
    return call;
}

/// Without the lock, which who is woken wants.
void ThreadPool::carryOut(const Call& call) noexcept {
    if (call.woken) call.woken->called.notify_one();
    if (call.problem) log::error("patchbay", "the system gives no more threads for what may block: " + *call.problem);
}

/// One more, if there may be one. What keeps it from being made; it is not tried again while there are others.
/// Requires: the lock is held.
std::optional<std::string> ThreadPool::addWorker() {
    if (workers_.size() >= mostThreads_) return std::nullopt;
    auto problem = thrownBy([this] {
        const auto worker = std::make_shared<Worker>();
        workers_.reserve(bounds_.threads);
        idle_.reserve(bounds_.threads);
        worker->thread = std::thread{[this, worker] { work(worker); }};  // waits for the lock first
        workers_.push_back(worker);
        called_ = true;
    });
    if (problem && !workers_.empty()) mostThreads_ = workers_.size();
    return problem;
}

void ThreadPool::work(const std::shared_ptr<Worker>& worker) noexcept {
    Worker& self = *worker;
    std::unique_lock guard{lock_};
    called_ = false;
    for (;;) {
        while (waiting_.empty() && !closed_) {
            self.isIdle = true;
            idle_.push_back(worker);
            self.called.wait(guard, [&self] { return !self.isIdle; });
            called_ = false;
        }
        if (waiting_.empty()) break;
        Entry next = std::move(waiting_.front());
        waiting_.pop_front();
        self.isBusy = true;
        self.postedBy = next.postedBy;
        ++busy_;
        const Call call = waiting_.empty() ? Call{} : callOne();
        guard.unlock();
        carryOut(call);
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
    Call call;
    {
        const std::lock_guard guard{lock_};
        started_ = true;
        if (!waiting_.empty()) call = callOne();
    }
    carryOut(call);
}

bool ThreadPool::stop(Clock::time_point deadline) {
    {
        const std::lock_guard guard{lock_};
        closed_ = true;
        for (const auto& worker : idle_) {
            worker->isIdle = false;
            worker->called.notify_one();
        }
        idle_.clear();
    }
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
    std::vector<std::shared_ptr<Worker>> ending;
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
