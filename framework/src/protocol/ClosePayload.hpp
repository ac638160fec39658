#pragma once
// The body of a Close frame: nothing, or two bytes of code and then a reason in UTF-8.
//
//   code             on the wire
//   0–999            never                     (RFC 6455 §7.4.2)
//   1000–1003        yes
//   1004–1006, 1015  never                     (§7.4.1)
//   1007–1014        yes                       (1012–1014: IANA registry)
//   1016–2999        never: not assigned       (§7.4.2)
//   3000–4999        yes: registered, private  (§7.4.2)
//   5000 and above   never

#include "protocol/Frame.hpp"

#include <patchbay/close.hpp>

namespace patchbay::protocol {

/// True if the code may stand in a Close frame.
bool mayBeSent(CloseCode code) noexcept;

/// What a Close frame's body says, or which rule it breaks.
struct ReadClose {
    CloseCode code = CloseCode::NoStatus;  ///< the peer's code; when `rule` is set, the code to fail with
    std::string_view reason;
    std::string_view rule;
};
ReadClose readClosePayload(Bytes payload) noexcept;

/// A body to send. A code that may not be sent gives an empty body; a reason is cut at a character's end to fit in 123
/// bytes, and left out if it is not UTF-8.
class ClosePayload {
public:
    ClosePayload(CloseCode code, std::string_view reason) noexcept;
    Bytes bytes() const noexcept { return {bytes_.data(), size_}; }

private:
    std::array<std::byte, kMaxControlBytes> bytes_;
    std::size_t size_ = 0;
};

}  // namespace patchbay::protocol
