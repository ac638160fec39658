#pragma once
// The parts of the configuration that say where and how the server listens.

#include "hosting/Gate.hpp"
#include "transport/Listener.hpp"
#include "transport/TlsContext.hpp"

#include <patchbay/config.hpp>

#include <memory>
#include <mutex>
#include <string>

namespace patchbay::hosting {

/// One per core unless the configuration says how many.
unsigned loopCount(const ServerConfig& config);
GateOptions gateOptions(const ServerConfig& config);

/// Errors: std::invalid_argument, saying what a URL must look like.
transport::ListenAddress addressOf(const Listen& listen);
/// What is wrong with the certificates that the address names, or does not; empty when nothing is.
/// Errors: std::invalid_argument, as above.
std::string tlsProblem(const Listen& listen);
/// The URL to show to people, with the port that is bound.
std::string shownUrl(const Listen& listen, std::uint16_t port);
/// Errors: std::invalid_argument, as above.
void setPort(Listen& listen, std::uint16_t port);
/// Makes it https, with these certificates.   Errors: std::invalid_argument, as above.
void setTls(Listen& listen, CertificateConfig files);

/// What connections to one address start their TLS from; a reload replaces it as a whole.   Thread: any.
class Certificates {
public:
    /// Reads the files of an https address.   Errors: std::invalid_argument, for the operator.
    explicit Certificates(const Listen& listen);
    /// nullptr for an address that is plain http.
    std::shared_ptr<const transport::TlsContext> current() const;
    /// Reads the files again. False when there are none.   Errors: as the constructor's; what was there stays.
    bool reload();

private:
    const Listen listen_;
    mutable std::mutex lock_;
    std::shared_ptr<const transport::TlsContext> current_;
};

}  // namespace patchbay::hosting
