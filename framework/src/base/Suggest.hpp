#pragma once
// "Did you mean …": the known name that a wrong one is a slip of.

#include <span>
#include <string>
#include <string_view>

namespace patchbay {

/// The name nearest to `word` within a third of its letters (at least one); empty if none is that near.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

/// ` — did you mean "color"?`, or else ` (known: a, b)`, or nothing where nothing is known. Ready to be appended.
std::string suggestion(std::string_view word, std::span<const std::string_view> known);

}  // namespace patchbay
