#pragma once
// The socket that POCO's HTTP server sees: reading gives one request that the gate has read already, writing collects
// the answer for the gate to send. The real descriptor stays with its loop, so nothing that POCO does blocks, closes or
// shortens the connection.
//
// Rules for POCO 1.11:
// - every virtual that would touch the descriptor is overridden: ~HTTPSession closes, error paths call shutdownSend();
// - poll(SELECT_READ) means "there is more of the request", so that a connection serves this one request and returns.

#include "deployment/Deployments.hpp"
#include "http/RequestHead.hpp"

#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocketImpl.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace patchbay::server {

using deployment::Admission;
using http::RequestHead;

/// One request, and what came of it. What it views belongs to the gate that has read it, and stays until the answer.
struct Exchange {
    std::string_view bytes;             // head and body, for POCO to read
    const RequestHead* head = nullptr;  // the head as the gate understood it: what handlers go by
    std::string_view remoteAddress;
    bool secure = false;

    std::string response;  // what POCO wrote
    bool keepAlive = false;
    /// Set instead of a response: the connection becomes a WebSocket.
    struct Upgrade {
        Admission admission;
        std::string head;  // the 101
    };
    std::optional<Upgrade> upgrade;
};

class ReplaySocket final : public Poco::Net::StreamSocketImpl {
public:
    /// The answer that one exchange may have.   Units: bytes.
    static constexpr std::size_t kMaxResponseBytes = 16_MiB;

    /// For one request after the other, by replay().
    ReplaySocket() noexcept;
    /// For one request: `done` gets the exchange when the last reference to the socket has gone.   Thread of `done`:
    /// POCO's.
    using Done = std::function<void(std::unique_ptr<Exchange>)>;
    ReplaySocket(std::unique_ptr<Exchange> exchange, Done done);

    /// From here on this is the socket of another request, which must outlive POCO's work on it.
    void replay(Exchange& exchange) noexcept;
    Exchange& exchange() noexcept { return *exchange_; }

    int sendBytes(const void* buffer, int length, int flags) override;
    int sendBytes(const Poco::Net::SocketBufVec& buffers, int flags) override;
    int receiveBytes(void* buffer, int length, int flags) override;
    int receiveBytes(Poco::Net::SocketBufVec& buffers, int flags) override;
    int receiveBytes(Poco::Buffer<char>& buffer, int flags, const Poco::Timespan& timeout) override;
    int available() override;
    bool poll(const Poco::Timespan& timeout, int mode) override;
    void close() override;
    void shutdownReceive() override {}
    void shutdownSend() override {}
    void shutdown() override {}
    void sendUrgent(unsigned char) override {}
    void setSendBufferSize(int) override {}
    void setReceiveBufferSize(int) override {}
    int getSendBufferSize() override { return 0; }
    int getReceiveBufferSize() override { return 0; }
    void setSendTimeout(const Poco::Timespan&) override {}
    void setReceiveTimeout(const Poco::Timespan&) override {}
    Poco::Timespan getSendTimeout() override { return {}; }
    Poco::Timespan getReceiveTimeout() override { return {}; }
    void setRawOption(int, int, const void*, poco_socklen_t) override {}
    void getRawOption(int, int, void* value, poco_socklen_t& length) override;
    void setBlocking(bool) override {}
    bool getBlocking() const override { return true; }
    bool secure() const override { return exchange_->secure; }
    /// All zeros: POCO asks for both on every request and shows them to nobody but a handler. Ours reads the exchange.
    Poco::Net::SocketAddress address() override;
    Poco::Net::SocketAddress peerAddress() override { return address(); }

protected:
    ~ReplaySocket() override;

private:
    std::unique_ptr<Exchange> own_;
    Exchange* exchange_;
    Done done_;
    std::size_t replayed_ = 0;
    std::atomic<bool> closed_{false};  // orders a worker's use before a destructor in POCO's acceptor
};

}  // namespace patchbay::server
