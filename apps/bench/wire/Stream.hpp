#pragma once
// A non-blocking TCP socket with what it could not send yet and what its owner could not use yet, and the epoll that
// waits for such sockets. Shared by the servers that are measured against and by patchbay-bench.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <sys/epoll.h>
#include <sys/types.h>

namespace bench {

using Bytes = std::span<const std::byte>;

/// Errors: std::system_error with `what`, from errno.
[[noreturn]] void fail(const char* what);

class Stream {
public:
    /// Owns: `descriptor`, from here on non-blocking and without Nagle's delay. It may still be connecting.
    explicit Stream(int descriptor);
    virtual ~Stream();
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
    /// Why the connection was lost, as errno said it first; 0 while it was not, and after an orderly end.
    int error() const noexcept { return error_; }
    std::size_t unsentBytes() const noexcept { return unsent_.size() - unsentFrom_; }
    /// Whether flush() is worth a try as soon as the socket can be written.
    virtual bool waitsToWrite() const noexcept { return unsentBytes() != 0; }

protected:
    /// What recv() and send() return for the socket: below zero with EAGAIN when it has to wait.
    virtual ssize_t receive(std::span<std::byte> room);
    virtual ssize_t transmit(Bytes bytes);

private:
    std::size_t trySend(Bytes bytes);

    int descriptor_;
    int error_ = 0;
    std::size_t unsentFrom_ = 0;  // what lies before it has been sent
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
    void remove(int descriptor) const;
    /// Asks to be told when the stream can be written exactly while it has something to write.
    void update(const Stream& stream, void* owner, bool& waitsToWrite) const;
    /// What has happened; nothing when `patience` passes or a signal comes. Without a patience it waits for ever.
    std::span<epoll_event> wait(std::optional<std::int64_t> patienceNs);

private:
    int descriptor_;
    std::vector<epoll_event> events_;
};

}  // namespace bench
