#pragma once
// The socket that POCO's HTTP server sees: reading gives what POCO has to know of a request, writing goes nowhere, since answers are
// written by the gate. The real descriptor stays with its loop, so nothing that POCO does blocks, closes or shortens the connection.
//
// Rules for POCO 1.11:
// - every virtual that would touch the descriptor is overridden: ~HTTPSession closes, error paths call shutdownSend();
// - poll(SELECT_READ) means "there is more of the request", so that a connection serves this one request and returns.

#include "http/RequestHead.hpp"

#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocketImpl.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>

namespace patchbay::http {

/// A request that POCO's server hosts.
class Hosted {
public:
    explicit Hosted(bool secure) noexcept : secure{secure} {}
    Hosted(const Hosted&) = delete;
    virtual ~Hosted() = default;
    /// POCO has come to it.   Thread: the one that POCO runs it on.
    virtual void handle() noexcept = 0;
    /// POCO is told of a request its first line, and of an upgrade that it is one; Host and all else were the gate's to judge.
    void tell(const RequestHead& request);
    /// What POCO is told of a target: it takes 16 KiB at most, and nobody reads it there.
    static std::string_view toldOf(std::string_view target) noexcept { return target.substr(0, 8 * 1024); }

    std::string head;  ///< what POCO is told of it
    const bool secure;
};

class ReplaySocket final : public Poco::Net::StreamSocketImpl {
public:
    /// For one request after the other, by replay().
    ReplaySocket() noexcept;
    /// For one request: `done` is called when the last reference to the socket has gone.   Thread of `done`: POCO's.
    using Done = std::function<void()>;
    ReplaySocket(std::unique_ptr<Hosted> request, Done done);

    /// From here on this is the socket of another request, which must outlive POCO's work on it.
    void replay(Hosted& request) noexcept;
    Hosted& request() noexcept { return *request_; }

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
    bool secure() const override { return request_->secure; }
    /// All zeros: POCO asks for both on every request and shows them to nobody but a handler. Ours has the gate's.
    Poco::Net::SocketAddress address() override;
    Poco::Net::SocketAddress peerAddress() override { return address(); }

protected:
    ~ReplaySocket() override;

private:
    std::unique_ptr<Hosted> own_;
    Hosted* request_;
    Done done_;
    std::size_t replayed_ = 0;
    std::atomic<bool> closed_{false};  // orders a worker's use before a destructor in POCO's acceptor
};

}  // namespace patchbay::http
