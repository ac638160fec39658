#include "Url.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace bench {

namespace {

[[noreturn]] void wrong(std::string_view text, const std::string& why) {
    throw std::invalid_argument{"'" + std::string{text} + "' " + why + ", such as ws://localhost:8080/echo"};
}

bool isPort(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc{} && end == text.data() + text.size() && port != 0;
}

/// Takes the scheme off `rest`.
Scheme takeScheme(std::string_view& rest) {
    struct Named {
        std::string_view prefix;
        Scheme scheme;
    };
    for (const auto& [prefix, scheme] :
         {Named{"ws://", Scheme::Ws}, {"wss://", Scheme::Wss}, {"http://", Scheme::Http}, {"tcp://", Scheme::Tcp}}) {
        if (!rest.starts_with(prefix)) continue;
        rest.remove_prefix(prefix.size());
        return scheme;
    }
    wrong(rest, "is no URL that begins with ws://, wss://, http:// or tcp://");
}

}  // namespace

std::string Url::authority() const {
    return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port;
}

Url parseUrl(std::string_view text) {
    std::string_view rest = text;
    Url url{.scheme = takeScheme(rest), .host = {}, .port = {}, .path = {}};
    const auto authority = rest.substr(0, rest.find_first_of("/?"));
    if (const auto path = rest.substr(authority.size()); url.scheme != Scheme::Tcp) {
        url.path = (path.starts_with('/') ? "" : "/") + std::string{path};
    } else if (!path.empty() && path != "/") {
        wrong(text, "has a path, which tcp:// does not know; give ws://HOST:PORT/PATH");
    }
    if (std::ranges::any_of(text, [](unsigned char c) { return c <= ' ' || c == 0x7f || c == '#'; })) {
        wrong(text, "holds a character that no URL here may hold; give one");
    }
    const auto bracket = authority.find(']');
    const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    url.host = authority.substr(0, colon);
    url.port = colon == std::string_view::npos ? "" : authority.substr(colon + 1);
    if (colon == std::string_view::npos && url.scheme != Scheme::Tcp)
        url.port = url.scheme == Scheme::Wss ? "443" : "80";
    if (url.host.starts_with('[') && url.host.ends_with(']')) url.host = url.host.substr(1, url.host.size() - 2);
    if (url.host.empty()) wrong(text, "names no host; give ws://HOST:PORT/PATH");
    if (!isPort(url.port)) wrong(text, "has no port from 1 to 65535; give ws://HOST:PORT/PATH");
    return url;
}

}  // namespace bench
