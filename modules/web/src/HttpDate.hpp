#pragma once
// The dates of HTTP.   Source: RFC 9110 §5.6.7
//
//     Sun, 06 Nov 1994 08:49:37 GMT     IMF-fixdate, the only one that is written
//     Sunday, 06-Nov-94 08:49:37 GMT    RFC 850: 50 years or more ahead means the century before
//     Sun Nov  6 08:49:37 1994          asctime

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace patchbay::web {

using HttpDate = std::chrono::sys_seconds;

/// Requires: a year of four digits.
std::string formatHttpDate(HttpDate date);

/// `now` tells the century of a year of two digits. Nothing for anything that is not exactly one of the three forms; the name
/// of the day may be a wrong one.
std::optional<HttpDate> parseHttpDate(std::string_view text, HttpDate now);

}  // namespace patchbay::web
