#pragma once
// Text is text: what an application sends is checked where it leaves, once however many get it, so that a mistake is told to
// the sender and no receiver ever sees it. Not looked at again is what was checked already: the text that a handler has got
// and sends on where it lies, and what the JSON writer has made.   Source: RFC 6455 §5.6

#include <string_view>

namespace patchbay::messaging {

/// Errors: json::EncodeError for text that is not UTF-8.   Thread: any.
void requireText(std::string_view text);

}  // namespace patchbay::messaging
