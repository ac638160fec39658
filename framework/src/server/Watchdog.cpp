#include "server/Watchdog.hpp"

#include "base/Log.hpp"

#include <algorithm>
#include <utility>

namespace patchbay::server {
namespace {

/// "1.5 s", and "150 ms" below a second.
std::string shown(Clock::duration time) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
    if (ms < 1000) return std::to_string(ms) + " ms";
    return std::to_string(ms / 1000) + "." + std::to_string(ms % 1000 / 100) + " s";
}

std::string shown(const char* label) {
    return label ? label : "something that is no handler (a hook, a destructor; or the machine is too busy)";
}

}  // namespace

/// What has been told and has not ended. The loop ends it itself, by an entry of its queue.
struct Watchdog::Stall {
    std::string loop;
    std::function<Clock::time_point()> now;
    Clock::time_point since;
    Clock::duration next;  // the doubling that is told next
    std::atomic<const char*> label{nullptr};
    std::atomic<Clock::rep> ended{0};

    /// Thread: the loop's.
    void end() {
        const auto at = now();
        log::warning("watchdog", loop + " goes on; it was held up for " + shown(at - since) + " by " +
                                     shown(label.load(std::memory_order_acquire)));
        ended.store(at.time_since_epoch().count(), std::memory_order_release);
    }
};

Watchdog::Watchdog(std::vector<std::shared_ptr<Loop>> loops, Clock::duration limit, std::function<Clock::time_point()> now)
    : limit_{limit}, now_{std::move(now)} {
    for (std::size_t i = 0; i < loops.size(); ++i) {
        Watched watched;
        watched.name = "loop " + std::to_string(i + 1) + " of " + std::to_string(loops.size());
        watched.loop = std::move(loops[i]);
        watched_.push_back(std::move(watched));
    }
}

Watchdog::~Watchdog() {
    ending_.store(true);
    bell_.ring();
    if (thread_.joinable()) thread_.join();
}

void Watchdog::start() {
    thread_ = std::thread{[this] {
        while (!bell_.waitUntil(look(), [this] { return ending_.load(); })) {
        }
    }};
}

Clock::time_point Watchdog::look() {
    auto next = Clock::time_point::max();
    for (Watched& watched : watched_) next = std::min(next, look(watched));
    return next;
}

Clock::time_point Watchdog::look(Watched& watched) {
    const auto now = now_();
    const auto began = watched.loop->turnBegan();
    if (!began) return later(now, limit_);  // a turn that begins now is due then
    if (*began != watched.began) {
        watched.began = watched.since = *began;
        watched.stall.reset();
    } else if (watched.stall && watched.stall->ended.load(std::memory_order_acquire) != 0) {
        watched.since = Clock::time_point{Clock::duration{watched.stall->ended.load(std::memory_order_relaxed)}};
        watched.stall.reset();
    }
    const char* const label = watched.loop->running();
    const auto due = later(watched.since, watched.stall ? watched.stall->next : limitFor(watched, label, now));
    if (now < due) return std::min(due, later(now, limit_));  // another turn may have begun by then
    warn(watched, label, now - watched.since);
    return later(now, limit_);
}

Clock::duration Watchdog::limitFor(Watched& watched, const char* label, Clock::time_point now) const {
    const auto told = watched.told.find(label);
    if (told == watched.told.end() || now - told->second.at >= kQuiet) return limit_;
    return told->second.next;
}

void Watchdog::warn(Watched& watched, const char* label, Clock::duration lasted) {
    const bool first = !watched.stall;
    if (first) watched.stall = std::make_shared<Stall>();
    Stall& stall = *watched.stall;
    if (first) {
        stall.loop = watched.name;
        stall.now = now_;
        stall.since = watched.since;
        stall.next = limit_;
    }
    stall.label.store(label, std::memory_order_release);
    while (stall.next <= lasted) stall.next *= 2;
    watched.told[label] = {stall.next, now_()};
    log::warning("watchdog", watched.name + " has been held up for " + shown(lasted) + " by " + shown(label) +
                                 "; everybody else on it waits. What may take its time belongs on a worker");
    if (first) watched.loop->post([stall = watched.stall] { stall->end(); });
}

}  // namespace patchbay::server
