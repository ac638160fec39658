#pragma once
// From an annotation's attributes and the configuration to what holds.
//
//     built-in < `limits:` < annotation < `endpoints:` entry
//
// The entry may only tighten what the annotation says: a shorter timeout, a smaller size, some of its origins or roles.
// What the annotation leaves open it sets freely.

#include <patchbay/config.hpp>
#include <patchbay/detail/EndpointModel.hpp>
#include <patchbay/endpoint_config.hpp>

#include <string>
#include <vector>

namespace patchbay::deployment {

/// An endpoint on its way in: its model, and its attributes after the configuration.
struct ConfiguredEndpoint {
    detail::EndpointModel model;
    EndpointConfig config;
};

/// The built-in limits as the configuration's `limits:` change them.
Limits serverLimits(const ServerConfig& config);

/// Errors: appended to `problems`, in the words of the configuration.
ConfiguredEndpoint configure(detail::EndpointModel model, const ServerConfig& config, std::vector<std::string>& problems);

/// Entries that no endpoint has; `paths` are those of the endpoints.
void checkEntries(const ServerConfig& config, const std::vector<std::string>& paths, std::vector<std::string>& problems);

}  // namespace patchbay::deployment
