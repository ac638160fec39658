#include "base/Origin.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace patchbay {
namespace {

constexpr std::string_view kSeparator = "://", kAnyLabels = "*.";

bool isHostCharacter(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

/// Scheme, host and port of what has them.
struct Parts {
    std::string_view scheme, host, port;
};

Parts partsOf(std::string_view text) noexcept {
    const std::size_t separator = text.find(kSeparator);
    if (separator == std::string_view::npos) return {};
    std::string_view authority = text.substr(separator + kSeparator.size());
    const std::size_t colon = authority.rfind(':');
    const bool hasPort = colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
    return {text.substr(0, separator), authority.substr(0, hasPort ? colon : authority.size()),
            hasPort ? authority.substr(colon + 1) : std::string_view{}};
}

bool isHost(std::string_view host) noexcept {
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (!bracketed) return std::ranges::all_of(host, isHostCharacter) && !host.starts_with('.');
    return std::ranges::all_of(host.substr(1, host.size() - 2), [](char c) { return isHostCharacter(c) || c == ':'; });
}

bool isPort(std::string_view port) noexcept {
    std::uint16_t number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    return error == std::errc{} && end == port.data() + port.size() && number != 0;
}

/// `*.com` is no domain of anybody's.
bool isTooWide(std::string_view domain) noexcept { return domain != "localhost" && domain.find('.') == std::string_view::npos; }

}  // namespace

std::string normalOrigin(std::string_view text) {
    std::string normal{text};
    std::ranges::transform(normal, normal.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
    const Parts parts = partsOf(normal);
    const bool isDefault = (parts.scheme == "http" && parts.port == "80") || (parts.scheme == "https" && parts.port == "443");
    if (isDefault) normal.resize(normal.size() - parts.port.size() - 1);
    return normal;
}

std::string originProblem(std::string_view entry) {
    if (entry == "*") return {};
    const std::string normal = normalOrigin(entry);
    const std::size_t separator = normal.find(kSeparator);
    if (separator == std::string::npos || separator == 0) return "has no scheme; write e.g. https://" + std::string{entry};
    const std::size_t more = normal.find_first_of("/?#", separator + kSeparator.size());
    if (more != std::string::npos) return "has more than scheme, host and port; write " + normal.substr(0, more);
    const Parts parts = partsOf(normal);
    if (parts.scheme == "ws" || parts.scheme == "wss") {
        return "is the address of a WebSocket; an origin is that of the page: write " + std::string{parts.scheme == "ws" ? "http" : "https"} +
               normal.substr(separator);
    }
    const bool isWide = parts.host.starts_with(kAnyLabels);
    const std::string_view host = isWide ? parts.host.substr(kAnyLabels.size()) : parts.host;
    if (host.empty()) return "has no host";
    if (host.find('*') != std::string_view::npos) return "has a star within its host; one may stand for all subdomains: https://*.chat.example";
    if (!isHost(host)) return "has no host that browsers know";
    if (isWide && isTooWide(host)) return "lets whoever owns a name in \"" + std::string{host} + "\" in; name a domain of yours";
    if (normal.ends_with(':') || (!parts.port.empty() && !isPort(parts.port))) return "has no port that there is";
    return {};
}

bool allowsOrigin(std::string_view entry, std::string_view origin) noexcept {
    if (entry == "*" || entry == origin) return true;
    const Parts wanted = partsOf(entry), found = partsOf(origin);
    if (!wanted.host.starts_with(kAnyLabels) || wanted.scheme != found.scheme || wanted.port != found.port) return false;
    const std::string_view domain = wanted.host.substr(1);  // with its dot
    return found.host.size() > domain.size() && found.host.ends_with(domain) && isHost(found.host);
}

bool isOriginOf(std::string_view entry, std::string_view name) noexcept {
    std::string_view host = partsOf(entry).host;
    if (host.empty()) return false;
    if (host.starts_with(kAnyLabels)) return name.size() > host.size() - 1 && name.ends_with(host.substr(1));
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    return host == name;
}

}  // namespace patchbay
