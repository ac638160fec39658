#pragma once
// What checking and making signatures have in common of OpenSSL's EVP.

#include "Algorithm.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <memory>
#include <string_view>

namespace patchbay::auth_jwt {

template <auto Free>
struct Freer {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Freer<Free>>;

inline const unsigned char* octets(std::string_view text) noexcept { return reinterpret_cast<const unsigned char*>(text.data()); }

/// Where something of OpenSSL's failed: what it says of it is nobody else's.
struct ErrorsCleared {
    ErrorsCleared() = default;
    ErrorsCleared(const ErrorsCleared&) = delete;
    ~ErrorsCleared() { ERR_clear_error(); }
};

/// Errors: std::invalid_argument for a kind that is not known, or RSA of less than 2048 bits (RFC 7518 §3.3).
KeyKind strongKind(const EVP_PKEY* key);
bool setPadding(EVP_PKEY_CTX* context, Padding padding);
/// Of each of the two numbers of an ECDSA signature; 0 for other kinds.   Units: bytes.   Source: RFC 7518 §3.4
std::size_t halfOfSignature(KeyKind kind) noexcept;

}  // namespace patchbay::auth_jwt
