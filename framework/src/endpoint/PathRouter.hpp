#pragma once
// Which endpoint serves a path.   Source: Jakarta WebSocket §3.1.1
//
// Segment counts must be equal; segments are compared from left to right and an exact one beats a variable; where the
// exact way leads nowhere the variable is tried. A trailing slash is an empty last segment and matters. Percent escapes
// are decoded after the split, so %2F is part of a segment.
//
// A rest takes what neither an exact segment nor a variable leads anywhere with. Its value is the decoded segments with slashes
// between; one that holds a slash itself would be two, so it matches nothing.

#include <patchbay/detail/PathTemplate.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::endpoint {

/// A value: copy it, add to the copy, and put that in its place.   Thread: one at a time while templates are added; then any.
class PathRouter {
public:
    struct Match {
        std::size_t target;
        std::vector<std::string> values;  // of the variables, left to right, decoded
    };

    /// Routes `path` to `target`. Returns the target that has the same or an equivalent template already, and changes
    /// nothing then.   Requires: checkPath(path, Rest::Last) finds no problem.
    std::optional<std::size_t> add(std::string_view path, std::size_t target);

    /// The target for a request's path, without its query.
    std::optional<Match> match(std::string_view path) const;

private:
    struct Node {
        std::map<std::string, std::size_t, std::less<>> exact;  // to the place of the next node
        std::size_t variable = 0;                               // likewise; 0, the root's place, is none
        std::optional<std::size_t> target;                      // of the template that ends here
        std::optional<std::size_t> rest;                        // of the one that goes on with a rest
    };
    std::size_t next(std::size_t node, std::string_view segment);
    static bool findRest(const Node& node, const std::vector<std::string>& segments, std::size_t depth, Match& match);
    bool find(const Node& node, const std::vector<std::string>& segments, std::size_t depth, Match& match) const;

    std::vector<Node> nodes_{1};  // the root first
};

}  // namespace patchbay::endpoint
