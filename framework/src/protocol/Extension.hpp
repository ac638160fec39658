#pragma once
// What a negotiated extension does to whole messages. Fragments, masks and control frames stay with the connection.

#include "protocol/MessageBuffer.hpp"

namespace patchbay::protocol {

/// One extension (or a chain of them) of one connection.
/// Thread: decode() on the loop's thread, encode() under the lock of the sender; both may run at the same time.
/// Source: RFC 6455 §5.8, §9
class Extension {
public:
    enum class Decoded : std::uint8_t { Whole, TooBig, Broken };

    virtual ~Extension() = default;

    /// The bits it owns on the first frame of a message, as they stand in the first byte: 0x40, 0x20, 0x10.
    virtual std::uint8_t rsvBits() const noexcept = 0;

    /// The most bytes that a message of `maxMessageBytes` may need in its encoded form.
    virtual std::size_t maxEncodedBytes(std::size_t maxMessageBytes) const noexcept = 0;

    /// Decodes a message that came with `rsv` set (never 0). `out` is empty and refuses what goes over its limit.
    /// Errors: `TooBig` fails the connection with 1009, `Broken` with 1007; nothing is thrown.
    virtual Decoded decode(std::uint8_t rsv, Bytes payload, MessageBuffer& out) = 0;

    /// Encodes a message and returns the bits to set; 0 sends the message as it is, whatever `out` holds.
    virtual std::uint8_t encode(MessageKind kind, Bytes payload, MessageBuffer& out) = 0;
};

}  // namespace patchbay::protocol
