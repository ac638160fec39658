#pragma once
// Keeps out who is banned, and one source or user from taking what is there for all.
//
//     connection ─ too many, in all or of its source, have still to ask for something: closed at once
//     handshake ─ its address is banned: 403 ─ comes too often: 429, Retry-After ─ has too many sessions: 429 ─ too many in all: 503 ─▶ the hooks behind
//          '─ what they have come to ─ its user is banned: 403 ─ comes too often, or has too many sessions: 429 ─ too many strangers: 503, 429 ─▶
//     session   ─ opened: counted; closed with 1008 `banned`, or with 1013 where others were faster ─ says who it is: the same ─ closed: counted
//     message   ─ paid for by its source and its user (Purse.hpp): who sends faster is read more slowly
//
// A source is an IPv4 address or an IPv6 network of 64 bits (Source.hpp); what is no address, as over a Unix socket without a trusted
// proxy, is not limited. It stands first among the plugins: what it refuses costs the others nothing.

#include <patchbay/config.hpp>
#include <patchbay/plugin.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace patchbay::guard {

struct Config {
    /// Handshakes of a source, and of a user: so many in a minute for long, and so many at once.
    std::size_t handshakesPerMinute = 300;
    std::size_t handshakesAtOnce = 50;
    /// What all sessions of a source, and of a user, may send in a second, together; twice that at once. 0 is without a limit.
    std::size_t messagesPerSecond = 0;
    Size bytesPerSecond{0};
    /// Open sessions: in all, of a source, of a user; 0 is without a limit. Many share an address behind a company's or a mobile network's.
    std::size_t sessions = 0;
    std::size_t sessionsPerAddress = 200;
    std::size_t sessionsPerUser = 100;
    /// Those of them that have still to say who they are.
    std::size_t strangers = 1000;
    std::size_t strangersPerAddress = 20;
    /// Connections that have still to ask for something: in all, of a source.
    std::size_t halfOpen = 0;
    std::size_t halfOpenPerAddress = 100;
    /// Who is banned (BanList.hpp); and a file with more of them, which is read again when it has changed.
    std::vector<std::string> bans = {};
    std::string banFile = {};
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
