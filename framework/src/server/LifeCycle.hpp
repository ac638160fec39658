#pragma once
// Where a server stands between its starts and stops, and whose turn it is: the one place that decides what a start() or a
// stop() finds when others are at it.
//
//     Idle --beginStart--> Starting --endStart(Serving)--> Serving --beginStop--> Stopping --endStop--> Idle
//      ^                      '--endStart(Idle)--.                                    '--endStop--> Abandoned: handlers still
//      '------------------------------------------'                                                 run, no start any more
//
// Rules:
// - one thread starts or stops; a stop() that comes meanwhile waits for it, and of two only one stops;
// - the thread that starts or stops (a plugin's install(), an application's `stopping`) may not stop: it would wait for itself;
// - who waited for somebody else's stop stops nothing again, also when the server has started since.

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>

namespace patchbay::server {

/// Thread: any.
class LifeCycle {
public:
    enum class Stage : std::uint8_t { Idle, Starting, Serving, Stopping, Abandoned };

    /// Errors: std::logic_error when it does not stand still, saying why.
    void beginStart();
    /// Requires: beginStart() on this thread; Serving or Idle.
    void endStart(Stage stage);
    /// Nothing: the caller is to stop it, and to say so by endStop(). Otherwise it stands still, by whomever, and this is
    /// what its last stop() returned.   Errors: StopFromWithin on the thread that starts or stops it.
    std::optional<bool> beginStop();
    void endStop(bool clean);

    Stage stage() const;
    /// How many stops have ended.
    std::uint64_t stops() const;

private:
    bool isAtWork() const noexcept { return stage_ == Stage::Starting || stage_ == Stage::Stopping; }

    mutable std::mutex lock_;  // guards what follows
    std::condition_variable changed_;
    Stage stage_ = Stage::Idle;
    std::thread::id worker_;  // who starts or stops
    std::uint64_t stops_ = 0;
};

}  // namespace patchbay::server
