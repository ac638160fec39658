#include "endpoint/PathRouter.hpp"

#include "base/Uri.hpp"

namespace patchbay {
namespace detail {

std::string_view describe(PathProblem problem) noexcept {
    switch (problem) {
        case PathProblem::None: return "it is fine";
        case PathProblem::NoLeadingSlash: return "it must start with '/'";
        case PathProblem::EmptySegment: return "it has an empty segment ('//')";
        case PathProblem::DotSegment: return "it has a '.' or '..' segment";
        case PathProblem::BadVariable: return "a variable is a whole segment, such as {room}";
        case PathProblem::VariableTwice: return "a variable stands twice in it";
        case PathProblem::BadCharacter: return "it has a character that is not allowed";
    }
    return "it is malformed";
}

}  // namespace detail

namespace endpoint {
std::optional<std::size_t> PathRouter::add(std::string_view path, std::size_t target) {
    Node* node = &root_;
    detail::forEachSegment(path, [&](std::string_view segment) {
        auto& next = detail::isVariable(segment) ? node->variable : node->exact[std::string{segment}];
        if (!next) next = std::make_unique<Node>();
        node = next.get();
    });
    if (node->target) return node->target;
    node->target = target;
    return std::nullopt;
}

bool PathRouter::find(const Node& node, const std::vector<std::string>& segments, std::size_t depth, Match& match) {
    if (depth == segments.size()) {
        if (node.target) match.target = *node.target;
        return node.target.has_value();
    }
    const auto exact = node.exact.find(segments[depth]);
    if (exact != node.exact.end() && find(*exact->second, segments, depth + 1, match)) return true;
    if (!node.variable || segments[depth].empty()) return false;  // a variable stands for something
    match.values.push_back(segments[depth]);
    if (find(*node.variable, segments, depth + 1, match)) return true;
    match.values.pop_back();
    return false;
}

std::optional<PathRouter::Match> PathRouter::match(std::string_view path) const {
    constexpr std::size_t kMostSegments = 64;
    if (path.empty() || path.front() != '/') return std::nullopt;
    std::vector<std::string> segments;
    bool wellFormed = true;
    detail::forEachSegment(path, [&](std::string_view segment) {
        auto decoded = wellFormed && segments.size() < kMostSegments ? percentDecode(segment) : std::nullopt;
        wellFormed = decoded && *decoded != "." && *decoded != "..";
        if (wellFormed) segments.push_back(std::move(*decoded));
    });
    Match match{};
    if (!wellFormed || !find(root_, segments, 0, match)) return std::nullopt;
    return match;
}

}  // namespace endpoint
}  // namespace patchbay
