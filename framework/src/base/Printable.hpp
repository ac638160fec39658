#pragma once
// patchbay/printable.hpp, for the log: where lines stay lines, and most of what is logged needs nothing.

#include <patchbay/printable.hpp>

namespace patchbay {

/// True for printable ASCII and line ends, which stay as they are.
bool isPlain(std::string_view text) noexcept;
/// As printable(), but line ends stay.
std::string printableLines(std::string_view text);

}  // namespace patchbay
