#include "server/Certificates.hpp"

#include "configuration/ListenUrl.hpp"

#include <stdexcept>
#include <string>
#include <vector>

namespace patchbay::server {
namespace {

/// nullptr for plain http.
std::shared_ptr<const transport::TlsContext> load(const ListenConfig& listen) {
    const std::string problem = configuration::tlsProblem(listen);
    if (!problem.empty()) throw std::invalid_argument{"server.listen: " + problem};
    if (!configuration::urlOf(listen).secure) return nullptr;
    std::vector<transport::CertificateFiles> files{{listen.certificate, listen.key}};
    for (const auto& more : listen.moreCertificates) files.push_back({more.certificate, more.key});
    try {
        return transport::TlsContext::load(files, {listen.clientCertificates.authorities, listen.clientCertificates.required});
    } catch (const std::invalid_argument& error) {
        throw std::invalid_argument{"server.listen: " + listen.url + ": " + error.what()};
    }
}

}  // namespace

Certificates::Certificates(const ListenConfig& listen) : listen_{listen}, current_{load(listen)} {}

std::shared_ptr<const transport::TlsContext> Certificates::current() const {
    const std::lock_guard guard{lock_};
    return current_;
}

bool Certificates::reload() {
    auto fresh = load(listen_);
    if (!fresh) return false;
    const std::lock_guard guard{lock_};
    current_.swap(fresh);
    return true;
}

}  // namespace patchbay::server
