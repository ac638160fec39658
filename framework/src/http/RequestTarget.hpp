#pragma once
// What a request line may ask for. Paths that two readers could resolve differently are refused, not repaired.
// Source: RFC 9112 §3.2, RFC 3986 §2.1, §3.3

#include <string_view>

namespace patchbay::http {

/// What is wrong with a request's target; empty if nothing is.
std::string_view problemOfTarget(std::string_view method, std::string_view target);

struct TargetParts {
    std::string_view host;          ///< with its port; empty where the target names none
    std::string_view pathAndQuery;  ///< what follows it
};
/// Requires: nothing is wrong with `target`.
TargetParts partsOf(std::string_view target) noexcept;

/// True for the value of a Host field: a name or an address, and perhaps a port.
bool isHost(std::string_view value) noexcept;

}  // namespace patchbay::http
