#include "protocol/HttpGrammar.hpp"

#include <algorithm>

namespace patchbay::protocol {
namespace {

constexpr std::string_view kBlanks = " \t";

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool isTokenCharacter(char c) noexcept {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
           (c != '\0' && std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos);
}

bool isToken(std::string_view text) noexcept { return !text.empty() && std::ranges::all_of(text, isTokenCharacter); }

bool equalsIgnoringCase(std::string_view a, std::string_view b) noexcept {
    return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) noexcept {
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::vector<std::string_view> splitList(std::string_view value) {
    std::vector<std::string_view> elements;
    while (!value.empty()) {
        const std::size_t comma = std::min(value.find(','), value.size());
        if (const auto element = trimmed(value.substr(0, comma)); !element.empty()) elements.push_back(element);
        value.remove_prefix(std::min(comma + 1, value.size()));
    }
    return elements;
}

bool listContains(std::span<const HeaderField> fields, std::string_view name, std::string_view token) {
    return std::ranges::any_of(fields, [&](const HeaderField& field) {
        if (!equalsIgnoringCase(field.name, name)) return false;
        return std::ranges::any_of(splitList(field.value),
                                   [&](std::string_view element) { return equalsIgnoringCase(element, token); });
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
