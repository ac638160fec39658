#include "transport/Listener.hpp"

#include "base/Guarded.hpp"
#include "base/IpAddress.hpp"
#include "base/Log.hpp"
#include "transport/SocketName.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <utility>

namespace patchbay::transport {
namespace {

std::string adviceFor(int error, std::uint16_t port) {
    const std::string other = std::to_string(port < 1024 ? port + 8000 : port == 65535 ? port - 1 : port + 1);
    switch (error) {
        case EADDRINUSE:
            return "address in use: is another server running? Stop it, or choose another port, such as " + other;
        case EACCES:
        case EPERM:
            return "permission denied: ports below 1024 are for root or CAP_NET_BIND_SERVICE; choose another port, "
                   "such as " +
                   other;
        case EADDRNOTAVAIL:
            return "no interface of this machine has this address: use 127.0.0.1 for this machine only, 0.0.0.0 for "
                   "all";
        default:
            return "check the host's name and the port";
    }
}

[[noreturn]] void refuse(const Listener::Address& address, int error) {
    if (address.descriptor >= 0) {
        throw std::system_error{error, std::system_category(), "cannot listen on systemd:" + address.name + ": it is no socket that listens for "
                                                               "streams; its unit needs ListenStream= and Accept=no"};
    }
    if (!address.path.empty()) throw std::system_error{error, std::system_category(), "cannot listen on unix:" + address.path};
    const bool v6 = address.host.find(':') != std::string::npos;
    const std::string where = (v6 ? '[' + address.host + ']' : address.host) + ':' + std::to_string(address.port);
    throw std::system_error{error, std::system_category(),
                            "cannot listen on " + where + ": " + adviceFor(error, address.port)};
}

Socket openReserve() noexcept { return Socket{::open("/dev/null", O_RDONLY | O_CLOEXEC | O_NONBLOCK)}; }

/// Alone on its port from here on, though nothing listens yet. Of two sockets that allow reuse (SO_REUSEADDR) both may
/// bind, and only the second one's listen(2) fails; so reuse is allowed only where what is left of earlier connections
/// (TIME_WAIT) would keep us out, and no longer than it takes to get in.
Poco::Net::ServerSocket boundAlone(const Poco::Net::SocketAddress& address) {
    constexpr bool reusePort = false;
    // IPv6 alone: else [::] would have the port of 0.0.0.0 too, and nobody could listen on both.
    constexpr bool ipv6Only = true;
    const auto bind = [&](Poco::Net::ServerSocket& socket, bool reuseAddress) {
        if (address.family() == Poco::Net::SocketAddress::IPv6) return socket.bind6(address, reuseAddress, reusePort, ipv6Only);
        socket.bind(address, reuseAddress, reusePort);
    };
    try {
        Poco::Net::ServerSocket socket;
        bind(socket, false);
        return socket;
    } catch (const Poco::Net::NetException& failure) {
        if (failure.code() != EADDRINUSE) throw;
    }
    Poco::Net::ServerSocket socket;
    bind(socket, true);
    socket.setReuseAddress(false);
    return socket;
}

// POCO's exceptions end here.
Poco::Net::ServerSocket bound(const Listener::Address& address) {
    try {
        Poco::Net::ServerSocket socket = boundAlone(Poco::Net::SocketAddress{address.host, address.port});
        socket.setBlocking(false);
        return socket;
    } catch (const Poco::Exception& failure) {
        const int code = failure.code();
        const bool unknownHost = dynamic_cast<const Poco::Net::DNSException*>(&failure) != nullptr;
        refuse(address, unknownHost || code == 0 ? EINVAL : code);
    }
}

bool outOfResources(int error) noexcept {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

Listener::Listener(EventLoop& loop, const Address& address, Accepted accepted)
    : Listener{loop, address, std::move(accepted), Options{}} {}

Listener::Listener(EventLoop& loop, const Address& address, Accepted accepted, Options options)
    : loop_{loop}, address_{address}, accepted_{std::move(accepted)}, options_{std::move(options)}, reserve_{openReserve()} {
    if (!options_.accept) options_.accept = &::accept4;
    take();
    lookAt();
    // Linux hands both options down to what is accepted: no call for each connection.
    socket_.sendAtOnce();
    socket_.boundUnsent();
}

Listener::~Listener() { stop(); }

void Listener::take() {
    if (!address_.path.empty()) {
        file_ = UnixSocketFile{address_.path, address_.mode, options_.backlog};
        socket_ = file_.takeSocket();
        return;
    }
    if (address_.descriptor >= 0) {
        int listens = 0, type = 0;
        socklen_t size = sizeof listens;
        const bool known = ::getsockopt(address_.descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 &&
                           ::getsockopt(address_.descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
        if (!known || listens == 0 || type != SOCK_STREAM) refuse(address_, known ? EINVAL : errno);
        ::fcntl(address_.descriptor, F_SETFD, FD_CLOEXEC);
        socket_ = Socket{::fcntl(address_.descriptor, F_DUPFD_CLOEXEC, 0)};
        ::fcntl(socket_.descriptor(), F_SETFL, ::fcntl(socket_.descriptor(), F_GETFL) | O_NONBLOCK);
    } else {
        const Poco::Net::ServerSocket server = bound(address_);
        socket_ = Socket{::fcntl(server.impl()->sockfd(), F_DUPFD_CLOEXEC, 0)};
    }
    if (!socket_) refuse(address_, errno);
}

/// What the kernel has made of the address.
void Listener::lookAt() {
    const auto local = IpEndpoint::parse(where());
    if (!local) return;  // a Unix socket
    isLoopback_ = local->address.isLoopback();
    std::from_chars(local->port.data(), local->port.data() + local->port.size(), address_.port);
}

void Listener::start() {
    if (started_ || !socket_) return;
    // What is accepted inherits it, and so what is left of it lets the next server in.
    const int reuse = 1;
    if (::setsockopt(socket_.descriptor(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse) != 0 ||
        ::listen(socket_.descriptor(), options_.backlog) != 0)
        refuse(address_, errno);
    if (const auto error = loop_.watch(socket_.descriptor(), EPOLLIN, *this))
        throw std::system_error{error, "port " + std::to_string(port()) + " cannot be watched"};
    started_ = true;
}

void Listener::stop() noexcept {
    loop_.cancel(std::exchange(pause_, 0));
    if (std::exchange(started_, false)) loop_.unwatch(socket_.descriptor(), *this);
    file_.remove();
    socket_.close();
}

void Listener::onEvents(std::uint32_t) noexcept {
    for (std::size_t i = 0; i < options_.acceptsPerTurn && started_; ++i)
        if (!acceptOne()) return;
}

// False when there is nothing more to accept now.
bool Listener::acceptOne() noexcept {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const int descriptor =
        options_.accept(socket_.descriptor(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
        if (!reserve_) reserve_ = openReserve();
        handOver(Socket{descriptor}, peer);
        return true;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        shortageLogged_ = false;
        return false;
    }
    if (outOfResources(errno)) return sendAway(errno);
    return true;  // this newcomer went away while it waited (ECONNABORTED and the like); there may be others
}

/// Whoever there is no memory for is closed.
void Listener::handOver(Socket newcomer, const sockaddr_storage& peer) noexcept {
    if (options_.turnsAway && options_.turnsAway()) return;
    const auto thrown = thrownBy([&] { accepted_(std::move(newcomer), socketName(peer)); });
    if (thrown) warn("listener", "a newcomer is closed", *thrown);
}

/// A newcomer that waits in the kernel's backlog would hang, and hang whoever asks for the server's health. The kernel says that it has no
/// descriptor also where nobody waits for one.
bool Listener::sendAway(int error) noexcept {
    reserve_.close();
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    Socket newcomer{
        options_.accept(socket_.descriptor(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    const bool somebody = newcomer || (errno != EAGAIN && errno != EWOULDBLOCK);
    const bool room = somebody && options_.makeRoom && options_.makeRoom();
    const bool sent = newcomer && !room;
    if (sent) newcomer.close();
    reserve_ = openReserve();
    if (newcomer) handOver(std::move(newcomer), peer);
    if (room || !somebody) return room;
    if (!std::exchange(shortageLogged_, true))
        log::warning("listener", "newcomers are sent away: " + std::system_category().message(error) +
                                     "; established connections live on (raise the limit: ulimit -n)");
    if (!sent) pause();
    return sent;
}

void Listener::pause() noexcept {
    loop_.rewatch(socket_.descriptor(), 0, *this);
    pause_ = loop_.after(options_.pauseWhenOutOfFiles, [this] {
        pause_ = 0;
        loop_.rewatch(socket_.descriptor(), EPOLLIN, *this);
    });
}

}  // namespace patchbay::transport
