#include "messaging/SessionTimers.hpp"

#include "messaging/SessionCore.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace patchbay::messaging {

/// A timer of the application's on a session; it keeps no session.
class SessionTimers::SessionTask final : public TimedTask, public Link {
public:
    SessionTask(SessionCore& session, Times times, Task task)
        : TimedTask{session.sharedLoop(), times, std::move(task)}, session_{session.weak_from_this()} {}

private:
    void run(Task& task) noexcept override {
        if (const auto session = session_.lock()) session->run(task);
    }
    bool enlist() noexcept override {
        const auto session = session_.lock();
        if (!session || !session->isOpen()) return false;
        session->rare().timers.tasks.push_back(*this);
        return true;
    }
    void delist() noexcept override { unlink(); }

    const std::weak_ptr<SessionCore> session_;
};

std::shared_ptr<TimedTask> SessionTimers::start(SessionCore& session, TimedTask::Times times, Task task) {
    auto timed = std::make_shared<SessionTask>(session, times, std::move(task));
    if (!timed->start()) timed->drop();
    return timed;
}

void SessionTimers::setIdleTimeout(SessionCore& session, std::chrono::milliseconds timeout) {
    session.rare().timers.idleTimeout = timeout;
    watchIdle(session);
}

void SessionTimers::watchIdle(SessionCore& session) {
    session.loop().cancel(std::exchange(idleTimer_, 0));
    const auto timeout = session.idleTimeout();
    if (timeout.count() > 0 && session.isOpen()) checkAfter(session, onClock(timeout));
}

void SessionTimers::checkAfter(SessionCore& session, Clock::duration time) {
    idleTimer_ = session.loop().after(time, [weak = session.weak_from_this()] {
        if (const auto self = weak.lock()) self->timers().checkIdle(*self);
    });
}

void SessionTimers::checkIdle(SessionCore& session) noexcept {
    idleTimer_ = 0;
    const auto timeout = onClock(session.idleTimeout());
    const auto silent = session.loop().now() - lastReceived(session.loop());
    if (silent >= timeout) return session.close(CloseCause::Idle, std::nullopt, {});
    checkAfter(session, timeout - silent);  // the peer spoke since the timer was set: the rest of its time
}

/// The idle timer has run on: it finds who is not read as if it had just spoken.
void SessionTimers::resumeReading(SessionCore& session) noexcept {
    if (isReading()) return;
    lastReceived_.store(session.loop().now(), std::memory_order_relaxed);
    if (session.knownRare()) session.knownRare()->timers.probed = {};
}

Bytes SessionTimers::probe(SessionCore& session) {
    Rare& mine = session.rare().timers;
    ++mine.lastProbe;
    mine.probed = session.loop().now();
    return std::as_bytes(std::span{&mine.lastProbe, 1});
}

/// Of the latest probe only: an older one's answer would tell the time of both.
void SessionTimers::receivePong(SessionCore& session, Bytes payload) noexcept {
    if (!session.knownRare()) return;
    Rare& mine = session.knownRare()->timers;
    if (mine.probed == Clock::time_point{}) return;
    if (!std::ranges::equal(payload, std::as_bytes(std::span{&mine.lastProbe, 1}))) return;
    const auto sent = std::exchange(mine.probed, {});
    const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(session.loop().now() - sent);
    constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
    roundTrip_.store(static_cast<std::int32_t>(std::min<std::int64_t>(passed.count(), kMost)), std::memory_order_relaxed);
}

void SessionTimers::end(SessionCore& session) noexcept {
    session.loop().cancel(std::exchange(idleTimer_, 0));
    if (!session.knownRare()) return;
    auto& tasks = session.knownRare()->timers.tasks;
    while (!tasks.empty()) static_cast<SessionTask&>(tasks.front()).drop();
}

}  // namespace patchbay::messaging
