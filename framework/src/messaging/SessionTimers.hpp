#pragma once
// A session's times: how long its peer may be silent, how long the answer to a probe took, and the application's timers,
// which end with the session.

#include "base/Loop.hpp"
#include "base/TimedTask.hpp"

#include <patchbay/bytes.hpp>

#include <boost/intrusive/list.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>

namespace patchbay::messaging {

class SessionCore;

/// Thread: the session's loop's, where nothing else is said.
class SessionTimers {
public:
    SessionTimers() noexcept = default;
    SessionTimers(const SessionTimers&) = delete;
    ~SessionTimers() = default;

    // ---- silence ----

    void touch(Clock::time_point now) noexcept {
        if (isReading()) lastReceived_.store(now, std::memory_order_relaxed);
    }
    /// By the clock of `loop`, which is the session's; the present while nothing is read.   Thread: any.
    Clock::time_point lastReceived(const Loop& loop) const noexcept {
        const Clock::time_point last = lastReceived_.load(std::memory_order_relaxed);
        if (last != kNotReading) return last;
        return loop.isHere() ? loop.now() : loop.present();
    }
    /// From now on nothing of the peer's is read, and its silence counts for no clock.
    void pauseReading() noexcept { lastReceived_.store(kNotReading, std::memory_order_relaxed); }
    /// It is read again: the clock begins anew, and what answers an earlier probe tells no round-trip time. Nothing where
    /// it was being read.
    void resumeReading(SessionCore& session) noexcept;
    /// Closes the session when its peer has been silent for as long as its endpoint says.
    void watchIdle(SessionCore& session);
    /// From now on it is so long; zero or less is for ever.
    void setIdleTimeout(SessionCore& session, std::chrono::milliseconds timeout);

    // ---- probes ----

    /// What goes into the ping.   Returns: valid until the next.
    static Bytes probe(SessionCore& session);
    void receivePong(SessionCore& session, Bytes payload) noexcept;
    /// Units: microseconds; negative while none is known.   Thread: any.
    std::int64_t roundTripMicroseconds() const noexcept { return roundTrip_.load(std::memory_order_relaxed); }

    // ---- the application's ----

    /// Runs `task` on the session, as its other tasks.   Thread: any.
    static std::shared_ptr<TimedTask> start(SessionCore& session, TimedTask::Times times, Task task);

    /// All of it ends.
    void end(SessionCore& session) noexcept;

private:
    class SessionTask;
    using Link = boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

public:
    struct Rare {
        boost::intrusive::list<Link, boost::intrusive::constant_time_size<false>> tasks;
        std::optional<std::chrono::milliseconds> idleTimeout;  // where it is not the endpoint's
        Clock::time_point probed{};                            // when the probe was sent that is not answered yet
        std::uint32_t lastProbe = 0;
    };

private:
    static constexpr Clock::time_point kNotReading = Clock::time_point::max();

    bool isReading() const noexcept { return lastReceived_.load(std::memory_order_relaxed) != kNotReading; }
    void checkIdle(SessionCore& session) noexcept;
    void checkAfter(SessionCore& session, Clock::duration time);

    std::atomic<Clock::time_point> lastReceived_{};  // or kNotReading
    TimerId idleTimer_ = 0;
    std::atomic<std::int32_t> roundTrip_{-1};  // more than half an hour counts as that
};

}  // namespace patchbay::messaging
