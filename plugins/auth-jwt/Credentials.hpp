#pragma once
// Where a handshake may carry a token, and a message. Each finds at most one.   Source: RFC 6750 §2, RFC 6265 §4.2, WIRE `auth`

#include <patchbay/configurator.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace patchbay::auth_jwt {

/// What was found: a token and where, or that it is ambiguous.
struct Found {
    enum class Way : std::uint8_t { Nothing, Header, Subprotocol, Query, Cookie, Ambiguous };
    Way way = Way::Nothing;
    std::string token = {};
};

/// Empty names: not there. What a client sets by hand is before what its browser adds by itself.
Found findToken(const HandshakeRequest& request, std::string_view cookie, std::string_view query);

/// The token of a message `{"auth":"…"}`; nothing where it is another message.   Errors: an empty token for one that begins so and is none.
std::optional<std::string> tokenIn(std::string_view message);

}  // namespace patchbay::auth_jwt
