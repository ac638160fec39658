// Which tokens are believed: those of two foreign libraries, and what forgers make of them.   Source: RFC 7515, 7518, 7519, 8037, 8725

#include "Vectors.hpp"

#include <gmock/gmock.h>

#include <set>

namespace patchbay::auth_jwt {
namespace {

using std::chrono::system_clock;
using ::testing::ElementsAre, ::testing::IsEmpty;
using namespace std::chrono_literals;

system_clock::time_point at(long long seconds) { return system_clock::time_point{std::chrono::seconds{seconds}}; }

std::string fromHex(std::string_view hex) {
    std::string bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2) bytes.push_back(static_cast<char>(std::stoi(std::string{hex.substr(i, 2)}, nullptr, 16)));
    return bytes;
}

KeySet allKeys() {
    KeySet keys = readJwks(vectors::kJwks, Secrets::Refused);
    keys.push_back(Key::ofSecret(fromHex(vectors::kSecretInHex)));
    return keys;
}

Rules rules() { return {.issuer = "https://id.example", .audiences = {"chat"}, .requiredClaims = {"team"}}; }

/// A good token.
std::string_view token() { return vectors::kTokens[0].token; }

std::string refusalOf(std::string_view pem) {
    try {
        readKeys(pem);
        return "taken";
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
}

class Verifying : public ::testing::TestWithParam<vectors::Vector> {};
TEST_P(Verifying, GivesItsVerdict) {
    const Verdict verdict = Verifier{rules()}.verify(GetParam().token, allKeys(), at(vectors::kNow));
    EXPECT_EQ(name(verdict.problem), name(GetParam().expected));
    EXPECT_EQ(verdict.principal.name, GetParam().expected == Problem::None ? "ann" : "");
}
INSTANTIATE_TEST_SUITE_P(OfATokenThatIs, Verifying, ::testing::ValuesIn(vectors::kTokens), [](const auto& info) {
    std::string name = std::to_string(info.index) + "_";
    for (const char c : std::string_view{info.param.name}) name.push_back(std::isalnum(static_cast<unsigned char>(c)) ? c : '_');
    return name;
});

TEST(Verifier, MakesAPrincipalOfTheClaims) {
    const Principal ann = Verifier{rules()}.verify(token(), allKeys(), at(vectors::kNow)).principal;
    EXPECT_EQ(ann.name, "ann");
    EXPECT_EQ(ann.displayName, "Ann Ä.");
    EXPECT_THAT(ann.roles, ElementsAre("member", "judge"));
    EXPECT_EQ(ann.claims.at("iss"), "https://id.example");
    EXPECT_EQ(ann.claims.at("team"), R"({"id":7})");
    EXPECT_EQ(ann.expires, at(vectors::kNow + 600));
    EXPECT_EQ(ann.foundBy, "jwt");
}

TEST(Verifier, TakesRolesFromAMemberOfAMemberOrFromWords) {
    const auto rolesBy = [](std::string claim) {
        Rules mine = rules();
        mine.rolesClaim = std::move(claim);
        return Verifier{std::move(mine)}.verify(token(), allKeys(), at(vectors::kNow));
    };
    EXPECT_EQ(rolesBy("team.id").problem, Problem::Malformed) << "a number is no role";
    EXPECT_THAT(rolesBy("team.name").principal.roles, IsEmpty());
    EXPECT_THAT(rolesBy("sub.name").principal.roles, IsEmpty());
    EXPECT_THAT(rolesBy("").principal.roles, IsEmpty());
    EXPECT_THAT(rolesBy("name").principal.roles, ElementsAre("Ann", "Ä."));
}

TEST(Verifier, EndsATokensTimeToTheSecondAndAllowsForClocksThatDiffer) {
    const KeySet keys = allKeys();
    const Verifier exact{rules()};
    EXPECT_EQ(exact.verify(token(), keys, at(vectors::kNow + 600) - 1ns).problem, Problem::None);
    EXPECT_EQ(exact.verify(token(), keys, at(vectors::kNow + 600)).problem, Problem::Expired);
    Rules loose = rules();
    loose.clockSkew = 30s;
    const Verdict late = Verifier{loose}.verify(token(), keys, at(vectors::kNow + 630) - 1ns);
    EXPECT_EQ(late.problem, Problem::None);
    EXPECT_EQ(late.principal.expires, at(vectors::kNow + 630)) << "so that its session is not closed at once";
    EXPECT_EQ(Verifier{loose}.verify(token(), keys, at(vectors::kNow + 630)).problem, Problem::Expired);
}

TEST(Verifier, TakesNoAlgorithmButThoseThatItIsToldOf) {
    Rules mine = rules();
    mine.algorithms = {"ES256"};
    for (const auto& each : vectors::kTokens) {
        if (each.expected != Problem::None) continue;
        const bool isEs256 = each.token.starts_with("eyJhbGciOiJFUzI1Ni");
        EXPECT_EQ(Verifier{mine}.verify(each.token, allKeys(), at(vectors::kNow)).problem, isEs256 ? Problem::None : Problem::Unsupported) << each.name;
    }
}

TEST(Verifier, RefusesATokenForSomebodyWhereItIsToldOfNoAudience) {
    EXPECT_EQ(Verifier{Rules{}}.verify(token(), allKeys(), at(vectors::kNow)).problem, Problem::WrongAudience) << "RFC 7519 §4.1.3";
}

TEST(Verifier, BelievesNothingWithoutKeys) {
    for (const auto& each : vectors::kTokens) EXPECT_NE(Verifier{rules()}.verify(each.token, {}, at(vectors::kNow)).problem, Problem::None) << each.name;
}

TEST(Verifier, BelievesNoTokenOfWhichABitIsTurned) {
    const KeySet keys = allKeys();
    const Verifier verifier{rules()};
    for (const std::size_t of : {std::size_t{0}, std::size_t{20}}) {
        const std::string good{vectors::kTokens[of].token};
        for (std::size_t i = 0; i < good.size(); ++i) {
            std::string bad = good;
            bad[i] = static_cast<char>(bad[i] ^ 1);
            EXPECT_NE(verifier.verify(bad, keys, at(vectors::kNow)).problem, Problem::None) << vectors::kTokens[of].name << " at " << i;
        }
    }
}

// ------------------------------------------------------------------------------------------------ keys

TEST(Keys, ComeInPemOrAsAJwksOfWhichTheUsableAreTaken) {
    std::multiset<KeyKind> kinds;
    for (const Key& key : readKeys(vectors::kJwks)) kinds.insert(key.kind());
    EXPECT_EQ(kinds, (std::multiset{KeyKind::Rsa, KeyKind::P256, KeyKind::P384, KeyKind::P521, KeyKind::Ed25519, KeyKind::Ed448}));
    EXPECT_EQ(readKeys(vectors::kP256Pem).at(0).kind(), KeyKind::P256);
    EXPECT_EQ(readKeys(vectors::kRsaPem).at(0).kind(), KeyKind::Rsa);
    EXPECT_EQ(readKeys(vectors::kEd25519Pem).at(0).kind(), KeyKind::Ed25519);
}

TEST(Keys, ThatAreWeakOrNoneAreRefusedWithTheReason) {
    EXPECT_EQ(refusalOf(vectors::kWeakRsaPem), "an RSA key of 1024 bits; it needs 2048 (RFC 7518 §3.3)");
    EXPECT_THAT(refusalOf(vectors::kKoblitzPem), ::testing::StartsWith("a key of a kind that is not known"));
    EXPECT_THAT(refusalOf("-----BEGIN PRIVATE KEY-----\n"), ::testing::StartsWith("a private key"));
    EXPECT_THAT(refusalOf("hello"), ::testing::StartsWith("neither a public key nor a certificate"));
    EXPECT_THAT(refusalOf(""), ::testing::StartsWith("neither a public key nor a certificate"));
    EXPECT_THAT(refusalOf("{"), ::testing::StartsWith("no JWKS"));
    EXPECT_THAT(refusalOf(R"({"keys":7})"), ::testing::StartsWith("no JWKS"));
    EXPECT_THAT(refusalOf(R"({"keys":[]})"), ::testing::StartsWith("a JWKS without a key"));
    EXPECT_THAT(refusalOf(R"({"keys":[1,null,{"kty":7}]})"), ::testing::StartsWith("a JWKS without a key"));
    EXPECT_THAT(refusalOf(R"({"keys":[{"kty":"RSA","n":"AQAB"}]})"), ::testing::StartsWith("a key without \"e\""));
    EXPECT_THAT(refusalOf(R"({"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]})"), ::testing::HasSubstr("an RSA key of 17 bits"));
    EXPECT_THAT(refusalOf(R"({"keys":[{"kty":"EC","crv":"P-256","x":"AQAB","y":"AQAB"}]})"), ::testing::HasSubstr("not as long as its curve's"));
    const std::string one(43, 'B'), offCurve = R"({"keys":[{"kty":"EC","crv":"P-256","x":")" + one + R"(","y":")" + one + R"("}]})";
    EXPECT_THAT(refusalOf(offCurve), ::testing::HasSubstr("a key")) << "its point is on no curve";
    EXPECT_THAT(refusalOf(R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"AQAB"}]})"), ::testing::HasSubstr("not as long as its curve's"));
    EXPECT_THAT(refusalOf("{\"keys\":[" + std::string(300'000, ' ') + "]}"), ::testing::HasSubstr("256 KiB"));
}

TEST(Keys, ThatAreSecretsAreLongAndDoNotComeFromWhereEverybodyReads) {
    EXPECT_THROW(Key::ofSecret(std::string(31, 'x')), std::invalid_argument);
    EXPECT_NO_THROW(Key::ofSecret(std::string(32, 'x')));
    const std::string jwks = R"({"keys":[{"kty":"oct","k":")" + std::string(44, 'A') + R"("}]})";
    EXPECT_THROW(readJwks(jwks, Secrets::Refused), std::invalid_argument);
    EXPECT_EQ(readJwks(jwks, Secrets::Taken).at(0).kind(), KeyKind::Secret);
}

}  // namespace
}  // namespace patchbay::auth_jwt
