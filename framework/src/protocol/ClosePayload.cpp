#include "protocol/ClosePayload.hpp"

#include "base/Utf8.hpp"

#include <algorithm>

namespace patchbay::protocol {

bool mayBeSent(CloseCode code) noexcept {
    const auto number = static_cast<std::uint16_t>(code);
    return (number >= 1000 && number <= 1003) || (number >= 1007 && number <= 1014) ||
           (number >= 3000 && number <= 4999);
}

ReadClose readClosePayload(Bytes payload) noexcept {
    if (payload.empty()) return {};
    if (payload.size() == 1)
        return {CloseCode::ProtocolError, {}, "Close frame with one byte, which is no code (RFC 6455 §5.5.1)"};
    const auto code =
        static_cast<CloseCode>(std::to_integer<unsigned>(payload[0]) << 8 | std::to_integer<unsigned>(payload[1]));
    if (!mayBeSent(code)) return {CloseCode::ProtocolError, {}, "close code that must not be sent (RFC 6455 §7.4)"};
    const Bytes reason = payload.subspan(2);
    if (!isUtf8(reason)) return {CloseCode::InvalidPayload, {}, "close reason that is not UTF-8 (RFC 6455 §5.5.1)"};
    return {code, asText(reason), {}};
}

ClosePayload::ClosePayload(CloseCode code, std::string_view reason) noexcept {
    if (!mayBeSent(code)) return;
    const auto number = static_cast<std::uint16_t>(code);
    bytes_[0] = static_cast<std::byte>(number >> 8);
    bytes_[1] = static_cast<std::byte>(number & 0xFF);
    size_ = 2;
    const Bytes text = asBytes(cutAtCharacter(reason, kMaxControlBytes - size_));
    if (!isUtf8(text)) return;
    std::ranges::copy(text, bytes_.begin() + 2);
    size_ += text.size();
}

}  // namespace patchbay::protocol
