#include "EntityTag.hpp"

#include "Lists.hpp"

#include <algorithm>

namespace patchbay::web {
namespace {

constexpr bool isTagCharacter(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0x21 || (byte >= 0x23 && byte != 0x7F);
}

/// Takes an entity tag off the front of `text`; empty when it does not begin with one.
std::string_view takeTag(std::string_view& text) noexcept {
    const std::size_t quote = isWeak(text) ? 2 : 0;
    if (text.size() <= quote || text[quote] != '"') return {};
    std::size_t end = quote + 1;
    while (end < text.size() && isTagCharacter(text[end])) ++end;
    if (end == text.size() || text[end] != '"') return {};
    const std::string_view tag = text.substr(0, end + 1);
    text.remove_prefix(tag.size());
    return tag;
}

constexpr std::string_view opaque(std::string_view tag) noexcept { return isWeak(tag) ? tag.substr(2) : tag; }

}  // namespace

bool matches(std::string_view list, std::string_view tag, Comparison comparison) noexcept {
    list = trimmed(list);
    if (list == "*") return true;
    while (!list.empty()) {
        list.remove_prefix(std::min(list.find_first_not_of(" \t,"), list.size()));
        const std::string_view candidate = takeTag(list);
        if (candidate.empty()) return false;
        // RFC 9110 §8.8.3.2: the strong comparison holds for two that are not weak, the weak one for any two.
        const bool may = comparison == Comparison::Weak || (!isWeak(candidate) && !isWeak(tag));
        if (may && opaque(candidate) == opaque(tag)) return true;
        list.remove_prefix(std::min(list.find_first_not_of(" \t"), list.size()));
        if (!list.empty() && list.front() != ',') return false;
    }
    return false;
}

}  // namespace patchbay::web
