#include "Keys.hpp"

#include "Base64Url.hpp"
#include "Evp.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <simdjson.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <utility>

namespace patchbay::auth_jwt {
namespace {

constexpr std::size_t kLeastSecret = 32;
constexpr std::size_t kMostJwks = 256 * 1024;
constexpr std::size_t kMostKeys = 100;

/// A signature as OpenSSL has it: of ECDSA, two numbers of a fixed length become a DER structure (RFC 7518 §3.4).
std::optional<std::string> derOf(KeyKind kind, std::string_view signature) {
    const std::size_t half = halfOfSignature(kind);
    if (signature.size() != 2 * half) return std::nullopt;
    const Owned<ECDSA_SIG, &ECDSA_SIG_free> both{ECDSA_SIG_new()};
    Owned<BIGNUM, &BN_free> r{BN_bin2bn(octets(signature), static_cast<int>(half), nullptr)};
    Owned<BIGNUM, &BN_free> s{BN_bin2bn(octets(signature.substr(half)), static_cast<int>(half), nullptr)};
    if (!both || !r || !s || ECDSA_SIG_set0(both.get(), r.get(), s.get()) != 1) return std::nullopt;
    static_cast<void>(r.release());
    static_cast<void>(s.release());
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(both.get(), &der);
    if (size <= 0) return std::nullopt;
    std::string text{reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)};
    OPENSSL_free(der);
    return text;
}

}  // namespace

// ------------------------------------------------------------------------------------------------ one key

Key Key::ofSecret(std::string secret, std::string id) {
    if (secret.size() < kLeastSecret) {
        throw std::invalid_argument{"the secret has " + std::to_string(secret.size()) +
                                    " bytes; it needs 32 at least, of a random generator's (RFC 7518 §3.2), such as openssl rand -hex 32"};
    }
    Key key{KeyKind::Secret, nullptr};
    key.secret_ = std::move(secret);
    key.id_ = std::move(id);
    return key;
}

Key Key::ofPublic(Pointer pkey) {
    const KeyKind kind = strongKind(pkey.get());
    return Key{kind, std::move(pkey)};
}

Key Key::ofPem(std::string_view pem) {
    const ErrorsCleared cleared;
    if (pem.find("PRIVATE KEY-----") != std::string_view::npos) {
        throw std::invalid_argument{"a private key; who checks signatures needs the public one only: openssl pkey -pubout"};
    }
    const auto open = [&] { return Owned<BIO, &BIO_free_all>{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))}; };
    if (EVP_PKEY* const key = PEM_read_bio_PUBKEY(open().get(), nullptr, nullptr, nullptr)) return ofPublic(Pointer{key, &EVP_PKEY_free});
    const Owned<X509, &X509_free> certificate{PEM_read_bio_X509(open().get(), nullptr, nullptr, nullptr)};
    if (!certificate) throw std::invalid_argument{"neither a public key nor a certificate in PEM, nor a JWKS"};
    EVP_PKEY* const key = X509_get_pubkey(certificate.get());
    if (!key) throw std::invalid_argument{"a certificate whose key cannot be read"};
    return ofPublic(Pointer{key, &EVP_PKEY_free});
}

bool Key::fits(std::string_view algorithm, std::string_view id) const noexcept {
    if (!Algorithm::find(algorithm, kind_) || (!only_.empty() && only_ != algorithm)) return false;
    return id_.empty() || id.empty() || id_ == id;
}

bool Key::verifies(std::string_view name, std::string_view text, std::string_view signature) const noexcept {
    const Algorithm* const algorithm = Algorithm::find(name, kind_);
    if (!algorithm) return false;
    const ErrorsCleared cleared;
    if (kind_ == KeyKind::Secret) return verifiesSecret(*algorithm, text, signature);
    std::string der;
    if (halfOfSignature(kind_) != 0) {
        auto both = derOf(kind_, signature);
        if (!both) return false;
        der = std::move(*both);
        signature = der;
    }
    const Owned<EVP_MD_CTX, &EVP_MD_CTX_free> context{EVP_MD_CTX_new()};
    EVP_PKEY_CTX* ofKey = nullptr;  // the context's
    if (!context || EVP_DigestVerifyInit_ex(context.get(), &ofKey, algorithm->digest, nullptr, nullptr, key_.get(), nullptr) != 1) return false;
    return setPadding(ofKey, algorithm->padding) &&
           EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(text), text.size()) == 1;
}

bool Key::verifiesSecret(const Algorithm& algorithm, std::string_view text, std::string_view signature) const noexcept {
    std::array<unsigned char, EVP_MAX_MD_SIZE> code{};
    std::size_t size = 0;
    if (!EVP_Q_mac(nullptr, "HMAC", nullptr, algorithm.digest, nullptr, secret_.data(), secret_.size(), octets(text), text.size(), code.data(),
                   code.size(), &size)) {
        return false;
    }
    return signature.size() == size && CRYPTO_memcmp(signature.data(), code.data(), size) == 0;
}

// ------------------------------------------------------------------------------------------------ a JWKS

/// One member of `keys`.
class JwkReader {
public:
    JwkReader(simdjson::dom::element jwk, Secrets secrets) : jwk_{jwk}, secrets_{secrets} {}

