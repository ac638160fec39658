// A token, a set of keys, and where a handshake or a message may carry a token.
//
//   input = one byte: what it is; then that

#include "Fuzz.hpp"

#include "auth-jwt/Base64Url.hpp"
#include "auth-jwt/Credentials.hpp"
#include "auth-jwt/Verifier.hpp"

#include <stdexcept>

namespace patchbay::fuzz {
namespace {

using namespace auth_jwt;

const KeySet& keys() {
    static const KeySet some{Key::ofSecret(std::string(32, 'k'))};
    return some;
}

void checkToken(std::string_view token) {
    const auto now = std::chrono::system_clock::time_point{std::chrono::seconds{1'800'000'000}};
    const Verdict verdict = Verifier{Rules{}}.verify(token, keys(), now);
    require((verdict.problem == Problem::None) == verdict.principal.isSomebody(), "who is believed is somebody, and nobody else is");
    if (verdict.problem != Problem::None) return;
    require(verdict.principal.expires > now, "what is believed has not expired");
    require(Verifier{Rules{}}.verify(token, {}, now).problem == Problem::NoKey, "nothing is believed without a key");
    require(Verifier{Rules{}}.verify(std::string{token} + "A", keys(), now).problem != Problem::None, "one text is one token");
}

void checkKeys(std::string_view text) {
    for (const Secrets secrets : {Secrets::Refused, Secrets::Taken}) {
        try {
            for (const Key& key : readJwks(text, secrets)) {
                require(secrets == Secrets::Taken || key.kind() != KeyKind::Secret, "no secret comes from where everybody reads");
                for (const std::string_view name : {"HS256", "RS256", "PS512", "ES256", "ES384", "ES512", "EdDSA"}) key.verifies(name, "text", std::string(64, '\0'));
            }
        } catch (const std::invalid_argument&) {
        }
    }
    try {
        readKeys(text);
    } catch (const std::invalid_argument&) {
    }
}

void checkPlaces(Input input) {
    HandshakeRequest request;
    request.target = "/?" + std::string{input.line()};
    request.headers = {{"Authorization", std::string{input.line()}}, {"cookie", std::string{input.line()}}, {"Cookie", std::string{input.line()}}};
    request.offeredSubprotocols = {std::string{input.line()}, std::string{input.line()}};
    const Found found = findToken(request, "session", "token");
    require(found.token.empty() || (found.way != Found::Way::Nothing && found.way != Found::Way::Ambiguous), "a token has a place");
    tokenIn(input.rest());
}

}  // namespace
}  // namespace patchbay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace patchbay::fuzz;
    Input input{data, size};
    switch (input.byte()) {
        case 't': checkToken(input.rest()); break;
        case 'k': checkKeys(input.rest()); break;
        case 'p': checkPlaces(input); break;
        default: patchbay::auth_jwt::decodeBase64Url(input.rest());
    }
    return 0;
}
