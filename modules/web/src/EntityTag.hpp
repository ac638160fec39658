#pragma once
// Entity tags, as they stand on the wire.   Source: RFC 9110 §8.8.3
//
//     entity-tag = [ "W/" ] DQUOTE *etagc DQUOTE        etagc = 0x21 | 0x23–0x7E | 0x80–0xFF

#include <cstdint>
#include <string_view>

namespace patchbay::web {

enum class Comparison : std::uint8_t {
    Strong,  ///< byte for byte the same: ranges, If-Match
    Weak,    ///< as good as the same: If-None-Match
};

/// True when `tag` is one of `list` = "*" | #entity-tag. What follows something malformed is not looked at.
/// Requires: `tag` is an entity tag.
bool matches(std::string_view list, std::string_view tag, Comparison comparison) noexcept;

constexpr bool isWeak(std::string_view tag) noexcept { return tag.starts_with("W/"); }

}  // namespace patchbay::web
