#pragma once
// Numbers as they stand in the text.
//
// simdjson keeps a double for each number with a point or an exponent, and the text is gone: 9007199254740992.5 and 1e-400 look
// like integers then. What an integer field may take is decided by the literal; so is how a float is rounded where going by the
// double would round twice. And integers beyond 64 bits, which it refuses, are numbers like any other (JavaScript writes 1e20
// without an exponent): where one stands in a text, it gets an exponent, and the text is parsed again.

#include "patchbay/detail/JsonTypes.hpp"

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::json::detail {

/// A parsed text, which the Values in it find again.   Requires: the text stays as it is while they are read.
class Source : public simdjson::dom::document {
public:
    void begin(std::string_view text) noexcept {
        text_ = text;
        tape_ = kFirst;
        place_ = 0;
    }
    /// The literal of a double, as the text has it. A walk over all numbers in their order looks at the text once.
    /// Requires: `value` is a double of a Source.
    static std::string_view literalOf(Value value) noexcept;

private:
    static constexpr std::size_t kFirst = 1;  // of the tape's words, behind the root's
    std::string_view literalAt(std::size_t index) const noexcept;

    std::string_view text_;
    // Where the last one was found.
    mutable std::size_t tape_ = kFirst;
    mutable std::size_t place_ = 0;
};

struct WholeNumber {
    bool isNegative = false;
    std::uint64_t magnitude = 0;
    bool isTooLarge = false;  ///< for 64 bits
};
/// Exactly; nothing for a fraction.   Requires: `literal` is a number of JSON.
std::optional<WholeNumber> wholeNumber(std::string_view literal) noexcept;

/// A text whose integers beyond 64 bits have an exponent of 0.
class Widened {
public:
    static constexpr std::string_view kExponent = "e0";

    /// False when there is nothing to widen.
    bool widen(std::string_view text);
    const std::string& text() const noexcept { return text_; }
    /// The place in the text as it came.
    std::size_t original(std::size_t place) const noexcept;

private:
    std::string text_;
    std::vector<std::size_t> ends_;  // of the exponents
};

}  // namespace patchbay::json::detail
