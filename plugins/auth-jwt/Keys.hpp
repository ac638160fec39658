#pragma once
// What signatures are checked with: keys from PEM files and JSON Web Key Sets, and shared secrets. A key is checked when it is read, and
// then does what its kind may do, nothing else.   Source: RFC 7517, RFC 7518 §6, RFC 8037 §2

#include "Algorithm.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;

namespace patchbay::auth_jwt {

/// Thread: any.
class Key {
public:
    /// Errors: std::invalid_argument for a secret of less than 32 bytes (RFC 7518 §3.2).
    static Key ofSecret(std::string secret, std::string id = {});
    /// A public key or a certificate.   Errors: std::invalid_argument, which says what it is instead.
    static Key ofPem(std::string_view pem);

    /// Whether a token that names this algorithm, and this key if any, may be checked with it.
    bool fits(std::string_view algorithm, std::string_view id) const noexcept;
    /// In constant time where it is a secret.   Requires: it fits.   Errors: none; whatever is malformed is no signature.
    bool verifies(std::string_view algorithm, std::string_view text, std::string_view signature) const noexcept;

    KeyKind kind() const noexcept { return kind_; }
    const std::string& id() const noexcept { return id_; }

private:
    friend class JwkReader;
    using Pointer = std::shared_ptr<evp_pkey_st>;
    Key(KeyKind kind, Pointer key) noexcept : kind_{kind}, key_{std::move(key)} {}
    static Key ofPublic(Pointer key);
    bool verifiesSecret(const Algorithm& algorithm, std::string_view text, std::string_view signature) const noexcept;

    KeyKind kind_;
    Pointer key_;             // nullptr: a secret
    std::string secret_ = {};
    std::string id_ = {};     // empty: whatever a token says
    std::string only_ = {};   // the one algorithm that it is for; empty: each of its kind
};

using KeySet = std::vector<Key>;

/// Whether a set of keys comes by a way that may carry secrets.
enum class Secrets : std::uint8_t { Refused, Taken };

/// The keys of a JWKS that are for signatures; those of kinds that are not known are left out (RFC 7517 §5).
/// Errors: std::invalid_argument for what is none, is too large, has a key that is malformed or too weak, or none that is of use.
KeySet readJwks(std::string_view json, Secrets secrets);
/// Of a file's text, whichever it is.   Errors: as before.
KeySet readKeys(std::string_view text);

}  // namespace patchbay::auth_jwt
