#pragma once
// What can be wrong with the attributes of an annotation, found when compiling in what is written there. Designated initialisers stand
// in the order of their struct; of any other order, and of a name that is none, compilers speak in words of their own, each at another
// place.
//
//   written = attribute *( "," attribute )       attribute = "." name ( "=" value | "{" value "}" )
//
// Only the names are read; what is none of this is left to the compiler.

#include <cstddef>
#include <string_view>

namespace patchbay::detail {

enum class AttributeProblem : unsigned char { None, Unknown, Order };

/// Which of `names` (", " between them) this is, by where it begins there; npos for none.
consteval std::size_t placeOfAttribute(std::string_view names, std::string_view name) {
    for (std::size_t at = 0; at < names.size();) {
        const std::size_t end = names.substr(at).find(',') == std::string_view::npos ? names.size() : at + names.substr(at).find(',');
        if (names.substr(at, end - at) == name) return at;
        at = end + 2;
    }
    return std::string_view::npos;
}

consteval bool isHexadecimal(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// Where the value at `at` ends: at the comma before the next attribute, or with the text.
consteval std::size_t endOfAttribute(std::string_view written, std::size_t at) {
    char quote = 0;
    int depth = 0;
    for (; at < written.size(); ++at) {
        const char c = written[at];
        if (quote != 0) {
            if (c == '\\') ++at;
            if (c == quote) quote = 0;
        } else if (c == '"' || (c == '\'' && (at == 0 || !isHexadecimal(written[at - 1])))) {  // no separator of digits
            quote = c;
        } else if (c == '(' || c == '[' || c == '{') {
            ++depth;
        } else if (c == ')' || c == ']' || c == '}') {
            --depth;
        } else if (c == ',' && depth == 0) {
            break;
        }
    }
    return at;
}

/// The first problem of `written`, where the struct's members are `names`, ", " between them.
consteval AttributeProblem attributeProblem(std::string_view names, std::string_view written) {
    std::size_t next = 0;  // where the names begin that may still come
    for (std::size_t at = 0; at < written.size(); at = endOfAttribute(written, at) + 1) {
        while (at < written.size() && written[at] == ' ') ++at;
        if (at == written.size() || written[at] != '.') continue;
        const std::string_view rest = written.substr(at + 1);
        const std::string_view name = rest.substr(0, rest.find_first_of(" ={"));
        const std::size_t place = placeOfAttribute(names, name);
        if (place == std::string_view::npos) return AttributeProblem::Unknown;
        if (place < next) return AttributeProblem::Order;
        next = place + 1;
    }
    return AttributeProblem::None;
}

}  // namespace patchbay::detail
