#include "Dialer.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

namespace bench {

namespace {

constexpr int kProbeMs = 2000;
constexpr rlim_t kDescriptorsBesides = 64;

void raiseDescriptorLimit(std::size_t connections) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) fail("getrlimit");
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max >= connections + kDescriptorsBesides) return;
    const auto needed = std::to_string(connections + kDescriptorsBesides);
    throw std::runtime_error{std::to_string(connections) + " connections need " + needed +
                             " descriptors, but a process may have " + std::to_string(limit.rlim_max) +
                             " here; as root, `ulimit -n " + needed + "` allows more"};
}

[[noreturn]] void cannotConnect() {
    switch (errno) {
        case ECONNREFUSED:
            throw std::runtime_error{kRefused};
        case EADDRNOTAVAIL:
            throw std::runtime_error{
                "no local port is left to connect from; --addresses K brings 28000 for each address"};
        case EINVAL:
            throw std::runtime_error{
                "cannot connect from the loopback addresses of --addresses; is the server's 127.0.0.1?"};
        case EMFILE:
        case ENFILE:
            throw std::runtime_error{"no descriptor is left for a connection more; see `ulimit -n`"};
        default:
            throw std::runtime_error{std::string{"cannot connect: "} + std::strerror(errno)};
    }
}

bool isConnected(int descriptor) {
    pollfd poll{.fd = descriptor, .events = POLLOUT, .revents = 0};
    int error = 0;
    socklen_t size = sizeof error;
    return ::poll(&poll, 1, kProbeMs) == 1 && ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 &&
           error == 0;
}

}  // namespace

Dialer::Dialer(const Options& options) : sources_{options.addresses} {
    raiseDescriptorLimit(options.connections + options.stalled);
    choose(options);
    if (options.url.scheme == Scheme::Wss) tls_.emplace(options);
}

void Dialer::choose(const Options& options) {
    const addrinfo wanted{.ai_flags = AI_ADDRCONFIG,
                          .ai_family = sources_ > 1 ? AF_INET : AF_UNSPEC,
                          .ai_socktype = SOCK_STREAM,
                          .ai_protocol = 0,
                          .ai_addrlen = 0,
                          .ai_addr = nullptr,
                          .ai_canonname = nullptr,
                          .ai_next = nullptr};
    addrinfo* list = nullptr;
    if (const int error = ::getaddrinfo(options.url.host.c_str(), options.url.port.c_str(), &wanted, &list);
        error != 0) {
        throw std::runtime_error{"host " + options.url.host + " is not known: " + ::gai_strerror(error)};
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned{list, &::freeaddrinfo};
    for (const auto* found = list; found != nullptr; found = found->ai_next) {
        std::memcpy(&server_.bytes, found->ai_addr, found->ai_addrlen);
        server_.size = found->ai_addrlen;
        if (found->ai_next == nullptr) return;  // the last is right, or its errors are the ones to tell
        const int descriptor = begin(server_);
        const bool answers = descriptor >= 0 && isConnected(descriptor);
        ::close(descriptor);
        if (answers) return;
    }
}

int Dialer::begin(const Address& address) const {
    const int descriptor = ::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return descriptor;
    if (sources_ > 1) bindTo(descriptor, next_ % sources_);
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address.bytes), address.size) == 0) return descriptor;
    if (errno == EINPROGRESS) return descriptor;  // what comes of it is read from the socket
    const int error = errno;
    ::close(descriptor);
    errno = error;
    return -1;
}

/// The port is chosen by connect(), which knows that one port serves several destinations.
void Dialer::bindTo(int descriptor, std::size_t index) const {
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    sockaddr_in source{};
    source.sin_family = AF_INET;
    source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(index));
    if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&source), sizeof source) < 0) fail("bind");
}

std::unique_ptr<Stream> Dialer::dial() {
    const int descriptor = begin(server_);
    if (descriptor < 0) cannotConnect();
    ++next_;
    if (tls_) return std::make_unique<TlsStream>(descriptor, *tls_);
    return std::make_unique<Stream>(descriptor);
}

}  // namespace bench
