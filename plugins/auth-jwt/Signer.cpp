#include "Signer.hpp"

#include "Base64Url.hpp"
#include "Evp.hpp"
#include "Keys.hpp"

#include <patchbay/json.hpp>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>

namespace patchbay::auth_jwt {
namespace {

struct Header {
    std::string alg;
    std::string typ;
    std::optional<std::string> kid;
};

struct Claims {
    std::string sub;
    std::optional<std::string> name;
    std::optional<std::vector<std::string>> roles;
    std::optional<std::string> iss;
    std::optional<std::vector<std::string>> aud;
    std::int64_t iat = 0;
    std::int64_t exp = 0;
};

template <class T>
std::optional<T> unlessEmpty(const T& value) {
    return value.empty() ? std::nullopt : std::optional{value};
}

/// Of a key that is encrypted nobody is asked.
int noPassword(char*, int, int, void*) { return -1; }

std::shared_ptr<EVP_PKEY> readPrivateKey(const std::string& pem) {
    const ErrorsCleared cleared;
    const Owned<BIO, &BIO_free_all> text{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
    EVP_PKEY* const key = PEM_read_bio_PrivateKey(text.get(), nullptr, &noPassword, nullptr);
    if (!key) throw std::invalid_argument{"no private key in PEM that can be read; make one by openssl genpkey -algorithm ed25519, without a password"};
    return {key, &EVP_PKEY_free};
}

/// A signature as a token has it: of ECDSA, its two numbers at a fixed length (RFC 7518 §3.4).
std::string fixedLength(const std::string& der, std::size_t half) {
    const unsigned char* bytes = octets(der);
    const Owned<ECDSA_SIG, &ECDSA_SIG_free> both{d2i_ECDSA_SIG(nullptr, &bytes, static_cast<long>(der.size()))};
    std::string text(2 * half, '\0');
    auto* const out = reinterpret_cast<unsigned char*>(text.data());
    const int size = static_cast<int>(half);
    if (!both || BN_bn2binpad(ECDSA_SIG_get0_r(both.get()), out, size) != size || BN_bn2binpad(ECDSA_SIG_get0_s(both.get()), out + half, size) != size) {
        throw std::runtime_error{"no signature"};
    }
    return text;
}

}  // namespace

Signer::Signer(const std::string& key, std::string_view algorithm, std::string keyId) : keyId_{std::move(keyId)} {
    KeyKind kind = KeyKind::Secret;
    if (key.find("-----BEGIN ") != std::string::npos) {
        key_ = readPrivateKey(key);
        kind = strongKind(key_.get());
    } else {
        static_cast<void>(Key::ofSecret(key));
        secret_ = key;
    }
    algorithm_ = algorithm.empty() ? &Algorithm::usual(kind) : Algorithm::find(algorithm, kind);
    if (!algorithm_) throw std::invalid_argument{std::string{algorithm} + " is not for a key of this kind, but " + std::string{Algorithm::usual(kind).name}};
}

std::string Signer::token(const Terms& terms) const {
    const Header header{std::string{algorithm_->name}, "JWT", unlessEmpty(keyId_)};
    const Claims claims{.sub = terms.subject,
                        .name = unlessEmpty(terms.displayName),
                        .roles = unlessEmpty(terms.roles),
                        .iss = unlessEmpty(terms.issuer),
                        .aud = unlessEmpty(terms.audiences),
                        .iat = terms.issued.time_since_epoch().count(),
                        .exp = terms.expires.time_since_epoch().count()};
    const std::string text = encodeBase64Url(json::write(header)) + '.' + encodeBase64Url(json::write(claims));
    return text + '.' + encodeBase64Url(signatureOf(text));
}

std::string Signer::signatureOf(std::string_view text) const {
    const ErrorsCleared cleared;
    std::size_t size = EVP_MAX_MD_SIZE;
    std::string signature(size, '\0');
    const auto out = [&] { return reinterpret_cast<unsigned char*>(signature.data()); };
    if (!key_) {
        if (!EVP_Q_mac(nullptr, "HMAC", nullptr, algorithm_->digest, nullptr, secret_.data(), secret_.size(), octets(text), text.size(), out(), size, &size)) {
            throw std::runtime_error{"no signature"};
        }
        signature.resize(size);
        return signature;
    }
    const Owned<EVP_MD_CTX, &EVP_MD_CTX_free> context{EVP_MD_CTX_new()};
    EVP_PKEY_CTX* ofKey = nullptr;  // the context's
    bool done = context && EVP_DigestSignInit_ex(context.get(), &ofKey, algorithm_->digest, nullptr, nullptr, key_.get(), nullptr) == 1 &&
                setPadding(ofKey, algorithm_->padding) && EVP_DigestSign(context.get(), nullptr, &size, octets(text), text.size()) == 1;
    signature.resize(size);
    done = done && EVP_DigestSign(context.get(), out(), &size, octets(text), text.size()) == 1;
    if (!done) throw std::runtime_error{"no signature"};
    signature.resize(size);
    const std::size_t half = halfOfSignature(algorithm_->key);
    return half == 0 ? signature : fixedLength(signature, half);
}

}  // namespace patchbay::auth_jwt
