#pragma once
// What a thread waits for that may come from a signal handler, and the signals of a server program. SIGINT and SIGTERM: the
// first asks every server that catches them to stop, a second one exits at once, but a SIGTERM within a second of the first, which
// is the same wish told twice (to a whole group, and passed on). SIGHUP: asks them to read their certificates
// again; but from a terminal that has gone it asks them to stop. POCO's own waiting knows neither a second signal nor SIGHUP.
//
// By handlers, not by a mask: a mask holds only for threads that are started after it is set, and one that was started
// before (POCO's pool, the application's own) would let the signal end the process.

#include <semaphore.h>

#include <atomic>

namespace patchbay::server {

/// Wakes one thread. Those of a program are never freed, only used again, so that a signal handler may go through them.
class WakeUp {
public:
    /// Thread: any.
    static WakeUp& take();
    void giveBack() noexcept;

    /// Safe in a signal handler.   Thread: any.
    void wake() noexcept;
    /// Returns after each wake() once, also one that came before.   Thread: one at a time.
    void wait() noexcept;

private:
    friend class CaughtSignals;
    WakeUp() noexcept;

    sem_t woken_;
    WakeUp* next_ = nullptr;  // set before a handler can see it
    std::atomic<bool> taken_{true};
    std::atomic<bool> catches_{false};
    std::atomic<bool> stop_{false};
    std::atomic<bool> reload_{false};
    static std::atomic<WakeUp*> first_;
    static void onStop(int signal);
    static void onHangUp(int signal);
    static void tellAll(std::atomic<bool> WakeUp::*what) noexcept;
};

/// While it lives signals wake `wakeUp`, on whatever thread they arrive. What they did before is restored with the last of these
/// objects; SIGPIPE is ignored from here on.   Thread: one per `wakeUp`; the constructor and destructor any.
class CaughtSignals {
public:
    explicit CaughtSignals(WakeUp& wakeUp);
    ~CaughtSignals();
    CaughtSignals(const CaughtSignals&) = delete;
    CaughtSignals& operator=(const CaughtSignals&) = delete;

    /// SIGINT or SIGTERM has come, or the terminal has gone.
    bool askForStop() noexcept;
    /// SIGHUP has come since the last call.
    bool askForReload() noexcept;

private:
    WakeUp& wakeUp_;
};

}  // namespace patchbay::server
