#pragma once
// One range of bytes.   Source: RFC 9110 §14.1.2, §14.2
//
//     bytes=0-499    the first 500         bytes=500-    all but these         bytes=-500    the last 500
//
// Several ranges at once are answered with the whole, as are those that are malformed, or of another unit: all of it is
// something that every client takes (§14.2: "A server MAY ignore the Range header field").

#include <cstdint>
#include <string_view>

namespace patchbay::web {

struct ByteRange {
    enum class Kind : std::uint8_t { Whole, Part, Unsatisfiable };
    Kind kind = Kind::Whole;
    std::uint64_t first = 0;   ///< of a Part
    std::uint64_t length = 0;  ///< likewise; more than 0
    bool operator==(const ByteRange&) const = default;
};

/// `size`: of what the range is cut out of.   Units: bytes.
ByteRange parseRange(std::string_view range, std::uint64_t size) noexcept;

}  // namespace patchbay::web
