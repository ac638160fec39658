#pragma once
// What kind of thing a file is, by the end of its name.   Source: the IANA registry of media types; RFC 9239 (JavaScript)

#include <string_view>

namespace patchbay::web {

struct MediaType {
    std::string_view contentType;  ///< with its charset, where texts have one
    bool compresses;               ///< a form of it that was compressed beforehand is worth looking for
};

/// application/octet-stream for an ending that is not known. Letters may be of either case.
MediaType mediaTypeOf(std::string_view path) noexcept;

}  // namespace patchbay::web
