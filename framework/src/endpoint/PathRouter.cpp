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
std::size_t PathRouter::next(std::size_t node, std::string_view segment) {
    const std::size_t added = nodes_.size();
    if (detail::isVariable(segment)) {
        if (nodes_[node].variable != 0) return nodes_[node].variable;
        nodes_[node].variable = added;
    } else {
        const auto [place, isNew] = nodes_[node].exact.try_emplace(std::string{segment}, added);
        if (!isNew) return place->second;
    }
    nodes_.emplace_back();
    return added;
}

std::optional<std::size_t> PathRouter::add(std::string_view path, std::size_t target) {
    std::size_t node = 0;
    bool hasRest = false;
    detail::forEachSegment(path, [&](std::string_view segment) {
        hasRest = detail::isRest(segment);
        if (!hasRest) node = next(node, segment);
    });
    std::optional<std::size_t>& place = hasRest ? nodes_[node].rest : nodes_[node].target;
    if (place) return place;
    place = target;
    return std::nullopt;
}

bool PathRouter::findRest(const Node& node, const std::vector<std::string>& segments, std::size_t depth, Match& match) {
    if (!node.rest) return false;
    std::string value;
    for (std::size_t i = depth; i < segments.size(); ++i) {
        if (segments[i].find('/') != std::string::npos) return false;
        value.append(i == depth ? "" : "/").append(segments[i]);
    }
    match.target = *node.rest;
    match.values.push_back(std::move(value));
    return true;
}

bool PathRouter::find(const Node& node, const std::vector<std::string>& segments, std::size_t depth, Match& match) const {
    if (depth == segments.size()) {
        if (node.target) match.target = *node.target;
        return node.target.has_value();
    }
    const auto exact = node.exact.find(segments[depth]);
    if (exact != node.exact.end() && find(nodes_[exact->second], segments, depth + 1, match)) return true;
    if (node.variable != 0 && !segments[depth].empty()) {  // a variable stands for something
        match.values.push_back(segments[depth]);
        if (find(nodes_[node.variable], segments, depth + 1, match)) return true;
        match.values.pop_back();
    }
    return findRest(node, segments, depth, match);
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
    if (!wellFormed || !find(nodes_.front(), segments, 0, match)) return std::nullopt;
    return match;
}

}  // namespace endpoint
}  // namespace patchbay
