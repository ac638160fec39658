#include "endpoint/JsonSource.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <limits>

namespace patchbay::json::detail {
namespace {

constexpr bool isDigit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Calls `found(begin, end)` for what stands where a number may, from `place` on, until it says false.
template <class Found>
void eachNumber(std::string_view text, std::size_t place, Found found) {
    while (place < text.size()) {
        const std::size_t begin = place;
        const char c = text[place++];
        if (c == '"') {
            while (place < text.size() && text[place] != '"') place += text[place] == '\\' ? 2U : 1U;
            ++place;
        } else if (c == '-' || isDigit(c)) {
            place = std::min(text.find_first_not_of("0123456789.eE+-", place), text.size());
            if (!found(begin, place)) return;
        }
    }
}

bool isInteger(std::string_view literal) noexcept { return literal.find_first_of(".eE") == std::string_view::npos; }

template <class Integer>
bool fits(std::string_view literal) noexcept {
    Integer number{};
    return std::from_chars(literal.data(), literal.data() + literal.size(), number).ec == std::errc{};
}

/// Beyond what any literal needs, and far from the ends of its type.
std::int64_t exponentOf(std::string_view digits) noexcept {
    constexpr std::int64_t kFar = std::numeric_limits<std::int64_t>::max() / 4;
    if (digits.starts_with('+')) digits.remove_prefix(1);
    std::int64_t exponent = 0;
    const auto error = std::from_chars(digits.data(), digits.data() + digits.size(), exponent).ec;
    if (error == std::errc{}) return std::clamp(exponent, -kFar, kFar);
    return digits.starts_with('-') ? -kFar : kFar;
}

}  // namespace

std::string_view Source::literalOf(Value value) noexcept {
    const auto place = std::bit_cast<simdjson::internal::tape_ref>(value);
    return static_cast<const Source*>(place.doc)->literalAt(place.json_index);
}

std::string_view Source::literalAt(std::size_t index) const noexcept {
    if (index < tape_) {
        tape_ = kFirst;
        place_ = 0;
    }
    std::size_t before = 0;  // doubles between the last one and this
    for (; tape_ < index; ++tape_) {
        const auto type = static_cast<char>(tape[tape_] >> 56);
        before += type == 'd' ? 1U : 0U;
        if (type == 'd' || type == 'l' || type == 'u') ++tape_;  // the number itself
    }
    std::string_view literal;
    eachNumber(text_, place_, [&](std::size_t begin, std::size_t end) {
        literal = text_.substr(begin, end - begin);
        place_ = begin;
        return isInteger(literal) || before-- > 0;
    });
    return literal;
}

std::optional<WholeNumber> wholeNumber(std::string_view literal) noexcept {
    WholeNumber number;
    number.isNegative = literal.starts_with('-');
    if (number.isNegative) literal.remove_prefix(1);
    const std::size_t mark = std::min(literal.find_first_of("eE"), literal.size());
    const std::string_view mantissa = literal.substr(0, mark);
    const std::size_t last = mantissa.find_last_not_of("0.");
    if (last == std::string_view::npos) return number;
    const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
    // Of the last digit that counts: 0 for the ones.
    std::int64_t place = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(last);
    if (last < point) --place;
    if (mark < literal.size()) place += exponentOf(literal.substr(mark + 1));
    if (place < 0) return std::nullopt;
    const auto append = [&number](unsigned digit) {
        number.isTooLarge = number.isTooLarge || __builtin_mul_overflow(number.magnitude, 10U, &number.magnitude) ||
                            __builtin_add_overflow(number.magnitude, digit, &number.magnitude);
    };
    for (std::size_t i = 0; i <= last && !number.isTooLarge; ++i)
        if (mantissa[i] != '.') append(static_cast<unsigned>(mantissa[i] - '0'));
    for (; place > 0 && !number.isTooLarge; --place) append(0);
    return number;
}

bool Widened::widen(std::string_view text) {
    text_.clear();
    ends_.clear();
    std::size_t copied = 0;
    eachNumber(text, 0, [&](std::size_t begin, std::size_t end) {
        const std::string_view literal = text.substr(begin, end - begin);
        constexpr std::size_t kAlwaysFit = 18;  // digits
        if (literal.size() <= kAlwaysFit || !isInteger(literal)) return true;
        if (literal[0] == '-' ? fits<std::int64_t>(literal) : fits<std::uint64_t>(literal)) return true;
        text_.append(text.substr(copied, end - copied)).append(kExponent);
        ends_.push_back(text_.size());
        copied = end;
        return true;
    });
    text_.append(text.substr(copied));
    return !ends_.empty();
}

std::size_t Widened::original(std::size_t place) const noexcept {
    const auto before = std::upper_bound(ends_.begin(), ends_.end(), place) - ends_.begin();
    return place - kExponent.size() * static_cast<std::size_t>(before);
}

}  // namespace patchbay::json::detail
