#include "Algorithm.hpp"

#include <algorithm>

namespace patchbay::auth_jwt {
namespace {

constexpr Algorithm kAll[] = {
    {"HS256", KeyKind::Secret, "SHA256", Padding::None}, {"HS384", KeyKind::Secret, "SHA384", Padding::None},
    {"HS512", KeyKind::Secret, "SHA512", Padding::None}, {"RS256", KeyKind::Rsa, "SHA256", Padding::Pkcs1},
    {"RS384", KeyKind::Rsa, "SHA384", Padding::Pkcs1},   {"RS512", KeyKind::Rsa, "SHA512", Padding::Pkcs1},
    {"PS256", KeyKind::Rsa, "SHA256", Padding::Pss},     {"PS384", KeyKind::Rsa, "SHA384", Padding::Pss},
    {"PS512", KeyKind::Rsa, "SHA512", Padding::Pss},     {"ES256", KeyKind::P256, "SHA256", Padding::None},
    {"ES384", KeyKind::P384, "SHA384", Padding::None},   {"ES512", KeyKind::P521, "SHA512", Padding::None},
    {"EdDSA", KeyKind::Ed25519, nullptr, Padding::None}, {"EdDSA", KeyKind::Ed448, nullptr, Padding::None},
};

}  // namespace

const Algorithm* Algorithm::find(std::string_view name, KeyKind key) noexcept {
    const auto* const found = std::ranges::find_if(kAll, [&](const Algorithm& each) { return each.name == name && each.key == key; });
    return found == std::end(kAll) ? nullptr : found;
}

bool Algorithm::isKnown(std::string_view name) noexcept {
    return std::ranges::any_of(kAll, [&](const Algorithm& each) { return each.name == name; });
}

const Algorithm& Algorithm::usual(KeyKind key) noexcept { return *std::ranges::find(kAll, key, &Algorithm::key); }

}  // namespace patchbay::auth_jwt
