#pragma once
// WebSocket extensions: what a plugin does to whole messages between the session and the wire. Fragments, masks and
// control frames stay with the connection.
//
//   handshake   Sec-WebSocket-Extensions: what a client offers, in its order of preference, and what the server accepts
//   messages    send: encode -> frames with the extension's RSV bits          receive: such frames -> decode
//   broadcast   one message to many: encoded once for all connections of the same broadcastForm()
//
// Source: RFC 6455 §5.8, §9

#include <patchbay/extension_terms.hpp>
#include <patchbay/message_buffer.hpp>

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace patchbay {

/// An extension on one connection.
/// Thread: the connection's loop's, but for encodeBroadcast(): any, also while another function runs.
class Extension {
public:
    enum class Decoded : std::uint8_t { Whole, TooBig, Broken };
    /// The connection has no form of its own for broadcasts: it takes them plain.
    static constexpr std::uint8_t kPlain = 0;
    static constexpr std::uint8_t kMaxForm = 15;

    virtual ~Extension() = default;

    /// The bits it owns on the first frame of a message, as they stand in the first byte: 0x40, 0x20, 0x10.
    virtual std::uint8_t rsvBits() const noexcept = 0;

    /// The most bytes that a message of `maxMessageSize` may need in its encoded form.
    virtual std::size_t maxEncodedBytes(std::size_t maxMessageSize) const noexcept = 0;

    /// Decodes a message that came with `rsv` set (never 0). `out` is empty and refuses what goes over its limit.
    /// Errors: `TooBig` fails the connection with 1009, `Broken` with 1007; nothing is thrown but std::bad_alloc.
    virtual Decoded decode(std::uint8_t rsv, Bytes payload, MessageBuffer& out) = 0;

    /// Encodes a message and returns the bits to set; 0 sends the message as it is, whatever `out` holds.
    virtual std::uint8_t encode(MessageKind kind, Bytes payload, MessageBuffer& out) = 0;

    /// Connections with the same number, from 1 to kMaxForm, read the same encoded form of a broadcast.
    virtual std::uint8_t broadcastForm() const noexcept { return kPlain; }
    /// As encode(), but for every connection of this form: it must not depend on what was sent on this one before.
    virtual std::uint8_t encodeBroadcast(MessageKind, Bytes, MessageBuffer&) const { return 0; }
    /// The next message must refer to no earlier one: a broadcast came in between, or a queue's policy drops messages.
    virtual void forget() noexcept {}
};

/// An extension that a server offers to its connections.   Thread: any, several at once.
class ExtensionFactory {
public:
    struct Agreed {
        ExtensionTerms answer;
        std::unique_ptr<Extension> extension;
    };

    virtual ~ExtensionFactory() = default;
    /// The registered name, a token.
    virtual std::string_view name() const noexcept = 0;

    /// Server: accepts one offer of that name, or declines it; the next offer is tried then.
    virtual std::optional<Agreed> accept(const ExtensionTerms& offer) = 0;
    /// Client: what to offer, in order of preference.
    virtual std::vector<ExtensionTerms> offers() const = 0;
    /// Client: the extension that the server's answer asks for; nullptr when the answer is none to these offers, which
    /// fails the connection (RFC 6455 §4.1).
    virtual std::unique_ptr<Extension> agree(const ExtensionTerms& answer) = 0;
};

}  // namespace patchbay
