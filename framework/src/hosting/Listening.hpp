#pragma once
// The parts of the configuration that say where and how the server listens.

#include "hosting/Gate.hpp"
#include "transport/Listener.hpp"

#include <patchbay/config.hpp>

#include <string>

namespace patchbay::hosting {

/// One per core unless the configuration says how many.
unsigned loopCount(const ServerConfig& config);
GateOptions gateOptions(const ServerConfig& config);

/// Errors: std::invalid_argument, saying what a URL must look like.
transport::ListenAddress addressOf(const Listen& listen);
/// The URL to show to people, with the port that is bound.
std::string shownUrl(const Listen& listen, std::uint16_t port);
/// Errors: std::invalid_argument, as above.
void setPort(Listen& listen, std::uint16_t port);

}  // namespace patchbay::hosting
