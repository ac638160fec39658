#pragma once
// The signals of a server program. SIGINT and SIGTERM: the first asks it to stop, a second one exits at once. SIGHUP: asks
// it to read its certificates again; but from a terminal that has gone it asks it to stop. POCO's own waiting knows
// neither a second signal nor SIGHUP.
//
// By handlers, not by a mask: a mask holds only for threads that are started after it is set, and one that was started
// before (POCO's pool, the application's own) would let the signal end the process.

#include <cstdint>

namespace patchbay::hosting {

/// From here on signals are taken for waitForSignal(), on whatever thread they arrive. Also ignores SIGPIPE.
/// Thread: one at a time.
void catchSignals() noexcept;
enum class Asked : std::uint8_t { Stop, Reload };
/// Returns with what the next signal since catchSignals() asks for. A SIGINT or SIGTERM after Stop exits the program at
/// once, with 130 or 143.
Asked waitForSignal() noexcept;

}  // namespace patchbay::hosting
