#pragma once
// What a server decodes in a request target: text, or it is refused.
//
//   path    segments with percent escapes                     a control character, bytes that are no UTF-8: no path
//   query   name=value&name=value, '+' is a space             every character is a value, controls too; no UTF-8: no query
//
// A '%' that begins no escape stands for itself, as in browsers, which send it as it was written ("/100%"). In a path it must not begin
// one in what has been decoded: whoever decodes once more (RFC 3986 §2.4 says not to) would read "/%%32e" as "/.".
//
// Source: RFC 3986 §2.1, §2.4, §3.4; WHATWG URL (percent-decode, application/x-www-form-urlencoded), as browsers have it

#include <optional>
#include <string>
#include <string_view>

namespace patchbay {

/// Why path and query of `target` are no text that can be decoded; empty when they are.
std::string_view problemOfEscapes(std::string_view target);

/// `text` without its percent escapes, in `room` if there are any; nothing if what comes out could be decoded once more because of a
/// '%' that begins no escape.
std::optional<std::string_view> unescaped(std::string_view text, std::string& room);

/// The decoded form of a path segment; nothing where unescaped() has none, when an escape stands for a control character, or when it is
/// no UTF-8.
std::optional<std::string> percentDecode(std::string_view segment);

/// The first value of `name` in the query of `target`, decoded; empty when there is none, or when it is no UTF-8.
std::string queryParameter(std::string_view target, std::string_view name);

}  // namespace patchbay
