#pragma once
// What a TLS client has shown of itself, and an authority of the configuration vouches for.

#include <string>
#include <vector>

namespace patchbay {

/// One certificate of a client's chain. Its own comes first, then those that vouch for it, the authority's last.
struct ClientCertificate {
    std::string subject;             ///< "CN=ann,O=Example", as RFC 2253 writes it
    std::string issuer;              ///< likewise
    std::vector<std::string> names;  ///< alternative ones: "DNS:ann.example", "email:ann@example.com", "URI:spiffe://…"
    std::string fingerprint;         ///< SHA-256 over the whole of it, in hexadecimal
    std::string pem;
};

}  // namespace patchbay
