// Writing: texts are escaped as little as RFC 8259 §7 allows, numbers are the shortest that read back the same.

#include "patchbay/detail/JsonWrite.hpp"

#include <simdjson.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace patchbay::json::detail {
namespace {

/// 0: as it is; 'u': as \u00XX; otherwise the letter behind the backslash.
constexpr auto kEscapes = [] {
    std::array<char, 256> escapes{};
    for (std::size_t c = 0; c < 0x20; ++c) escapes[c] = 'u';
    escapes['"'] = '"';
    escapes['\\'] = '\\';
    escapes['\b'] = 'b';
    escapes['\f'] = 'f';
    escapes['\n'] = 'n';
    escapes['\r'] = 'r';
    escapes['\t'] = 't';
    return escapes;
}();

constexpr std::uint64_t everyByte(std::uint8_t value) noexcept { return 0x0101010101010101U * value; }

/// The top bit of each byte that is zero; of the bytes above one, perhaps of others.
constexpr std::uint64_t zeroBytes(std::uint64_t word) noexcept { return (word - everyByte(1)) & ~word & everyByte(0x80); }

/// How many bytes from `begin` on need no escape, eight at a time; `seen` gets the bits of all that were looked at.
std::size_t plainBytes(std::string_view text, std::size_t begin, std::uint64_t& seen) noexcept {
    std::size_t at = begin;
    for (; text.size() - at >= sizeof seen; at += sizeof seen) {
        std::uint64_t word;
        std::memcpy(&word, text.data() + at, sizeof word);
        const std::uint64_t control = (word - everyByte(0x20)) & ~word & everyByte(0x80);
        if ((control | zeroBytes(word ^ everyByte('"')) | zeroBytes(word ^ everyByte('\\'))) != 0) break;
        seen |= word;
    }
    return at - begin;
}

void appendEscape(std::string& out, unsigned char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += '\\';
    out += kEscapes[c];
    if (kEscapes[c] == 'u') out.append("00").append(1, digits[c >> 4]).append(1, digits[c & 0xF]);
}

template <class Number>
void appendNumber(std::string& out, Number number) {
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

/// With an exponent: without one it would be an integer that no reader of 64-bit integers takes.
template <class Number>
void appendLarge(std::string& out, Number number) {
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::scientific).ptr;
    out.append(digits.data(), end);
}

template <class Number>
void appendFinite(std::string& out, Number number, const Place& place) {
    if (!std::isfinite(number)) failWriting(place, "NaN and infinities have no JSON form");
    if (std::abs(number) >= 0x1p63) return appendLarge(out, number);
    appendNumber(out, number);
    if (number == 0 && std::signbit(number)) out += ".0";  // "-0" reads as the integer 0
}

}  // namespace

void takeBack(std::string& out, std::size_t before) noexcept { out.resize(before); }

void failWriting(const Place& place, const std::string& problem) { throw EncodeError{place.path(), problem}; }

void failMemberIsTypeKey(const Place& member, std::string_view type) {
    failWriting(member, "is a member of " + std::string{type} +
                            ", and the key under which its name would stand; rename it, or choose another typeKey");
}

void writeText(std::string& out, std::string_view text, const Place& place) {
    out += '"';
    std::size_t plain = 0;  // start of what needs no escape
    std::uint64_t bits = 0;
    for (std::size_t i = plainBytes(text, 0, bits); i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        bits |= c;
        if (kEscapes[c] == 0) continue;
        out.append(text.substr(plain, i - plain));
        appendEscape(out, c);
        plain = i + 1;
        i += plainBytes(text, plain, bits);
    }
    if ((bits & everyByte(0x80)) != 0 && !simdjson::validate_utf8(text)) failWriting(place, "the text is not valid UTF-8");
    out.append(text.substr(plain));
    out += '"';
}

void writeDouble(std::string& out, double number, const Place& place) { appendFinite(out, number, place); }
void writeFloat(std::string& out, float number, const Place& place) { appendFinite(out, number, place); }
void writeSigned(std::string& out, std::int64_t number) { appendNumber(out, number); }
void writeUnsigned(std::string& out, std::uint64_t number) { appendNumber(out, number); }

void enter(const Place& place) {
    if (place.depth >= kMaxDepth) failWriting(place, "nested too deeply");
}

}  // namespace patchbay::json::detail
