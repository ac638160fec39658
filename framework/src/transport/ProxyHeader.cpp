#include "transport/ProxyHeader.hpp"

#include "base/IpAddress.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace patchbay::transport {
namespace {

using State = ProxyHeader::State;

constexpr std::string_view kSignature{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::string_view kFirstWord = "PROXY ";
constexpr std::size_t kMostLine = 107;   // of version 1, with its CRLF
constexpr std::size_t kFixedBytes = 16;  // of version 2, ahead of its addresses

ProxyHeader bad(std::string_view problem) { return {.state = State::Bad, .problem = problem}; }

std::uint8_t byteAt(std::string_view bytes, std::size_t place) noexcept { return static_cast<std::uint8_t>(bytes[place]); }

std::optional<std::uint16_t> parsePort(std::string_view text) noexcept {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return port;
}

ProxyHeader readLine(std::string_view bytes) {
    const std::size_t end = bytes.substr(0, kMostLine).find('\n');
    if (end == std::string_view::npos) {
        return bytes.size() < kMostLine ? ProxyHeader{} : bad("its line is longer than 107 bytes");
    }
    if (bytes[end - 1] != '\r') return bad("its line does not end in CRLF");
    std::string_view line = bytes.substr(kFirstWord.size(), end - 1 - kFirstWord.size());
    ProxyHeader header{.state = State::Complete, .bytes = end + 1};
    if (line == "UNKNOWN" || line.starts_with("UNKNOWN ")) return header;
    std::array<std::string_view, 5> words;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::size_t space = line.find(' ');
        if ((space == std::string_view::npos) != (i == words.size() - 1)) return bad("its line has not five words");
        words[i] = line.substr(0, space);
        line.remove_prefix(i == words.size() - 1 ? line.size() : space + 1);
    }
    const auto source = IpAddress::parse(words[1]), destination = IpAddress::parse(words[2]);
    const auto port = parsePort(words[3]);
    const bool ipv4 = words[0] == "TCP4";
    if (!ipv4 && words[0] != "TCP6") return bad("its protocol is none of TCP4, TCP6 and UNKNOWN");
    const auto fits = [&](std::string_view text) { return ipv4 == (text.find(':') == std::string_view::npos); };
    if (!source || !destination || !fits(words[1]) || !fits(words[2])) return bad("its addresses are not of its protocol");
    if (!port || !parsePort(words[4])) return bad("its ports are no numbers");
    header.source = IpEndpoint{*source, std::to_string(*port)}.text();
    return header;
}

/// The source of a header of version 2; `addresses` is what stands behind its first 16 bytes.
std::string sourceIn(std::string_view addresses, bool ipv4) {
    IpAddress address;
    const std::size_t size = ipv4 ? 4 : 16;
    if (ipv4) address.bytes[10] = address.bytes[11] = 0xFF;
    for (std::size_t i = 0; i < size; ++i) address.bytes[16 - size + i] = byteAt(addresses, i);
    const unsigned port = static_cast<unsigned>(byteAt(addresses, 2 * size) << 8U | byteAt(addresses, 2 * size + 1));
    return IpEndpoint{address, std::to_string(port)}.text();
}

ProxyHeader readBinary(std::string_view bytes) {
    if (bytes.size() < kFixedBytes) return {};
    const unsigned version = byteAt(bytes, 12) >> 4U, command = byteAt(bytes, 12) & 0x0FU, family = byteAt(bytes, 13);
    if (version != 2) return bad("its version is neither 1 nor 2");
    if (command > 1) return bad("its command is neither LOCAL nor PROXY");
    const std::size_t length = static_cast<std::size_t>(byteAt(bytes, 14) << 8U | byteAt(bytes, 15));
    if (kFixedBytes + length > kMostProxyHeader) return bad("it is longer than 4096 bytes");
    const bool ipv4 = family == 0x11, ipv6 = family == 0x21;
    const bool speaksForAnother = command == 1 && (ipv4 || ipv6);
    if (speaksForAnother && length < (ipv4 ? 12U : 36U)) return bad("it is too short for its addresses");
    if (bytes.size() < kFixedBytes + length) return {};
    ProxyHeader header{.state = State::Complete, .bytes = kFixedBytes + length};
    if (speaksForAnother) header.source = sourceIn(bytes.substr(kFixedBytes), ipv4);
    return header;
}

bool isBeginningOf(std::string_view bytes, std::string_view whole) noexcept {
    const std::size_t size = std::min(bytes.size(), whole.size());
    return bytes.substr(0, size) == whole.substr(0, size);
}

}  // namespace

ProxyHeader readProxyHeader(std::string_view bytes) {
    if (isBeginningOf(bytes, kSignature)) return readBinary(bytes);
    if (!isBeginningOf(bytes, kFirstWord)) return bad("there is none");
    return bytes.size() < kFirstWord.size() ? ProxyHeader{} : readLine(bytes);
}

}  // namespace patchbay::transport
