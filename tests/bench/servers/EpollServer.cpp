#include "servers/EpollServer.hpp"

#include "servers/Announce.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {

namespace {

constexpr std::size_t kReadBytes = std::size_t{512} << 10;
constexpr int kBacklog = 1024;

int listenOnAFreePort() {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (listener < 0 || ::bind(listener, generic, length) < 0 || ::listen(listener, kBacklog) < 0) fail("listen");
    if (::getsockname(listener, generic, &length) < 0) fail("getsockname");
    announce(ntohs(address.sin_port));
    return listener;
}

}  // namespace

EpollServer::EpollServer() : listener_{listenOnAFreePort()}, room_(kReadBytes) { poller_.add(listener_, nullptr); }

EpollServer::~EpollServer() { ::close(listener_); }

void EpollServer::run() {
    for (;;) {
        for (const auto& event : poller_.wait(std::nullopt)) {
            if (event.data.ptr == nullptr) {
                accept();
            } else {
                serve(*static_cast<Peer*>(event.data.ptr), event.events);
            }
        }
        turnEnds();
    }
}

void EpollServer::accept() {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) fail("accept4");
    auto& peer = peers_[descriptor] = std::make_unique<Peer>(descriptor);
    poller_.add(descriptor, peer.get());
}

void EpollServer::serve(Peer& peer, std::uint32_t events) {
    if ((events & EPOLLOUT) != 0) peer.stream.flush();
    const auto bytes = peer.stream.read(room_);
    if (!bytes) {
        peers_.erase(peer.stream.descriptor());  // one event per socket and turn: nothing refers to it any more
        return;
    }
    if (const auto rest = received(peer, *bytes); !rest.empty()) peer.stream.keep(rest);
    poller_.update(peer.stream, &peer, peer.waitsToWrite);
}

void EpollServer::send(Peer& peer, Bytes bytes) {
    peer.stream.send(bytes);
    poller_.update(peer.stream, &peer, peer.waitsToWrite);
}

}  // namespace bench
