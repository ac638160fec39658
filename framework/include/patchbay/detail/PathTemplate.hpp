#pragma once
// Level-1 path templates (Jakarta WebSocket §3.1.1), checked when compiling; for plain HTTP also with a rest.
//
//     template = "/" | 1*( "/" segment ) [ "/" ]
//     route    = template | [ template ] "/" rest
//     segment  = literal | "{" name "}"          a variable is a whole segment
//     rest     = "{" name "...}"                 all that follows: any number of segments, also one empty one
//     name     = ( letter | "_" ) *( letter | digit | "_" | "-" | "." )

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace patchbay::detail {

enum class PathProblem : std::uint8_t {
    None,
    NoLeadingSlash,
    EmptySegment,     // "//"
    DotSegment,       // "/./", "/../"
    BadVariable,      // "{}", "a{b}", "{a}{b}", an unmatched brace, a name that is none
    VariableTwice,
    BadCharacter,     // '?', '#', '%', white space, controls
};

/// Calls `visit(segment)` for each segment behind the leading slash; a trailing slash gives a last, empty one.
template <class Visit>
constexpr void forEachSegment(std::string_view path, Visit visit) {
    std::size_t begin = 1;
    while (begin <= path.size()) {
        std::size_t end = path.find('/', begin);
        if (end == std::string_view::npos) end = path.size();
        visit(path.substr(begin, end - begin));
        begin = end + 1;
    }
}

constexpr bool isVariable(std::string_view segment) { return !segment.empty() && segment.front() == '{'; }
constexpr bool isRest(std::string_view segment) { return isVariable(segment) && segment.ends_with("...}"); }
constexpr std::string_view variableName(std::string_view segment) {
    return segment.substr(1, segment.size() - (isRest(segment) ? 5 : 2));
}

constexpr bool isVariableName(std::string_view name) {
    if (name.empty()) return false;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const char c = name[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        const bool later = (c >= '0' && c <= '9') || c == '-' || c == '.';
        if (!letter && !(later && i > 0)) return false;
    }
    return true;
}

/// How many variables of `path` are called `name`.
constexpr int countVariable(std::string_view path, std::string_view name) {
    int count = 0;
    forEachSegment(path, [&](std::string_view s) { count += isVariable(s) && variableName(s) == name; });
    return count;
}

constexpr PathProblem checkSegment(std::string_view path, std::string_view segment) {
    if (segment == "." || segment == "..") return PathProblem::DotSegment;
    for (const char c : segment) {
        const bool control = static_cast<unsigned char>(c) <= ' ' || c == 0x7f;  // beyond ASCII is UTF-8, and fine
        if (control || c == '?' || c == '#' || c == '%') return PathProblem::BadCharacter;
    }
    if (segment.find_first_of("{}") == std::string_view::npos) return PathProblem::None;
    if (segment.front() != '{' || segment.back() != '}' || !isVariableName(variableName(segment))) {
        return PathProblem::BadVariable;
    }
    return countVariable(path, variableName(segment)) > 1 ? PathProblem::VariableTwice : PathProblem::None;
}

enum class Rest : std::uint8_t { Refused, Last };

/// The first problem of a template, or None.
constexpr PathProblem checkPath(std::string_view path, Rest rest = Rest::Refused) {
    if (path.empty() || path.front() != '/') return PathProblem::NoLeadingSlash;
    if (path.find("//") != std::string_view::npos) return PathProblem::EmptySegment;
    PathProblem problem = PathProblem::None;
    forEachSegment(path, [&](std::string_view segment) {
        if (problem != PathProblem::None) return;
        problem = checkSegment(path, segment);
        const bool last = segment.data() + segment.size() == path.data() + path.size();
        if (problem == PathProblem::None && isRest(segment) && !(rest == Rest::Last && last)) problem = PathProblem::BadVariable;
    });
    return problem;
}

/// The position of variable `name` among the variables of `path`, left to right; -1 when it has none of that name.
constexpr int variableIndex(std::string_view path, std::string_view name) {
    int index = -1;
    int seen = 0;
    forEachSegment(path, [&](std::string_view segment) {
        if (!isVariable(segment)) return;
        if (variableName(segment) == name) index = seen;
        ++seen;
    });
    return index;
}

/// What to say about a problem; for templates that are deployed by hand, where no compiler has seen the text.
std::string_view describe(PathProblem problem) noexcept;

}  // namespace patchbay::detail
