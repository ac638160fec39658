#pragma once
// Where to listen, as the configuration writes it.
//
//   url  = ( "http://" | "https://" ) host [ ":" port ] [ "/" ]        host = name | IPv4 | "[" IPv6 "]"
//
// Source: RFC 3986 §3.2

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace patchbay::hosting {

struct ListenUrl {
    std::string host;         ///< without the brackets of IPv6
    std::uint16_t port = 80;  ///< 0: the system chooses a free one
    bool secure = false;      ///< https

    friend bool operator==(const ListenUrl&, const ListenUrl&) = default;
};

/// The URL of the parts, with its port.
std::string shown(const ListenUrl& url);

/// The parts of `url`, or a sentence about what is wrong with it.
std::variant<ListenUrl, std::string> parseListenUrl(std::string_view url);

}  // namespace patchbay::hosting
