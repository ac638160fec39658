#include "transport/SocketName.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace patchbay::transport {
namespace {

void appendNumber(std::string& text, unsigned number) {
    std::array<char, 10> digits;
    text.append(digits.data(), std::to_chars(digits.begin(), digits.end(), number).ptr);
}

/// By hand: inet_ntop(3) goes by way of printf, and this is done for every connection.
std::string nameOf(const sockaddr_in& address) {
    std::array<std::uint8_t, sizeof address.sin_addr> bytes;
    std::memcpy(bytes.data(), &address.sin_addr, bytes.size());
    std::string text;
    text.reserve(INET_ADDRSTRLEN + 6);
    for (const std::uint8_t byte : bytes) {
        if (!text.empty()) text += '.';
        appendNumber(text, byte);
    }
    text += ':';
    appendNumber(text, ntohs(address.sin_port));
    return text;
}

std::string nameOf(const sockaddr_in6& address) {
    std::array<char, INET6_ADDRSTRLEN> host{};
    inet_ntop(AF_INET6, &address.sin6_addr, host.data(), host.size());
    std::string text = std::string{'['}.append(host.data()).append("]:");
    appendNumber(text, ntohs(address.sin6_port));
    return text;
}

template <class Address>
Address as(const sockaddr_storage& address) noexcept {
    Address specific;
    std::memcpy(&specific, &address, sizeof specific);
    return specific;
}

}  // namespace

std::string socketName(const sockaddr_storage& address) {
    switch (address.ss_family) {
        case AF_INET:
            return nameOf(as<sockaddr_in>(address));
        case AF_INET6:
            return nameOf(as<sockaddr_in6>(address));
        case AF_UNIX:
            return "local";
        default:
            return {};
    }
}

}  // namespace patchbay::transport
