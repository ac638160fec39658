#pragma once
// Lists in header fields: #element, with empty elements, over several lines.   Source: RFC 9110 §5.3, §5.6.1

#include <patchbay/header_fields.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace patchbay::web {

constexpr std::string_view trimmed(std::string_view text) noexcept {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

inline bool equalsIgnoringCase(std::string_view a, std::string_view b) noexcept {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

/// Calls `visit(element)` for each that is not empty.   Requires: no element has a comma within quotes.
template <class Visit>
void forEachElement(std::string_view list, Visit visit) {
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(','), list.size());
        if (const std::string_view element = trimmed(list.substr(0, end)); !element.empty()) visit(element);
        list.remove_prefix(std::min(end + 1, list.size()));
    }
}

/// The values of all lines called `name`, in their order, with commas between; empty where there is none.
std::string fieldValue(const HeaderFields& headers, std::string_view name);

}  // namespace patchbay::web
