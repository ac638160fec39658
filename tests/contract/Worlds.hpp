#pragma once
// A server and its clients, three times: in-process with a clock turned by hand, and real sockets with real time, plain and
// with TLS. A test body
// that takes a world as its parameter shows that endpoints cannot tell them apart.
//
// What a body may do: deploy, connect, let a client send and wait for what comes, and ask the journal. In the kit's
// world everything has happened when a call returns; at the sockets' every wait has a deadline.

#include "support/Certificate.hpp"
#include "support/Eventually.hpp"
#include "support/Journal.hpp"
#include "support/RawWebSocket.hpp"

#include <patchbay/server.hpp>
#include <patchbay/testkit.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace patchbay::test {

using testkit::ConnectOptions, testkit::Goodbye, testkit::Refused;

class KitWorld {
public:
    class Client {
    public:
        explicit Client(testkit::Peer& peer) noexcept : peer_{&peer} {}
        void send(std::string_view text) { peer_->send(text); }
        void sendBinary(std::string_view bytes) { peer_->send(asBytes(bytes)); }
        std::string next() { return peer_->takeText(); }
        std::string nextBinary() { return peer_->takeBinary(); }
        Goodbye goodbye() {
            if (!peer_->closed()) throw std::runtime_error{"the server has said no goodbye"};
            return *peer_->closed();
        }
        void close(int code, std::string_view text) { peer_->close(CloseCode{static_cast<std::uint16_t>(code)}, text); }
        void closeWithoutCode() { peer_->close(CloseCode::NoStatus); }
        void vanish() { peer_->vanish(); }
        void stall() { peer_->stall(); }
        void resume() { peer_->resume(); }
        const std::string& subprotocol() const { return peer_->subprotocol(); }
        std::string header(std::string_view name) const { return std::string{findHeader(peer_->headers(), name)}; }

    private:
        testkit::Peer* peer_;
    };

    explicit KitWorld(ServerConfig config = {}) : server_{std::move(config)} {}
    template <class Endpoint>
    void deploy() {
        server_.deploy<Endpoint>();
    }
    template <class T>
    void provide(std::shared_ptr<T> service) {
        server_.provide(std::move(service));
    }
    /// For hooks, before anybody connects.
    ServerContainer& server() { return server_; }
    Client connect(std::string_view target, ConnectOptions options = {}) {
        return Client{server_.connect(target, std::move(options))};
    }
    std::string ownOrigin() const { return "http://test.example"; }
    template <class Endpoint>
    Topics& topicsOf() {
        return server_.topicsOf<Endpoint>();
    }
    bool undeploy(std::string_view path) { return server_.undeploy(path); }
    std::size_t sessionCount() const { return server_.sessionCount(); }
    std::uint64_t closedFor(CloseCause cause) const { return server_.closedFor(cause); }
    void shutDown() { server_.shutDown(); }
    /// Time goes by; what was posted runs.
    void pass(std::chrono::milliseconds time) { server_.advance(time); }
    template <class Holds>
    bool eventually(Holds holds) {
        server_.settle();
        return holds();
    }

private:
    testkit::TestServer server_;
};

class SocketWorld {
public:
    class Client {
    public:
        explicit Client(RawWebSocket socket) noexcept : socket_{std::move(socket)} {}
        void send(std::string_view text) { socket_.text(text); }
        void sendBinary(std::string_view bytes) { socket_.binary(bytes); }
        std::string next() { return socket_.nextText(); }
        std::string nextBinary() {
            Frame frame = socket_.next();
            if (frame.opcode != kBinary) throw std::runtime_error{"no binary message"};
            return std::move(frame.payload);
        }
        /// Answers it as RFC 6455 §5.5.1 asks for, and sees the server end the connection first (§7.1.1).
        Goodbye goodbye() {
            const auto close = socket_.skipToClose();
            if (!closed_) close.code == 1005 ? socket_.closeWithoutCode() : socket_.close(close.code);
            if (!socket_.socket().ends()) throw std::runtime_error{"bytes behind the server's Close frame"};
            return {CloseCode{static_cast<std::uint16_t>(close.code)}, close.text};
        }
        void close(int code, std::string_view text) {
            closed_ = true;
            socket_.close(code, text);
        }
        void closeWithoutCode() {
            closed_ = true;
            socket_.closeWithoutCode();
        }
        void vanish() { socket_.socket().reset(); }
        std::string subprotocol() const { return header("sec-websocket-protocol"); }
        std::string header(const std::string& lowerName) const { return socket_.answer().header(lowerName); }