    /// Nothing where it is for something else than signatures, or of a kind that is not known.
    std::optional<Key> read() const {
        if (text("use").value_or("sig") != "sig" || !isForVerifying()) return std::nullopt;
        auto key = readKind();
        if (!key) return std::nullopt;
        key->id_ = text("kid").value_or("");
        key->only_ = text("alg").value_or("");
        if (!key->only_.empty() && !Algorithm::find(key->only_, key->kind())) return std::nullopt;
        return key;
    }

private:
    std::optional<std::string_view> text(const char* name) const {
        std::string_view value;
        if (jwk_[name].get(value) != simdjson::SUCCESS) return std::nullopt;
        return value;
    }
    bool isForVerifying() const {
        simdjson::dom::array operations;
        if (jwk_["key_ops"].get(operations) != simdjson::SUCCESS) return true;
        for (const auto operation : operations) {
            std::string_view name;
            if (operation.get(name) == simdjson::SUCCESS && name == "verify") return true;
        }
        return false;
    }
    std::string bytes(const char* name) const {
        const auto value = text(name);
        auto decoded = value ? decodeBase64Url(*value) : std::nullopt;
        if (!decoded || decoded->empty()) throw std::invalid_argument{std::string{"a key without \""} + name + "\", or one that is no base64url"};
        return std::move(*decoded);
    }
    std::optional<Key> readKind() const {
        const std::string_view kind = text("kty").value_or("");
        if (kind == "RSA") return rsa();
        if (kind == "EC") return ec();
        if (kind == "OKP") return okp();
        if (kind != "oct") return std::nullopt;
        if (secrets_ == Secrets::Refused) throw std::invalid_argument{"a secret (kty oct) in a set of keys that everybody can fetch"};
        return Key::ofSecret(bytes("k"));
    }
    static Key made(const char* type, OSSL_PARAM_BLD* build) {
        const Owned<OSSL_PARAM, &OSSL_PARAM_free> parameters{OSSL_PARAM_BLD_to_param(build)};
        const Owned<EVP_PKEY_CTX, &EVP_PKEY_CTX_free> context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
        EVP_PKEY* key = nullptr;
        const bool done = parameters && context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
                          EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) == 1;
        if (!done) throw std::invalid_argument{std::string{"a key of kind "} + type + " whose numbers are none of its kind"};
        return Key::ofPublic(Key::Pointer{key, &EVP_PKEY_free});
    }
    Key rsa() const {
        const std::string n = bytes("n"), e = bytes("e");
        const Owned<BIGNUM, &BN_free> modulus{BN_bin2bn(octets(n), static_cast<int>(n.size()), nullptr)};
        const Owned<BIGNUM, &BN_free> exponent{BN_bin2bn(octets(e), static_cast<int>(e.size()), nullptr)};
        const Owned<OSSL_PARAM_BLD, &OSSL_PARAM_BLD_free> build{OSSL_PARAM_BLD_new()};
        OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
        OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
        return made("RSA", build.get());
    }
    std::optional<Key> ec() const {
        const std::string_view curve = text("crv").value_or("");
        const std::size_t size = curve == "P-256" ? 32 : curve == "P-384" ? 48 : curve == "P-521" ? 66 : 0;
        if (size == 0) return std::nullopt;
        const std::string x = bytes("x"), y = bytes("y");
        if (x.size() != size || y.size() != size) throw std::invalid_argument{"a key of kind EC whose numbers are not as long as its curve's"};
        const std::string point = '\x04' + x + y;
        const Owned<OSSL_PARAM_BLD, &OSSL_PARAM_BLD_free> build{OSSL_PARAM_BLD_new()};
        const std::string name{curve};
        OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, name.c_str(), 0);
        OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
        return made("EC", build.get());
    }
    std::optional<Key> okp() const {
        const std::string_view curve = text("crv").value_or("");
        if (curve != "Ed25519" && curve != "Ed448") return std::nullopt;
        const std::string x = bytes("x");
        EVP_PKEY* const key = EVP_PKEY_new_raw_public_key(curve == "Ed448" ? EVP_PKEY_ED448 : EVP_PKEY_ED25519, nullptr, octets(x), x.size());
        if (!key) throw std::invalid_argument{"a key of kind OKP that is not as long as its curve's"};
        return Key::ofPublic(Key::Pointer{key, &EVP_PKEY_free});
    }

    simdjson::dom::element jwk_;
    Secrets secrets_;
};

KeySet readJwks(std::string_view json, Secrets secrets) {
    const ErrorsCleared cleared;
    if (json.size() > kMostJwks) throw std::invalid_argument{"a JWKS of more than 256 KiB"};
    simdjson::dom::parser parser;
    simdjson::dom::array keys;
    if (parser.parse(json.data(), json.size())["keys"].get(keys) != simdjson::SUCCESS) throw std::invalid_argument{"no JWKS: an object with \"keys\""};
    if (keys.size() > kMostKeys) throw std::invalid_argument{"a JWKS of more than 100 keys"};
    KeySet set;
    for (const auto jwk : keys) {
        if (auto key = JwkReader{jwk, secrets}.read()) set.push_back(std::move(*key));
    }
    if (set.empty()) throw std::invalid_argument{"a JWKS without a key that signatures can be checked with"};
    return set;
}

KeySet readKeys(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first != std::string_view::npos && text[first] == '{') return readJwks(text, Secrets::Taken);
    return {Key::ofPem(text)};
}

}  // namespace patchbay::auth_jwt
