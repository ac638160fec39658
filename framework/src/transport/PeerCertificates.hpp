#pragma once
// The certificates of a TLS client, as applications read them.

#include <patchbay/client_certificate.hpp>

#include <vector>

using SSL = struct ssl_st;

namespace patchbay::transport {

/// The chain that was verified; empty when the client has shown none, or was not asked.   Requires: the handshake is through.
std::vector<ClientCertificate> peerCertificates(const SSL* connection);

}  // namespace patchbay::transport
