#pragma once
// Whether a JSON Web Token is to be believed, and whom it names.
//
//     token = base64url(header) . base64url(claims) . base64url(signature)       in compact serialization, nothing else
//
//     size, three parts, base64url ─▶ header: JSON, no member twice, typ, no crit ─▶ a key that the algorithm and `kid` fit
//       ─▶ signature ─▶ claims: JSON, no member twice ─▶ exp, nbf ─▶ iss, aud ─▶ sub, what else is required ─▶ Principal
//
// Nothing of the claims is looked at before the signature holds. A header's own keys (jwk, jku, x5c, x5u) are not looked at at all.
// Source: RFC 7515 §5.2, RFC 7519 §4.1, §7.2, RFC 8725 §3

#include "Keys.hpp"

#include <patchbay/principal.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::auth_jwt {

/// Why a token is not believed.
enum class Problem : std::uint8_t {
    None,
    Malformed,
    Unsupported,  ///< an algorithm, a type or a critical header that is not known here
    NoKey,        ///< none that the algorithm and the key's id fit: another may be published
    BadSignature,
    Expired,
    NotYetValid,
    WrongIssuer,
    WrongAudience,
    MissingClaim,
    Unknowable,  ///< no key fits, and no more are fetched: the server stops
};
/// The word for it in logs, such as "wrong-audience".
std::string_view name(Problem problem) noexcept;

struct Rules {
    std::string issuer = {};                  ///< empty: anybody's
    std::vector<std::string> audiences = {};  ///< one of them; empty: a token for a certain audience is not for us
    std::chrono::seconds clockSkew{0};
    std::vector<std::string> requiredClaims = {};
    std::string nameClaim = "sub";
    std::string displayNameClaim = "name";
    std::string rolesClaim = "roles";  ///< `realm_access.roles` is a member of a member
    std::vector<std::string> algorithms = {};  ///< empty: each that the keys are for
};

struct Verdict {
    Problem problem = Problem::None;
    Principal principal = {};
};

/// Units: bytes.
inline constexpr std::size_t kMostToken = 16 * 1024;

/// Thread: any.
class Verifier {
public:
    explicit Verifier(Rules rules) : rules_{std::move(rules)} {}
    /// Errors: none thrown but std::bad_alloc.
    Verdict verify(std::string_view token, const KeySet& keys, std::chrono::system_clock::time_point now) const;

private:
    const Rules rules_;
};

}  // namespace patchbay::auth_jwt
