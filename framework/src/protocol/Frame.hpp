#pragma once
// A frame's header on the wire: bits and lengths, both ways. What they mean for a connection is decided elsewhere.
//
//   byte 0   FIN 0x80 | RSV1 0x40 | RSV2 0x20 | RSV3 0x10 | opcode 0x0F
//   byte 1   MASK 0x80 | length 0x7F: 0..125 is the length, 126: 2 bytes of length follow, 127: 8 bytes, big-endian
//   then     the 4 bytes of the masking key, if MASK is set
//
// Source: RFC 6455 §5.2, §5.3

#include <patchbay/bytes.hpp>

#include <array>

namespace patchbay::protocol {

enum class Opcode : std::uint8_t { Continuation = 0x0, Text = 0x1, Binary = 0x2, Close = 0x8, Ping = 0x9, Pong = 0xA };

using MaskKey = std::array<std::byte, 4>;

inline constexpr std::uint8_t kFin = 0x80;
inline constexpr std::uint8_t kRsvBits = 0x70;
inline constexpr std::uint8_t kOpcodeBits = 0x0F;
inline constexpr std::uint8_t kMaskBit = 0x80;
inline constexpr std::uint8_t kLengthBits = 0x7F;
inline constexpr std::uint8_t kLength16 = 126;
inline constexpr std::uint8_t kLength64 = 127;
inline constexpr std::size_t kMaxHeaderBytes = 14;
inline constexpr std::size_t kMaxControlBytes = 125;  // §5.5

constexpr Opcode opcodeOf(std::uint8_t firstByte) noexcept { return static_cast<Opcode>(firstByte & kOpcodeBits); }
constexpr Opcode opcodeOf(MessageKind kind) noexcept {
    return kind == MessageKind::Text ? Opcode::Text : Opcode::Binary;
}
/// Control frames are those with the opcode's top bit set (§5.5).
constexpr bool isControl(std::uint8_t firstByte) noexcept { return (firstByte & 0x08) != 0; }
/// The first byte of a frame that is a whole message, or a control frame.
constexpr std::uint8_t whole(Opcode opcode) noexcept { return kFin | static_cast<std::uint8_t>(opcode); }

/// How long the header is, known from its second byte.   Units: bytes, 2 to 14.
constexpr std::size_t headerBytes(std::uint8_t secondByte) noexcept {
    const std::uint8_t length = secondByte & kLengthBits;
    const std::size_t extended = length == kLength64 ? 8 : length == kLength16 ? 2 : 0;
    return 2 + extended + ((secondByte & kMaskBit) != 0 ? sizeof(MaskKey) : 0);
}

/// An encoded header, kept on the stack so that the payload need not be copied behind it.
class FrameHeader {
public:
    /// An unmasked frame, as a server sends it.
    FrameHeader(std::uint8_t firstByte, std::size_t payloadBytes) noexcept {
        bytes_[0] = std::byte{firstByte};
        if (payloadBytes < kLength16) {
            bytes_[1] = static_cast<std::byte>(payloadBytes);
            size_ = 2;
        } else if (payloadBytes <= 0xFFFF) {
            bytes_[1] = std::byte{kLength16};
            putBigEndian(payloadBytes, 2);
        } else {
            bytes_[1] = std::byte{kLength64};
            putBigEndian(payloadBytes, 8);
        }
    }
    /// A masked frame, as a client sends it; the payload has to be masked with the same key.
    FrameHeader(std::uint8_t firstByte, std::size_t payloadBytes, MaskKey key) noexcept;

    Bytes bytes() const noexcept { return {bytes_.data(), size_}; }

private:
    void putBigEndian(std::uint64_t length, std::size_t count) noexcept {
        for (std::size_t i = 0; i < count; ++i) bytes_[2 + i] = static_cast<std::byte>(length >> (8 * (count - 1 - i)));
        size_ = 2 + count;
    }

    std::array<std::byte, kMaxHeaderBytes> bytes_;
    std::size_t size_;
};

/// Masks or unmasks in place; `offset` is how many bytes of the frame's payload came before.   Source: RFC 6455 §5.3
void applyMask(std::span<std::byte> payload, MaskKey key, std::size_t offset = 0) noexcept;

/// Where a client's masking keys come from.   Errors: throws when it has no entropy; a guessable key must not be used.
using MaskSource = MaskKey (*)();

/// A fresh key from the operating system's random source.   Source: RFC 6455 §5.3, §10.3
MaskKey randomMask();

}  // namespace patchbay::protocol
