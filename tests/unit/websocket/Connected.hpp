#pragma once
// A WebSocket behind its handshake: a real socket, plain or TLS, on a loop that the test turns, and its far end.

#include "support/Certificate.hpp"
#include "support/TlsClient.hpp"
#include "transport/TlsContext.hpp"
#include "unit/protocol/Wire.hpp"
#include "unit/transport/Sockets.hpp"
#include "websocket/WebSocketCarrier.hpp"

#include <patchbay/annotations.hpp>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace patchbay::websocket {

using transport::SocketChannel;

inline constexpr std::string_view kKey{"\x37\xfa\x21\x3d", 4};

inline std::string text(std::string_view payload) { return protocol::testing::clientFrame(0x81, payload, kKey); }

/// What the endpoint below heard, and what it does then.
struct Ear {
    std::vector<std::string> heard;
    std::vector<CloseReason> closed;
    std::function<void(const Session&)> whenOpened;
    std::function<void(const Session&, std::string_view)> whenHeard;
};

class Listening {
    SERVER_ENDPOINT(Listening, "/listening")
public:
    explicit Listening(Ear& ear) : ear_{ear} {}
    ON_OPEN(opened)
    void opened(Session session) {
        if (ear_.whenOpened) ear_.whenOpened(session);
    }
    ON_MESSAGE(said)
    void said(Session session, std::string_view text) {
        ear_.heard.emplace_back(text);
        if (ear_.whenHeard) ear_.whenHeard(session, text);
    }
    ON_CLOSE(left)
    void left(CloseReason reason) { ear_.closed.push_back(std::move(reason)); }

private:
    Ear& ear_;
};

/// The far end: what it says leaves as the kernel takes it.
class Client {
public:
    Client(int descriptor, bool secure) : socket_{descriptor} {
        if (secure) tls_.emplace();
    }

    void say(std::string_view bytes) {
        if (tls_)
            tls_->say(bytes);
        else
            output_ += bytes;
        pump();
    }
    void pump() {
        if (gone_) return;
        const std::string arrived = socket_.read();
        if (!tls_) heard_ += arrived;
        if (tls_ && !arrived.empty()) tls_->hear(arrived);
        if (tls_) output_ += tls_->takeOutput();
        while (sent_ < output_.size()) {
            const ssize_t put =
                ::send(socket_.descriptor(), output_.data() + sent_, output_.size() - sent_, MSG_NOSIGNAL);
            if (put <= 0) return;
            sent_ += static_cast<std::size_t>(put);
        }
    }
    /// Says it and reads nothing.
    void shout(std::string_view bytes) { ::send(socket_.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }
    bool isReady() const { return !tls_ || tls_->isReady(); }
    std::size_t unsent() const { return output_.size() - sent_; }
    std::string& heard() { return tls_ ? tls_->text() : heard_; }
    /// The server has ended the connection.
    bool ended() const { return socket_.ended() || socket_.error(); }
    bool wasReset() const { return static_cast<bool>(socket_.error()); }
    void finish() {
        if (tls_) tls_->sayGoodbye();
        pump();
        socket_.finish();
    }
    void reset() {
        gone_ = true;
        socket_.reset();
    }

private:
    transport::test::Peer socket_;
    std::optional<patchbay::test::TlsClient> tls_;
    std::string output_, heard_;
    std::size_t sent_ = 0;
    bool gone_ = false;
};

enum class Wire : std::uint8_t { Plain, Tls };

class AWebSocket : public ::testing::TestWithParam<Wire> {
protected:
    AWebSocket() {
        services.provide(ear);
        deploy([](Limits&) {});
    }
    /// The endpoint of the connections that follow.
    void deploy(const std::function<void(Limits&)>& limit) {
        auto model = detail::makeModel<Listening>();
        EndpointConfig config{model.className, model.path, {}, {}, {}, {}};
        config.limits.maxMessageSize = 1_MiB;
        config.limits.idleTimeout = {};
        config.limits.sendQueue.bytes = 16_MiB;
        limit(config.limits);
        endpoint = std::make_shared<messaging::DeployedEndpoint>(std::move(model), std::move(config), state, services);
    }
    ~AWebSocket() override {
        while (!carriers.empty()) carriers.front().cut();
        client.reset();
        channel.reset();
        turnIdly();
        loop->retire();
    }

    /// A WebSocket behind its handshake, of which `firstBytes` have come along with the request.
    void connect(std::string_view firstBytes = {}) {
        const auto [near, far] = transport::test::tcpPair();
        const int small = 64 << 10, on = 1;
        ::setsockopt(near, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        for (const int end : {near, far}) ::setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        transport::Socket socket{near};
        if (GetParam() == Wire::Tls) {
            const patchbay::test::Certificate certificate;
            const transport::CertificateFiles files{certificate.file(), certificate.keyFile()};
            socket.startTls(transport::TlsContext::load({&files, 1}));
        }
        channel = SocketChannel::open(*loop, std::move(socket), {});
        channel->start(gate);
        client.emplace(far, GetParam() == Wire::Tls);
        ASSERT_TRUE(turnUntil([&] { return client->isReady(); }));
        for (int i = 0; i < 3; ++i) turn();

        messaging::SessionStart start{};
        start.instance = endpoint->code->model.construct(endpoint->services, {});
        session = std::make_shared<messaging::SessionCore>(endpoint, 0, std::move(start));
        ASSERT_TRUE(endpoint->add(session));
        std::string first{firstBytes};
        first.resize(firstBytes.size() + kSlackBytes);
        WebSocketCarrier::start({channel, session, {}, transport::ConnectionPlace{count}}, carriers,
                                std::as_writable_bytes(std::span{first}).first(firstBytes.size()));
    }

    void turn() {
        if (client) client->pump();
        loop->runOnce({});
    }
    bool turnUntil(const std::function<bool()>& holds) {
        return transport::test::turnUntil(*loop, [&] {
            if (client) client->pump();
            return holds();
        });
    }
    /// Turns for as long as it takes to see that nothing happens.
    void turnIdly() {
        for (int i = 0; i < 5; ++i) turn();
    }
    WebSocketCarrier& carrier() { return carriers.front(); }
    /// From now on it pauses after each message.
    void pauseAfterEach() {
        ear->whenHeard = [this](const Session&, std::string_view) { carrier().pauseReading(); };
    }
    std::vector<std::string>& heard() const { return ear->heard; }
    bool hasHeard(std::size_t messages) {
        return turnUntil([&] { return heard().size() >= messages; });
    }

    const std::shared_ptr<transport::EventLoop> loop = std::make_shared<transport::EventLoop>();
    const Loop::Turning turning{*loop};
    const std::shared_ptr<messaging::ServerState> state =
        std::make_shared<messaging::ServerState>(std::vector<std::shared_ptr<Loop>>{loop});
    const std::shared_ptr<transport::ConnectionCount> count = std::make_shared<transport::ConnectionCount>(state->ended);
    const std::shared_ptr<Ear> ear = std::make_shared<Ear>();
    Services services;
    std::shared_ptr<messaging::DeployedEndpoint> endpoint;
    WebSocketCarrier::List carriers;
    transport::test::Recorder gate;
    SocketChannel::Pointer channel;
    std::optional<Client> client;
    std::shared_ptr<messaging::SessionCore> session;
};

inline std::string nameOf(const ::testing::TestParamInfo<Wire>& wire) { return wire.param == Wire::Tls ? "Tls" : "Tcp"; }

}  // namespace patchbay::websocket
