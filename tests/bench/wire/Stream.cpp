#include "wire/Stream.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {

void fail(const char* what) { throw std::system_error{errno, std::generic_category(), what}; }

Stream::Stream(int descriptor) : descriptor_{descriptor} {
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::fcntl(descriptor, F_SETFL, O_NONBLOCK) < 0) fail("fcntl");
}

Stream::~Stream() { ::close(descriptor_); }

std::optional<std::span<std::byte>> Stream::read(std::span<std::byte> room) {
    std::ranges::copy(kept_, room.begin());
    const auto count = ::recv(descriptor_, room.data() + kept_.size(), room.size() - kept_.size(), 0);
    if (count == 0 || (count < 0 && errno != EAGAIN)) return std::nullopt;
    const auto bytes = room.first(kept_.size() + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    kept_.clear();
    return bytes;
}

std::size_t Stream::trySend(Bytes bytes) const {
    const auto count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return static_cast<std::size_t>(std::max<ssize_t>(count, 0));
}

void Stream::send(Bytes bytes) {
    const auto sent = unsent_.empty() ? trySend(bytes) : 0;
    unsent_.insert(unsent_.end(), bytes.begin() + static_cast<std::ptrdiff_t>(sent), bytes.end());
}

void Stream::flush() {
    const auto sent = trySend(unsent_);
    unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(sent));
}

Poller::Poller() : descriptor_{::epoll_create1(EPOLL_CLOEXEC)}, events_(1024) {
    if (descriptor_ < 0) fail("epoll_create1");
}

Poller::~Poller() { ::close(descriptor_); }

void Poller::add(int descriptor, void* owner) const {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = owner}};
    if (::epoll_ctl(descriptor_, EPOLL_CTL_ADD, descriptor, &event) < 0) fail("epoll_ctl");
}

void Poller::update(const Stream& stream, void* owner, bool& waitsToWrite) const {
    if (stream.hasUnsent() == waitsToWrite) return;
    waitsToWrite = stream.hasUnsent();
    epoll_event event{.events = EPOLLIN | (waitsToWrite ? EPOLLOUT : 0U), .data = {.ptr = owner}};
    if (::epoll_ctl(descriptor_, EPOLL_CTL_MOD, stream.descriptor(), &event) < 0) fail("epoll_ctl");
}

std::span<epoll_event> Poller::wait(std::optional<int> patienceMs) {
    const int count =
        ::epoll_wait(descriptor_, events_.data(), static_cast<int>(events_.size()), patienceMs.value_or(-1));
    if (count < 0 && errno != EINTR) fail("epoll_wait");
    if (count == 0) throw std::runtime_error{"nothing came within the time allowed"};
    return std::span{events_}.first(static_cast<std::size_t>(std::max(count, 0)));
}

}  // namespace bench
