#pragma once
// A listening socket on a loop: takes connections and hands each on. What becomes of them is not its business.
//
//     constructed: bound, nobody can connect --start()--> listening --stop()--> closed
//
// A server binds all its addresses first, so that each one's problem is told before anything runs, and starts them on
// loops that already turn: nobody waits in a backlog for a loop that is not there yet.

#include "transport/EventLoop.hpp"
#include "transport/Socket.hpp"
#include "transport/UnixSocket.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <system_error>

struct sockaddr;
struct sockaddr_storage;

namespace patchbay::transport {

/// Takes connections.   Owns: the listening socket.   Thread: constructed on any; everything else on the loop's, or any
/// while the loop does not run.
class Listener final : public IoHandler {
public:
    /// A connection, and its peer as socketName() writes it: the kernel tells with the connection what would be a call
    /// more.
    using Accepted = std::function<void(Socket, std::string peer)>;
    /// There is no descriptor for a newcomer: who can makes room. True when there is some now.
    using MakeRoom = std::function<bool()>;
    /// As accept4(2).
    using AcceptCall = int (*)(int descriptor, sockaddr* address, unsigned* size, int flags);

    /// Where to listen: on a host's port, or on a Unix socket, or on what somebody else has bound.
    struct Address {
        std::string host = "127.0.0.1";  ///< a name or an address, IPv6 without brackets; an IPv6 one takes no IPv4
        std::uint16_t port = 0;          ///< 0: any free one
        std::string path = {};           ///< of a Unix socket (UnixSocket.hpp)
        unsigned mode = 0660;            ///< of its file
        int descriptor = -1;             ///< of a socket that is handed over (ActivatedSockets.hpp); stays its owner's
        std::string name = {};           ///< of that, for errors
    };

    struct Options {
        int backlog = 1024;
        std::size_t acceptsPerTurn = 64;  ///< so that a storm of newcomers leaves time for the others
        /// How long accepting rests when the system has not even what it takes to send a newcomer away.
        std::chrono::milliseconds pauseWhenOutOfFiles{500};
        MakeRoom makeRoom = nullptr;  ///< asked before a newcomer is sent away
        /// There is nothing left for newcomers, not even for an answer: true, and this one is closed without a word. Asked before anything
        /// is allocated for him; must not allocate itself.
        std::function<bool()> turnsAway = nullptr;
        AcceptCall accept = nullptr;  ///< nullptr: the system's
    };

    /// Binds; until start() whoever connects is refused, and nobody else gets the address. Never shares a port with
    /// another process. On a Unix socket and on one that is handed over connections wait until then.
    /// `accepted` gets each connection, non-blocking and with TCP_NODELAY; it must not throw, and may stop() but not
    /// destroy the listener.
    /// Errors: std::system_error, its text for the operator: what is wrong, with which address, and what to do.
    Listener(EventLoop& loop, const Address& address, Accepted accepted, Options options);
    Listener(EventLoop& loop, const Address& address, Accepted accepted);
    ~Listener() override;

    /// Listens, and takes what comes; once.
    /// Errors: std::system_error, as the constructor's, or when the socket cannot be watched.
    void start();
    /// Stops accepting and closes the listening socket: later connections are refused.
    void stop() noexcept;

    /// As socketName(): where it listens.
    std::string where() const { return socket_.localAddress(); }
    /// The port that is bound, also where 0 was asked for; 0 for a Unix socket.
    std::uint16_t port() const noexcept { return address_.port; }
    /// True when only this machine reaches it.
    bool isLoopback() const noexcept { return isLoopback_; }

private:
    void onEvents(std::uint32_t events) noexcept override;
    bool acceptOne() noexcept;
    void handOver(Socket newcomer, const sockaddr_storage& peer) noexcept;
    bool sendAway(int error) noexcept;
    void pause() noexcept;
    void take();
    void lookAt();

    EventLoop& loop_;
    Address address_;  ///< with the port that is bound
    Accepted accepted_;
    Options options_;
    UnixSocketFile file_;
    Socket socket_;
    Socket reserve_;  ///< a descriptor that is given up for a moment, so that a newcomer hears an end and not nothing
    TimerId pause_ = 0;
    bool isLoopback_ = false;
    bool started_ = false;
    bool shortageLogged_ = false;  ///< until nobody waits any more
};

}  // namespace patchbay::transport
