#include "hostile/Swarm.hpp"

#include "support/RawWebSocket.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace patchbay::test {
namespace {

sockaddr_in loopback(std::uint32_t lastByte, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(0x7F000000 | lastByte);
    return address;
}

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error{what + ": " + std::strerror(errno)}; }

std::uint64_t bigEndian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
    return value;
}

}  // namespace

// ---- one connection

Client::~Client() = default;

void Client::connect(Swarm& swarm, std::uint16_t port, const Place& place) {
    swarm_ = &swarm;
    socket_ = Descriptor{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (socket_.get() < 0) fail("no socket");
    const int yes = 1;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    ::setsockopt(socket_.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    if (place.receiveBuffer != 0) {
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &place.receiveBuffer, sizeof place.receiveBuffer);
    }
    const sockaddr_in from = loopback(static_cast<std::uint32_t>(place.source), 0);
    if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0) fail("no address");
    const sockaddr_in to = loopback(1, port);
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS) fail("no connection");
    if (place.tls) tls_ = std::make_unique<TlsClient>();
    epoll_event event{.events = watched_ = EPOLLOUT, .data = {.ptr = this}};
    if (::epoll_ctl(swarm.epoll_.get(), EPOLL_CTL_ADD, socket_.get(), &event) != 0) fail("cannot be watched");
}

void Client::handle(std::uint32_t events) {
    if ((watched_ & EPOLLOUT) != 0 && (events & EPOLLOUT) != 0) {
        const bool first = !connected_ && !tls_;
        if (tls_) unsent_ += tls_->takeOutput();
        connected_ = connected_ || !tls_;
        flush();
        if (first) onConnected();
    }
    if (!ended_ && reading_ && (events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0) receive();
    if (!ended_ && (events & EPOLLERR) != 0) end();
    watch();
}

void Client::receive() {
    std::array<char, 65536> some;
    const auto count = ::recv(socket_.get(), some.data(), some.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) return end();
    hear({some.data(), static_cast<std::size_t>(count)});
}

void Client::hear(std::string_view bytes) {
    if (!tls_) return onBytes(bytes);
    tls_->hear(bytes);
    unsent_ += tls_->takeOutput();
    flush();
    if (!connected_ && tls_->isReady()) {
        connected_ = true;
        onConnected();
    }
    const std::string text = std::exchange(tls_->text(), {});
    if (!ended_ && !text.empty()) onBytes(text);
}

void Client::end() {
    leave();
    onEnd();
}

void Client::send(std::string_view bytes) {
    if (ended_) return;
    if (tls_) {
        tls_->say(bytes);
        unsent_ += tls_->takeOutput();
    } else {
        unsent_ += bytes;
    }
    flush();
    watch();
}

void Client::flush() {
    while (!ended_ && !unsent_.empty()) {
        const auto sent = ::send(socket_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN && errno != EINTR) unsent_.clear();  // the end comes with the next read
            return;
        }
        unsent_.erase(0, static_cast<std::size_t>(sent));
    }
}

void Client::watch() {
    if (ended_ || !swarm_) return;
    const bool begun = connected_ || tls_;
    const std::uint32_t wanted = (reading_ ? static_cast<std::uint32_t>(EPOLLIN) : 0U) |
                                 (begun && unsent_.empty() ? 0U : static_cast<std::uint32_t>(EPOLLOUT));
    if (wanted == watched_) return;
    epoll_event event{.events = watched_ = wanted, .data = {.ptr = this}};
    ::epoll_ctl(swarm_->epoll_.get(), EPOLL_CTL_MOD, socket_.get(), &event);
}

void Client::finish() { ::shutdown(socket_.get(), SHUT_WR); }

void Client::leave() {
    ended_ = true;
    socket_.close();
}

void Client::reset() {
    const linger now{1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    leave();
}

void Client::stopReading() {
    reading_ = false;
    watch();
}

void Client::readAgain() {
    reading_ = true;
    watch();
}

// ---- all of them

Swarm::Swarm(std::uint16_t port) : port_{port}, epoll_{::epoll_create1(EPOLL_CLOEXEC)} {}

void Swarm::run(const std::string& what, const std::function<bool()>& done, std::chrono::seconds bound) {
    const auto deadline = std::chrono::steady_clock::now() + bound;
    std::array<epoll_event, 512> ready;
    while (!done()) {
        if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error{"not in time: " + what};
        constexpr int kLookUpMilliseconds = 20;
        const int count = ::epoll_wait(epoll_.get(), ready.data(), ready.size(), kLookUpMilliseconds);
        for (int i = 0; i < count; ++i) {
            const epoll_event event = ready.at(static_cast<std::size_t>(i));
            auto* client = static_cast<Client*>(event.data.ptr);
            if (!client->hasEnded()) client->handle(event.events);
        }
    }
}

// ---- WebSockets

void SwarmWebSocket::onConnected() { send(upgradeRequest(target_, fields_)); }

void SwarmWebSocket::text(std::string_view payload) { send(clientFrame(kText, payload)); }

void SwarmWebSocket::onBytes(std::string_view bytes) {
    received_.append(bytes);
    if (!open_ && !takeHead()) return;
    while (!hasEnded() && takeFrame()) {
    }
    received_.erase(0, std::exchange(taken_, 0));
}

bool SwarmWebSocket::takeHead() {
    const std::size_t end = received_.find("\r\n\r\n");
    if (end == std::string::npos || refusedWith_ != 0) return false;
    const int status = std::stoi(received_.substr(9, 3));
    if (status != 101) {
        refusedWith_ = status;
        return false;
    }
    answer_ = received_.substr(0, end + 4);
    received_.erase(0, end + 4);
    open_ = true;
    onOpen();
    return true;
}

bool SwarmWebSocket::takeFrame() {
    const std::string_view rest = std::string_view{received_}.substr(taken_);
    if (rest.size() < 2) return false;
    const std::size_t shortSize = static_cast<unsigned char>(rest[1]);
    const std::size_t extra = shortSize == 127 ? 8 : shortSize == 126 ? 2 : 0;
    if (rest.size() < 2 + extra) return false;
    const std::size_t size = extra == 0 ? shortSize : bigEndian(rest.substr(2, extra));
    if (rest.size() < 2 + extra + size) return false;
    taken_ += 2 + extra + size;
    hasRsv1_ = (rest[0] & 0x40) != 0;
    onFrame(rest[0] & 0x0F, rest.substr(2 + extra, size));
    return true;
}

}  // namespace patchbay::test
