#pragma once
// POCO's HTTPServer, fed by the gate: its accepting socket is a queue of requests that loops have read.
//
// A request that asks for WebSocket is run on the loop that read it, by POCO's own connection class with this server's
// parameters and handler factory; what may block goes to the HTTPServer's pool of workers.

#include "base/Loop.hpp"
#include "server/ReplaySocket.hpp"
#include "http/Workers.hpp"

#include <atomic>
#include <memory>

namespace patchbay::server {

using deployment::Deployments;
using http::Workers;

struct HttpHostOptions {
    int workers = 8;
    int maxQueued = 256;  ///< requests that wait for a worker; one more is answered with 503
};

class HttpHost {
public:
    HttpHost(Deployments& deployments, HttpHostOptions options);
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
    const Workers& workers() const noexcept { return workers_; }

    /// Runs a handshake here and now, on the connection object that its loop uses for all of them.   Thread: that
    /// loop's.
    void runHere(Exchange& exchange, std::size_t loopIndex);
    /// Hands a request to the workers. False when too many wait, or it has been stopped: then `exchange` is untouched.
    /// Thread: any.
    bool runInPool(std::unique_ptr<Exchange>& exchange, ReplaySocket::Done done);

private:
    struct Parts;
    void noLongerWaits() noexcept;

    Deployments& deployments_;
    const HttpHostOptions options_;
    Workers workers_;
    std::unique_ptr<Parts> parts_;  // from start() on
    std::atomic<int> waiting_{0};
    const int most_;
};

}  // namespace patchbay::server
