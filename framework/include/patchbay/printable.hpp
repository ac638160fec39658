#pragma once
// Text that came from elsewhere, made fit for people's eyes: logs, terminals, pages for operators.

#include <string>
#include <string_view>

namespace patchbay {

/// `text` with everything that a terminal obeys or nobody sees written out: control characters, of C1 too (`\x1b`, `\u{9b}`),
/// what turns the direction of writing (`\u{202e}`), what has no width, and bytes that are no UTF-8 (`\xff`). A line stays a line:
/// its end is `\n` written out.
std::string printable(std::string_view text);

}  // namespace patchbay
