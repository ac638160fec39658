// What a proxy says of its client: the PROXY header, however it is cut, and the fields of a request; addresses are read back.
//
//   input = anything: a PROXY header with what follows, and the value of each field

#include "Fuzz.hpp"

#include "base/IpAddress.hpp"
#include "http/Client.hpp"
#include "transport/ProxyHeader.hpp"

namespace patchbay::fuzz {
namespace {

using transport::ProxyHeader, transport::readProxyHeader;

constexpr std::string_view kPeer = "10.0.0.1:40000";

void checkAddress(std::string_view text) {
    const auto address = IpAddress::parse(text);
    if (address) require(IpAddress::parse(address->text()) == address, "an address reads back");
    const auto endpoint = IpEndpoint::parse(text);
    if (!endpoint) return;
    const auto again = IpEndpoint::parse(endpoint->text());
    require(again && again->address == endpoint->address && again->port == endpoint->port, "an address with its port reads back");
}

void checkHeader(std::string_view bytes) {
    const ProxyHeader whole = readProxyHeader(bytes);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        const ProxyHeader part = readProxyHeader(bytes.substr(0, size));
        if (part.state == ProxyHeader::State::Incomplete) continue;
        require(part.state == whole.state && part.bytes == whole.bytes && part.source == whole.source, "a verdict is the same however the header is cut");
    }
    if (whole.state != ProxyHeader::State::Complete) return;
    require(whole.bytes <= std::min(bytes.size(), transport::kMostProxyHeader), "a header is among the bytes, and bounded");
    require(whole.source.empty() || IpEndpoint::parse(whole.source), "a source is an address");
}

void checkFields(std::string_view value) {
    for (const bool forwarded : {false, true}) {
        std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n";
        for (const std::string_view name : {"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto", "Forwarded"})
            bytes.append(name).append(": ").append(value).append("\r\n");
        bytes += "\r\n";
        http::RequestHead head;
        std::size_t scanned = 0;
        if (http::readHead(bytes, {.maxHeadBytes = 64_KiB}, head, scanned).state != http::HeadState::Complete) return;
        const http::Client client = http::clientOf(head, kPeer, false, {TrustedProxies{{"10.0.0.0/8"}}, forwarded ? http::ForwardedBy::Forwarded : http::ForwardedBy::XForwarded});
        require(client.address == kPeer || IpEndpoint::parse(client.address), "a client is an address, or its proxy");
        require(client.proxied, "it is known to have come through a proxy");
    }
}

}  // namespace
}  // namespace patchbay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    patchbay::fuzz::checkAddress(bytes);
    patchbay::fuzz::checkHeader(bytes);
    patchbay::fuzz::checkFields(bytes);
    return 0;
}
