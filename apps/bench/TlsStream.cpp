#include "TlsStream.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace bench {

namespace {

bool isAddress(const std::string& host) {
    in6_addr room{};
    return ::inet_pton(AF_INET, host.c_str(), &room) == 1 || ::inet_pton(AF_INET6, host.c_str(), &room) == 1;
}

/// A sentence for what OpenSSL refused, its queue of errors emptied.
std::string reason(const SSL* tls) {
    if (const auto verified = ::SSL_get_verify_result(tls); verified != X509_V_OK) {
        return std::string{"certificate not trusted ("} + ::X509_verify_cert_error_string(verified) +
               "); use --ca FILE or --insecure yes";
    }
    const auto* const said = ::ERR_reason_error_string(::ERR_get_error());
    ::ERR_clear_error();
    return std::string{"TLS failed ("} + (said != nullptr ? said : "no reason given") + "); is it a wss:// server?";
}

}  // namespace

TlsContext::TlsContext(const Options& options)
    : host_{options.url.host}, context_{::SSL_CTX_new(::TLS_client_method())} {
    auto* const context = context_.get();
    if (context == nullptr) throw std::runtime_error{"OpenSSL could not be started"};
    // Connections that rest hold no buffers.
    ::SSL_CTX_set_mode(context,
                       SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    ::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    if (options.insecure) return;
    ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    const bool known = options.ca.empty() ? ::SSL_CTX_set_default_verify_paths(context) == 1
                                          : ::SSL_CTX_load_verify_file(context, options.ca.c_str()) == 1;
    if (!known) throw std::runtime_error{"no certificates could be read from " + options.ca};
}

SSL* TlsContext::newConnection() const {
    SSL* const tls = ::SSL_new(context_.get());
    if (tls == nullptr) throw std::runtime_error{"OpenSSL has no memory for a connection more"};
    if (isAddress(host_)) {
        ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(tls), host_.c_str());
    } else {
        ::SSL_set1_host(tls, host_.c_str());
        ::SSL_set_tlsext_host_name(tls, host_.c_str());
    }
    ::SSL_set_connect_state(tls);
    return tls;
}

TlsStream::TlsStream(int descriptor, const TlsContext& context) : Stream{descriptor}, tls_{context.newConnection()} {
    ::SSL_set_fd(tls_.get(), descriptor);
}

/// What a call that gave nothing means to the caller, as recv() and send() say it.
ssize_t TlsStream::waits(int result) {
    const int error = ::SSL_get_error(tls_.get(), result);
    blockedByWriting_ = error == SSL_ERROR_WANT_WRITE;
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
        errno = EAGAIN;
        return -1;
    }
    if (error == SSL_ERROR_SSL && ::SSL_is_init_finished(tls_.get()) == 0) throw std::runtime_error{reason(tls_.get())};
    ::ERR_clear_error();
    return 0;
}

/// All that has come, as no event tells of what OpenSSL has already taken off the socket; `room` holds a record at
/// least.
ssize_t TlsStream::receive(std::span<std::byte> room) {
    std::size_t all = 0;
    while (all < room.size()) {
        std::size_t count = 0;
        const int result = ::SSL_read_ex(tls_.get(), room.data() + all, room.size() - all, &count);
        if (result != 1) return all != 0 ? static_cast<ssize_t>(all) : waits(result);
        all += count;
    }
    return static_cast<ssize_t>(all);
}

ssize_t TlsStream::transmit(Bytes bytes) {
    std::size_t all = 0;
    while (all < bytes.size()) {
        std::size_t count = 0;
        const int result = ::SSL_write_ex(tls_.get(), bytes.data() + all, bytes.size() - all, &count);
        if (result != 1) {
            return all != 0 ? static_cast<ssize_t>(all) : std::min<ssize_t>(waits(result), -1);
        }
        all += count;
    }
    return static_cast<ssize_t>(all);
}

}  // namespace bench
