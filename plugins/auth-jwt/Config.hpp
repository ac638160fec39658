#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace patchbay::auth_jwt {

struct Config {
    /// The public keys of those who sign: files in PEM (keys, certificates) or with a JWKS.
    std::vector<std::string> keyFiles = {};
    /// Where a secret is that is shared with who signs: `file:PATH`, `env:NAME`, `credential:NAME` (systemd's). Never itself.
    std::string secret = {};
    /// The URL of a JWKS, which is fetched when the server starts, when `refresh` has passed, and when a token names a key that is not
    /// in it. Over https, but from this machine.
    std::string jwks = {};
    std::chrono::milliseconds refresh = std::chrono::hours{1};
    /// Whose tokens are taken; empty: anybody's who has a key.
    std::string issuer = {};
    /// One of them is in a token's `aud`; empty: a token for somebody is not for us.
    std::vector<std::string> audiences = {};
    /// The algorithms that are taken, such as ES256; empty: each that a key is for.
    std::vector<std::string> algorithms = {};
    /// How far the clock of who signs may differ from ours; for so long a token holds beyond its end.
    std::chrono::milliseconds clockSkew{0};
    /// Claims without which a token is not taken, beside `exp` and the name.
    std::vector<std::string> requiredClaims = {};
    /// Which claim names the user, which is shown, which has the roles: a list, or words in a text; a dot leads into a member.
    std::string nameClaim = "sub";
    std::string displayNameClaim = "name";
    std::string rolesClaim = "roles";
    /// The cookie that a token may come in; empty: none.
    std::string cookie = {};
    /// The query parameter that it may come in, where others read it: in logs, histories, proxies. Empty: none.
    std::string query = {};
    /// How long who comes without one to an endpoint with roles has to send {"auth":"…"}, which also refreshes; 0 (`off`): not by message.
    std::chrono::milliseconds message{0};
    /// How many tokens are remembered, so that who comes again is not verified again.
    std::size_t cache = 10'000;
};

}  // namespace patchbay::auth_jwt
