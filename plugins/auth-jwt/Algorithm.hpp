#pragma once
// The algorithms of a signature, and what each needs of a key: an algorithm belongs to a kind of key, so that nobody's token chooses
// how a key is used (RFC 8725 §3.1). `none` is not among them.   Source: RFC 7518 §3.1, RFC 8037 §3.1

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace patchbay::auth_jwt {

enum class KeyKind : std::uint8_t { Secret, Rsa, P256, P384, P521, Ed25519, Ed448 };
enum class Padding : std::uint8_t { None, Pkcs1, Pss };

struct Algorithm {
    std::string_view name;
    KeyKind key;
    const char* digest;  ///< nullptr: the algorithm has its own
    Padding padding;

    /// None where there is no such algorithm, or it is any kind of key's.
    static const Algorithm* find(std::string_view name, KeyKind key) noexcept;
    static bool isKnown(std::string_view name) noexcept;
    /// Of those of a key's kind the first.
    static const Algorithm& usual(KeyKind key) noexcept;
};

}  // namespace patchbay::auth_jwt
