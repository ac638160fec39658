#pragma once
// A connected, non-blocking socket and the few calls a channel makes on it. Everything that is read or written goes
// through read() and write(), which after startTls() are those of the TLS connection inside.

#include "transport/IoResult.hpp"

#include <patchbay/bytes.hpp>
#include <patchbay/client_certificate.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

struct iovec;

namespace patchbay::transport {

class TlsContext;

/// The owner of a descriptor.   Owns: the descriptor; it is closed with the object.   Thread: one at a time.
class Socket {
public:
    Socket() noexcept;
    /// Requires: `descriptor` is non-blocking.
    explicit Socket(int descriptor) noexcept;
    Socket(Socket&& other) noexcept;
    Socket& operator=(Socket&& other) noexcept;
    ~Socket();

    /// From here on this is the server's side of a TLS connection.   Requires: nothing has been read or written.
    /// Errors: std::bad_alloc.
    void startTls(std::shared_ptr<const TlsContext> context);
    bool isSecure() const noexcept { return tls_ != nullptr; }
    /// What a TLS client has shown of itself; nothing of any other.   Requires: isReady().
    std::vector<ClientCertificate> peerCertificates() const;
    /// False while the TLS handshake runs: nothing can be written yet; reading goes on with it.
    bool isReady() const noexcept;
    /// True when bytes that write() took, or that the TLS handshake made, still wait here for the kernel: write() again,
    /// also with nothing, when it has room.
    bool hasUnsent() const noexcept { return unsentBytes() != 0; }
    /// Units: bytes on the wire.
    std::size_t unsentBytes() const noexcept;
    /// True when read() has more to tell although the kernel has nothing: an end that came with the bytes before it.
    bool hasUnread() const noexcept;

    /// Requires: `into` holds at least kLeastRead bytes.
    IoResult read(std::span<std::byte> into) noexcept { return tls_ ? readTls(into) : readPlain(into); }
    /// Fills `first` and then `into`, with one system call.   Requires: the connection is not TLS.
    IoResult read(std::span<std::byte> first, std::span<std::byte> into) noexcept;
    /// One gathered system call; a broken connection is a result, never a signal.   Requires: isReady().
    /// `endFollows`: shutdownWrite() comes next, and may share its packet with the last bytes.
    IoResult write(std::span<iovec> from, bool endFollows = false) noexcept;
    /// Tells the peer that nothing more comes (FIN).
    void shutdownWrite() noexcept;

    static constexpr std::size_t kLeastRead = 64 * 1024;
    /// Makes the coming close() a reset: what the kernel still holds is thrown away.
    void resetOnClose() noexcept;
    void close() noexcept;
    /// What the kernel has taken and the peer has not acknowledged; 0 where nobody knows.   Units: bytes.
    std::size_t unacknowledged() const noexcept;
    /// The error the kernel keeps for this socket, and forgets by telling.
    std::error_code takeError() noexcept;
    /// Small writes leave at once (TCP_NODELAY); nothing on a socket that is not TCP.
    void sendAtOnce() noexcept;
    /// The kernel takes no more than kMostUnsent bytes that it cannot send yet (TCP_NOTSENT_LOWAT): the rest of what a slow
    /// peer is to get waits in its queue, where limit and policy hold, and not in megabytes of the kernel's.
    void boundUnsent() noexcept;
    static constexpr int kMostUnsent = 128 * 1024;

    int descriptor() const noexcept { return descriptor_; }
    explicit operator bool() const noexcept { return descriptor_ >= 0; }
    /// "127.0.0.1:8080", "[::1]:8080", "local" for a Unix socket; empty when the kernel does not know (any more).
    std::string localAddress() const;
    std::string peerAddress() const;

private:
    struct Tls;

    IoResult readPlain(std::span<std::byte> into) noexcept;
    IoResult readTls(std::span<std::byte> into) noexcept;
    IoResult writeTls(std::span<const iovec> from) noexcept;
    IoResult flush() noexcept;

    std::unique_ptr<Tls> tls_;
    int descriptor_ = -1;
};

}  // namespace patchbay::transport
