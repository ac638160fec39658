#include "support/RawSocket.hpp"

#include "support/TlsClient.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace patchbay::test {
namespace {

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error{what}; }

std::string shown(std::string_view bytes) {
    constexpr std::size_t kMost = 300;
    std::string text = std::to_string(bytes.size()) + " bytes came: \"" + std::string{bytes.substr(0, kMost)};
    return text + (bytes.size() > kMost ? "…\"" : "\"");
}

bool ready(int descriptor, short events, std::chrono::milliseconds time) {
    pollfd waiting{descriptor, events, 0};
    return ::poll(&waiting, 1, static_cast<int>(time.count())) > 0;
}

std::string lowered(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    if (this != &other) {
        close();
        descriptor_ = other.release();
    }
    return *this;
}

int Descriptor::release() noexcept { return std::exchange(descriptor_, -1); }

void Descriptor::close() noexcept {
    if (descriptor_ >= 0) ::close(release());
}

std::string HttpAnswer::header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string{} : found->second;
}

RawSocket::RawSocket(std::uint16_t port, Options options) : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    if (socket_.get() < 0) fail(std::string{"no socket: "} + std::strerror(errno));
    if (options.receiveBuffer != 0) {
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &options.receiveBuffer, sizeof options.receiveBuffer);
    }
    const int yes = 1;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        fail("cannot connect to port " + std::to_string(port) + ": " + std::strerror(errno));
    }
    sendPlain(options.preamble);
    if (options.tls) shakeHands(options);
}

RawSocket::~RawSocket() = default;
RawSocket::RawSocket(RawSocket&&) noexcept = default;

void RawSocket::shakeHands(const Options& options) {
    tls_ = std::make_unique<TlsClient>(TlsClient::Options{.certificate = options.certificate, .key = options.key});
    sendPlain(tls_->takeOutput());
    while (!tls_->isReady()) {
        if (!receive()) fail("the connection ended within the TLS handshake");
    }
}

void RawSocket::send(std::string_view bytes) {
    if (!tls_) return sendPlain(bytes);
    tls_->say(bytes);
    sendPlain(tls_->takeOutput());
}

void RawSocket::sendPlain(std::string_view bytes) {
    while (!bytes.empty()) {
        if (!ready(socket_.get(), POLLOUT, kPatience)) fail("the server takes no more; left: " + std::to_string(bytes.size()));
        const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            if (errno == EAGAIN || errno == EINTR) continue;
            fail(std::string{"sending failed: "} + std::strerror(errno));
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::size_t RawSocket::sendUntilFull(std::string_view bytes, std::chrono::milliseconds patience) {
    std::size_t all = 0;
    while (all < bytes.size() && ready(socket_.get(), POLLOUT, patience)) {
        const auto sent = ::send(socket_.get(), bytes.data() + all, bytes.size() - all, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN && errno != EINTR) fail(std::string{"sending failed: "} + std::strerror(errno));
        if (sent > 0) all += static_cast<std::size_t>(sent);
    }
    return all;
}

void RawSocket::finish() {
    if (tls_) {
        tls_->sayGoodbye();
        sendPlain(tls_->takeOutput());
    }
    ::shutdown(socket_.get(), SHUT_WR);
}

void RawSocket::reset() {
    const linger now{1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    socket_.close();
}

bool RawSocket::hasSomething(std::chrono::milliseconds time) {
    return !unread().empty() || ready(socket_.get(), POLLIN, time);
}

bool RawSocket::isCutWithin(std::chrono::milliseconds time) {
    return ready(socket_.get(), 0, time);  // an error is always told
}

/// Takes in what comes next. False at the end of the connection.
bool RawSocket::receive() {
    if (!ready(socket_.get(), POLLIN, kPatience)) fail("nothing came in time; so far " + shown(unread()));
    received_.erase(0, std::exchange(taken_, 0));
    std::array<char, 65536> some;
    const auto count = ::recv(socket_.get(), some.data(), some.size(), 0);
    if (count < 0) reset_ = true;
    if (count <= 0) return false;
    const std::string_view bytes{some.data(), static_cast<std::size_t>(count)};
    if (!tls_) {
        heard_.look("what a client has heard", bytes);
        received_.append(bytes);
        return true;
    }
    tls_->hear(bytes);
    heard_.look("what a client has heard over TLS", tls_->text());
    received_.append(std::exchange(tls_->text(), {}));
    sendPlain(tls_->takeOutput());
    return true;
}

std::string RawSocket::read(std::size_t count) {
    while (unread().size() < count) {
        if (!receive()) fail("the connection ended before " + std::to_string(count) + " bytes; " + shown(unread()));
    }
    std::string result{unread().substr(0, count)};
    taken_ += count;
    return result;
}

std::string RawSocket::readUntil(std::string_view marker) {
    std::size_t found = 0;
    while ((found = unread().find(marker)) == std::string::npos) {
        if (!receive()) fail("the connection ended before '" + std::string{marker} + "'; " + shown(unread()));
    }
    return read(found + marker.size());
}

std::string RawSocket::readToEnd() {
    while (receive()) {
    }
    return read(unread().size());
}

HttpAnswer RawSocket::readAnswer(AnswerBody body) {
    HttpAnswer answer;
    answer.head = readUntil("\r\n\r\n");
    if (answer.head.rfind("HTTP/1.1 ", 0) != 0) fail("this is no HTTP/1.1 answer: " + shown(answer.head));
    answer.status = std::stoi(answer.head.substr(9, 3));
    std::size_t at = answer.head.find("\r\n") + 2;
    for (std::size_t end = 0; (end = answer.head.find("\r\n", at)) != at; at = end + 2) {
        const std::string line = answer.head.substr(at, end - at);
        const std::size_t colon = line.find(": ");
        if (colon == std::string::npos) fail("a field without a colon: " + line);
        answer.headers[lowered(line.substr(0, colon))] = line.substr(colon + 2);
    }
    const bool without = body == AnswerBody::None || answer.status < 200 || answer.status == 204 || answer.status == 304;
    if (!without) answer.body = read(std::stoul("0" + answer.header("content-length")));
    return answer;
}

}  // namespace patchbay::test
