#pragma once
// Where log lines go: POCO's logging, a line each on standard error with the time.

#include <patchbay/config.hpp>

namespace patchbay::server {

/// Sends what `base/Log.hpp` gets to POCO's root logger.   Thread: before the server starts.
void startLogging(const LoggingConfig& config);

}  // namespace patchbay::server
