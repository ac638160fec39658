#include "http/RequestTarget.hpp"

#include "base/Uri.hpp"
#include "protocol/HttpGrammar.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace patchbay::http {
namespace {

bool hasDotSegment(std::string_view path) noexcept {
    while (!path.empty()) {
        const auto separator = std::ranges::find_if(path, [](char c) { return c == '/' || c == '\\'; });
        const auto end = static_cast<std::size_t>(separator - path.begin());
        const std::string_view segment = path.substr(0, end);
        if (segment == "." || segment == "..") return true;
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return false;
}

constexpr auto kHostCharacters = protocol::lettersDigitsAnd("-._~!$&'()*+,;=:[]%");

/// What follows "http://" or "https://"; nothing if the target begins with neither.
std::optional<std::string_view> afterScheme(std::string_view target) noexcept {
    for (const std::string_view scheme : {std::string_view{"http://"}, std::string_view{"https://"}})
        if (protocol::equalsIgnoringCase(target.substr(0, scheme.size()), scheme)) return target.substr(scheme.size());
    return std::nullopt;
}

}  // namespace

std::string_view problemOfTarget(std::string_view method, std::string_view target) {
    // What follows its head is the tunnel's, for whoever takes it as one: no body, and no request.
    if (method == "CONNECT") return "CONNECT asks for a tunnel, and here is none (RFC 9110 §9.3.6)";
    if (method == "PRI") return "PRI begins HTTP/2, which is not spoken here (RFC 9113 §11.6)";
    if (target == "*") return method == "OPTIONS" ? "" : "the target * is for OPTIONS only (RFC 9112 §3.2.4)";
    if (!std::ranges::all_of(target, [](char c) { return c > ' ' && c < 0x7F && c != '#'; }))
        return "the target holds a character that has to be escaped (RFC 9112 §3.2)";
    std::string_view pathAndQuery = target;
    if (const auto rest = afterScheme(target)) {
        const std::size_t end = std::min(rest->find_first_of("/?"), rest->size());
        if (end == 0 || !isHost(rest->substr(0, end))) return "the target names no host (RFC 9112 §3.2.2)";
        pathAndQuery = rest->substr(end);
    } else if (!target.starts_with('/')) {
        return "the target is neither a path nor an http address (RFC 9112 §3.2)";
    }
    if (const auto problem = problemOfEscapes(pathAndQuery); !problem.empty()) return problem;
    std::string room;
    const auto path = unescaped(pathAndQuery.substr(0, pathAndQuery.find('?')), room);
    if (!path || path->find('\0') != std::string_view::npos) return "an escaped NUL in the path (RFC 3986 §7.3)";
    if (hasDotSegment(*path)) return "a . or .. segment in the path (RFC 3986 §3.3)";
    return {};
}

TargetParts partsOf(std::string_view target) noexcept {
    const auto rest = afterScheme(target);
    if (!rest) return {{}, target};
    const std::size_t end = std::min(rest->find_first_of("/?"), rest->size());
    return {rest->substr(0, end), rest->substr(end)};
}

bool isHost(std::string_view value) noexcept {
    return std::ranges::all_of(value, [](char c) { return kHostCharacters[static_cast<unsigned char>(c)]; });
}

}  // namespace patchbay::http
