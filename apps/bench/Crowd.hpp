#pragma once
// The connections of a run and the loop that serves them: one thread, one epoll. A mode derives from it and says what
// happens when messages come.

#include "Connection.hpp"
#include "Dialer.hpp"
#include "Result.hpp"
#include "ServerProcess.hpp"

#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

namespace bench {

class Crowd {
public:
    explicit Crowd(const Options& options);
    virtual ~Crowd() = default;
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;

    /// The whole of the mode.   Errors: std::runtime_error with a sentence; result() then has what came before.
    virtual void run() = 0;
    /// What was measured, so far or altogether.
    const Result& result() const noexcept { return result_; }
    /// The same after an error, which it counts.
    const Result& failed() noexcept;
    /// Ends the measurement as if its time were up. May be called by a signal handler.
    static void stop() noexcept;
    static bool isStopped() noexcept;

protected:
    /// Opens `count` connections more, some at a time, and returns when all are open.
    void open(std::size_t count);
    /// Begins one; opened() follows.
    Connection& begin();
    /// Says goodbye on all connections and waits until the server has, but not for long.
    void leave();

    /// Unmeasured for the time of the warm-up, then measured until the messages or the time asked for are used up.
    void warmUpAndMeasure();
    /// Measures for so long, or until so many messages have come if that is not 0.
    void measure(double seconds, double messages);
    /// Forgets what has been measured.
    void reset();
    /// Turns until `done` says so.   Errors: std::runtime_error after ten seconds in which nothing came.
    void turnUntil(const std::function<bool()>& done);
    /// Handles what one wait reports, at most until `until`.
    void turn(Time until);

    /// Messages came, whose first has the number `first`. The mode counts and times them by `delivered`.
    virtual void received(Connection& connection, std::uint64_t first, std::uint64_t count, Time now) = 0;
    virtual void opened(Connection&, Time) {}
    /// The server has said goodbye, or the end of the connection has come after ours.
    virtual void left(Connection& connection) { turnAwayFrom(connection); }
    /// Called before each wait, to send what is due; when it wants to be called again at the latest.
    virtual Time tick(Time now) { return now + std::chrono::hours{1}; }

    void delivered(Time due, std::uint64_t count, Time now);
    /// What is on its way is more by so many; delivered() makes it less.
    void expect(std::uint64_t count, Time now);
    std::uint64_t outstanding() const noexcept { return outstanding_; }
    void updateInterest(Connection& connection) {
        poller_.update(connection.stream(), &connection, connection.waitsToWrite);
    }
    /// Closes it.
    void forget(Connection& connection);
    /// No event of this connection comes any more.
    void turnAwayFrom(Connection& connection) { poller_.remove(connection.stream().descriptor()); }

    const Options options_;
    Shared shared_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::optional<ServerProcess> server_;
    bool sending_ = true;  ///< off while the last answers are waited for
    std::uint64_t mostOutstanding_ = std::numeric_limits<std::uint64_t>::max();  ///< more than this ends a measurement
    Result result_;

private:
    void react(Connection& connection);
    void show(Time now);

    Dialer dialer_;
    Poller poller_;
    std::uint64_t outstanding_ = 0, opening_ = 0, leaving_ = 0;
    Time lastEvent_{}, lastShown_{};
    std::uint64_t messagesShown_ = 0;
    bool counting_ = false;  // whether what comes now belongs to the measured part
    bool shows_;
};

}  // namespace bench
