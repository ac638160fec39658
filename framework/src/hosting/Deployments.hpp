#pragma once
// From an annotation's attributes and the configuration to what holds.
//
//     built-in < `limits:` < annotation < `endpoints:` entry
//
// The entry may only tighten what the annotation says: a shorter timeout, a smaller size, some of its origins or roles.
// What the annotation leaves open it sets freely.

#include "hosting/Container.hpp"

#include <patchbay/config.hpp>

#include <string>
#include <vector>

namespace patchbay::hosting {

/// The built-in limits as the configuration's `limits:` change them.
Limits serverLimits(const ServerConfig& config);

/// Errors: appended to `problems`, in the words of the configuration.
Deployment configure(detail::EndpointModel model, const ServerConfig& config, std::vector<std::string>& problems);

/// Entries that no endpoint has; `paths` are those of the endpoints.
void checkEntries(const ServerConfig& config, const std::vector<std::string>& paths, std::vector<std::string>& problems);

}  // namespace patchbay::hosting
