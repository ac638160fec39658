#pragma once
// The header fields of an HTTP message.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace patchbay {

/// Fields in the order of the wire; names compare without case.   Source: RFC 9110 §5.1
using HeaderFields = std::vector<std::pair<std::string, std::string>>;

/// The value of the first field called `name`, or empty.
std::string_view findHeader(const HeaderFields& fields, std::string_view name) noexcept;

}  // namespace patchbay
