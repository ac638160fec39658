#pragma once
// The words of HTTP/1.1 that a request head and an opening handshake share: tokens, header fields, comma lists.
// Source: RFC 9110 §5.6 (RFC 2616 §2.2 in the words of RFC 6455)

#include <span>
#include <string_view>
#include <vector>

namespace patchbay::protocol {

/// One header line, without the white space around its value. A view: valid as long as the head it came from.
struct HeaderField {
    std::string_view name;
    std::string_view value;
};

bool isTokenCharacter(char c) noexcept;
/// One or more token characters.
bool isToken(std::string_view text) noexcept;
bool equalsIgnoringCase(std::string_view a, std::string_view b) noexcept;
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
