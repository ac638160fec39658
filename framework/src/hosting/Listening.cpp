#include "hosting/Listening.hpp"

#include "hosting/Deployments.hpp"
#include "hosting/ListenUrl.hpp"

#include <algorithm>
#include <stdexcept>
#include <thread>

namespace patchbay::hosting {
namespace {

ListenUrl parse(const std::string& url) {
    auto parsed = parseListenUrl(url);
    if (const auto* problem = std::get_if<std::string>(&parsed)) throw std::invalid_argument{"server.listen: " + *problem};
    return std::get<ListenUrl>(parsed);
}

/// nullptr for plain http.
std::shared_ptr<const transport::TlsContext> loadTls(const Listen& listen) {
    const std::string problem = tlsProblem(listen);
    if (!problem.empty()) throw std::invalid_argument{"server.listen: " + problem};
    if (!parse(listen.url).secure) return nullptr;
    std::vector<transport::CertificateFiles> files{{listen.certificate, listen.key}};
    for (const auto& more : listen.moreCertificates) files.push_back({more.certificate, more.key});
    try {
        return transport::TlsContext::load(files);
    } catch (const std::invalid_argument& error) {
        throw std::invalid_argument{"server.listen: " + listen.url + ": " + error.what()};
    }
}

}  // namespace

std::string tlsProblem(const Listen& listen) {
    const bool secure = parse(listen.url).secure;
    const bool named = !listen.certificate.empty() || !listen.key.empty() || !listen.moreCertificates.empty();
    if (!secure && named) return '"' + listen.url + "\" has a certificate, but is not https://";
    if (!secure) return {};
    if (listen.certificate.empty() || listen.key.empty()) {
        return '"' + listen.url + "\" needs a certificate and its key; write { url: \"" + listen.url +
               "\", certificate: cert.pem, key: key.pem }";
    }
    for (const auto& more : listen.moreCertificates) {
        if (more.certificate.empty() || more.key.empty()) return "moreCertificates: each needs a certificate and its key";
    }
    return {};
}

unsigned loopCount(const ServerConfig& config) {
    if (config.server.loops) return static_cast<unsigned>(std::max<std::size_t>(*config.server.loops, 1));
    return std::max(std::thread::hardware_concurrency(), 1U);
}

GateOptions gateOptions(const ServerConfig& config) {
    GateOptions options;
    options.head.maxHeadBytes = config.server.headBytes;
    options.maxBodyBytes = config.server.requestBody;
    options.handshakeTimeout = serverLimits(config).handshakeTimeout;
    options.maxConnections = config.server.maxConnections;
    return options;
}

transport::ListenAddress addressOf(const Listen& listen) {
    const ListenUrl url = parse(listen.url);
    return {url.host, url.port};
}

std::string shownUrl(const Listen& listen, std::uint16_t port) {
    const ListenUrl url = parse(listen.url);
    return shown({url.host, port, url.secure});
}

void setPort(Listen& listen, std::uint16_t port) { listen.url = shownUrl(listen, port); }

void setTls(Listen& listen, CertificateConfig files) {
    const ListenUrl url = parse(listen.url);
    listen.url = shown({url.host, url.port, true});
    listen.certificate = std::move(files.certificate);
    listen.key = std::move(files.key);
}

Certificates::Certificates(const Listen& listen) : listen_{listen}, current_{loadTls(listen)} {}

std::shared_ptr<const transport::TlsContext> Certificates::current() const {
    const std::lock_guard guard{lock_};
    return current_;
}

bool Certificates::reload() {
    auto fresh = loadTls(listen_);
    if (!fresh) return false;
    const std::lock_guard guard{lock_};
    current_.swap(fresh);
    return true;
}

}  // namespace patchbay::hosting
