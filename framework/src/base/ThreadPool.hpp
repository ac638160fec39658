#pragma once
// A pool of threads, made when they are first needed, up to a number.
//
//     made: takes tasks, they wait -> start(): they run -> stop(): takes no more; what waits runs until the deadline, and is
//     destroyed then -> reopen(): as made
//
// Nothing here asks again and again: threads wait for tasks, and who stops the pool for the threads.

#include "base/Doorbell.hpp"
#include "base/Loop.hpp"
#include "base/TaskPool.hpp"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace patchbay {

class ThreadPool final : public TaskPool {
public:
    struct Bounds {
        std::size_t threads;
        std::size_t waiting;  ///< tasks, for tryPut()
    };
    explicit ThreadPool(Bounds bounds) noexcept : bounds_{bounds}, mostThreads_{bounds.threads} {}
    /// Drops what waits, and waits for what runs.   Requires: this is none of its threads.
    ~ThreadPool() override;

    /// False, too, when the system does not give it even one thread; the log says so.
    bool put(Task task) override;
    bool tryPut(Task task) override;
    std::size_t waiting() const noexcept override;
    bool isHere() const noexcept override { return worksHere(); }

    // ---- for its owner, one thread at a time that is none of its own ----

    /// Runs what waits, and from now on what comes.
    void start();
    /// Takes no more. What waits still runs until `deadline`; what waits then is destroyed here. True when all threads have
    /// ended; false when a task still runs: then join() is left.
    bool stop(Clock::time_point deadline);
    /// Waits for the threads for as long as it takes.   Requires: stop().
    void join();
    /// Takes tasks again; they wait for start().   Requires: all threads have ended.
    void reopen();

    /// A task that runs.
    struct Busy {
        const char* label;     ///< what it says that it runs; nullptr: nothing that has a name
        const char* postedBy;  ///< what ran where it was put; nullptr likewise
    };
    /// Thread: any.
    std::vector<Busy> busy() const;

private:
    struct Entry {
        Task task;
        const char* postedBy;
    };
    struct Worker {
        std::thread thread;
        std::condition_variable called;
        detail::RunningSlot running{nullptr};
        // under the pool's lock
        bool isIdle = false;
        bool isBusy = false;
        const char* postedBy = nullptr;
    };
    bool add(Task& task, std::size_t mostWaiting);
    /// What is left to do when the lock has been given back.
    struct Call {
        std::shared_ptr<Worker> woken = {};
        std::optional<std::string> problem = {};
    };
    Call callOne();
    void carryOut(const Call& call) noexcept;
    std::optional<std::string> addWorker();
    void work(const std::shared_ptr<Worker>& worker) noexcept;

    const Bounds bounds_;
    Doorbell ended_;  // rung by each thread that ends
    mutable std::mutex lock_;  // guards what follows
    std::deque<Entry> waiting_;
    std::vector<std::shared_ptr<Worker>> workers_;
    std::vector<std::shared_ptr<Worker>> idle_;  // who became so last is last
    std::size_t mostThreads_;  // fewer than the bound where the system gives no more
    std::size_t busy_ = 0;
    bool called_ = false;  // a thread has been woken or made, and has not come yet
    bool started_ = false;
    bool closed_ = false;
};

}  // namespace patchbay
