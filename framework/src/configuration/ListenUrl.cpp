#include "configuration/ListenUrl.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace patchbay::configuration {
namespace {

constexpr std::string_view kExample = "write e.g. http://127.0.0.1:8080";

std::string quoted(std::string_view text) { return '"' + std::string{text} + '"'; }

bool isHost(std::string_view host, std::string_view letters) {
    return !host.empty() && std::all_of(host.begin(), host.end(), [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               letters.find(c) != letters.npos;
    });
}

/// `host[:port]` or `[host][:port]` at its colon; the port is empty where there is none.
struct Authority {
    std::string_view host;
    std::string_view port;
    bool valid;
};

Authority split(std::string_view text) {
    const bool bracketed = text.starts_with('[');
    const auto hostEnd = bracketed ? text.find(']') : std::min(text.find(':'), text.size());
    if (hostEnd == text.npos) return {{}, {}, false};
    const auto host = bracketed ? text.substr(1, hostEnd - 1) : text.substr(0, hostEnd);
    const auto rest = text.substr(hostEnd + (bracketed ? 1 : 0));
    const bool restValid = rest.empty() || (rest.starts_with(':') && rest.size() > 1);
    return {host, restValid && !rest.empty() ? rest.substr(1) : std::string_view{},
            restValid && isHost(host, bracketed ? ":.%" : "-._")};
}

}  // namespace

std::string shown(const ListenUrl& url) {
    const bool isIpv6 = url.host.find(':') != std::string::npos;
    return std::string{url.secure ? "https://" : "http://"} + (isIpv6 ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port);
}

std::variant<ListenUrl, std::string> parseListenUrl(std::string_view url) {
    const bool secure = url.starts_with("https://");
    if (!secure && !url.starts_with("http://"))
        return quoted(url) + " does not begin with http:// or https://; " + std::string{kExample};
    std::string_view rest = url.substr(secure ? 8 : 7);
    if (rest.ends_with('/')) rest.remove_suffix(1);
    if (rest.find_first_of("/?#@") != rest.npos)
        return quoted(url) + " has more than a host and a port; " + std::string{kExample};
    const auto [host, port, valid] = split(rest);
    if (!valid) return quoted(url) + " names no host that can be; " + std::string{kExample};
    ListenUrl result{std::string{host}, static_cast<std::uint16_t>(secure ? 443 : 80), secure};
    if (port.empty()) return result;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), result.port);
    if (error != std::errc{} || end != port.data() + port.size())
        return quoted(port) + " is no port; a port is a number from 0 to 65535";
    return result;
}

ListenUrl urlOf(const ListenConfig& listen) {
    auto parsed = parseListenUrl(listen.url);
    if (const auto* problem = std::get_if<std::string>(&parsed)) throw std::invalid_argument{"server.listen: " + *problem};
    return std::get<ListenUrl>(std::move(parsed));
}

std::string tlsProblem(const ListenConfig& listen) {
    const bool secure = urlOf(listen).secure;
    const bool asks = !listen.clientCertificates.authorities.empty();
    const bool named = !listen.certificate.empty() || !listen.key.empty() || !listen.moreCertificates.empty() || asks;
    if (listen.clientCertificates.required && !asks) return "clientCertificates: required needs authorities: a file with those who sign";
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

std::string shownUrl(const ListenConfig& listen, std::uint16_t port) {
    const ListenUrl url = urlOf(listen);
    return shown({url.host, port, url.secure});
}

void setPort(ListenConfig& listen, std::uint16_t port) { listen.url = shownUrl(listen, port); }

void setTls(ListenConfig& listen, CertificateConfig files) {
    const ListenUrl url = urlOf(listen);
    listen.url = shown({url.host, url.port, true});
    listen.certificate = std::move(files.certificate);
    listen.key = std::move(files.key);
}

}  // namespace patchbay::configuration
