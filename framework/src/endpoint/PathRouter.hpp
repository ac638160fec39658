#pragma once
// Which endpoint serves a path.   Source: Jakarta WebSocket §3.1.1
//
// Segment counts must be equal; segments are compared from left to right and an exact one beats a variable; where the
// exact way leads nowhere the variable is tried. A trailing slash is an empty last segment and matters. Percent escapes
// are decoded after the split, so %2F is part of a segment.

#include <patchbay/detail/PathTemplate.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::endpoint {

/// Thread: one at a time while templates are added; then any.
class PathRouter {
public:
    struct Match {
        std::size_t target;
        std::vector<std::string> values;  // of the variables, left to right, decoded
    };

    /// Routes `path` to `target`. Returns the target that has the same or an equivalent template already, and changes
    /// nothing then.   Requires: checkPath(path) finds no problem.
    std::optional<std::size_t> add(std::string_view path, std::size_t target);

    /// The target for a request's path, without its query.
    std::optional<Match> match(std::string_view path) const;

private:
    struct Node {
        std::map<std::string, std::unique_ptr<Node>, std::less<>> exact;
        std::unique_ptr<Node> variable;
        std::optional<std::size_t> target;
    };
    static bool find(const Node& node, const std::vector<std::string>& segments, std::size_t depth, Match& match);

    Node root_;
};

}  // namespace patchbay::endpoint
