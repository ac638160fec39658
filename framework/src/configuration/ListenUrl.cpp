#include "configuration/ListenUrl.hpp"

#include "base/Quotes.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace patchbay::configuration {
namespace {

constexpr std::string_view kExample = "write e.g. http://127.0.0.1:8080";
constexpr std::string_view kUnix = "unix:", kSystemd = "systemd:";
constexpr std::size_t kMostPath = 107;  // of the kernel's

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
    if (!url.path.empty()) return "unix:" + url.path;
    if (!url.activated.empty()) return "systemd:" + url.activated;
    const bool isIpv6 = url.host.find(':') != std::string::npos;
    return std::string{url.secure ? "https://" : "http://"} + (isIpv6 ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port);
}

namespace {

std::variant<ListenUrl, std::string> parseUnix(std::string_view url) {
    const std::string_view path = url.substr(kUnix.size());
    if (!path.starts_with('/') || path.ends_with('/')) {
        return inQuotes(url) + " names no file by its absolute path; write e.g. unix:/run/patchbay/patchbay.sock (names without a file, "
                             "such as @patchbay, have no rights: whoever is on this machine could connect)";
    }
    if (path.size() > kMostPath || path.find('\0') != path.npos) return inQuotes(url) + " is too long: the path of a Unix socket has at most 107 bytes";
    return ListenUrl{.path = std::string{path}};
}

std::variant<ListenUrl, std::string> parseActivated(std::string_view url) {
    const std::string_view name = url.substr(kSystemd.size());
    if (name.empty() || name.find(':') != name.npos)
        return inQuotes(url) + " names no socket; write the FileDescriptorName= of the .socket unit, or the unit's own name: systemd:patchbay.socket";
    return ListenUrl{.activated = std::string{name}};
}

}  // namespace

std::variant<ListenUrl, std::string> parseListenUrl(std::string_view url) {
    if (url.starts_with(kUnix)) return parseUnix(url);
    if (url.starts_with(kSystemd)) return parseActivated(url);
    const bool secure = url.starts_with("https://");
    if (!secure && !url.starts_with("http://"))
        return inQuotes(url) + " does not begin with http://, https://, unix: or systemd:; " + std::string{kExample};
    std::string_view rest = url.substr(secure ? 8 : 7);
    if (rest.ends_with('/')) rest.remove_suffix(1);
    if (rest.find_first_of("/?#@") != rest.npos)
        return inQuotes(url) + " has more than a host and a port; " + std::string{kExample};
    const auto [host, port, valid] = split(rest);
    if (!valid) return inQuotes(url) + " names no host that can be; " + std::string{kExample};
    ListenUrl result{std::string{host}, static_cast<std::uint16_t>(secure ? 443 : 80), secure};
    if (port.empty()) return result;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), result.port);
    if (error != std::errc{} || end != port.data() + port.size())
        return inQuotes(port) + " is no port; a port is a number from 0 to 65535";
    return result;
}

ListenUrl urlOf(const ListenConfig& listen) {
    auto parsed = parseListenUrl(listen.url);
    if (const auto* problem = std::get_if<std::string>(&parsed)) throw std::invalid_argument{"server.listen: " + *problem};
    ListenUrl url = std::get<ListenUrl>(std::move(parsed));
    if (!url.activated.empty()) url.secure = !listen.certificate.empty();
    return url;
}

std::string tlsProblem(const ListenConfig& listen) {
    const ListenUrl url = urlOf(listen);
    const bool secure = url.secure;
    const bool asks = !listen.clientCertificates.authorities.empty();
    const bool named = !listen.certificate.empty() || !listen.key.empty() || !listen.moreCertificates.empty() || asks;
    if (listen.clientCertificates.required && !asks) return "clientCertificates: required needs authorities: a file with those who sign";
    if (named && !url.path.empty()) return '"' + listen.url + "\" has a certificate, but nobody speaks TLS over a Unix socket";
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

std::string proxyProblem(const ListenConfig& listen, const ServerSection& server) {
    if (!listen.proxyProtocol || !server.trustedProxies.empty()) return {};
    return '"' + listen.url + "\": proxyProtocol needs server.trustedProxies: the addresses of those who may say whom they speak for";
}

std::optional<unsigned> parseMode(std::string_view text) {
    unsigned mode = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
    if (text.empty() || text.size() > 4 || error != std::errc{} || end != text.data() + text.size() || mode > 0777) return std::nullopt;
    return mode;
}

std::string modeProblem(const ListenConfig& listen) {
    if (!parseMode(listen.mode)) return "mode: \"" + listen.mode + "\" are no rights of a file; write e.g. \"0660\"";
    return {};
}

std::string shownUrl(const ListenConfig& listen, const std::string& where) {
    const ListenUrl url = urlOf(listen);
    if (!url.path.empty()) return shown(url);
    const std::string scheme = url.secure ? "https://" : "http://";
    if (!url.activated.empty()) return where == "local" ? shown(url) : scheme + where;
    const std::size_t colon = where.rfind(':');
    const std::string shownHost = shown({.host = url.host, .port = 0, .secure = url.secure});
    return shownHost.substr(0, shownHost.size() - 1) + where.substr(colon == std::string::npos ? where.size() : colon + 1);
}

void setPort(ListenConfig& listen, std::uint16_t port) {
    ListenUrl url = urlOf(listen);
    if (url.host.empty()) throw std::invalid_argument{"server.listen: " + listen.url + " has no port that another could stand for"};
    url.port = port;
    listen.url = shown(url);
}

void setTls(ListenConfig& listen, CertificateConfig files) {
    ListenUrl url = urlOf(listen);
    url.secure = true;
    listen.url = shown(url);
    listen.certificate = std::move(files.certificate);
    listen.key = std::move(files.key);
}

}  // namespace patchbay::configuration
