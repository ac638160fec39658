#pragma once
// The words of HTTP/1.1 that a request head and an opening handshake share: tokens, header fields, comma lists.
// Source: RFC 9110 §5.6 (RFC 2616 §2.2 in the words of RFC 6455)

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace patchbay::protocol {

/// One header line, without the white space around its value. A view: valid as long as the head it came from.
struct HeaderField {
    std::string_view name;
    std::string_view value;
};

/// Whether a character belongs to it, by the character as `unsigned char`.
using CharacterSet = std::array<bool, 256>;
constexpr CharacterSet lettersDigitsAnd(std::string_view marks) noexcept {
    CharacterSet set{};
    for (std::size_t c = 'a'; c <= 'z'; ++c) set[c] = set[c - 'a' + 'A'] = true;
    for (std::size_t c = '0'; c <= '9'; ++c) set[c] = true;
    for (const char c : marks) set[static_cast<unsigned char>(c)] = true;
    return set;
}

bool isTokenCharacter(char c) noexcept;
/// One or more token characters.
bool isToken(std::string_view text) noexcept;
/// Requires: texts of one length.
bool sameLettersIgnoringCase(std::string_view a, std::string_view b) noexcept;
inline bool equalsIgnoringCase(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && (a == b || sameLettersIgnoringCase(a, b));  // most are written as everybody does
}
/// What a field's value is made of: printable ASCII, spaces, tabs and what is not ASCII; nothing that ends a line or may not be there.
inline constexpr CharacterSet kFieldText = [] {
    CharacterSet set{};
    for (std::size_t c = 0; c < set.size(); ++c) set[c] = (c >= ' ' && c != 0x7F) || c == '\t';
    return set;
}();
inline bool isFieldText(char c) noexcept { return kFieldText[static_cast<unsigned char>(c)]; }
/// Without spaces and tabs at both ends.
std::string_view trimmed(std::string_view text) noexcept;

/// The elements between commas, trimmed; empty ones are left out, as RFC 9110 §5.6.1 has it.
std::vector<std::string_view> splitList(std::string_view value);

/// True if a field of that name has a list in which `token` stands, letters of any case.
bool listContains(std::span<const HeaderField> fields, std::string_view name, std::string_view token);
std::size_t countFields(std::span<const HeaderField> fields, std::string_view name) noexcept;
/// The value of the first field of that name; empty if there is none.
std::string_view firstValue(std::span<const HeaderField> fields, std::string_view name) noexcept;

}  // namespace patchbay::protocol
