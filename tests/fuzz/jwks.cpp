// A set of keys: a file of the operator's, in whatever form, and what a URL answers.
//
//   input = text

#include "Fuzz.hpp"

#include "auth-jwt/Keys.hpp"
#include "auth-jwt/Verifier.hpp"

#include <optional>
#include <stdexcept>
#include <string>

namespace patchbay::fuzz {
namespace {

using namespace auth_jwt;

constexpr std::string_view kAlgorithms[] = {"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"};

/// Nothing where the text is refused.
template <class Read>
std::optional<KeySet> keysOf(Read read) {
    try {
        KeySet keys = read();
        require(!keys.empty(), "a set without a key is refused");
        return keys;
    } catch (const std::invalid_argument& error) {
        require(!std::string_view{error.what()}.empty(), "an error says what is wrong");
        return std::nullopt;
    }
}

/// What stands in a set, but the numbers.
std::string outlineOf(const std::optional<KeySet>& keys) {
    if (!keys) return "refused";
    std::string outline;
    for (const Key& key : *keys) {
        outline += std::to_string(static_cast<int>(key.kind())) + " " + key.id() + "\n";
        for (const std::string_view name : kAlgorithms) outline += key.fits(name, "") ? '1' : '0';
    }
    return outline;
}

constexpr std::size_t kSizes[] = {0, 32, 64, 96, 114, 132, 256};  // of signatures

void checkKey(const Key& key) {
    // Of Edwards curves a point of small order is a key for which zeros sign every fourth text (RFC 8032 leaves it to whoever makes keys).
    const bool isEdwards = key.kind() == KeyKind::Ed25519 || key.kind() == KeyKind::Ed448;
    bool isOfUse = false;
    for (const std::string_view name : kAlgorithms) {
        for (const std::size_t size : kSizes) require(!key.verifies(name, "text", std::string(size, '\0')) || isEdwards, "zeros are no signature");
        const bool fits = key.fits(name, key.id());
        isOfUse = isOfUse || fits;
        require(!fits || (key.kind() == KeyKind::Secret) == name.starts_with("HS"), "an algorithm belongs to a kind of key");
        require(key.id().empty() || !key.fits(name, key.id() + "x"), "a key is of its own id");
    }
    require(isOfUse, "a key is for something");
    require(!key.fits("none", "") && !key.fits("", ""), "no key is for nothing");
}

void check(std::string_view text) {
    const auto ofUrl = keysOf([&] { return readJwks(text, Secrets::Refused); });
    const auto ofFile = keysOf([&] { return readJwks(text, Secrets::Taken); });
    const auto ofAny = keysOf([&] { return readKeys(text); });
    for (const auto* const keys : {&ofUrl, &ofFile, &ofAny}) {
        for (const Key& key : keys->value_or(KeySet{})) checkKey(key);
    }
    for (const Key& key : ofUrl.value_or(KeySet{})) require(key.kind() != KeyKind::Secret, "no secret comes from where everybody reads");
    if (ofUrl) require(outlineOf(ofUrl) == outlineOf(ofFile), "what everybody may read is read from a file as well");
    require(outlineOf(ofFile) == outlineOf(keysOf([&] { return readJwks(std::string{text} + " \n", Secrets::Taken); })), "white space behind a set is nothing");
    if (!ofFile) return;
    constexpr std::string_view kForged = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbm4iLCJleHAiOjE5MDAwMDAwMDB9.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    require(Verifier{Rules{}}.verify(kForged, *ofFile, {}).problem != Problem::None, "nothing is believed for zeros");
}

}  // namespace
}  // namespace patchbay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    patchbay::fuzz::check({reinterpret_cast<const char*>(data), size});
    return 0;
}
