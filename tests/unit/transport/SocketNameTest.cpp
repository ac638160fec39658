#include "transport/SocketName.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

namespace patchbay::transport {
namespace {

std::string nameOf(int family, const char* host, std::uint16_t port) {
    sockaddr_storage storage{};
    if (family == AF_INET) {
        sockaddr_in address{};
        address.sin_port = htons(port);
        EXPECT_EQ(::inet_pton(family, host, &address.sin_addr), 1);
        std::memcpy(&storage, &address, sizeof address);
    } else {
        sockaddr_in6 address{};
        address.sin6_port = htons(port);
        EXPECT_EQ(::inet_pton(family, host, &address.sin6_addr), 1);
        std::memcpy(&storage, &address, sizeof address);
    }
    storage.ss_family = static_cast<sa_family_t>(family);
    return socketName(storage);
}

TEST(SocketName, OfIpv4IsHostColonPort) {
    EXPECT_EQ(nameOf(AF_INET, "0.0.0.0", 0), "0.0.0.0:0");
    EXPECT_EQ(nameOf(AF_INET, "127.0.0.1", 8080), "127.0.0.1:8080");
    EXPECT_EQ(nameOf(AF_INET, "255.10.99.100", 65535), "255.10.99.100:65535");
}

TEST(SocketName, OfIpv6HasBrackets) {
    EXPECT_EQ(nameOf(AF_INET6, "::1", 80), "[::1]:80");
    EXPECT_EQ(nameOf(AF_INET6, "2001:db8::ff00:42:8329", 65535), "[2001:db8::ff00:42:8329]:65535");
}

TEST(SocketName, OfAUnixSocketIsLocalAndOfNoneIsEmpty) {
    sockaddr_storage storage{};
    EXPECT_EQ(socketName(storage), "");
    storage.ss_family = AF_UNIX;
    EXPECT_EQ(socketName(storage), "local");
}

}  // namespace
}  // namespace patchbay::transport
