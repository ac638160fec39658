#pragma once
// A connected, non-blocking socket and the few calls a channel makes on it. Everything that is read or written goes
// through read() and write().

#include <patchbay/bytes.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <system_error>
#include <utility>

struct iovec;

namespace patchbay::transport {

/// What one read or write did.
struct IoResult {
    enum class State : std::uint8_t {
        Done,        ///< `bytes` of them, perhaps fewer than asked for
        WouldBlock,  ///< the kernel has nothing to read, or no room to write
        End,         ///< read only: the peer sends nothing more
        Failed,      ///< see `error`
    };
    State state = State::Done;
    std::size_t bytes = 0;
    std::error_code error;
};

/// The owner of a descriptor.   Owns: the descriptor; it is closed with the object.   Thread: one at a time.
class Socket {
public:
    Socket() noexcept = default;
    /// Requires: `descriptor` is non-blocking.
    explicit Socket(int descriptor) noexcept : descriptor_{descriptor} {}
    Socket(Socket&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}
    Socket& operator=(Socket&& other) noexcept;
    ~Socket() { close(); }

    IoResult read(std::span<std::byte> into) noexcept;
    /// One gathered system call; a broken connection is a result, never a signal.
    IoResult write(std::span<iovec> from) noexcept;
    /// Tells the peer that nothing more comes (FIN).
    void shutdownWrite() noexcept;
    /// Makes the coming close() a reset: what the kernel still holds is thrown away.
    void resetOnClose() noexcept;
    void close() noexcept;
    /// The error the kernel keeps for this socket, and forgets by telling.
    std::error_code takeError() noexcept;
    /// Small writes leave at once (TCP_NODELAY); nothing on a socket that is not TCP.
    void sendAtOnce() noexcept;

    int descriptor() const noexcept { return descriptor_; }
    explicit operator bool() const noexcept { return descriptor_ >= 0; }
    /// "127.0.0.1:8080", "[::1]:8080", "local" for a Unix socket; empty when the kernel does not know (any more).
    std::string localAddress() const;
    std::string peerAddress() const;

private:
    int descriptor_ = -1;
};

}  // namespace patchbay::transport
