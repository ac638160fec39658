// Tokens for trying: what makes them is believed by what checks them, and by nobody who has another key.
#include "auth-jwt/Base64Url.hpp"
#include "auth-jwt/Signer.hpp"
#include "auth-jwt/Verifier.hpp"

#include <gmock/gmock.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

namespace patchbay::auth_jwt {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre, ::testing::HasSubstr;

constexpr std::chrono::sys_seconds kNow{1'800'000'000s};

struct Pair {
    std::string secret, open;  ///< in PEM
};

Pair pairOf(EVP_PKEY* key) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> owned{key, &EVP_PKEY_free};
    const auto text = [&](auto write) {
        const std::unique_ptr<BIO, decltype(&BIO_free_all)> memory{BIO_new(BIO_s_mem()), &BIO_free_all};
        EXPECT_EQ(write(memory.get()), 1);
        char* bytes = nullptr;
        const long size = BIO_get_mem_data(memory.get(), &bytes);
        return std::string{bytes, static_cast<std::size_t>(size)};
    };
    return {text([&](BIO* out) { return PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr); }),
            text([&](BIO* out) { return PEM_write_bio_PUBKEY(out, key); })};
}

Terms terms() { return {.subject = "ann", .displayName = "Ann Ä.", .roles = {"member", "judge"}, .issuer = "https://id.example", .audiences = {"chat", "shop"}, .issued = kNow, .expires = kNow + 60s}; }

Verdict verdictOn(const std::string& token, const KeySet& keys) {
    return Verifier{{.issuer = "https://id.example", .audiences = {"chat"}}}.verify(token, keys, kNow);
}

struct Case {
    std::string_view algorithm;
    EVP_PKEY* (*make)();
};

class Signing : public ::testing::TestWithParam<Case> {};
TEST_P(Signing, IsBelievedByItsPublicKeyAndNoOther) {
    const Pair mine = pairOf(GetParam().make()), other = pairOf(GetParam().make());
    const std::string token = Signer{mine.secret, GetParam().algorithm, "k1"}.token(terms());
    const Verdict verdict = verdictOn(token, readKeys(mine.open));
    EXPECT_EQ(name(verdict.problem), name(Problem::None));
    EXPECT_EQ(verdict.principal.name, "ann");
    EXPECT_EQ(verdict.principal.displayName, "Ann Ä.");
    EXPECT_THAT(verdict.principal.roles, ElementsAre("member", "judge"));
    EXPECT_EQ(verdict.principal.expires, kNow + 60s);
    EXPECT_EQ(name(verdictOn(token, readKeys(other.open)).problem), name(Problem::BadSignature));
}
INSTANTIATE_TEST_SUITE_P(OfATokenBy, Signing,
                         ::testing::Values(Case{"RS256", [] { return EVP_RSA_gen(2048); }}, Case{"PS512", [] { return EVP_RSA_gen(2048); }},
                                           Case{"ES256", [] { return EVP_EC_gen("P-256"); }}, Case{"ES384", [] { return EVP_EC_gen("P-384"); }},
                                           Case{"ES512", [] { return EVP_EC_gen("P-521"); }},
                                           Case{"EdDSA", [] { return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"); }},
                                           Case{"EdDSA", [] { return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448"); }}),
                         [](const auto& info) { return std::to_string(info.index) + std::string{info.param.algorithm}; });

TEST(Signing, ByASecretIsBelievedByWhoHasIt) {
    for (const std::string_view algorithm : {"", "HS256", "HS384", "HS512"}) {
        const std::string token = Signer{std::string(32, 's'), algorithm, ""}.token(terms());
        EXPECT_EQ(name(verdictOn(token, {Key::ofSecret(std::string(32, 's'))}).problem), name(Problem::None)) << algorithm;
        EXPECT_NE(name(verdictOn(token, {Key::ofSecret(std::string(32, 't'))}).problem), name(Problem::None)) << algorithm;
    }
}

TEST(Signing, OfNumbersThatBeginWithZeroesHasThemAtTheirLength) {
    const Pair pair = pairOf(EVP_EC_gen("P-256"));
    const Signer signer{pair.secret, "ES256", ""};
    const KeySet keys = readKeys(pair.open);
    for (int i = 0; i < 600; ++i) ASSERT_EQ(name(verdictOn(signer.token(terms()), keys).problem), name(Problem::None)) << "one of 128 begins so";
}

TEST(Signing, TakesNoKeyThatIsWeakOrForSomethingElse) {
    const auto refusal = [](const std::string& key, std::string_view algorithm) -> std::string {
        try {
            Signer{key, algorithm, ""};
            return "taken";
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
    };
    EXPECT_THAT(refusal(std::string(31, 's'), ""), HasSubstr("needs 32"));
    EXPECT_THAT(refusal(std::string(32, 's'), "none"), HasSubstr("is not for a key of this kind, but HS256"));
    EXPECT_THAT(refusal(pairOf(EVP_EC_gen("P-256")).secret, "HS256"), HasSubstr("is not for a key of this kind, but ES256"));
    EXPECT_THAT(refusal(pairOf(EVP_RSA_gen(1024)).secret, ""), HasSubstr("1024 bits"));
    EXPECT_THAT(refusal(pairOf(EVP_EC_gen("secp256k1")).secret, ""), HasSubstr("not known"));
    EXPECT_THAT(refusal(pairOf(EVP_EC_gen("P-256")).open, ""), HasSubstr("no private key"));
}

TEST(Base64Url, IsReadAsItIsWritten) {
    EXPECT_EQ(encodeBase64Url(""), "");
    EXPECT_EQ(encodeBase64Url("\xff\xef\xbe"), "_---") << "RFC 4648 §5";
    EXPECT_EQ(encodeBase64Url("f"), "Zg");
    EXPECT_EQ(encodeBase64Url("fo"), "Zm8");
    EXPECT_EQ(encodeBase64Url("foob"), "Zm9vYg") << "RFC 4648 §10, without its padding";
    std::string bytes;
    for (int i = 0; i < 256; ++i) {
        EXPECT_EQ(decodeBase64Url(encodeBase64Url(bytes)), bytes);
        bytes.push_back(static_cast<char>(i));
    }
}

}  // namespace
}  // namespace patchbay::auth_jwt
