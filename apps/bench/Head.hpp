#pragma once
// Looking into the head of an answer.   Source: RFC 9112 §4, §5

#include <cstddef>
#include <optional>
#include <string_view>

namespace bench {

/// A longer one is taken for none.   Units: bytes.
inline constexpr std::size_t kLargestHead = std::size_t{16} << 10;

std::string_view trimmed(std::string_view text);
/// What stands before `separator`, which is taken off `rest` with it.
std::string_view takeUntil(std::string_view& rest, std::string_view separator);
/// The value of the first field of that name.   Requires: `head` begins with the status line and ends with its last CRLF.
std::optional<std::string_view> field(std::string_view head, std::string_view name);

}  // namespace bench
