// The least that POCO's plain HTTPServer can host WebSockets with: the handler answers the upgrade through POCO's
// response, detaches the socket, and one thread holds it from there. It waits for whatever the client says next, echoes
// that as if it were a Close frame, and lets go: what a handshake costs that way, and nothing else.

#include "servers/Announce.hpp"

#include <array>
#include <memory>
#include <sstream>
#include <thread>

#include <Poco/Base64Encoder.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/SHA1Engine.h>
#include <sys/epoll.h>
#include <unistd.h>

namespace {

using Poco::Net::StreamSocket;

constexpr int kBacklog = 1024;
constexpr std::size_t kMaskedHeader = 6;  // of a short client frame: opcode, length, four bytes of mask

/// RFC 6455 §4.2.2
std::string acceptKey(const std::string& key) {
    Poco::SHA1Engine engine;
    engine.update(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    std::ostringstream text;
    Poco::Base64Encoder encoder{text};
    const auto& digest = engine.digest();
    encoder.write(reinterpret_cast<const char*>(digest.data()), static_cast<std::streamsize>(digest.size()));
    encoder.close();
    return text.str();
}

class Holder {
public:
    void hold(const StreamSocket& socket) const {
        auto owned = std::make_unique<StreamSocket>(socket);
        epoll_event event{.events = EPOLLIN | EPOLLONESHOT, .data = {.ptr = owned.get()}};
        if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket.impl()->sockfd(), &event) == 0) owned.release();
    }

private:
    [[noreturn]] void run() const {
        std::array<epoll_event, 64> events{};
        for (;;) {
            const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
            for (int index = 0; index < count; ++index) letGo(events[static_cast<std::size_t>(index)]);
        }
    }

    void letGo(const epoll_event& event) const {
        const std::unique_ptr<StreamSocket> socket{static_cast<StreamSocket*>(event.data.ptr)};
        ::epoll_ctl(epoll_, EPOLL_CTL_DEL, socket->impl()->sockfd(), nullptr);
        try {
            std::array<unsigned char, kMaskedHeader + 125> frame{};
            const int count = socket->receiveBytes(frame.data(), static_cast<int>(frame.size()));
            if (count < static_cast<int>(kMaskedHeader)) return;
            const auto payload = static_cast<std::size_t>(count) - kMaskedHeader;
            std::array<unsigned char, 2 + 125> answer{frame[0], static_cast<unsigned char>(payload)};
            for (std::size_t index = 0; index < payload; ++index)
                answer[2 + index] = frame[kMaskedHeader + index] ^ frame[2 + index % 4];
            socket->sendBytes(answer.data(), static_cast<int>(2 + payload));
        } catch (const Poco::Exception&) {
            // The client was faster.
        }
    }

    int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    std::thread thread_{[this] { run(); }};
};

class Handler final : public Poco::Net::HTTPRequestHandler {
public:
    explicit Handler(const Holder& holder) : holder_{holder} {}

private:
    void handleRequest(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response) override {
        response.setStatusAndReason(Poco::Net::HTTPResponse::HTTP_SWITCHING_PROTOCOLS);
        response.set("Upgrade", "websocket");
        response.set("Connection", "Upgrade");
        response.set("Sec-WebSocket-Accept", acceptKey(request.get("Sec-WebSocket-Key")));
        response.send().flush();
        holder_.hold(dynamic_cast<Poco::Net::HTTPServerRequestImpl&>(request).detachSocket());
    }

    const Holder& holder_;
};

class Handlers final : public Poco::Net::HTTPRequestHandlerFactory {
    Poco::Net::HTTPRequestHandler* createRequestHandler(const Poco::Net::HTTPServerRequest&) override {
        return new Handler{holder_};
    }

    Holder holder_;
};

}  // namespace

int main() {
    Poco::Net::HTTPServerParams::Ptr parameters{new Poco::Net::HTTPServerParams};
    parameters->setMaxQueued(kBacklog);
    const Poco::Net::ServerSocket listener{Poco::Net::SocketAddress{"127.0.0.1", 0}, kBacklog};
    Poco::Net::HTTPServer server{new Handlers, listener, parameters};
    server.start();
    bench::announce(server.port());
    ::pause();
}
