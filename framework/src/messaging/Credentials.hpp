#pragma once
// Who a session's peer is, since that has changed, and until when it holds: the first is that of the handshake (Origin).
//
//     set() ── at once ──> what handlers and hooks see
//       '───── an entry of the loop ──> the endpoint's roles, asked again ──> 1008; `expires`, counted anew ──> 1008 `expired`
//
// A stranger, whose handshake left open who it is, is awaited: nothing but hooks runs for it until it has a name.
//
//     opened ── strand held ──> set() with a name ──> roles ──> the open handler, and what was put for its strand meanwhile
//        '── a message that passes the hooks, but while receiving is paused, or the end of its time ──> 1008
//
// The time is the time of day, which somebody may set: it is looked at once a minute at least.

#include "base/Loop.hpp"

#include <patchbay/principal.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>

namespace patchbay::messaging {

class SessionCore;

class Credentials {
public:
    /// Never nullptr.   Thread: any.
    static std::shared_ptr<const Principal> of(const SessionCore& session);
    /// Puts `next` in the place of `expected`, or of whatever there is where that is nullptr. False when something else was there.
    /// Errors: std::invalid_argument for another user's, or names that are not UTF-8.   Thread: any.
    static bool set(SessionCore& session, const std::shared_ptr<const Principal>& expected, Principal next);

    /// Makes the session a stranger's.   Requires: nobody else sees it.
    void beStranger(std::chrono::milliseconds within) noexcept {
        within_ = within;
        stranger_.store(true, std::memory_order_relaxed);
    }
    /// Thread: any.
    bool isStranger() const noexcept { return stranger_.load(std::memory_order_acquire); }

    /// Waits for a stranger to say who it is.   Thread: the session's loop, as the following.
    static void await(SessionCore& session);
    /// Closes the session when its principal expires.
    static void watch(SessionCore& session);
    void end(SessionCore& session) noexcept;

private:
    static void changed(SessionCore& session);

    mutable std::mutex lock_;
    std::shared_ptr<const Principal> principal_;  // nullptr: the handshake's; guarded by the lock
    TimerId timer_ = 0;                           // the loop's
    std::chrono::milliseconds within_{0};
    std::atomic<bool> stranger_{false};
};

}  // namespace patchbay::messaging
