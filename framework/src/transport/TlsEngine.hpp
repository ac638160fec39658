#pragma once
// One connection's TLS, sans I/O: ciphertext in, plaintext out, and back. The handshake happens on the way.
//
// Rules: between two calls no buffer is held but what is unsent; records are filled across messages (RFC 8446 §5.1 allows
// 16 KiB each); what the engine has to say by itself (handshake, alerts, answers to key updates) is bounded by
// kMaxUnsentBytes.
// OpenSSL does the work, through a BIO that reads the caller's bytes and writes to memory that the thread's engines share.

#include "transport/TlsContext.hpp"

#include <patchbay/bytes.hpp>
#include <patchbay/client_certificate.hpp>

#include <sys/uio.h>

#include <memory>
#include <span>
#include <system_error>
#include <vector>

using BIO = struct bio_st;
using SSL = struct ssl_st;

namespace patchbay::transport {

/// What decrypting came to.
struct Decrypted {
    std::size_t bytes = 0;
    bool ended = false;     ///< the peer's close_notify (RFC 8446 §6.1) came behind the bytes
    std::error_code error;  ///< the connection cannot go on; an alert that says so is unsent
};

/// Thread: one at a time.   Not movable: OpenSSL knows its address.
class TlsEngine {
public:
    /// The largest record, and what may wait in it for its end.   Source: RFC 8446 §5.2
    static constexpr std::size_t kMaxRecordBytes = 16384 + 256 + 5;
    static constexpr std::size_t kMaxUnsentBytes = 128 * 1024;
    /// How much plaintext one encrypt() takes: what a full kernel leaves behind stays small.
    static constexpr std::size_t kMaxEncryptedAtOnce = 64 * 1024;

    /// The server's side.   Errors: std::bad_alloc.
    explicit TlsEngine(std::shared_ptr<const TlsContext> context);
    ~TlsEngine();
    TlsEngine(const TlsEngine&) = delete;
    TlsEngine& operator=(const TlsEngine&) = delete;

    /// Takes all of `ciphertext`.   Requires: `into` holds as much and kMaxRecordBytes more.
    Decrypted decrypt(Bytes ciphertext, std::span<std::byte> into) noexcept;
    /// Takes some of `from`, of which it returns how much; its ciphertext is unsent then. 0 when the connection failed.
    /// Requires: isReady().
    std::size_t encrypt(std::span<const iovec> from) noexcept;
    /// Adds the close_notify.
    void sayGoodbye() noexcept;

    /// True when the handshake is through: nothing can be encrypted before.
    bool isReady() const noexcept;
    /// What the client has shown of itself.   Requires: isReady().
    std::vector<ClientCertificate> peerCertificates() const;
    /// Ciphertext for the peer, valid until the next call.
    Bytes unsent() const noexcept { return Bytes{unsent_}.subspan(sent_); }
    /// The first `bytes` of it are on their way.
    void sent(std::size_t bytes) noexcept;

private:
    friend struct EngineBio;

    void answerPlainHttp() noexcept;
    std::size_t encryptOne(Bytes plaintext) noexcept;

    const std::shared_ptr<const TlsContext> context_;  // the handshake looks into it
    std::unique_ptr<SSL, void (*)(SSL*)> connection_;
    Bytes incoming_;  // of the call that runs
    std::vector<std::byte> unsent_;
    std::size_t sent_ = 0;
};

}  // namespace patchbay::transport
