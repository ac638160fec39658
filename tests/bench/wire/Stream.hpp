#pragma once
// A non-blocking TCP socket with what it could not send yet and what its owner could not use yet, and the epoll that
// waits for such sockets. Shared by the servers that are measured against and by the load generator.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <sys/epoll.h>

namespace bench {

using Bytes = std::span<const std::byte>;

/// Errors: std::system_error with `what`, from errno.
[[noreturn]] void fail(const char* what);

class Stream {
public:
    /// Owns: `descriptor`, from here on non-blocking and without Nagle's delay.
    explicit Stream(int descriptor);
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    int descriptor() const noexcept { return descriptor_; }

    /// What was kept and behind it what one read gives, both in `room`; nothing at the end of the connection.
    std::optional<std::span<std::byte>> read(std::span<std::byte> room);
    /// The part of read()'s bytes that comes again with the next read().
    void keep(Bytes rest) { kept_.assign(rest.begin(), rest.end()); }

    /// Sends what the kernel takes now; the rest waits for flush(). A lost connection is seen by read().
    void send(Bytes bytes);
    void flush();
    bool hasUnsent() const noexcept { return !unsent_.empty(); }

private:
    std::size_t trySend(Bytes bytes) const;

    int descriptor_;
    std::vector<std::byte> kept_, unsent_;
};

/// One epoll. What it reports is the address that was given with the descriptor.
class Poller {
public:
    Poller();
    ~Poller();
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;

    void add(int descriptor, void* owner) const;
    /// Asks to be told when the stream can be written exactly while it has something to write.
    void update(const Stream& stream, void* owner, bool& waitsToWrite) const;
    /// Errors: std::runtime_error when `patience` passes without an event.
    std::span<epoll_event> wait(std::optional<int> patienceMs);

private:
    int descriptor_;
    std::vector<epoll_event> events_;
};

}  // namespace bench