    private:
        RawWebSocket socket_;
        bool closed_ = false;
    };

    explicit SocketWorld(ServerConfig config = {}) : SocketWorld{std::move(config), "http://127.0.0.1:0", {}} {}
    ~SocketWorld() {
        if (stopping_.joinable()) stopping_.join();
    }
    template <class Endpoint>
    void deploy() {
        server_.deploy<Endpoint>();
    }
    template <class T>
    void provide(std::shared_ptr<T> service) {
        server_.provide(std::move(service));
    }
    /// For hooks, before anybody connects.
    ServerContainer& server() { return server_; }
    /// The first one starts the server.
    Client connect(std::string_view target, const ConnectOptions& options = {}) {
        start();
        RawSocket socket{server_.port(), {.tls = tls_}};
        socket.send(upgradeRequest(target, fieldsOf(options)));
        HttpAnswer answer = socket.readAnswer();
        if (answer.status != 101) throw Refused{answer.status, {answer.headers.begin(), answer.headers.end()}, answer.body};
        return Client{RawWebSocket{std::move(socket), std::move(answer)}};
    }
    std::string ownOrigin() const { return tls_ ? "https://localhost" : "http://localhost"; }
    template <class Endpoint>
    Topics& topicsOf() {
        start();
        return server_.topicsOf<Endpoint>();
    }
    bool undeploy(std::string_view path) { return server_.undeploy(path); }
    std::size_t sessionCount() const { return server_.sessionCount(); }
    std::uint64_t closedFor(CloseCause cause) const { return server_.closedFor(cause); }
    /// Begins it; it ends when the clients have answered, at the latest with the world.
    void shutDown() {
        stopping_ = std::thread{[this] { server_.stop(); }};
    }
    /// Time passes by itself.
    void pass(std::chrono::milliseconds) {}
    template <class Holds>
    bool eventually(Holds holds) {
        return test::eventually(holds);
    }

protected:
    SocketWorld(ServerConfig config, const std::string& url, const CertificateConfig& files)
        : server_{listeningOn(std::move(config), url, files)}, tls_{!files.key.empty()} {}

private:
    static ServerConfig listeningOn(ServerConfig config, const std::string& url, const CertificateConfig& files) {
        config.server.listen = {{url, files.certificate, files.key}};
        config.server.loops = 2;
        return config;
    }
    static std::string fieldsOf(const ConnectOptions& options) {
        std::string fields;
        for (const auto& [name, value] : options.headers) fields.append(name).append(": ").append(value).append("\r\n");
        for (const auto& offered : options.subprotocols) fields.append("Sec-WebSocket-Protocol: ").append(offered).append("\r\n");
        return fields;
    }
    void start() {
        if (!std::exchange(started_, true)) server_.start();
    }

    Server server_;
    const bool tls_;
    bool started_ = false;
    std::thread stopping_;
};

/// wss.
class TlsWorld : public SocketWorld {
public:
    explicit TlsWorld(ServerConfig config = {})
        : SocketWorld{std::move(config), "https://127.0.0.1:0", {certificate().file(), certificate().keyFile()}} {}

private:
    static const Certificate& certificate() {
        static const Certificate made;
        return made;
    }
};

}  // namespace patchbay::test
