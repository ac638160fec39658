#pragma once
// What a proxy says ahead of a connection's own bytes: for whom it speaks (the PROXY protocol, versions 1 and 2). Without I/O.
//
//   v1   "PROXY " ( "TCP4" | "TCP6" ) " " source " " destination " " port " " port CRLF       at most 107 bytes
//        "PROXY UNKNOWN" … CRLF                                                               the connection speaks for itself
//   v2   12 bytes of signature · version and command · family · length (2 bytes) · addresses · TLVs
//        command 0 (LOCAL): the connection speaks for itself, as a health check does; families other than TCP over IPv4 and IPv6 too
//
// A server either expects a header or never looks for one: whoever could leave it out could write one himself.
// Source: The PROXY protocol, §2.1, §2.2 (haproxy.org/download/2.9/doc/proxy-protocol.txt)

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace patchbay::transport {

struct ProxyHeader {
    enum class State : std::uint8_t { Incomplete, Complete, Bad };
    State state = State::Incomplete;
    std::size_t bytes = 0;     ///< of the header, when Complete
    std::string source = {};   ///< as sockets name a peer; empty: the connection speaks for itself
    std::string_view problem = {};  ///< for the log, when Bad
};

/// With its TLVs; longer than what proxies send.   Units: bytes.
inline constexpr std::size_t kMostProxyHeader = 4096;

/// Looks at all the bytes that have come so far. As long as the answer is Incomplete every one of them is the header's.
/// Errors: none thrown.
ProxyHeader readProxyHeader(std::string_view bytes);

}  // namespace patchbay::transport
