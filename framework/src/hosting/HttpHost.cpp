#include "hosting/HttpHost.hpp"

#include "base/Guarded.hpp"
#include "hosting/RequestHandler.hpp"

#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerConnection.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/ServerSocketImpl.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/ThreadPool.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace patchbay::hosting {
namespace {

/// "Accepts" what the gate has put in.
class QueueSocket final : public Poco::Net::ServerSocketImpl {
public:
    void put(Poco::Net::StreamSocketImpl* socket) {
        const std::lock_guard guard{lock_};
        sockets_.push_back(socket);
        arrived_.notify_one();
    }

    bool poll(const Poco::Timespan& timeout, int) override {
        std::unique_lock guard{lock_};
        arrived_.wait_for(guard, std::chrono::microseconds{timeout.totalMicroseconds()},
                          [&] { return !sockets_.empty() || finished_; });
        // It comes back until it has been stopped, which happens about now: it need not spin for that.
        if (finished_ && sockets_.empty()) arrived_.wait_for(guard, kStopping);
        return !sockets_.empty();
    }

    /// From now on nobody waits long for a request: POCO's acceptor looks whether it has been stopped.
    void finish() {
        const std::lock_guard guard{lock_};
        finished_ = true;
        arrived_.notify_one();
    }

    Poco::Net::SocketImpl* acceptConnection(Poco::Net::SocketAddress& client) override {
        const std::lock_guard guard{lock_};
        auto* socket = sockets_.front();
        sockets_.pop_front();
        client = socket->peerAddress();
        return socket;
    }

    Poco::Net::SocketAddress address() override { return {}; }
    void close() override {}

protected:
    /// What no worker has taken when the server stops.
    ~QueueSocket() override {
        for (auto* socket : sockets_) socket->release();
    }

private:
    static constexpr std::chrono::milliseconds kStopping{1};
    std::mutex lock_;
    std::condition_variable arrived_;
    std::deque<Poco::Net::StreamSocketImpl*> sockets_;
    bool finished_ = false;
};

class QueueServerSocket final : public Poco::Net::ServerSocket {
public:
    explicit QueueServerSocket(QueueSocket* queue) : ServerSocket{queue, true} {}
};

/// A stream socket around an implementation of ours, which it then owns.
class OwnStreamSocket final : public Poco::Net::StreamSocket {
public:
    explicit OwnStreamSocket(ReplaySocket* socket) : StreamSocket{socket} {}
};

/// POCO's connection for the handshakes of a loop: it serves one request and returns, again and again. It is given the
/// request line and the fields that make an upgrade of it. The others would cost more than all the rest of a handshake, and
/// are for our handler, which has them from the gate.
class HandshakeConnection {
public:
    HandshakeConnection(const Poco::Net::HTTPServerParams::Ptr& parameters,
                        const Poco::Net::HTTPRequestHandlerFactory::Ptr& factory)
        : connection_{OwnStreamSocket{socket_}, parameters, factory} {}

    void run(Exchange& exchange) {
        write(*exchange.head);
        exchange.bytes = request_;
        socket_->replay(exchange);
        connection_.run();
    }

private:
    void write(const RequestHead& head) {
        request_.assign(head.method).append(" ").append(head.target);
        request_.append(head.minorVersion == 1 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
        for (const HeaderField& field : head.headers()) {
            const auto isIt = [&](std::string_view name) { return protocol::equalsIgnoringCase(name, field.name); };
            if (std::ranges::any_of(kOfAnUpgrade, isIt)) {
                request_.append(field.name).append(": ").append(field.value).append("\r\n");
            }
        }
        request_.append("\r\n");
    }

    static constexpr std::array<std::string_view, 3> kOfAnUpgrade{"Host", "Connection", "Upgrade"};
    std::string request_;
    ReplaySocket* const socket_ = new ReplaySocket;  // owned by the connection's socket
    Poco::Net::HTTPServerConnection connection_;
};

Poco::Net::HTTPServerParams* parametersFor(const HttpHostOptions& options) {
    auto* parameters = new Poco::Net::HTTPServerParams;  // counted by POCO
    parameters->setMaxThreads(options.workers);
    parameters->setMaxQueued(options.maxQueued + options.workers);
    parameters->setKeepAlive(true);
    return parameters;
}

}  // namespace

struct HttpHost::Parts {
    Parts(Container& container, const HttpHostOptions& options)
        : queue{new QueueSocket},
          parameters{parametersFor(options)},
          factory{new RequestHandlerFactory{container}},
          pool{"patchbay-http", 1, options.workers + 1},
          server{factory, pool, QueueServerSocket{queue}, parameters} {
        for (std::size_t i = 0; i < container.state().loops.size(); ++i) {
            handshakes.push_back(std::make_unique<HandshakeConnection>(parameters, factory));
        }
    }

    QueueSocket* queue;  // owned by the server's socket
    Poco::Net::HTTPServerParams::Ptr parameters;
    Poco::Net::HTTPRequestHandlerFactory::Ptr factory;
    Poco::ThreadPool pool;
    Poco::Net::HTTPServer server;
    std::vector<std::unique_ptr<HandshakeConnection>> handshakes;  // by loop
};

HttpHost::HttpHost(Container& container, HttpHostOptions options)
    : parts_{std::make_unique<Parts>(container, options)}, most_{options.maxQueued + options.workers} {}

HttpHost::~HttpHost() = default;

void HttpHost::start() { parts_->server.start(); }
void HttpHost::stop() {
    parts_->queue->finish();
    parts_->server.stop();
    parts_->pool.joinAll();
}

void HttpHost::runHere(Exchange& exchange, std::size_t loopIndex) {
    // POCO's own exceptions; without an answer the gate says 500.
    guarded("http", "a request's handling", [&] { parts_->handshakes[loopIndex]->run(exchange); });
}

bool HttpHost::runInPool(std::unique_ptr<Exchange>& exchange, ReplaySocket::Done done) {
    if (waiting_.fetch_add(1) >= most_) {
        waiting_.fetch_sub(1);
        return false;
    }
    parts_->queue->put(new ReplaySocket{std::move(exchange), [this, done = std::move(done)](std::unique_ptr<Exchange> result) {
                                            waiting_.fetch_sub(1);
                                            done(std::move(result));
                                        }});
    return true;
}

}  // namespace patchbay::hosting
