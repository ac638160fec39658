// POCO's own WebSocket as its documentation hosts it: an HTTPServer, a pool thread for each connection, blocking calls.

#include "servers/Announce.hpp"

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include <Poco/Buffer.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/WebSocket.h>
#include <Poco/ThreadPool.h>
#include <unistd.h>

namespace {

using Poco::Net::WebSocket;

constexpr int kMostConnections = 1100;
constexpr int kLargestMessage = 1 << 20;

/// Everyone at /fanout. Sends are made under its lock: frames of two threads may not mix on a socket.
class Subscribers {
public:
    /// Upgrades and subscribes in one: whoever was told of its upgrade misses no message.
    WebSocket add(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response) {
        const std::lock_guard lock{mutex_};
        return sockets_.emplace_back(request, response);
    }
    void remove(const WebSocket& socket) {
        const std::lock_guard lock{mutex_};
        std::erase(sockets_, socket);
    }
    void publish(const char* bytes, int count, int flags) {
        const std::lock_guard lock{mutex_};
        for (auto& socket : sockets_) socket.sendFrame(bytes, count, flags);
    }

private:
    std::mutex mutex_;
    std::vector<WebSocket> sockets_;
};

Subscribers subscribers;

/// Gives each message to `answer(bytes, count, flags)` until the peer goes.
void serve(WebSocket& socket, const auto& answer) {
    socket.setMaxPayloadSize(kLargestMessage);
    Poco::Buffer<char> room{0};
    try {
        int flags = 0;
        for (int count = 0; (count = socket.receiveFrame(room, flags)) > 0; room.resize(0, false)) {
            answer(room.begin(), count, flags);
            if ((flags & WebSocket::FRAME_OP_BITMASK) == WebSocket::FRAME_OP_CLOSE) return;
        }
    } catch (const Poco::Exception&) {
        // The load generator leaves without a close handshake.
    }
}

class Handler final : public Poco::Net::HTTPRequestHandler {
    void handleRequest(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response) override {
        if (request.getURI() == "/page") {
            static const std::string page(1024, 'x');
            response.setContentType("text/plain");
            response.sendBuffer(page.data(), page.size());
        } else if (request.getURI() == "/fanout") {
            WebSocket socket = subscribers.add(request, response);
            socket.setNoDelay(true);
            serve(socket, [](const char* bytes, int count, int flags) { subscribers.publish(bytes, count, flags); });
            subscribers.remove(socket);
        } else {
            WebSocket socket{request, response};
            socket.setNoDelay(true);
            serve(socket, [&](const char* bytes, int count, int flags) { socket.sendFrame(bytes, count, flags); });
        }
    }
};

class Handlers final : public Poco::Net::HTTPRequestHandlerFactory {
    Poco::Net::HTTPRequestHandler* createRequestHandler(const Poco::Net::HTTPServerRequest&) override {
        return new Handler;
    }
};

}  // namespace

int main() {
    Poco::ThreadPool threads{16, kMostConnections};
    Poco::Net::HTTPServerParams::Ptr parameters{new Poco::Net::HTTPServerParams};
    parameters->setMaxThreads(kMostConnections);
    parameters->setMaxQueued(kMostConnections);
    parameters->setMaxKeepAliveRequests(0);  // no limit
    const Poco::Net::ServerSocket listener{Poco::Net::SocketAddress{"127.0.0.1", 0}, kMostConnections};
    Poco::Net::HTTPServer server{new Handlers, threads, listener, parameters};
    server.start();
    bench::announce(server.port());
    ::pause();
}
