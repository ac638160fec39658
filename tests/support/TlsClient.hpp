#pragma once
// The client's side of a TLS connection, without a socket: OpenSSL's own engine over memory. It trusts every certificate.

#include <memory>
#include <string>
#include <string_view>

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;
using SSL_SESSION = struct ssl_session_st;

namespace patchbay::test {

class TlsClient {
public:
    struct Options {
        std::string host = "localhost";  ///< the name it asks for; empty: none
        std::string protocols = {};      ///< as on the wire: each name behind its length; empty: no ALPN
        int version = 0;                 ///< TLS1_2_VERSION and the like; 0: any
        SSL_SESSION* session = nullptr;  ///< to resume
        std::string groups = {};         ///< "X25519:P-256"; empty: OpenSSL's
        std::string certificate = {};    ///< a file to show, with its key
        std::string key = {};
    };
    explicit TlsClient(Options options);
    TlsClient() : TlsClient{Options{}} {}
    ~TlsClient();
    TlsClient(TlsClient&&) noexcept;

    /// Takes what the server sent; what it said is in text() then.   Errors: std::runtime_error, as OpenSSL puts it.
    void hear(std::string_view ciphertext);
    /// Says something, once the handshake is through.
    void say(std::string_view plaintext);
    void sayGoodbye();
    /// Takes the bytes for the server.
    std::string takeOutput();

    bool isReady() const;
    /// True when the server has said goodbye (close_notify).
    bool ended() const noexcept { return ended_; }
    std::string& text() noexcept { return text_; }
    /// The common name of the server's certificate.
    std::string serverName() const;
    std::string protocol() const;
    bool resumed() const;
    /// The last session that the server gave a ticket for; its owner's as long as this lives.
    SSL_SESSION* session() const;
    SSL* native() noexcept { return connection_.get(); }

private:
    void go();

    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
    std::unique_ptr<SSL, void (*)(SSL*)> connection_;
    std::string text_;
    bool ended_ = false;
};

}  // namespace patchbay::test
