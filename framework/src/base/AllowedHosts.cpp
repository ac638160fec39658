#include "base/AllowedHosts.hpp"

#include "base/IpAddress.hpp"

#include <algorithm>

namespace patchbay {
namespace {

constexpr std::string_view kSubdomains = "*.";

std::string lower(std::string_view text) {
    std::string result{text};
    for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    return result;
}

bool isName(std::string_view name) noexcept {
    const auto isLetter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_'; };
    return !name.empty() && !name.starts_with('.') && name.find("..") == std::string_view::npos && std::ranges::all_of(name, isLetter);
}

/// Nothing, or a colon and a port.
bool endsHost(std::string_view rest) noexcept {
    const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
    return rest.empty() || (rest.front() == ':' && rest.size() <= 6 && std::ranges::all_of(rest.substr(1), isDigit));
}

}  // namespace

std::string hostNameOf(std::string_view authority) {
    if (authority.starts_with('[')) {
        const std::size_t end = authority.find(']');
        if (end == std::string_view::npos || !endsHost(authority.substr(end + 1))) return {};
        const std::string_view inside = authority.substr(1, end - 1);
        const auto address = IpAddress::parse(inside);
        return address ? address->text() : lower(inside);
    }
    const std::size_t end = std::min(authority.rfind(':'), authority.size());
    if (!endsHost(authority.substr(end))) return {};
    std::string name = lower(authority.substr(0, end));
    if (name.size() > 1 && name.ends_with('.')) name.pop_back();
    return name;
}

bool isLoopbackName(std::string_view name) noexcept {
    if (name == "localhost" || name.ends_with(".localhost")) return true;
    const auto address = IpAddress::parse(name);
    return address && address->isLoopback();
}

AllowedHosts::AllowedHosts(const std::vector<std::string>& entries) {
    for (const std::string& entry : entries) {
        if (!problemOf(entry).empty()) continue;
        const bool isWide = entry.starts_with(kSubdomains);
        const auto address = IpAddress::parse(entry);
        if (entry == "*") any_ = true;
        else names_.push_back(address ? address->text() : isWide ? lower(entry.substr(1)) : hostNameOf(entry));
    }
}

std::string AllowedHosts::problemOf(std::string_view entry) {
    if (entry == "*" || IpAddress::parse(entry)) return {};
    if (entry.empty()) return "is no name";
    if (const std::size_t scheme = entry.find("://"); scheme != std::string_view::npos)
        return "has a scheme; write the name alone: " + hostNameOf(entry.substr(scheme + 3, entry.find('/', scheme + 3) - scheme - 3));
    if (entry.find_first_of(":[]") != std::string_view::npos) return "has a port or brackets; write the name alone: " + hostNameOf(entry);
    const std::string_view name = entry.starts_with(kSubdomains) ? entry.substr(kSubdomains.size()) : entry;
    if (name.find('*') != std::string_view::npos) return "has a star within its name; one may stand for all subdomains: *.chat.example";
    return isName(lower(name)) ? std::string{} : std::string{"is no name that browsers know"};
}

bool AllowedHosts::names(std::string_view name) const noexcept {
    return any_ || std::ranges::any_of(names_, [&](std::string_view entry) {
               return entry.starts_with('.') ? name.size() > entry.size() && name.ends_with(entry) : name == entry;
           });
}

}  // namespace patchbay
