#include "transport/Socket.hpp"

#include "transport/SocketName.hpp"
#include "transport/TlsEngine.hpp"

#include <netinet/in.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

namespace patchbay::transport {
namespace {

/// Sixteen records: what one read takes and decrypts.
constexpr std::size_t kCiphertextBytes = 256 * 1024;

IoResult failure(int error) noexcept {
    if (error == EAGAIN || error == EWOULDBLOCK) return {.state = IoResult::State::WouldBlock, .error = {}};
    return {.state = IoResult::State::Failed, .error = {error, std::system_category()}};
}

using NameCall = int (*)(int, sockaddr*, socklen_t*);

std::string addressOf(int descriptor, NameCall name) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (name(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
    return socketName(address);
}

std::size_t bytesOf(std::span<const iovec> pieces) noexcept {
    std::size_t bytes = 0;
    for (const iovec& piece : pieces) bytes += piece.iov_len;
    return bytes;
}

/// Not inline: its message would be filled in for one piece too.
[[gnu::noinline]] ssize_t sendGathered(int descriptor, std::span<iovec> from, int flags) noexcept {
    msghdr message{};
    message.msg_iov = from.data();
    message.msg_iovlen = from.size();
    return ::sendmsg(descriptor, &message, flags);
}

}  // namespace

struct Socket::Tls {
    explicit Tls(std::shared_ptr<const TlsContext> context) : engine{std::move(context)} {}

    TlsEngine engine;
    std::optional<IoResult> end;  // came with the last bytes, to be told by the next read
};

Socket::Socket() noexcept = default;
Socket::Socket(int descriptor) noexcept : descriptor_{descriptor} {}
Socket::Socket(Socket&& other) noexcept
    : tls_{std::move(other.tls_)}, descriptor_{std::exchange(other.descriptor_, -1)} {}
Socket::~Socket() { close(); }

Socket& Socket::operator=(Socket&& other) noexcept {
    if (this != &other) {
        close();
        descriptor_ = std::exchange(other.descriptor_, -1);
        tls_ = std::move(other.tls_);
    }
    return *this;
}

// ---- plain

namespace {

IoResult readResult(ssize_t got) noexcept {
    if (got < 0) return failure(errno);
    if (got == 0) return {.state = IoResult::State::End, .error = {}};
    return {.bytes = static_cast<std::size_t>(got), .error = {}};
}

}  // namespace

IoResult Socket::readPlain(std::span<std::byte> into) noexcept {
    ssize_t got;
    do got = ::recv(descriptor_, into.data(), into.size(), 0);
    while (got < 0 && errno == EINTR);
    return readResult(got);
}

IoResult Socket::read(std::span<std::byte> first, std::span<std::byte> into) noexcept {
    const iovec pieces[] = {{first.data(), first.size()}, {into.data(), into.size()}};
    ssize_t got;
    do got = ::readv(descriptor_, pieces, 2);
    while (got < 0 && errno == EINTR);
    return readResult(got);
}

IoResult Socket::write(std::span<iovec> from, bool endFollows) noexcept {
    if (tls_) return writeTls(from);
    const int flags = MSG_NOSIGNAL | (endFollows ? MSG_MORE : 0);
    const bool one = from.size() == 1;  // which goes the shorter way
    ssize_t put;
    do {
        put = one ? ::send(descriptor_, from.front().iov_base, from.front().iov_len, flags) : sendGathered(descriptor_, from, flags);
    } while (put < 0 && errno == EINTR);
    if (put < 0) return failure(errno);
    const std::size_t offered = one ? from.front().iov_len : bytesOf(from);
    const auto bytes = static_cast<std::size_t>(put);
    return {.state = bytes < offered ? IoResult::State::WouldBlock : IoResult::State::Done, .bytes = bytes, .error = {}};
}

void Socket::shutdownWrite() noexcept {
    if (tls_ && !hasUnsent()) {
        tls_->engine.sayGoodbye();
        flush();  // what does not fit now is left out: the FIN says the same
    }
    ::shutdown(descriptor_, SHUT_WR);
}

// ---- TLS

void Socket::startTls(std::shared_ptr<const TlsContext> context) { tls_ = std::make_unique<Tls>(std::move(context)); }
std::vector<ClientCertificate> Socket::peerCertificates() const {
    return tls_ ? tls_->engine.peerCertificates() : std::vector<ClientCertificate>{};
}
bool Socket::isReady() const noexcept { return !tls_ || tls_->engine.isReady(); }
std::size_t Socket::unsentBytes() const noexcept { return tls_ ? tls_->engine.unsent().size() : 0; }

bool Socket::hasUnread() const noexcept { return tls_ && tls_->end; }

IoResult Socket::readTls(std::span<std::byte> into) noexcept {
    static thread_local const auto ciphertext = std::make_unique<std::byte[]>(kCiphertextBytes);
    if (tls_->end) return *std::exchange(tls_->end, std::nullopt);
    const std::size_t most = std::min(kCiphertextBytes, into.size() - TlsEngine::kMaxRecordBytes);
    IoResult result = readPlain({ciphertext.get(), most});
    if (result.state != IoResult::State::Done) return result;
    const Decrypted plain = tls_->engine.decrypt({ciphertext.get(), result.bytes}, into);
    const IoResult answered = flush();
    if (plain.error) tls_->end = IoResult{.state = IoResult::State::Failed, .error = plain.error};
    else if (plain.ended) tls_->end = IoResult{.state = IoResult::State::End, .error = {}};
    else if (answered.state == IoResult::State::Failed) tls_->end = answered;
    if (plain.bytes > 0) return {.bytes = plain.bytes, .error = {}};
    if (tls_->end) return *std::exchange(tls_->end, std::nullopt);
    return {.state = IoResult::State::WouldBlock, .error = {}};
}

IoResult Socket::writeTls(std::span<const iovec> from) noexcept {
    IoResult result = flush();  // of the time before: nothing is encrypted while that waits
    if (result.state != IoResult::State::Done || from.empty()) return result;
    const std::size_t bytes = tls_->engine.encrypt(from);
    result = flush();
    result.bytes = bytes;
    if (bytes == 0) return {.state = IoResult::State::Failed, .error = std::make_error_code(std::errc::broken_pipe)};
    return result;
}

/// Gives the kernel what is unsent; `bytes` stays 0.
IoResult Socket::flush() noexcept {
    while (hasUnsent()) {
        const Bytes rest = tls_->engine.unsent();
        const ssize_t put = ::send(descriptor_, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return failure(errno);
        tls_->engine.sent(static_cast<std::size_t>(put));
    }
    return {};
}

void Socket::resetOnClose() noexcept {
    const linger atOnce{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &atOnce, sizeof atOnce);
}

void Socket::close() noexcept {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

std::size_t Socket::unacknowledged() const noexcept {
    int bytes = 0;
    return ::ioctl(descriptor_, SIOCOUTQ, &bytes) == 0 ? static_cast<std::size_t>(bytes) : 0;
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

void Socket::boundUnsent() noexcept {
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kMostUnsent, sizeof kMostUnsent);
}

std::string Socket::localAddress() const { return addressOf(descriptor_, &::getsockname); }
std::string Socket::peerAddress() const { return addressOf(descriptor_, &::getpeername); }

}  // namespace patchbay::transport
