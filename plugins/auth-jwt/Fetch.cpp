// A set of keys over HTTP or HTTPS: one GET on a connection of its own, in HTTP/1.0 so that no answer comes in chunks.
//
//     connect ─▶ TLS: certificate, name ─▶ request ─▶ head: 200 ─▶ body, to its Content-Length or the end
//     '──────────────────────────── 5 s for all of it, 256 KiB of body ───────────────────────────────'
//
// A redirection is not followed: who answers it would say whose keys are believed. Certificates are believed that this machine believes,
// or those of the file that SSL_CERT_FILE names.   Source: RFC 9110, RFC 9112, RFC 9525
//
// By OpenSSL, which is here for signatures: libcurl would need half of these lines, and bring clients of LDAP, Kerberos, SSH and RTMP into the process
// of a server (Debian's libcurl4: twelve libraries), for one request in an hour. What it would not shorten are the bounds.
#include "KeySource.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/http.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <poll.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <memory>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace patchbay::auth_jwt {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostBody = 256 * 1024;
constexpr std::size_t kMostHead = 16 * 1024;
constexpr std::chrono::seconds kPatience{5};

struct Freeing {
    void operator()(BIO* bio) const noexcept { BIO_free_all(bio); }
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    void operator()(char* text) const noexcept { OPENSSL_free(text); }
    void operator()(ASN1_OCTET_STRING* octets) const noexcept { ASN1_OCTET_STRING_free(octets); }
};
template <class T>
using Owned = std::unique_ptr<T, Freeing>;

/// What OpenSSL, or the system below it, says of what has just failed.
std::runtime_error failure() {
    const char* detail = nullptr;
    int flags = 0;
    const unsigned long code = ERR_peek_error_all(nullptr, nullptr, nullptr, &detail, &flags);
    const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    std::string text = reason ? reason : "the connection has ended";
    if (code != 0 && ERR_SYSTEM_ERROR(code)) text = std::generic_category().message(ERR_GET_REASON(code));
    if (detail && (flags & ERR_TXT_STRING) != 0 && *detail != '\0') text.append(", ").append(detail);
    ERR_clear_error();
    return std::runtime_error{text};
}

// ------------------------------------------------------------------------------------------------ where

struct Place {
    bool isTls = false;
    std::string host, port, target;
};

Place placeOf(const std::string& url) {
    char *host = nullptr, *port = nullptr;
    int isTls = 0;
    if (OSSL_HTTP_parse_url(url.c_str(), &isTls, nullptr, &host, &port, nullptr, nullptr, nullptr, nullptr) != 1) throw failure();
    const Owned<char> ownedHost{host}, ownedPort{port};
    const std::size_t authority = url.find("://") == std::string::npos ? 0 : url.find("://") + 3;
    const std::size_t end = std::min(url.find('#'), url.size());
    const std::size_t target = std::min(url.find_first_of("/?", authority), end);
    Place place{isTls != 0, host, port, url.substr(target, end - target)};
    if (!place.target.starts_with('/')) place.target.insert(0, 1, '/');
    if (std::ranges::any_of(place.target, [](unsigned char c) { return c <= ' ' || c >= 0x7F; })) {
        throw std::runtime_error{"no URL: white space, control characters and what is not ASCII are escaped"};
    }
    if (place.host.find(':') != std::string::npos && !place.host.starts_with('[')) place.host = '[' + place.host + ']';
    return place;
}

bool isAddress(const std::string& host) { return Owned<ASN1_OCTET_STRING>{a2i_IPADDRESS(host.c_str())} != nullptr; }

/// An IPv6 address without its brackets.
std::string nameOf(const Place& place) { return place.host.starts_with('[') ? place.host.substr(1, place.host.size() - 2) : place.host; }

// ------------------------------------------------------------------------------------------------ a connection

/// Goes on with a step of a connection that does not block until it is done.   Errors: std::runtime_error when its time is over.
template <class Step>
int done(BIO* bio, Clock::time_point deadline, Step step) {
    for (;;) {
        const auto result = static_cast<int>(step());
        if (result > 0 || !BIO_should_retry(bio)) return result;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        pollfd socket{-1, static_cast<short>(BIO_should_read(bio) ? POLLIN : POLLOUT), 0};
        BIO_get_fd(bio, &socket.fd);
        if (left.count() <= 0 || ::poll(&socket, 1, static_cast<int>(left.count())) == 0) throw std::runtime_error{"no whole answer within 5 s"};
    }
}

Owned<SSL_CTX> trust() {
    Owned<SSL_CTX> context{SSL_CTX_new(TLS_client_method())};
    if (!context || SSL_CTX_set_default_verify_paths(context.get()) != 1) throw failure();
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    return context;
}

