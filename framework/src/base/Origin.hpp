#pragma once
// Origins that may connect, as annotations and configurations list them, and whether a page's is one of them.
//
//   entry  = "*" | scheme "://" [ "*." ] host [ ":" port ]          host = name | IPv4 | "[" IPv6 "]"
//
// Written in whatever case, with or without the port that is its scheme's own; compared in one form. `*.` stands for one label
// or more, never for none.   Source: RFC 6454 §4 (origin), §6.2 (as text), §7.1 (the field)

#include <string>
#include <string_view>

namespace patchbay {

/// What is wrong with an entry and what to write instead; empty when nothing is.
std::string originProblem(std::string_view entry);

/// The one form: lower case, no default port. What is no origin (`null`) stays as it is.
std::string normalOrigin(std::string_view text);

/// Whether `entry` lets `origin` in.   Requires: both in the one form.
bool allowsOrigin(std::string_view entry, std::string_view origin) noexcept;

/// Whether `entry` is an origin of the host `name` (AllowedHosts.hpp), whatever its scheme and port. `*` is no host's.
/// Requires: both in their one form.
bool isOriginOf(std::string_view entry, std::string_view name) noexcept;

}  // namespace patchbay
