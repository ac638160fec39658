#pragma once
// The server under attack, as a process of its own, and what it costs: memory, processor time, threads, descriptors.

#include "support/Certificate.hpp"
#include "support/Process.hpp"
#include "support/RawWebSocket.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace patchbay::test {

/// Raises this process's limit on open files as far as it may, for its children too. Returns it.
std::size_t raiseOpenFiles();

class Victim {
public:
    struct Options {
        int loops = 2;
        std::string config = {};  ///< lines of YAML below `limits:`, each indented by two spaces
        std::string server = {};  ///< likewise below `server:`
        std::string plugins = {};  ///< YAML: the list of plugins; empty: none
        bool tls = false;
        std::size_t openFiles = 0;  ///< its own limit; 0: ours
        std::size_t addressSpace = 0;  ///< likewise, Units: bytes; 0: ours
    };
    explicit Victim(const Options& options);
    Victim() : Victim{Options{}} {}

    std::uint16_t port() const noexcept { return port_; }
    Process& process() noexcept { return *process_; }

    /// From now on the kernel gives it so much address space more, and not a byte beyond.
    void limitAddressSpace(std::size_t more) const;

    /// All that it has logged. In a file: nobody reads a pipe while clients make it write a line each.
    std::string log() const;

    /// Units: bytes, without what the kernel keeps for its sockets.
    std::size_t residentBytes() const;
    /// Of all its threads, since it began.
    std::chrono::nanoseconds cpuTime() const;
    std::size_t threads() const;
    std::size_t descriptors() const;

    struct Counts {
        std::size_t sessions = 0;
        std::size_t fellToFullQueue = 0;
    };
    Counts counts() const;
    /// A newcomer's plain request.
    HttpAnswer hello() const;
    /// A newcomer asks for its health.
    HttpAnswer health() const { return get("/healthz"); }
    HttpAnswer readiness(const std::string& query = {}) const { return get("/readyz" + query); }
    /// A newcomer's session says something and hears it again. False when it does not.
    bool echoes() const;

private:
    RawSocket::Options socketOptions() const { return {.tls = certificate_.has_value(), .receiveBuffer = 0}; }
    HttpAnswer get(const std::string& path) const;

    TemporaryFolder folder_;
    std::optional<Certificate> certificate_;
    std::optional<Process> process_;
    std::string proc_;
    pid_t id_ = 0;
    std::uint16_t port_ = 0;
};

}  // namespace patchbay::test