Owned<BIO> secured(Owned<BIO> connection, const Place& place, Clock::time_point deadline) {
    Owned<BIO> outer{BIO_new_ssl(trust().get(), 1)};
    SSL* ssl = nullptr;  // the outer one's
    const std::string name = nameOf(place);
    if (!outer || BIO_get_ssl(outer.get(), &ssl) != 1 || SSL_set1_host(ssl, name.c_str()) != 1) throw failure();
    if (!isAddress(name) && SSL_set_tlsext_host_name(ssl, name.c_str()) != 1) throw failure();  // RFC 6066 §3
    BIO_push(outer.get(), connection.release());
    if (done(outer.get(), deadline, [&] { return BIO_do_handshake(outer.get()); }) > 0) return outer;
    const long verified = SSL_get_verify_result(ssl);
    if (verified == X509_V_OK) throw failure();
    ERR_clear_error();
    throw std::runtime_error{std::string{"its certificate is not believed: "} + X509_verify_cert_error_string(verified)};
}

Owned<BIO> connected(const Place& place, Clock::time_point deadline) {
    Owned<BIO> connection{BIO_new(BIO_s_connect())};
    if (!connection || BIO_set_conn_hostname(connection.get(), place.host.c_str()) != 1 || BIO_set_conn_port(connection.get(), place.port.c_str()) != 1) throw failure();
    BIO_set_nbio(connection.get(), 1);
    if (done(connection.get(), deadline, [&] { return BIO_do_connect(connection.get()); }) <= 0) throw failure();
    ERR_clear_error();  // of addresses of that name where nobody was
    return place.isTls ? secured(std::move(connection), place, deadline) : std::move(connection);
}

// ------------------------------------------------------------------------------------------------ an answer

struct Head {
    std::size_t size = 0;               ///< with the empty line
    std::optional<std::size_t> length;  ///< of the body, where it is said
};

std::string lower(std::string_view text) {
    std::string result{text};
    std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

std::string_view stripped(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r");
    return first == std::string_view::npos ? std::string_view{} : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::size_t lengthOf(std::string_view value) {
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
    if (error != std::errc{} || end != value.data() + value.size()) throw std::runtime_error{"a Content-Length that is no number"};
    if (length > kMostBody) throw std::runtime_error{"an answer of more than 256 KiB"};
    return length;
}

/// Nothing while it is not whole.   Errors: std::runtime_error for any but a plain 200.
std::optional<Head> headOf(std::string_view answer) {
    const std::size_t end = answer.find("\r\n\r\n");
    if (end == std::string_view::npos) {
        if (answer.size() > kMostHead) throw std::runtime_error{"a head of more than 16 KiB, or no HTTP"};
        return std::nullopt;
    }
    std::string_view lines = answer.substr(0, end);
    const std::string_view status = lines.substr(0, lines.find('\r'));
    if (!status.starts_with("HTTP/1.") || status.size() < 12) throw std::runtime_error{"no HTTP"};
    const bool isFound = status.substr(9, 3) == "200";
    Head head{end + 4, std::nullopt};
    std::string location;
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(line.size() + 1, lines.size()));
        const std::size_t colon = std::min(line.find(':'), line.size());
        const std::string name = lower(line.substr(0, colon));
        const std::string_view value = stripped(line.substr(std::min(colon + 1, line.size())));
        if (name == "location") location = value.substr(0, value.find_first_of("?#"));  // a query may have the secret of ours
        if (name == "content-length" && isFound) head.length = lengthOf(value);
        if (name == "transfer-encoding" && isFound) throw std::runtime_error{"an answer in chunks, which HTTP/1.0 does not have"};
    }
    if (isFound) return head;
    if (!location.empty()) location = ", which is not followed, and points to " + location.substr(0, 200);
    throw std::runtime_error{"it answers " + std::string{status.substr(9, 100)} + location};
}

std::string bodyOf(BIO* connection, Clock::time_point deadline) {
    std::string answer;
    std::optional<Head> head;
    char piece[4096];
    for (;;) {
        const int count = done(connection, deadline, [&] { return BIO_read(connection, piece, sizeof piece); });
        if (count > 0) answer.append(piece, static_cast<std::size_t>(count));
        if (!head) head = headOf(answer);
        if (head && answer.size() - head->size > kMostBody) throw std::runtime_error{"an answer of more than 256 KiB"};
        const bool isWhole = head && head->length && answer.size() - head->size >= *head->length;
        if (isWhole) return answer.substr(head->size, *head->length);
        if (count > 0) continue;
        if (!head) throw failure();
        if (head->length) throw std::runtime_error{"an answer that is cut"};
        ERR_clear_error();  // some end a connection without a goodbye
        return answer.substr(head->size);
    }
}

void send(BIO* connection, std::string_view request, Clock::time_point deadline) {
    while (!request.empty()) {
        const int count = done(connection, deadline, [&] { return BIO_write(connection, request.data(), static_cast<int>(request.size())); });
        if (count <= 0) throw failure();
        request.remove_prefix(static_cast<std::size_t>(count));
    }
}

}  // namespace

std::string fetch(const std::string& url) {
    ERR_clear_error();
    const auto deadline = Clock::now() + kPatience;
    const Place place = placeOf(url);
    const auto connection = connected(place, deadline);
    const std::string port = place.port == (place.isTls ? "443" : "80") ? "" : ":" + place.port;
    send(connection.get(), "GET " + place.target + " HTTP/1.0\r\nHost: " + place.host + port + "\r\nAccept: application/json\r\nConnection: close\r\n\r\n", deadline);
    return bodyOf(connection.get(), deadline);
}

}  // namespace patchbay::auth_jwt
