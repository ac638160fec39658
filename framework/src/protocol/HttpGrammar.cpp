#include "protocol/HttpGrammar.hpp"

#include <algorithm>

namespace patchbay::protocol {
namespace {

constexpr bool isBlank(char c) noexcept { return c == ' ' || c == '\t'; }
constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr CharacterSet kTokenCharacters = lettersDigitsAnd("!#$%&'*+-.^_`|~");

/// Calls `take` for the elements between commas, trimmed and not empty, until it answers true.
template <class Take>
bool anyElement(std::string_view list, Take take) {
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        if (const auto element = trimmed(list.substr(0, comma)); !element.empty() && take(element)) return true;
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

}  // namespace

bool isTokenCharacter(char c) noexcept { return kTokenCharacters[static_cast<unsigned char>(c)]; }

bool isToken(std::string_view text) noexcept { return !text.empty() && std::ranges::all_of(text, isTokenCharacter); }

bool sameLettersIgnoringCase(std::string_view a, std::string_view b) noexcept {
    for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
    return true;
}

std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && isBlank(text.front())) text.remove_prefix(1);
    while (!text.empty() && isBlank(text.back())) text.remove_suffix(1);
    return text;
}

std::vector<std::string_view> splitList(std::string_view value) {
    std::vector<std::string_view> elements;
    anyElement(value, [&](std::string_view element) {
        elements.push_back(element);
        return false;
    });
    return elements;
}

bool listContains(std::span<const HeaderField> fields, std::string_view name, std::string_view token) {
    return std::ranges::any_of(fields, [&](const HeaderField& field) {
        return equalsIgnoringCase(field.name, name) &&
               anyElement(field.value, [&](std::string_view element) { return equalsIgnoringCase(element, token); });
    });
}

std::size_t countFields(std::span<const HeaderField> fields, std::string_view name) noexcept {
    return static_cast<std::size_t>(
        std::ranges::count_if(fields, [&](const HeaderField& field) { return equalsIgnoringCase(field.name, name); }));
}

std::string_view firstValue(std::span<const HeaderField> fields, std::string_view name) noexcept {
    const auto found =
        std::ranges::find_if(fields, [&](const HeaderField& field) { return equalsIgnoringCase(field.name, name); });
    return found == fields.end() ? std::string_view{} : found->value;
}

}  // namespace patchbay::protocol
