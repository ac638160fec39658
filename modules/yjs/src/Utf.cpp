#include "Utf.hpp"

#include <cstdint>
#include <cstring>

namespace patchbay::yjs {
namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080;

std::uint64_t eightAt(const char* at) noexcept {
    std::uint64_t eight;
    std::memcpy(&eight, at, sizeof eight);
    return eight;
}

bool isContinuation(std::uint8_t octet) noexcept { return (octet & 0xC0) == 0x80; }

/// The length of the character at the beginning of `text`, 0 if it is none (RFC 3629 §4).
std::size_t characterChecked(const std::uint8_t* at, std::size_t left) noexcept {
    const std::uint8_t lead = at[0];
    if (lead < 0x80) return 1;
    if (lead < 0xC2 || lead > 0xF4) return 0;
    const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (left < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if (!isContinuation(at[i])) return 0;
    }
    if (lead == 0xE0 && at[1] < 0xA0) return 0;  // overlong
    if (lead == 0xED && at[1] > 0x9F) return 0;  // half of a surrogate pair
    if (lead == 0xF0 && at[1] < 0x90) return 0;  // overlong
    if (lead == 0xF4 && at[1] > 0x8F) return 0;  // beyond U+10FFFF
    return length;
}

}  // namespace

std::optional<std::size_t> utf16LengthChecked(std::string_view text) noexcept {
    const char* at = text.data();
    const char* const end = at + text.size();
    std::size_t units = 0;
    while (at != end) {
        if (end - at >= 8 && (eightAt(at) & kHighBits) == 0) {
            at += 8;
            units += 8;
            continue;
        }
        const std::size_t length = characterChecked(reinterpret_cast<const std::uint8_t*>(at), static_cast<std::size_t>(end - at));
        if (length == 0) return std::nullopt;
        at += length;
        units += length == 4 ? 2 : 1;
    }
    return units;
}

std::size_t utf16Length(std::string_view text) noexcept {
    std::size_t units = 0;
    for (const char one : text) {  // both terms are of one byte, so that a compiler counts many at once
        const auto octet = static_cast<std::uint8_t>(one);
        units += static_cast<std::size_t>(!isContinuation(octet)) + static_cast<std::size_t>(octet >= 0xF0);
    }
    return units;
}

Utf16Cut utf16Cut(std::string_view text, std::size_t units) noexcept {
    const char* at = text.data();
    const char* const end = at + text.size();
    while (units != 0 && at != end) {
        if (units >= 8 && end - at >= 8 && (eightAt(at) & kHighBits) == 0) {
            at += 8;
            units -= 8;
            continue;
        }
        const auto lead = static_cast<std::uint8_t>(*at);
        if (lead >= 0xF0) {
            if (units == 1) return {static_cast<std::size_t>(at - text.data()), true};
            --units;
        }
        at += lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        --units;
    }
    return {static_cast<std::size_t>(at - text.data()), false};
}

}  // namespace patchbay::yjs
