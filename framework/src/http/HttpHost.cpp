#include "http/HttpHost.hpp"

#include "base/Guarded.hpp"
#include "http/RequestHandler.hpp"

#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerConnection.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/ServerSocketImpl.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/ThreadPool.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace patchbay::http {
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

/// POCO's connection for what a loop runs itself: it serves one request and returns, again and again.
class LoopConnection {
public:
    LoopConnection(const Poco::Net::HTTPServerParams::Ptr& parameters, const Poco::Net::HTTPRequestHandlerFactory::Ptr& factory)
        : connection_{OwnStreamSocket{socket_}, parameters, factory} {}

    void run(Hosted& request) {
        socket_->replay(request);
        connection_.run();
    }

private:
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
    Parts(std::size_t loops, const HttpHostOptions& options)
        : queue{new QueueSocket},
          parameters{parametersFor(options)},
          factory{new RequestHandlerFactory},
          pool{"patchbay-http", 1, options.workers + 1},
          server{factory, pool, QueueServerSocket{queue}, parameters} {
        for (std::size_t i = 0; i < loops; ++i) {
            here.push_back(std::make_unique<LoopConnection>(parameters, factory));
        }
    }

    QueueSocket* queue;  // owned by the server's socket
    Poco::Net::HTTPServerParams::Ptr parameters;
    Poco::Net::HTTPRequestHandlerFactory::Ptr factory;
    Poco::ThreadPool pool;
    Poco::Net::HTTPServer server;
    std::vector<std::unique_ptr<LoopConnection>> here;  // by loop
};

HttpHost::HttpHost(std::size_t loops, std::shared_ptr<Doorbell> ended, HttpHostOptions options)
    : loops_{loops}, ended_{std::move(ended)}, options_{options}, most_{options.maxQueued + options.workers} {}

HttpHost::~HttpHost() {
    if (parts_) parts_->queue->finish();
}

void HttpHost::start() {
    parts_ = std::make_unique<Parts>(loops_, options_);
    parts_->server.start();
}

bool HttpHost::stop(Clock::time_point deadline) {
    if (!parts_) return true;
    parts_->queue->finish();
    parts_->server.stop();
    parts_->queue->clear();
    if (!ended_->waitUntil(deadline, [&] { return waiting_.load() == 0; })) return false;
    join();
    return true;
}

void HttpHost::join() { parts_->pool.joinAll(); }
void HttpHost::clear() noexcept { parts_.reset(); }

void HttpHost::runHere(Hosted& request, std::size_t loopIndex) {
    // POCO's own exceptions; what is not handled is answered with 500.
    guarded("http", "a request's handling", [&] { parts_->here[loopIndex]->run(request); });
}

bool HttpHost::runInPool(std::unique_ptr<Hosted>& request) {
    if (waiting_.fetch_add(1) >= most_) {
        waiting_.fetch_sub(1);
        return false;
    }
    if (parts_->queue->put([&] { return new ReplaySocket{std::move(request), [this] { noLongerWaits(); }}; })) return true;
    noLongerWaits();
    return false;
}

void HttpHost::noLongerWaits() noexcept {
    waiting_.fetch_sub(1);
    ended_->ring();
}

}  // namespace patchbay::http
