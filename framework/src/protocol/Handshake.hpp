#pragma once
// The opening handshake of a server, without I/O: a request head in, the verdict and the answer's fields out. Knows no
// origin, no path, no user: who may connect is for the layers above.
//
// Source: RFC 6455 §4.2, §4.3, §4.4

#include "protocol/HandshakeLists.hpp"

namespace patchbay::protocol {

inline constexpr std::string_view kWebSocketVersion = "13";

/// A request head that somebody else has read.
struct HandshakeRequestView {
    std::string_view method;
    int httpMajor = 1;
    int httpMinor = 1;
    std::span<const HeaderField> headers;
};

/// The verdict about a request, and what the client offers.
struct ServerHandshake {
    int status = 101;     ///< 101, or the refusal: 400, 405 (not GET), 426 (no or another version)
    std::string problem;  ///< what is wrong, with its section; empty for 101
    std::string accept;   ///< the value of Sec-WebSocket-Accept
    std::vector<std::string> offeredSubprotocols;   ///< in the client's order of preference
    std::vector<ExtensionTerms> offeredExtensions;  ///< in the client's order of preference

    bool isAccepted() const noexcept { return status == 101; }
};

/// Errors: none thrown; the client's mistakes are in `status` and `problem`.
ServerHandshake readServerHandshake(const HandshakeRequestView& request);

/// A field of an answer. Its name lives as long as the program.
struct AnswerField {
    std::string_view name;
    std::string value;
};

/// The fields that §4.2.2 (or, for a refusal, §4.4 and HTTP) asks of the answer. `subprotocol` and `extensions` are
/// what the server chose from the offers; empty leaves the field out.
std::vector<AnswerField> answerFields(const ServerHandshake& handshake, std::string_view subprotocol = {},
                                      std::span<const ExtensionTerms> extensions = {});

/// The value of Sec-WebSocket-Accept for a key: base64 of the SHA-1 of the key and RFC 6455's GUID.
std::string acceptKey(std::string_view key);

/// True for 16 bytes in base64, written the one canonical way.
bool isKey(std::string_view text) noexcept;

}  // namespace patchbay::protocol
