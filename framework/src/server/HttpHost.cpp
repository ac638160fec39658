#include "server/HttpHost.hpp"

#include "base/Guarded.hpp"
#include "server/RequestHandler.hpp"

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

namespace patchbay::server {

using protocol::HeaderField;
namespace {

/// "Accepts" what the gate has put in.
class QueueSocket final : public Poco::Net::ServerSocketImpl {
public:
    /// `make` makes the socket. False after finish().
    template <class Make>
    bool put(Make make) {
        const std::lock_guard guard{lock_};
        if (finished_) return false;
        sockets_.push_back(make());
        arrived_.notify_one();
        return true;
    }

    /// Without POCO's time-out, which would wake an idle server four times a second.
    bool poll(const Poco::Timespan&, int) override {
        std::unique_lock guard{lock_};
        arrived_.wait(guard, [&] { return !sockets_.empty() || finished_; });
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

    /// Gives back what no worker has taken.   Requires: POCO's acceptor has ended.
    void clear() {
        std::deque<Poco::Net::StreamSocketImpl*> rest;
        {
            const std::lock_guard guard{lock_};
            rest.swap(sockets_);
        }
        for (auto* socket : rest) socket->release();
    }

    Poco::Net::SocketAddress address() override { return {}; }
    void close() override {}

protected:
    ~QueueSocket() override { clear(); }

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
    Parts(Deployments& deployments, Workers& workers, const HttpHostOptions& options)
        : queue{new QueueSocket},
          parameters{parametersFor(options)},
          factory{new RequestHandlerFactory{deployments, workers}},
          pool{"patchbay-http", 1, options.workers + 1},
          server{factory, pool, QueueServerSocket{queue}, parameters} {
        for (std::size_t i = 0; i < deployments.state().loops.size(); ++i) {
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

HttpHost::HttpHost(Deployments& deployments, HttpHostOptions options)
    : deployments_{deployments}, options_{options}, most_{options.maxQueued + options.workers} {}

HttpHost::~HttpHost() {
    if (parts_) parts_->queue->finish();
}

void HttpHost::start() {
    parts_ = std::make_unique<Parts>(deployments_, workers_, options_);
    parts_->server.start();
}

bool HttpHost::stop(Clock::time_point deadline) {
    if (!parts_) return true;
    parts_->queue->finish();
    parts_->server.stop();
    parts_->queue->clear();
    if (!deployments_.state().ended->waitUntil(deadline, [&] { return waiting_.load() == 0; })) return false;
    join();
    return true;
}

void HttpHost::join() { parts_->pool.joinAll(); }
void HttpHost::clear() noexcept { parts_.reset(); }

void HttpHost::runHere(Exchange& exchange, std::size_t loopIndex) {
    // POCO's own exceptions; without an answer the gate says 500.
    guarded("http", "a request's handling", [&] { parts_->handshakes[loopIndex]->run(exchange); });
}

bool HttpHost::runInPool(std::unique_ptr<Exchange>& exchange, ReplaySocket::Done done) {
    if (waiting_.fetch_add(1) >= most_) {
        waiting_.fetch_sub(1);
        return false;
    }
    const auto answered = [this, done = std::move(done)](std::unique_ptr<Exchange> result) {
        done(std::move(result));
        noLongerWaits();
    };
    if (parts_->queue->put([&] { return new ReplaySocket{std::move(exchange), answered}; })) return true;
    noLongerWaits();
    return false;
}

void HttpHost::noLongerWaits() noexcept {
    waiting_.fetch_sub(1);
    deployments_.state().ended->ring();
}

}  // namespace patchbay::server
