#pragma once
// Keeps one source from taking what is there for all.
//
//     handshake ─ its source comes too often: 429, Retry-After ─ has too many connections: 429 ─ too many in all: 503 ─▶ the hooks behind
//     session   ─ opened: counted, and closed with 1013 where others were faster
//
// A source is an IPv4 address or an IPv6 network of 64 bits (Source.hpp); what is no address, as over a Unix socket without a trusted
// proxy, is not limited. It stands first among the plugins: what it refuses costs the others nothing.

#include <patchbay/plugin.hpp>

#include <cstddef>
#include <memory>

namespace patchbay::guard {

struct Config {
    /// Handshakes of a source: so many in a minute for long, and so many at once.
    std::size_t handshakesPerMinute = 300;
    std::size_t handshakesAtOnce = 50;
    /// Open sessions: in all, of a source; 0 is without a limit. Many share an address behind a company's or a mobile network's.
    std::size_t sessions = 0;
    std::size_t sessionsPerAddress = 200;
};

class Guard final : public Plugin {
public:
    using Config = guard::Config;
    /// Errors: std::invalid_argument, which names the key of the configuration.
    explicit Guard(Config config);
    void install(ServerContainer& server) override;

private:
    const Config config_;
};

}  // namespace patchbay::guard
