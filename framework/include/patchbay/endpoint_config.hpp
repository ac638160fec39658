#pragma once
// What an endpoint is deployed with, as its open handler and its configurator may read it.

#include <patchbay/limits.hpp>

#include <string>
#include <vector>

namespace patchbay {

/// Source: Jakarta WebSocket §2.1.3
struct EndpointConfig {
    std::string className;                  ///< the annotated class, with its namespace
    std::string path;                       ///< the template, such as `/chat/{room}`
    std::vector<std::string> subprotocols;  ///< in the order of the annotation
    std::vector<std::string> origins;       ///< allowed beside the server's own; `*` allows every origin
    std::vector<std::string> roles;         ///< one of them is needed; empty: none is
    Limits limits;                          ///< what holds after annotation and configuration
};

}  // namespace patchbay
