// Paths: templates and a request's path, routed and by the rule of Jakarta WebSocket §3.1.1 read aloud; percent escapes.
//
//   input = target LF *(template LF)

#include "Fuzz.hpp"

#include "base/Uri.hpp"
#include "endpoint/PathRouter.hpp"
#include "http/RequestTarget.hpp"

namespace patchbay::fuzz {
namespace {

using endpoint::PathRouter;

std::vector<std::string_view> segmentsOf(std::string_view path) {
    std::vector<std::string_view> segments;
    detail::forEachSegment(path, [&](std::string_view segment) { segments.push_back(segment); });
    return segments;
}

/// The segments of a request's path, decoded; nothing if it cannot match at all.
std::optional<std::vector<std::string>> decodedSegments(std::string_view path) {
    if (!path.starts_with('/')) return std::nullopt;
    std::vector<std::string> decoded;
    for (const std::string_view segment : segmentsOf(path)) {
        auto text = percentDecode(segment);
        if (!text || *text == "." || *text == "..") return std::nullopt;
        decoded.push_back(std::move(*text));
    }
    if (decoded.size() > 64) return std::nullopt;
    return decoded;
}

/// For each segment, '0' where it is exact and '1' where it is a variable; nothing if the template does not match. The
/// smallest of these is the best match.
std::optional<std::string> rankOf(std::string_view pattern, const std::vector<std::string>& path) {
    const auto segments = segmentsOf(pattern);
    if (segments.size() != path.size()) return std::nullopt;
    std::string rank;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const bool variable = detail::isVariable(segments[i]);
        if (variable ? path[i].empty() : segments[i] != path[i]) return std::nullopt;
        rank += variable ? '1' : '0';
    }
    return rank;
}

struct Routes {
    std::vector<std::string_view> templates;  // those that the router took, by their target
    PathRouter router;
};

Routes readRoutes(Input& input) {
    Routes routes;
    while (!input.atEnd() && routes.templates.size() < 16) {
        const std::string_view pattern = input.line();
        if (detail::checkPath(pattern) != detail::PathProblem::None) continue;
        const auto taken = routes.router.add(pattern, routes.templates.size());
        if (!taken) {
            routes.templates.push_back(pattern);
        } else {
            require(*taken < routes.templates.size() &&
                        segmentsOf(routes.templates[*taken]).size() == segmentsOf(pattern).size(),
                    "an equivalent template has as many segments");
        }
    }
    return routes;
}

void checkMatch(const Routes& routes, std::string_view path) {
    const auto match = routes.router.match(path);
    const auto segments = decodedSegments(path);
    std::optional<std::string> best;
    if (segments)
        for (const std::string_view pattern : routes.templates)
            if (const auto rank = rankOf(pattern, *segments); rank && (!best || *rank < *best)) best = rank;
    require(match.has_value() == best.has_value(), "a path is served if and only if a template matches it");
    if (!match) return;
    require(rankOf(routes.templates[match->target], *segments) == best, "the best template serves a path");
    std::vector<std::string> values;
    for (std::size_t i = 0; i < best->size(); ++i)
        if ((*best)[i] == '1') values.push_back((*segments)[i]);
    require(match->values == values, "variables get the segments that stand in their places");
}

std::string escaped(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string all;
    for (const char c : text) {
        const auto byte = static_cast<std::uint8_t>(c);
        all.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
    }
    return all;
}

void checkEscapes(std::string_view text) {
    const auto decoded = percentDecode(text);
    if (!decoded) return;
    require(std::ranges::none_of(*decoded, [](char c) { return static_cast<std::uint8_t>(c) < ' ' || c == 0x7F; }),
            "no control character comes out of an escape");
    require(percentDecode(escaped(*decoded)) == decoded, "what is escaped decodes to the same");
    require(queryParameter("/?a=b&" + escaped("key") + "=" + escaped(*decoded) + "&key=c", "key") == *decoded,
            "a query gives its first value of that name");
}

void run(Input input) {
    const std::string_view target = input.line();
    const std::string_view path = target.substr(0, target.find('?'));
    const Routes routes = readRoutes(input);
    checkMatch(routes, path);
    checkEscapes(path);
    queryParameter(target, "key");
    if (target.starts_with('/') && http::problemOfTarget("GET", target).empty())
        for (const std::string_view segment : segmentsOf(path))
            require(percentDecode(segment) != "..", "a target that passes the gate climbs nowhere");
}

}  // namespace
}  // namespace patchbay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    patchbay::fuzz::run({data, size});
    return 0;
}
