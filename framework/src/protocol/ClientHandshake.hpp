#pragma once
// The opening handshake of a client, without I/O: a request head out, the check of the answer in. Opens no connection
// and follows no redirect.
//
// Source: RFC 6455 §4.1

#include "protocol/Handshake.hpp"

namespace patchbay::protocol {

/// A field of a request, with its own text.
struct OwnedField {
    std::string name;
    std::string value;
};

/// What a client asks for.
struct ClientHandshake {
    std::string host;                        ///< with its port unless that is the scheme's own
    std::string target = "/";                ///< path and query
    std::string key;                         ///< from makeKey(), a fresh one for each connection
    std::vector<std::string> subprotocols;   ///< in order of preference, no two the same
    std::vector<ExtensionTerms> extensions;  ///< in order of preference
    std::vector<OwnedField> fields;          ///< more fields, such as Origin, Cookie, Authorization
};

/// 16 random bytes in base64.   Errors: throws std::runtime_error without entropy.
std::string makeKey();

/// The request head, ready to send.
/// Errors: std::invalid_argument for what a head cannot carry: white space or control characters in the host, the
/// target or a field, a subprotocol that is no token or comes twice, a field that the handshake sets itself.
std::string makeClientRequest(const ClientHandshake& handshake);

/// An answer's head that somebody else has read.
struct HandshakeResponseView {
    int status = 0;
    std::span<const HeaderField> headers;
};

/// What the server agreed to, or why the client must fail the connection.
struct ServerAnswer {
    std::string problem;                     ///< what is wrong, with its section; empty when the connection is open
    std::string subprotocol;                 ///< empty if the server chose none
    std::vector<ExtensionTerms> extensions;  ///< in the order in which they apply

    bool isOpen() const noexcept { return problem.empty(); }
};

ServerAnswer checkServerResponse(const ClientHandshake& handshake, const HandshakeResponseView& response);

}  // namespace patchbay::protocol
