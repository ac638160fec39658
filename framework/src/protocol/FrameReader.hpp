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

    /// The rule that the peer broke, with its section of RFC 6455.
    std::string_view rule() const noexcept { return rule_; }

private:
    enum class Stage : std::uint8_t { Header, Payload };

    Result readHeader(std::span<std::byte>& bytes) noexcept;
    Result collectHeader(std::span<std::byte>& bytes) noexcept;
    bool startIsAllowed(std::uint8_t first, std::uint8_t second) noexcept;
    Result readLengthAndMask(const std::byte* header) noexcept;
    Result broken(std::string_view rule) noexcept;

    std::string_view rule_;
    std::uint64_t frameBytes_ = 0;
    std::uint64_t left_ = 0;
    MaskKey key_{};
    Stage stage_ = Stage::Header;
    Role role_;
    std::uint8_t rsvBits_;
    std::uint8_t firstByte_ = 0;
    std::uint8_t collected_ = 0;  // bytes of header_ in use; 0 unless a header arrived in pieces
    std::array<std::byte, kMaxHeaderBytes> header_{};
};

}  // namespace patchbay::protocol
