#pragma once
// POCO's HTTPServer, fed by the gate: its accepting socket is a queue of requests that loops have read.
//
// What must not block is run on the loop that read it, by POCO's own connection class with this server's parameters and handler
// factory; what may goes to the HTTPServer's pool of workers. POCO is told no more of a request than its first line and, for an upgrade,
// the fields that make one: for all of a browser's fields its parser would cost more than all else, and it reads `=?…?=` in a value as
// an encoded word, which HTTP does not have.

#include "base/Doorbell.hpp"
#include "base/Loop.hpp"
#include "http/ReplaySocket.hpp"
#include "http/Workers.hpp"

#include <atomic>
#include <memory>

namespace patchbay::http {

struct HttpHostOptions {
    int workers = 8;
    int maxQueued = 256;  ///< requests that wait for a worker; one more is answered with 503
};

class HttpHost {
public:
    /// `ended` is rung when a request has left the workers.
    HttpHost(std::size_t loops, std::shared_ptr<Doorbell> ended, HttpHostOptions options);
    ~HttpHost();

    /// Makes POCO's server anew: one that has been stopped never starts again.
    /// Thread: as the following, of those that start and stop the server.
    void start();
    /// Takes no request any more, and waits for the workers. False when some still run at `deadline`: then join() is left.
    bool stop(Clock::time_point deadline);
    /// Waits for the workers for as long as it takes.   Requires: stop().
    void join();
    /// Ends the threads.   Requires: stop() was true.
    void clear() noexcept;
    Workers& workers() noexcept { return workers_; }
    const Workers& workers() const noexcept { return workers_; }

    /// Has POCO handle a request here and now, on the connection object that its loop uses for all of them.   Thread: that loop's.
    void runHere(Hosted& request, std::size_t loopIndex);
    /// Hands a request to the workers. False when too many wait, or it has been stopped: then it is untouched. One that no worker has
    /// come to when the server stops is destroyed.   Thread: any.
    bool runInPool(std::unique_ptr<Hosted>& request);

private:
    struct Parts;
    void noLongerWaits() noexcept;

    const std::size_t loops_;
    const std::shared_ptr<Doorbell> ended_;
    const HttpHostOptions options_;
    Workers workers_;
    std::unique_ptr<Parts> parts_;  // from start() on
    std::atomic<int> waiting_{0};
    const int most_;
};

}  // namespace patchbay::http
