#pragma once
#include <string>
#include <string_view>

namespace patchbay {

/// A user's own word, as an error shows it.
inline std::string inQuotes(std::string_view text) { return '"' + std::string{text} + '"'; }

}  // namespace patchbay
