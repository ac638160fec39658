#pragma once
// SIGINT and SIGTERM, taken by whoever waits for them and by no thread in passing. POCO's own waiting knows no second
// Ctrl-C.

namespace patchbay::hosting {

/// Keeps the signals for waitForSignal(), in this thread and those that it starts from now on. Also ignores SIGPIPE.
void blockSignals();
/// Returns with the first SIGINT or SIGTERM.
void waitForSignal();
/// While stopping: a SIGINT or SIGTERM more exits the program at once, with 130 or 143. Returns false otherwise.
bool secondSignal();

}  // namespace patchbay::hosting
