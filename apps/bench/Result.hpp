#pragma once
// What a run, or the part of it so far, has shown; as a table for people and as JSON for programs.

#include "Histogram.hpp"
#include "Options.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bench {

/// What the server's process has used.
struct ServerUse {
    std::chrono::duration<double> cpu{};
    std::uint64_t residentBefore = 0;  ///< before any connection of the run
    std::uint64_t resident = 0;        ///< at the end of what was measured
};

/// One rate of a ramp.
struct Step {
    double rate = 0, answered = 0;  ///< messages/s
    Histogram::Nanoseconds p50{}, p99{}, max{};
    bool keptUp = false;
};

struct Result {
    std::uint64_t messages = 0;
    std::chrono::duration<double> time{};
    Histogram latency;
    std::uint64_t bytesSent = 0, bytesReceived = 0;
    std::uint64_t errors = 0;
    std::chrono::duration<double> ownCpu{};  ///< CPU time of patchbay-bench itself

    std::optional<ServerUse> server;
    std::optional<double> residentPerConnection;

    std::vector<Step> steps;  ///< of a ramp

    double perSecond() const noexcept { return time.count() > 0 ? static_cast<double>(messages) / time.count() : 0; }
};

std::string asTable(const Options& options, const Result& result);
std::string asJson(const Options& options, const Result& result);

/// "12 345 678" and "1.23 ms", as the table has them.
std::string grouped(double number);
std::string readable(Histogram::Nanoseconds duration);

}  // namespace bench
