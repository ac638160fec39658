#pragma once
// A channel whose wire is a connected socket, plain or TLS, watched by an event loop.

#include "transport/Channel.hpp"
#include "transport/EventLoop.hpp"
#include "transport/Socket.hpp"

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace patchbay::transport {

class SocketChannel final : public Channel, public IoHandler {
public:
    using Pointer = boost::intrusive_ptr<SocketChannel>;

    /// A channel that does nothing but queue until start().   Thread: any.
    /// `place`: of the loop's open sockets, given back when the descriptor is closed.
    static Pointer open(EventLoop& loop, Socket socket, SendQueue limit, SocketPlace place = {});
    ~SocketChannel() override;

    /// Such as "127.0.0.1:1234"; empty when the connection has ended.
    std::string peerAddress() const { return socket_.peerAddress(); }
    std::string localAddress() const { return socket_.localAddress(); }
    /// True when the connection is TLS.
    bool isSecure() const noexcept { return socket_.isSecure(); }
    std::vector<ClientCertificate> peerCertificates() const override { return socket_.peerCertificates(); }

private:
    SocketChannel(EventLoop& loop, Socket socket, SendQueue limit) noexcept;

    IoResult writeWire(std::span<iovec> from, bool endFollows) noexcept override;
    void watch(Wants wants) noexcept override;
    void begin() noexcept override;
    void readHeld() noexcept override;
    void readRest() noexcept override;
    std::size_t untakenByPeer() const noexcept override { return socket_.unacknowledged() + socket_.unsentBytes(); }
    void endWire() noexcept override { socket_.shutdownWrite(); }
    void resetWire() noexcept override { socket_.resetOnClose(); }
    void closeWire() noexcept override;
    void onEvents(std::uint32_t events) noexcept override;
    void onTurnEnd() noexcept override;

    EventLoop& eventLoop() const noexcept { return static_cast<EventLoop&>(loop()); }
    void look() noexcept {
        if (socket_.isSecure()) setWire(socket_.isReady(), socket_.hasUnsent());
    }
    bool read() noexcept;
    void readOn() noexcept;
    void ended(std::uint32_t events) noexcept;
    bool watchAgain() noexcept;

    [[no_unique_address]] Socket socket_;  // what follows stands in its last bytes
    std::uint32_t watched_ = 0;
};

}  // namespace patchbay::transport
