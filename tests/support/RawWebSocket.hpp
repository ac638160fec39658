#pragma once
// A WebSocket client written by hand from RFC 6455, and on purpose with no line of ours in it: what the server writes is
// read by somebody else's eyes. It answers nothing by itself: no pong, no Close.

#include "support/RawSocket.hpp"

#include <string>
#include <string_view>

namespace patchbay::test {

/// Opcodes of RFC 6455 §5.2.
enum Opcode : std::uint8_t { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

struct Frame {
    bool fin = false;
    int opcode = 0;
    std::string payload;
    int reserved = 0;  // the bits 0x70 of the first byte
};

/// A frame as a client sends it, masked.   Source: RFC 6455 §5.2
std::string clientFrame(int opcode, std::string_view payload, bool fin = true);
/// The payload of a Close frame.   Source: RFC 6455 §5.5.1
std::string closePayload(int code, std::string_view text = {});

/// The key of RFC 6455 §1.3, and what a server has to answer to it.
inline constexpr std::string_view kSampleKey = "dGhlIHNhbXBsZSBub25jZQ==";
inline constexpr std::string_view kSampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// An opening handshake for `target`. `fields`: whole header lines to add, each with its CRLF.
std::string upgradeRequest(std::string_view target, std::string_view fields = {});

class RawWebSocket {
public:
    /// Connects and shakes hands.   Errors: std::runtime_error for any answer but 101.
    RawWebSocket(std::uint16_t port, std::string_view target, std::string_view fields = {},
                 RawSocket::Options options = {});
    /// Takes over a connection whose handshake was answered with 101.
    RawWebSocket(RawSocket socket, HttpAnswer answer) noexcept : socket_{std::move(socket)}, answer_{std::move(answer)} {}

    RawSocket& socket() noexcept { return socket_; }
    const HttpAnswer& answer() const noexcept { return answer_; }

    void text(std::string_view payload) { socket_.send(clientFrame(kText, payload)); }
    void binary(std::string_view payload) { socket_.send(clientFrame(kBinary, payload)); }
    void ping(std::string_view payload) { socket_.send(clientFrame(kPing, payload)); }
    void close(int code, std::string_view text = {}) { socket_.send(clientFrame(kClose, closePayload(code, text))); }
    void closeWithoutCode() { socket_.send(clientFrame(kClose, {})); }

    /// The next frame.   Errors: std::runtime_error for a masked one (RFC 6455 §5.1), or none in time.
    Frame next();
    /// The payload of the next frame, which has to be a whole text message.
    std::string nextText();
    /// What the Close frame said, which has to be the next frame; 1005 when it had no code.
    struct Close {
        int code = 1005;
        std::string text;
        friend bool operator==(const Close&, const Close&) = default;
    };
    Close nextClose();
    /// The same, after whatever messages came before it.
    Close skipToClose();

private:
    RawSocket socket_;
    HttpAnswer answer_;
};

}  // namespace patchbay::test
