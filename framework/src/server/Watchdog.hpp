#pragma once
// Names what holds up a loop: a handler that does not return, while everybody else on that loop waits.
//
//     a turn has lasted `limit` -> a warning -> another at each doubling -> the loop goes on: how long it took
//
// A loop says when its turn began and what runs (base/Loop.hpp); that is read from here and costs it nothing. The time is the
// turn's: many short handlers of one turn hold up the others as one long handler does, and the one that runs is named.
//
// Once in a while: what has been told of a handler on a loop is told again within kQuiet only where it lasts twice as long.

#include "base/Doorbell.hpp"
#include "base/Loop.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace patchbay::server {

class Watchdog {
public:
    static constexpr std::chrono::minutes kQuiet{1};

    /// `limit` is longer than nothing.
    Watchdog(std::vector<std::shared_ptr<Loop>> loops, Clock::duration limit,
             std::function<Clock::time_point()> now = &Clock::now);
    /// Ends its thread.
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    /// Looks from now on, on a thread of its own.   Requires: once.   Errors: std::system_error.
    void start();
    /// Looks at each loop once and says what there is to say. Returns when to look again: when the next warning may be due.
    /// Thread: one at a time.
    Clock::time_point look();

private:
    struct Stall;
    struct Told {
        Clock::duration next;  // what has to be reached to be told again
        Clock::time_point at;
    };
    struct Watched {
        std::shared_ptr<Loop> loop;
        std::string name;  // "loop 1 of 2"
        Clock::time_point began{};
        Clock::time_point since{};  // began, or the end of a stall within the same turn
        std::shared_ptr<Stall> stall;
        std::map<const char*, Told> told;  // by label; as many as there are handlers
    };
    Clock::time_point look(Watched& watched);
    Clock::duration limitFor(Watched& watched, const char* label, Clock::time_point now) const;
    void warn(Watched& watched, const char* label, Clock::duration lasted);

    const Clock::duration limit_;
    const std::function<Clock::time_point()> now_;
    std::vector<Watched> watched_;
    Doorbell bell_;
    std::atomic<bool> ending_{false};
    std::thread thread_;
};

}  // namespace patchbay::server
