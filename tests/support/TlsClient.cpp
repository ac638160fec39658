#include "support/TlsClient.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <stdexcept>

namespace patchbay::test {
namespace {

[[noreturn]] void fail() {
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    ERR_clear_error();
    throw std::runtime_error{text.data()};
}

}  // namespace

TlsClient::TlsClient(Options options) : context_{SSL_CTX_new(TLS_client_method()), &SSL_CTX_free}, connection_{nullptr, &SSL_free} {
    if (options.version != 0) {
        SSL_CTX_set_min_proto_version(context_.get(), options.version);
        SSL_CTX_set_max_proto_version(context_.get(), options.version);
        SSL_CTX_set_security_level(context_.get(), 0);  // OpenSSL offers what is old to the insecure only
    }
    if (!options.groups.empty()) SSL_CTX_set1_groups_list(context_.get(), options.groups.c_str());
    if (!options.certificate.empty()) {
        SSL_CTX_use_certificate_chain_file(context_.get(), options.certificate.c_str());
        SSL_CTX_use_PrivateKey_file(context_.get(), options.key.c_str(), SSL_FILETYPE_PEM);
    }
    connection_.reset(SSL_new(context_.get()));
    SSL_set_bio(connection_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(connection_.get());
    if (!options.host.empty()) SSL_set_tlsext_host_name(connection_.get(), options.host.c_str());
    if (!options.protocols.empty()) {
        SSL_set_alpn_protos(connection_.get(), reinterpret_cast<const unsigned char*>(options.protocols.data()),
                            static_cast<unsigned>(options.protocols.size()));
    }
    if (options.session) SSL_set_session(connection_.get(), options.session);
    go();
}

TlsClient::~TlsClient() = default;
TlsClient::TlsClient(TlsClient&&) noexcept = default;

void TlsClient::go() {
    std::array<char, 65536> some;
    for (;;) {
        const int got = SSL_read(connection_.get(), some.data(), static_cast<int>(some.size()));
        if (got > 0) {
            text_.append(some.data(), static_cast<std::size_t>(got));
            continue;
        }
        const int why = SSL_get_error(connection_.get(), got);
        if (why == SSL_ERROR_ZERO_RETURN) ended_ = true;
        if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_ZERO_RETURN) return;
        fail();
    }
}

void TlsClient::hear(std::string_view ciphertext) {
    BIO_write(SSL_get_rbio(connection_.get()), ciphertext.data(), static_cast<int>(ciphertext.size()));
    go();
}

void TlsClient::say(std::string_view plaintext) {
    if (plaintext.empty()) return;
    if (SSL_write(connection_.get(), plaintext.data(), static_cast<int>(plaintext.size())) <= 0) fail();
}

void TlsClient::sayGoodbye() { SSL_shutdown(connection_.get()); }

std::string TlsClient::takeOutput() {
    std::string output(BIO_ctrl_pending(SSL_get_wbio(connection_.get())), '\0');
    if (!output.empty()) BIO_read(SSL_get_wbio(connection_.get()), output.data(), static_cast<int>(output.size()));
    return output;
}

bool TlsClient::isReady() const { return SSL_is_init_finished(connection_.get()) == 1; }

std::string TlsClient::serverName() const {
    std::array<char, 256> name{};
    const X509* certificate = SSL_get0_peer_certificate(connection_.get());
    if (certificate) X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(), name.size());
    return name.data();
}

std::string TlsClient::protocol() const {
    const unsigned char* name = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(connection_.get(), &name, &length);
    return {reinterpret_cast<const char*>(name), length};
}

bool TlsClient::resumed() const { return SSL_session_reused(connection_.get()) == 1; }
SSL_SESSION* TlsClient::session() const { return SSL_get_session(connection_.get()); }

}  // namespace patchbay::test
