#include "transport/Socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace patchbay::transport {
namespace {

IoResult failure(int error) noexcept {
    if (error == EAGAIN || error == EWOULDBLOCK) return {.state = IoResult::State::WouldBlock, .error = {}};
    return {.state = IoResult::State::Failed, .error = {error, std::system_category()}};
}

std::string inet(const sockaddr_storage& address) {
    char text[INET6_ADDRSTRLEN] = {};
    if (address.ss_family == AF_INET6) {
        sockaddr_in6 v6;
        std::memcpy(&v6, &address, sizeof v6);
        inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
        return '[' + std::string{text} + "]:" + std::to_string(ntohs(v6.sin6_port));
    }
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return std::string{text} + ':' + std::to_string(ntohs(v4.sin_port));
}

using NameCall = int (*)(int, sockaddr*, socklen_t*);

std::string addressOf(int descriptor, NameCall name) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (name(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
    switch (address.ss_family) {
        case AF_INET:
        case AF_INET6:
            return inet(address);
        case AF_UNIX:
            return "local";
        default:
            return {};
    }
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
    if (this != &other) {
        close();
        descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
}

IoResult Socket::read(std::span<std::byte> into) noexcept {
    ssize_t got;
    do got = ::recv(descriptor_, into.data(), into.size(), 0);
    while (got < 0 && errno == EINTR);
    if (got < 0) return failure(errno);
    if (got == 0) return {.state = IoResult::State::End, .error = {}};
    return {.bytes = static_cast<std::size_t>(got), .error = {}};
}

IoResult Socket::write(std::span<iovec> from) noexcept {
    msghdr message{};
    message.msg_iov = from.data();
    message.msg_iovlen = from.size();
    ssize_t put;
    do put = ::sendmsg(descriptor_, &message, MSG_NOSIGNAL);
    while (put < 0 && errno == EINTR);
    if (put < 0) return failure(errno);
    return {.bytes = static_cast<std::size_t>(put), .error = {}};
}

void Socket::shutdownWrite() noexcept { ::shutdown(descriptor_, SHUT_WR); }

void Socket::resetOnClose() noexcept {
    const linger atOnce{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &atOnce, sizeof atOnce);
}

void Socket::close() noexcept {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

std::error_code Socket::takeError() noexcept {
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    return {error, std::system_category()};
}

void Socket::sendAtOnce() noexcept {
    const int on = 1;
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

std::string Socket::localAddress() const { return addressOf(descriptor_, &::getsockname); }
std::string Socket::peerAddress() const { return addressOf(descriptor_, &::getpeername); }

}  // namespace patchbay::transport
