// A set of keys over HTTP or HTTPS, by OpenSSL's own client: a GET of HTTP/1.0, bounded in size and time.
#include "KeySource.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/http.h>
#include <openssl/ssl.h>

#include <stdexcept>

namespace patchbay::auth_jwt {
namespace {

constexpr std::size_t kMostBytes = 256 * 1024;
constexpr int kSeconds = 5;

struct Freeing {
    void operator()(BIO* bio) const noexcept { BIO_free_all(bio); }
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    void operator()(char* text) const noexcept { OPENSSL_free(text); }
};

struct Tls {
    std::unique_ptr<SSL_CTX, Freeing> context;
    std::string host;
};

/// Puts TLS on a connection, and takes it off again.
BIO* wrap(BIO* bio, void* argument, int connect, int detail) {
    auto& tls = *static_cast<Tls*>(argument);
    if (connect == 0) return bio;
    if (detail == 0) return tls.context ? nullptr : bio;  // from https to http is no way
    if (!tls.context) return nullptr;
    BIO* const outer = BIO_new_ssl(tls.context.get(), 1);
    SSL* ssl = nullptr;
    if (!outer || BIO_get_ssl(outer, &ssl) != 1 || SSL_set1_host(ssl, tls.host.c_str()) != 1 ||
        SSL_set_tlsext_host_name(ssl, tls.host.c_str()) != 1) {
        BIO_free(outer);
        return nullptr;
    }
    return BIO_push(outer, bio);
}

std::runtime_error failure() {
    const unsigned long code = ERR_peek_last_error();
    const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    std::runtime_error error{reason ? reason : "no answer"};
    ERR_clear_error();
    return error;
}

}  // namespace

std::string fetch(const std::string& url) {
    ERR_clear_error();
    Tls tls;
    char* host = nullptr;
    int isTls = 0;
    if (OSSL_HTTP_parse_url(url.c_str(), &isTls, nullptr, &host, nullptr, nullptr, nullptr, nullptr, nullptr) != 1) throw failure();
    tls.host = std::unique_ptr<char, Freeing>{host}.get();
    if (isTls != 0) {
        tls.context.reset(SSL_CTX_new(TLS_client_method()));
        if (!tls.context || SSL_CTX_set_default_verify_paths(tls.context.get()) != 1) throw failure();
        SSL_CTX_set_min_proto_version(tls.context.get(), TLS1_2_VERSION);
        SSL_CTX_set_verify(tls.context.get(), SSL_VERIFY_PEER, nullptr);
    }
    const std::unique_ptr<BIO, Freeing> answer{
        OSSL_HTTP_get(url.c_str(), nullptr, nullptr, nullptr, nullptr, &wrap, &tls, 0, nullptr, nullptr, 0, kMostBytes, kSeconds)};
    if (!answer) throw failure();
    std::string body;
    char piece[4096];
    for (int count = 0; (count = BIO_read(answer.get(), piece, sizeof piece)) > 0;) {
        body.append(piece, static_cast<std::size_t>(count));
        if (body.size() > kMostBytes) throw std::runtime_error{"an answer of more than 256 KiB"};
    }
    return body;
}

}  // namespace patchbay::auth_jwt
