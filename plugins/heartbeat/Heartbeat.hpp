#pragma once
// Keeps sessions alive that have nothing to say, and finds those whose peer has gone without a goodbye.
//
//     opened --`every` and a part of it--> looks: has the peer been silent for `every`?
//                                            no:  looks again when it would have been
//                                            yes: ping --`timeout`--> nothing came? closed as dead; otherwise looks again
//
// A peer that talks is never pinged. The first look at a session comes after `every` and a random part of it, so that a
// crowd that connects at once is not pinged at once; who is dead from the beginning is found a little later for that.
// Each loop has a timer wheel (Wheel.hpp), so that what is due together wakes the server once.

#include <patchbay/plugin.hpp>

#include <chrono>
#include <memory>

namespace heartbeat {

/// Units: durations.
struct Config {
    /// How long a peer may be silent before it is asked for a sign of life. Also keeps proxies from cutting idle connections;
    /// and since an answer counts as one, an endpoint's idleTimeout only ends sessions whose peer is dead if it is longer.
    std::chrono::milliseconds every = std::chrono::seconds{25};
    /// How long its answer may take; then the session is closed (1001; its close handler sees 1006, cause `idle`).
    std::chrono::milliseconds timeout = std::chrono::seconds{10};
};

class Heartbeat final : public patchbay::Plugin {
public:
    using Config = heartbeat::Config;
    /// Errors: std::invalid_argument for a time that is not positive.
    explicit Heartbeat(Config config);

    void install(patchbay::ServerContainer& server) override;

private:
    const Config config_;
};

}  // namespace heartbeat
