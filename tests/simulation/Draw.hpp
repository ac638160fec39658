#pragma once
// From a seed to its script. A seed has 2 to 4 loops, at least 8 sessions, 4 topics, 2 outside threads, 1 000 steps and 3
// faults; what else it has much or nothing of is drawn too, since what always happens a little never happens in a row.

#include "Script.hpp"

#include <cstdint>

namespace patchbay::simulation {

inline constexpr std::size_t kFewestSteps = 1000, kFewestSessions = 8, kFewestTopics = 4, kFewestThreads = 2,
                             kFewestFaults = 3;

/// The same seed is the same script, everywhere.
Script draw(std::uint64_t seed);

}  // namespace patchbay::simulation
