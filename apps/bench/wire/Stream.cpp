#include "wire/Stream.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <system_error>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {

namespace {

constexpr std::size_t kEventsAtOnce = 1024;
constexpr std::int64_t kNsPerSecond = 1'000'000'000, kNsPerMs = 1'000'000;

}  // namespace

void fail(const char* what) { throw std::system_error{errno, std::generic_category(), what}; }

Stream::Stream(int descriptor) : descriptor_{descriptor} {
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::fcntl(descriptor, F_SETFL, O_NONBLOCK) < 0) fail("fcntl");
}

Stream::~Stream() { ::close(descriptor_); }

ssize_t Stream::receive(std::span<std::byte> room) { return ::recv(descriptor_, room.data(), room.size(), 0); }

ssize_t Stream::transmit(Bytes bytes) { return ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

std::optional<std::span<std::byte>> Stream::read(std::span<std::byte> room) {
    std::ranges::copy(kept_, room.begin());
    const auto count = receive(room.subspan(kept_.size()));
    if (count < 0 && errno != EAGAIN && error_ == 0) error_ = errno;
    if (count == 0 || (count < 0 && errno != EAGAIN)) return std::nullopt;
    const auto bytes = room.first(kept_.size() + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    kept_.clear();
    return bytes;
}

std::size_t Stream::trySend(Bytes bytes) {
    const auto count = transmit(bytes);
    if (count < 0 && errno != EAGAIN && error_ == 0) error_ = errno;
    return static_cast<std::size_t>(std::max<ssize_t>(count, 0));
}

void Stream::send(Bytes bytes) {
    const auto sent = unsentBytes() == 0 ? trySend(bytes) : 0;
    unsent_.insert(unsent_.end(), bytes.begin() + static_cast<std::ptrdiff_t>(sent), bytes.end());
}

void Stream::flush() {
    if (unsentBytes() == 0) return;
    unsentFrom_ += trySend(Bytes{unsent_}.subspan(unsentFrom_));
    if (unsentBytes() != 0) return;
    unsent_.clear();
    unsentFrom_ = 0;
}

Poller::Poller() : descriptor_{::epoll_create1(EPOLL_CLOEXEC)}, events_(kEventsAtOnce) {
    if (descriptor_ < 0) fail("epoll_create1");
}

Poller::~Poller() { ::close(descriptor_); }

void Poller::add(int descriptor, void* owner) const {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = owner}};
    if (::epoll_ctl(descriptor_, EPOLL_CTL_ADD, descriptor, &event) < 0) fail("epoll_ctl");
}

void Poller::remove(int descriptor) const {
    if (::epoll_ctl(descriptor_, EPOLL_CTL_DEL, descriptor, nullptr) < 0) fail("epoll_ctl");
}

void Poller::update(const Stream& stream, void* owner, bool& waitsToWrite) const {
    if (stream.waitsToWrite() == waitsToWrite) return;
    waitsToWrite = stream.waitsToWrite();
    epoll_event event{.events = EPOLLIN | (waitsToWrite ? EPOLLOUT : 0U), .data = {.ptr = owner}};
    if (::epoll_ctl(descriptor_, EPOLL_CTL_MOD, stream.descriptor(), &event) < 0) fail("epoll_ctl");
}

std::span<epoll_event> Poller::wait(std::optional<std::int64_t> patienceNs) {
    const auto most = static_cast<int>(events_.size());
    const timespec patience{.tv_sec = patienceNs.value_or(0) / kNsPerSecond,
                            .tv_nsec = patienceNs.value_or(0) % kNsPerSecond};
    int count = ::epoll_pwait2(descriptor_, events_.data(), most, patienceNs ? &patience : nullptr, nullptr);
    if (count < 0 && (errno == ENOSYS || errno == EPERM)) {  // a kernel before 5.11, or a sandbox that does not know it
        const auto ms = patienceNs ? static_cast<int>((*patienceNs + kNsPerMs - 1) / kNsPerMs) : -1;
        count = ::epoll_wait(descriptor_, events_.data(), most, ms);
    }
    if (count < 0 && errno != EINTR) fail("epoll_wait");
    return std::span{events_}.first(static_cast<std::size_t>(std::max(count, 0)));
}

}  // namespace bench
