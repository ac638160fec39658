#include "Head.hpp"

#include <algorithm>
#include <cctype>

namespace bench {

namespace {

bool sameName(std::string_view left, std::string_view right) {
    return std::ranges::equal(left, right,
                              [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    return first == std::string_view::npos ? std::string_view{} : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view takeUntil(std::string_view& rest, std::string_view separator) {
    const auto end = rest.find(separator);
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + separator.size());
    return part;
}

std::optional<std::string_view> field(std::string_view head, std::string_view name) {
    takeUntil(head, "\r\n");
    while (!head.empty()) {
        std::string_view line = takeUntil(head, "\r\n");
        if (sameName(takeUntil(line, ":"), name)) return trimmed(line);
    }
    return std::nullopt;
}

}  // namespace bench
