#pragma once
// Text as the wire has it (UTF-8) and as Yjs counts it (UTF-16 code units).

#include <cstddef>
#include <optional>
#include <string_view>

namespace patchbay::yjs {

/// How many UTF-16 code units a text has; nothing if it is not UTF-8 (RFC 3629).
std::optional<std::size_t> utf16LengthChecked(std::string_view text) noexcept;
/// Requires: UTF-8.
std::size_t utf16Length(std::string_view text) noexcept;

/// Where a number of code units ends.
struct Utf16Cut {
    std::size_t bytes;   ///< before the cut; if it goes through a surrogate pair, before that
    bool throughAPair;   ///< the character at `bytes` lies on both sides
};
/// Requires: UTF-8 of at least that many units.
Utf16Cut utf16Cut(std::string_view text, std::size_t units) noexcept;

}  // namespace patchbay::yjs
