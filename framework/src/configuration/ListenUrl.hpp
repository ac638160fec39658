#pragma once
// Where to listen, as the configuration writes it.
//
//   url  = ( "http://" | "https://" ) host [ ":" port ] [ "/" ]        host = name | IPv4 | "[" IPv6 "]"
//        | "unix:" absolute-path
//        | "systemd:" name                                             of sockets that systemd has bound; https where it has a certificate
//
// Source: RFC 3986 §3.2

#include <patchbay/config.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace patchbay::configuration {

struct ListenUrl {
    std::string host = {};         ///< without the brackets of IPv6; empty for the other kinds
    std::uint16_t port = 80;       ///< 0: the system chooses a free one
    bool secure = false;           ///< https
    std::string path = {};         ///< of a Unix socket
    std::string activated = {};    ///< the name of sockets of systemd's

    friend bool operator==(const ListenUrl&, const ListenUrl&) = default;
};

/// The URL of the parts, with its port.
std::string shown(const ListenUrl& url);

/// The parts of `url`, or a sentence about what is wrong with it.
std::variant<ListenUrl, std::string> parseListenUrl(std::string_view url);

/// The parts of an address that the configuration names.   Errors: std::invalid_argument, saying what a URL must look like.
ListenUrl urlOf(const ListenConfig& listen);
/// What is wrong with the certificates that the address names, or does not; empty when nothing is.
/// Errors: std::invalid_argument, as above.
std::string tlsProblem(const ListenConfig& listen);
/// The rights of a Unix socket's file; nothing when `text` are none.
std::optional<unsigned> parseMode(std::string_view text);
/// What is wrong with the rights that the address names; empty when nothing is.
std::string modeProblem(const ListenConfig& listen);
/// What is wrong with the proxies of the address; empty when nothing is.
std::string proxyProblem(const ListenConfig& listen, const ServerSection& server);
/// The URL to show to people; `where` is what the kernel calls the address that is bound, such as `127.0.0.1:8080`.
std::string shownUrl(const ListenConfig& listen, const std::string& where);
/// Errors: std::invalid_argument, as above.
void setPort(ListenConfig& listen, std::uint16_t port);
/// Makes it https, with these certificates.   Errors: std::invalid_argument, as above.
void setTls(ListenConfig& listen, CertificateConfig files);

}  // namespace patchbay::configuration
