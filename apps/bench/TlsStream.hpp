#pragma once
// TLS on a non-blocking socket, by OpenSSL. The handshake happens by itself with the first sends and reads.

#include "Options.hpp"
#include "wire/Stream.hpp"

#include <memory>

#include <openssl/ssl.h>

namespace bench {

/// What all connections share: whom to trust.
class TlsContext {
public:
    /// Errors: std::runtime_error for a file of certificates that cannot be read.
    explicit TlsContext(const Options& options);

    /// A connection's state, which expects the certificate of the URL's host.
    SSL* newConnection() const;

private:
    struct Free {
        void operator()(SSL_CTX* context) const noexcept { ::SSL_CTX_free(context); }
    };
    std::string host_;
    std::unique_ptr<SSL_CTX, Free> context_;
};

/// Errors: std::runtime_error with a sentence when the handshake fails; a connection lost otherwise is seen by read().
class TlsStream final : public Stream {
public:
    TlsStream(int descriptor, const TlsContext& context);

    bool waitsToWrite() const noexcept override { return unsentBytes() != 0 && blockedByWriting_; }

private:
    ssize_t receive(std::span<std::byte> room) override;
    ssize_t transmit(Bytes bytes) override;
    ssize_t waits(int result);

    struct Free {
        void operator()(SSL* tls) const noexcept { ::SSL_free(tls); }
    };
    std::unique_ptr<SSL, Free> tls_;
    bool blockedByWriting_ = false;
};

}  // namespace bench
