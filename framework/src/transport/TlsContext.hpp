#pragma once
// A server's certificates and the rules that hold for every TLS connection made with them.
//
// Rules: TLS 1.2 and 1.3; forward secrecy and authenticated ciphers only, by X25519 or else P-256: whatever a hello asks for, it
// costs less than a millisecond; no compression, no renegotiation; http/1.1 is
// what is spoken inside, and a client that offers protocols without it is refused (RFC 7301 §3.2); a client that names a
// host gets the certificate that is valid for it, or else the first (RFC 6066 §3); sessions are resumed by tickets
// (RFC 8446 §4.6.1, RFC 5077), so that nothing is kept here for a client that has gone, and only under the name that they were
// made under (RFC 6066 §3); who shows a certificate shows it each time, and resumes nothing.

#include <memory>
#include <span>
#include <string>

using SSL_CTX = struct ssl_ctx_st;

namespace patchbay::transport {

/// Two files in PEM: a certificate with those that vouch for it behind it, and its private key.
struct CertificateFiles {
    std::string certificate;
    std::string key;
};

/// Whether clients show certificates, and who vouches for them.
struct ClientAuthentication {
    std::string authorities;  ///< a file in PEM: whoever one of these has signed is believed; empty: nobody is asked
    bool isRequired = false;  ///< else who shows none is served all the same
};

/// What new connections start from; never changed, so that a reload makes another one.   Thread: any.
class TlsContext {
public:
    /// Reads the files, each key with its certificate. A certificate that has expired or is not valid yet, and a key that
    /// everybody on this machine can read, are warnings in the log.
    /// Requires: at least one pair.
    /// Errors: std::invalid_argument, for the operator: which file, what is wrong with it and what to do.
    static std::shared_ptr<const TlsContext> load(std::span<const CertificateFiles> pairs, const ClientAuthentication& clients = {});

    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    SSL_CTX* native() const noexcept;

private:
    struct Contexts;
    explicit TlsContext(std::unique_ptr<Contexts> contexts) noexcept;
    std::unique_ptr<Contexts> contexts_;
};

}  // namespace patchbay::transport
