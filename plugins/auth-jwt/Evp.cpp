#include "Evp.hpp"

#include <openssl/rsa.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <string>

namespace patchbay::auth_jwt {
namespace {

constexpr int kLeastRsaBits = 2048;

std::optional<KeyKind> kindOf(const EVP_PKEY* key) {
    switch (EVP_PKEY_get_base_id(key)) {
        case EVP_PKEY_RSA: return KeyKind::Rsa;
        case EVP_PKEY_ED25519: return KeyKind::Ed25519;
        case EVP_PKEY_ED448: return KeyKind::Ed448;
        case EVP_PKEY_EC: break;
        default: return std::nullopt;
    }
    std::array<char, 64> group{};
    if (EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) != 1) return std::nullopt;
    const std::string_view name{group.data()};
    if (name == "prime256v1") return KeyKind::P256;
    if (name == "secp384r1") return KeyKind::P384;
    return name == "secp521r1" ? std::optional{KeyKind::P521} : std::nullopt;
}

}  // namespace

KeyKind strongKind(const EVP_PKEY* key) {
    const auto kind = kindOf(key);
    if (!kind) throw std::invalid_argument{"a key of a kind that is not known; there are RSA, P-256, P-384, P-521, Ed25519 and Ed448"};
    if (*kind == KeyKind::Rsa && EVP_PKEY_get_bits(key) < kLeastRsaBits) {
        throw std::invalid_argument{"an RSA key of " + std::to_string(EVP_PKEY_get_bits(key)) + " bits; it needs 2048 (RFC 7518 §3.3)"};
    }
    return *kind;
}

bool setPadding(EVP_PKEY_CTX* context, Padding padding) {
    if (padding == Padding::None) return true;
    if (padding == Padding::Pkcs1) return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;  // RFC 7518 §3.5
}

std::size_t halfOfSignature(KeyKind kind) noexcept {
    switch (kind) {
        case KeyKind::P256: return 32;
        case KeyKind::P384: return 48;
        case KeyKind::P521: return 66;
        default: return 0;
    }
}

}  // namespace patchbay::auth_jwt
