#pragma once
// Bytes in, parts of frames out. Checks what one frame's header says; knows nothing of messages and keeps no payload.
//
//   Header  --(2..14 bytes, rules kept)-->  Payload  --(its last byte)-->  Header
//   Header  --(a rule broken)----------->  the caller stops reading
//
// A frame leaves as one part if all of it is in the caller's buffer, else as several: the first as soon as the header
// is whole (so that limits are checked before the payload comes), then one per piece of payload that arrives.
//
// Source: RFC 6455 §5.1–§5.3, §5.5

#include "protocol/Frame.hpp"

#include <cstring>

namespace patchbay::protocol {

enum class Role : std::uint8_t { Server, Client };

/// A piece of one frame, unmasked in the caller's buffer.
struct FramePart {
    enum Place : std::uint8_t { Middle = 0, First = 1, Last = 2, Whole = First | Last };

    std::uint8_t firstByte = 0;    ///< FIN, RSV bits and opcode of the frame
    Place place = Middle;          ///< where in the frame this piece lies
    std::uint64_t frameBytes = 0;  ///< the payload of the whole frame
    std::span<std::byte> payload;  ///< this piece; may be empty

    bool starts() const noexcept { return (place & First) != 0; }
    bool ends() const noexcept { return (place & Last) != 0; }
};

class FrameReader {
public:
    enum class Result : std::uint8_t { NeedMore, Part, Broken };

    /// `rsvBits` are those that the negotiated extension owns.
    FrameReader(Role role, std::uint8_t rsvBits) noexcept;

    /// Takes the next part off the front of `bytes`. After `Broken`, rule() says which, and reading must stop.
    Result next(std::span<std::byte>& bytes, FramePart& part) noexcept;

    /// The short way for what most frames are: a data message in one frame, without reserved bits, whole in `bytes`, to a
    /// server. Takes it off, unmasked. False, and nothing done, for everything else, which is next()'s.
    bool nextWhole(std::span<std::byte>& bytes, std::size_t maxBytes, FramePart& part) noexcept {
        if (bytes.size() < 4 + sizeof(MaskKey) || stage_ != Stage::Header || collected_ != 0 || role_ != Role::Server)
            return false;
        const auto first = std::to_integer<std::uint8_t>(bytes[0]);
        const auto length = std::to_integer<std::uint8_t>(bytes[1]) ^ kMaskBit;  // over 127 without a mask
        if (first != whole(Opcode::Binary) && first != whole(Opcode::Text)) return false;
        std::size_t size = length, begin = 2 + sizeof(MaskKey);
        if (length >= kLength16) {
            size = std::to_integer<std::size_t>(bytes[2]) << 8 | std::to_integer<std::size_t>(bytes[3]);
            begin = 4 + sizeof(MaskKey);
            if (length != kLength16 || size < kLength16) return false;
        }
        if (size > maxBytes || bytes.size() < begin + size) return false;
        MaskKey key;
        std::memcpy(key.data(), &bytes[begin - key.size()], key.size());
        part.firstByte = first;
        part.payload = bytes.subspan(begin, size);
        applyMask(part.payload, key);
        bytes = bytes.subspan(begin + size);
        return true;
    }

    /// Within a frame: some of it has come, and not all.
    bool isWithinFrame() const noexcept { return stage_ != Stage::Header || collected_ != 0; }
    /// How much of a data frame's payload is still to come; 0 outside of one.
    std::uint64_t dataLeft() const noexcept { return stage_ == Stage::Payload && !isControl(firstByte_) ? payload_.left : 0; }
    /// Takes the next bytes of the frame's payload, which the caller has read to where it wants them.
    /// Requires: `bytes` is no longer than dataLeft(), and not empty.
    FramePart nextPayload(std::span<std::byte> bytes) noexcept { return takePayload(bytes, FramePart::Middle); }

    /// The rule that the peer broke, with its section of RFC 6455.
    std::string_view rule() const noexcept;
    Role role() const noexcept { return role_; }

private:
    enum class Rule : std::uint8_t;
    enum class Stage : std::uint8_t { Header, Payload };
    struct Payload {
        std::uint64_t bytes, left;
    };

    FramePart takePayload(std::span<std::byte> bytes, std::uint8_t place) noexcept;
    Result readHeader(std::span<std::byte>& bytes) noexcept;
    Result collectHeader(std::span<std::byte>& bytes) noexcept;
    bool startIsAllowed(std::uint8_t first, std::uint8_t second) noexcept;
    Result readLengthAndMask(const std::byte* header) noexcept;
    Result broken(Rule rule) noexcept;

    /// A frame's payload, or a header that arrives in pieces: never both.
    union {
        Payload payload_ = {0, 0};
        std::array<std::byte, kMaxHeaderBytes> header_;
    };
    MaskKey key_{};
    Stage stage_ = Stage::Header;
    Role role_;
    std::uint8_t rsvBits_;
    std::uint8_t firstByte_ = 0;
    std::uint8_t collected_ = 0;  // bytes of header_ in use; 0 unless a header arrives in pieces
    Rule rule_{};
};

}  // namespace patchbay::protocol
