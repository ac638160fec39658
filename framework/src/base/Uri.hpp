#pragma once
// The two things that a server decodes in a request target.   Source: RFC 3986 §2.1, §3.4; HTML's form encoding for '+'

#include <optional>
#include <string>
#include <string_view>

namespace patchbay {

/// The decoded form of a path segment; nothing when an escape is malformed or stands for a control character.
std::optional<std::string> percentDecode(std::string_view segment);

/// The first value of `name` in the query of `target`, decoded; empty when there is none or it is malformed.
std::string queryParameter(std::string_view target, std::string_view name);

}  // namespace patchbay
