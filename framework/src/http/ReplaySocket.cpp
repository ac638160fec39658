#include "http/ReplaySocket.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace patchbay::http {
namespace {

using namespace std::string_view_literals;

/// What POCO is told besides method and target.
constexpr std::size_t kRoomForTheRest = 64;
// POCO asks whether there is a descriptor and then never uses it: every function that would is overridden.
constexpr poco_socket_t kNoRealDescriptor = 0x7fffffff;
}  // namespace

ReplaySocket::ReplaySocket(std::unique_ptr<Hosted> request, Done done)
    : StreamSocketImpl{kNoRealDescriptor}, own_{std::move(request)}, request_{own_.get()}, done_{std::move(done)} {}

void Hosted::tell(const RequestHead& request) {
    const std::string_view target = toldOf(request.target);
    head.reserve(request.method.size() + target.size() + kRoomForTheRest);
    head.append(request.method).append(" "sv).append(target).append(request.minorVersion == 1 ? " HTTP/1.1\r\n"sv : " HTTP/1.0\r\n"sv);
    if (request.wantsWebSocket) head.append("Connection: Upgrade\r\nUpgrade: websocket\r\n"sv);
    head.append("\r\n"sv);
}

ReplaySocket::ReplaySocket() noexcept : StreamSocketImpl{kNoRealDescriptor}, request_{nullptr} {}

void ReplaySocket::replay(Hosted& request) noexcept {
    request_ = &request;
    replayed_ = 0;
}

ReplaySocket::~ReplaySocket() {
    closed_.load(std::memory_order_acquire);
    reset();  // or the base class would close the number
    own_.reset();
    if (done_) done_();
}

// POCO's session does this last, in its worker.
void ReplaySocket::close() { closed_.store(true, std::memory_order_release); }

int ReplaySocket::sendBytes(const void*, int length, int) { return std::max(length, 0); }

int ReplaySocket::sendBytes(const Poco::Net::SocketBufVec& buffers, int flags) {
    int sent = 0;
    for (const auto& buffer : buffers) sent += sendBytes(buffer.iov_base, static_cast<int>(buffer.iov_len), flags);
    return sent;
}

int ReplaySocket::receiveBytes(void* buffer, int length, int) {
    const std::size_t count = std::min(request_->head.size() - replayed_, static_cast<std::size_t>(std::max(length, 0)));
    std::memcpy(buffer, request_->head.data() + replayed_, count);
    replayed_ += count;
    return static_cast<int>(count);
}

int ReplaySocket::receiveBytes(Poco::Net::SocketBufVec& buffers, int flags) {
    int received = 0;
    for (auto& buffer : buffers) received += receiveBytes(buffer.iov_base, static_cast<int>(buffer.iov_len), flags);
    return received;
}

int ReplaySocket::receiveBytes(Poco::Buffer<char>& buffer, int flags, const Poco::Timespan&) {
    buffer.resize(static_cast<std::size_t>(available()));
    return receiveBytes(buffer.begin(), static_cast<int>(buffer.size()), flags);
}

int ReplaySocket::available() { return static_cast<int>(request_->head.size() - replayed_); }

bool ReplaySocket::poll(const Poco::Timespan&, int mode) {
    const bool readable = (mode & SELECT_READ) != 0 && available() > 0;
    return readable || (mode & SELECT_WRITE) != 0;
}

Poco::Net::SocketAddress ReplaySocket::address() {
    static const Poco::Net::SocketAddress unspecified;
    return unspecified;
}

void ReplaySocket::getRawOption(int, int, void* value, poco_socklen_t& length) {
    std::memset(value, 0, static_cast<std::size_t>(length));
}

}  // namespace patchbay::http
