#pragma once
// Who asks, where a proxy passes requests on: what it says of its client in fields, if it is one that is trusted.
//
// Each proxy adds whom it got the request from at the right end of a list. Read from there, the first that is not itself a trusted
// proxy is the client; what stands further left anybody may have written. What is no address (`unknown`, `_hidden`, rubbish) ends the
// search: the client is the last that was known, such as the proxy that hides it.
//
//   X-Forwarded-For    addresses, each with a port or without
//   X-Forwarded-Proto, -Host, -Port     one value, or as many as there are proxies, in their order
//   Forwarded          the same in one field: for=…;proto=…;host=…, …
//
// Only one of both ways is read: a proxy passes on what it does not write, and then the other would be the client's own.
//
// Source: RFC 7239 §4–§6, §8.1

#include "base/TrustedProxies.hpp"
#include "http/RequestHead.hpp"

#include <string>
#include <string_view>

namespace patchbay::http {

enum class ForwardedBy : std::uint8_t { XForwarded, Forwarded };

struct ProxyRules {
    TrustedProxies trusted;
    ForwardedBy by = ForwardedBy::XForwarded;
};

struct Client {
    std::string address;  ///< as sockets name a peer, without a port where none is known
    std::string host;     ///< that it asked for; empty: what the request itself says
    bool secure = false;
    bool proxied = false;  ///< a trusted proxy has passed the request on
    std::string_view problem{};  ///< why nobody can tell; empty: one can
};

/// What the trusted proxy `peer`, over a connection that is `secure`, says of the request.   Requires: `rules.trusted` trusts it.
Client clientOf(const RequestHead& head, std::string_view peer, bool secure, const ProxyRules& rules);

}  // namespace patchbay::http
