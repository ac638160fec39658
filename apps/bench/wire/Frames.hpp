#pragma once
// The few lines of RFC 6455 §5.2 that patchbay-bench and the floor it is compared with need: whole, final frames with
// lengths of 7, 16 or 64 bits. Nothing is checked here.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace bench {

inline constexpr std::byte kFinalText{0x81}, kFinalBinary{0x82}, kMaskBit{0x80};
inline constexpr std::size_t kMaskBytes = 4;
inline constexpr std::size_t kLongestHeader = 14;
using Mask = std::array<std::byte, kMaskBytes>;

struct FrameHeader {
    std::byte first{};  ///< FIN, RSV and opcode
    bool masked = false;
    std::size_t headerBytes = 0;  ///< the mask included
    std::size_t payloadBytes = 0;

    std::size_t frameBytes() const noexcept { return headerBytes + payloadBytes; }
};

/// Nothing while the header is not complete.
inline std::optional<FrameHeader> readHeader(std::span<const std::byte> bytes) {
    if (bytes.size() < 2) return std::nullopt;
    FrameHeader header{bytes[0], (bytes[1] & kMaskBit) != std::byte{}, 2,
                       static_cast<std::size_t>(bytes[1] & ~kMaskBit)};
    const std::size_t lengthBytes = header.payloadBytes == 126 ? 2 : header.payloadBytes == 127 ? 8 : 0;
    header.headerBytes += lengthBytes + (header.masked ? kMaskBytes : 0);
    if (bytes.size() < header.headerBytes) return std::nullopt;
    if (lengthBytes != 0) header.payloadBytes = 0;
    for (const auto byte : bytes.subspan(2, lengthBytes)) {
        header.payloadBytes = header.payloadBytes << 8 | std::to_integer<std::size_t>(byte);
    }
    return header;
}

/// Writes the header without a mask; its length.   Requires: room for kLongestHeader.
inline std::size_t writeHeader(std::byte* out, std::byte first, std::size_t payloadBytes) {
    const std::size_t lengthBytes = payloadBytes < 126 ? 0 : payloadBytes < 65536 ? 2 : 8;
    out[0] = first;
    out[1] = static_cast<std::byte>(lengthBytes == 0 ? payloadBytes : lengthBytes == 2 ? 126 : 127);
    for (std::size_t index = 0; index < lengthBytes; ++index) {
        out[2 + index] = static_cast<std::byte>(payloadBytes >> 8 * (lengthBytes - 1 - index));
    }
    return 2 + lengthBytes;
}

/// Masks or unmasks `count` bytes on their way to `out`, which may be `in` or lie before it.
inline void applyMask(std::byte* out, const std::byte* in, std::size_t count, Mask mask) {
    std::array<Mask, 2> twice{mask, mask};
    const auto whole = std::bit_cast<std::uint64_t>(twice);
    std::array<std::uint64_t, 4> block{};
    for (; count >= sizeof block; count -= sizeof block, in += sizeof block, out += sizeof block) {
        std::memcpy(block.data(), in, sizeof block);
        for (auto& word : block) word ^= whole;
        std::memcpy(out, block.data(), sizeof block);
    }
    for (std::size_t index = 0; index < count; ++index) out[index] = in[index] ^ mask[index % kMaskBytes];
}

}  // namespace bench
