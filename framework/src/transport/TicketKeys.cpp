#include "transport/TicketKeys.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/tls1.h>

#include <algorithm>
#include <span>

namespace patchbay::transport {
namespace {

int keysIndex() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

bool setMac(EVP_MAC_CTX* mac, TicketKeys::Key& key) {
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
                                 OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
    return EVP_MAC_CTX_set_params(mac, params) == 1;
}

int seal(TicketKeys& keys, std::uint8_t* name, std::uint8_t* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
    constexpr int kFailed = -1, kSealed = 1, kIvBytes = 16;
    auto key = keys.sealing(std::chrono::steady_clock::now());
    if (!key || RAND_bytes(iv, kIvBytes) != 1) return kFailed;
    std::ranges::copy(key->name, name);
    const bool done = EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->cipher.data(), iv) == 1 && setMac(mac, *key);
    return done ? kSealed : kFailed;
}

int open(TicketKeys& keys, const std::uint8_t* name, const std::uint8_t* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
    constexpr int kFailed = -1, kNotOurs = 0, kOpened = 1, kRenew = 2;
    auto found = keys.opening(name, std::chrono::steady_clock::now());
    if (!found) return kNotOurs;
    const bool done =
        setMac(mac, found->key) && EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, found->key.cipher.data(), iv) == 1;
    if (!done) return kFailed;
    return found->isCurrent ? kOpened : kRenew;
}

int onTicket(SSL* connection, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int seals) {
    auto& keys = *static_cast<TicketKeys*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), keysIndex()));
    return seals == 1 ? seal(keys, name, iv, cipher, mac) : open(keys, name, iv, cipher, mac);
}

}  // namespace

TicketKeys::~TicketKeys() {
    OPENSSL_cleanse(&current_, sizeof current_);
    OPENSSL_cleanse(&previous_, sizeof previous_);
}

void TicketKeys::use(SSL_CTX* context) {
    SSL_CTX_set_ex_data(context, keysIndex(), this);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &onTicket);
    SSL_CTX_set_timeout(context, std::chrono::seconds{kLife}.count());
}

void TicketKeys::forgetOld(Time now) {
    if (current_ && now - current_->born >= kLife) {
        previous_ = current_;
        current_.reset();
    }
    if (previous_ && now - previous_->born >= 2 * kLife) {
        OPENSSL_cleanse(&previous_->key, sizeof previous_->key);
        previous_.reset();
    }
}

std::optional<TicketKeys::Key> TicketKeys::sealing(Time now) {
    const std::lock_guard guard{lock_};
    forgetOld(now);
    if (!current_) {
        Aged fresh{.key = {}, .born = now};
        const auto draw = [](auto& bytes) { return RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1; };
        if (!draw(fresh.key.name) || !draw(fresh.key.cipher) || !draw(fresh.key.mac)) return std::nullopt;
        current_ = fresh;
    }
    return current_->key;
}

std::optional<TicketKeys::Found> TicketKeys::opening(const std::uint8_t* name, Time now) {
    const std::lock_guard guard{lock_};
    forgetOld(now);
    const auto isOf = [name](const std::optional<Aged>& aged) { return aged && std::ranges::equal(aged->key.name, std::span{name, 16}); };
    if (isOf(current_)) return Found{current_->key, true};
    if (isOf(previous_)) return Found{previous_->key, false};
    return std::nullopt;
}

}  // namespace patchbay::transport
