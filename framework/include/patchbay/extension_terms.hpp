#pragma once
// What is said of an extension in a handshake.

#include <optional>
#include <string>
#include <vector>

namespace patchbay {

struct ExtensionParameter {
    std::string name;
    std::optional<std::string> value;
    bool operator==(const ExtensionParameter&) const = default;
};

/// One extension as a client offers it or a server accepts it.   Source: RFC 6455 §9.1
struct ExtensionTerms {
    std::string name;
    std::vector<ExtensionParameter> parameters;
    bool operator==(const ExtensionTerms&) const = default;
};

}  // namespace patchbay
