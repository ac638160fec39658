#pragma once
// SIGINT and SIGTERM of a server program: the first asks it to stop, a second one exits at once. POCO's own waiting
// knows no second one.
//
// By handlers, not by a mask: a mask holds only for threads that are started after it is set, and one that was started
// before (POCO's pool, the application's own) would let the signal end the process.

namespace patchbay::hosting {

/// From here on signals are taken for waitForSignal(), on whatever thread they arrive. Also ignores SIGPIPE.
/// Thread: one at a time.
void catchSignals() noexcept;
/// Returns with the first SIGINT or SIGTERM since catchSignals(). Each one more exits the program at once, with 130 or
/// 143.
void waitForSignal() noexcept;

}  // namespace patchbay::hosting
