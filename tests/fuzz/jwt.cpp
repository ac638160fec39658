// A token: as it comes, and one of whatever header and claims, which has been signed, so that what stands behind the signature is reached.
//
//   input = 's'  rules  header  LF  claims        signed here
//         | 'b'  text                             base64url
//         | any other byte  rules  token

#include "Fuzz.hpp"

#include "auth-jwt/Base64Url.hpp"
#include "auth-jwt/Verifier.hpp"

#include <openssl/evp.h>

#include <cmath>

namespace patchbay::fuzz {
namespace {

using namespace auth_jwt;
using std::chrono::system_clock;

constexpr long long kNow = 1'800'000'000;
const std::string kSecret(32, 'k');

const KeySet& keys() {
    static const KeySet some{Key::ofSecret(kSecret), Key::ofSecret(kSecret, "two")};
    return some;
}

/// What a bit of the input switches on.
Rules rulesOf(std::uint8_t bits) {
    Rules rules;
    if ((bits & 1) != 0) rules.issuer = "i";
    if ((bits & 2) != 0) rules.audiences = {"a", "b"};
    if ((bits & 4) != 0) rules.clockSkew = std::chrono::seconds{30};
    if ((bits & 8) != 0) rules.requiredClaims = {"r"};
    if ((bits & 16) != 0) rules.rolesClaim = "r.s";
    if ((bits & 32) != 0) rules.algorithms = {"HS512"};
    return rules;
}

/// In the alphabet of RFC 4648 §5, as bits come; apart from the one that is tried.
std::string encoded(std::string_view bytes) {
    constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string text;
    unsigned bits = 0;
    int count = 0;
    for (const char byte : bytes) {
        bits = bits << 8 | static_cast<unsigned char>(byte);
        for (count += 8; count >= 6; count -= 6) text.push_back(kDigits[bits >> (count - 6) & 63]);
    }
    if (count > 0) text.push_back(kDigits[bits << (6 - count) & 63]);
    return text;
}

std::string signedBy(const std::string& secret, std::string_view header, std::string_view claims) {
    const std::string text = encoded(header) + "." + encoded(claims);
    const char* const digest = header.find("HS512") != std::string_view::npos ? "SHA512" : header.find("HS384") != std::string_view::npos ? "SHA384" : "SHA256";
    std::string code(EVP_MAX_MD_SIZE, '\0');
    std::size_t size = 0;
    EVP_Q_mac(nullptr, "HMAC", nullptr, digest, nullptr, secret.data(), secret.size(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
              reinterpret_cast<unsigned char*>(code.data()), code.size(), &size);
    return text + "." + encoded(std::string_view{code}.substr(0, size));
}

Verdict verdictOn(const std::string& token, const Rules& rules) {
    return Verifier{rules}.verify(token, keys(), system_clock::time_point{std::chrono::seconds{kNow}});
}

/// What a principal says of itself, against the claims that it has kept.
void checkPrincipal(const Principal& who, const Rules& rules) {
    const auto claim = [&](const char* name) { return who.claims.contains(name) ? who.claims.find(name)->second : std::string{}; };
    require(who.isSomebody() && who.name == claim("sub"), "who is believed is who the token says");
    const double end = std::strtod(claim("exp").c_str(), nullptr);
    const auto skew = static_cast<double>(rules.clockSkew.count());
    require(std::floor(end) + skew > kNow, "what is believed has not expired");
    const auto kept = std::chrono::floor<std::chrono::seconds>(*who.expires);  // in whole ones: a double is a little off in two hundred years
    require(kept == *who.expires && static_cast<double>(kept.time_since_epoch().count()) <= end + skew, "nobody stays beyond his token");
    require(claim("nbf").empty() || std::floor(std::strtod(claim("nbf").c_str(), nullptr)) - skew <= kNow, "what is believed has begun");
    require(rules.issuer.empty() || claim("iss") == rules.issuer, "what is believed is of the issuer");
    require(rules.audiences.empty() == claim("aud").empty(), "what is believed is for us");
    require(rules.requiredClaims.empty() || who.claims.contains("r"), "what is required is there");
}

void checkToken(const std::string& token, const Rules& rules) {
    const Verdict verdict = verdictOn(token, rules);
    require((verdict.problem == Problem::None) == verdict.principal.isSomebody(), "who is believed is somebody, and nobody else is");
    if (verdict.problem != Problem::None) return;
    checkPrincipal(verdict.principal, rules);
    require(verdictOn(token, rules).principal == verdict.principal, "one token, one principal");
    require(Verifier{rules}.verify(token, {}, system_clock::time_point{}).problem == Problem::NoKey, "nothing is believed without a key");
    require(verdictOn(token + "A", rules).problem != Problem::None, "one text is one token");
    std::string turned = token;
    char& last = turned[turned.rfind('.') + 1];
    last = last == 'A' ? 'B' : 'A';
    require(verdictOn(turned, rules).problem == Problem::BadSignature, "a signature of another text is none");
}

void checkSigned(Input input) {
    const Rules rules = rulesOf(input.byte());
    const std::string header{input.line()}, claims{input.rest()};
    checkToken(signedBy(kSecret, header, claims), rules);
    require(verdictOn(signedBy(std::string(32, 'x'), header, claims), rules).problem != Problem::None, "what a stranger has signed is not believed");
}

void checkBase64Url(std::string_view text) {
    if (const auto bytes = decodeBase64Url(text)) require(encoded(*bytes) == text, "each sequence of bytes has one text");
    require(decodeBase64Url(encoded(text)) == text, "what is encoded can be read");
}

}  // namespace
}  // namespace patchbay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace patchbay::fuzz;
    Input input{data, size};
    switch (input.byte()) {
        case 's': checkSigned(input); break;
        case 'b': checkBase64Url(input.rest()); break;
        default: {
            const auto rules = rulesOf(input.byte());
            checkToken(std::string{input.rest()}, rules);
        }
    }
    return 0;
}
