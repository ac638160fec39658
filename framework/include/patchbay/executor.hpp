#pragma once
// Executor: where what may block runs, so that no loop waits for it.
//
//     class Reports {
//         SERVER_ENDPOINT(Reports, "/reports")
//     public:
//         explicit Reports(Executor& executor, Store& store) : executor_{executor}, store_{store} {}
//
//         ON_MESSAGE(asked)
//         void asked(Session session, const Ask& ask) {
//             const bool taken = executor_.post([session, ask, &store = store_] { session.trySend(store.report(ask.year)); });
//             if (!taken) session.send("busy, try again");
//         }
//
// Every server has one. Endpoints and configurators ask for it as `Executor&`, plugins and applications by
// `server.service<Executor>()`, for their HTTP handlers too. Its threads are the server's `workers`; they are made when they
// are first needed.
//
// Bounds: `server.executorQueue` tasks may wait; one more is refused, and whoever posts it decides what that means.
// Order: tasks begin in the order in which they were posted, and run beside each other. What has to be in order belongs to a
// session: `session.post()` in the task.
// The end: a stop takes no more tasks when its sessions have ended; those that wait still run, within `drainTimeout`, and those
// that wait then are destroyed. One that has not returned by then is named in the log. Tasks that are posted before the server
// starts wait for its start. In the test kit they run in settle(), and before every call returns.

#include <patchbay/task.hpp>

#include <cstddef>
#include <memory>

namespace patchbay {

class TaskPool;

/// Thread: any, for every member.
class Executor {
public:
    explicit Executor(std::shared_ptr<TaskPool> pool) noexcept;
    ~Executor();
    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;

    /// Runs `task` on one of the server's workers. False when too many wait, or when the server has stopped: then it is
    /// destroyed here.   Errors: what the task throws is logged.
    bool post(Task task);
    /// How many tasks have not begun.
    std::size_t waiting() const noexcept;

private:
    const std::shared_ptr<TaskPool> pool_;
};

}  // namespace patchbay
