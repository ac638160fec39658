#pragma once
// POCO's HTTPServer, fed by the gate: its accepting socket is a queue of requests that loops have read.
//
// A request that asks for WebSocket is run on the loop that read it, by POCO's own connection class with this server's
// parameters and handler factory; what may block goes to the HTTPServer's pool of workers.

#include "hosting/ReplaySocket.hpp"

#include <atomic>
#include <memory>

namespace patchbay::hosting {

struct HttpHostOptions {
    int workers = 8;
    int maxQueued = 256;  ///< requests that wait for a worker; one more is answered with 503
};

class HttpHost {
public:
    HttpHost(Container& container, HttpHostOptions options);
    ~HttpHost();

    void start();
    /// Waits for the workers.
    void stop();

    /// Runs a handshake here and now, on the connection object that its loop uses for all of them.   Thread: that
    /// loop's.
    void runHere(Exchange& exchange, std::size_t loopIndex);
    /// Hands a request to the workers. False when too many wait: then `exchange` is untouched.   Thread: any.
    bool runInPool(std::unique_ptr<Exchange>& exchange, ReplaySocket::Done done);

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
    std::atomic<int> waiting_{0};
    const int most_;
};

}  // namespace patchbay::hosting
