#pragma once
// Endpoints under test: a server in this process, without sockets and threads, whose clock is turned by hand.
//
//     patchbay::testkit::TestServer server;
//     server.deploy<ChatRoom>();
//     auto& ann = server.connect("/chat/lobby");
//     ann.send(Say{"hello"});
//     EXPECT_EQ(ann.takeText(), R"({"type":"Said","from":"guest-1","text":"hello"})");
//     server.advance(5min);                       // the idle timeout is due
//     EXPECT_EQ(ann.closed()->code, patchbay::CloseCode::GoingAway);
//
// Handshakes (origin, configurator, roles, limits), dispatch, topics, queues and closes are those of the real server;
// only the WebSocket frames and the HTTP bytes are not there. When a call returns, everything that it caused has
// happened.   Thread: one, but for what the code under test starts itself.

#include <patchbay/config.hpp>
#include <patchbay/faulty_store.hpp>
#include <patchbay/http.hpp>
#include <patchbay/plugin.hpp>
#include <patchbay/server_container.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::testkit {

/// A message as the peer got it.
struct Received {
    MessageKind kind;
    std::string payload;
};

/// The goodbye as the peer got it.
struct Goodbye {
    CloseCode code;
    std::string text;
};

/// A refused handshake.
class Refused : public std::runtime_error {
public:
    Refused(int status, HeaderFields headers, std::string body);
    int status() const noexcept { return status_; }
    const HeaderFields& headers() const noexcept { return headers_; }
    const std::string& body() const noexcept { return body_; }

private:
    int status_;
    HeaderFields headers_;
    std::string body_;
};

/// The client's end of a connection.   Owns: nothing; it lives as long as its server.
class Peer {
public:
    struct Line;
    explicit Peer(std::shared_ptr<Line> line) noexcept;

    void send(std::string_view text);
    void send(Bytes bytes);
    void send(std::span<const std::uint8_t> octets) { send(asBytes(octets)); }
    /// A struct as JSON, with its name if the endpoint tells its messages apart.
    template <Sendable T>
    void send(const T& value) {
        const detail::WireFormat& format = wireFormat();
        send(detail::Encoded{value, {format.json, format.tagRequired}}.text());
    }
    template <class T>
    void send(const std::optional<T>& value) {
        if (value) send(*value);
    }
    /// Says goodbye.
    void close(CloseCode code = CloseCode::Normal, std::string_view text = {});
    /// The connection breaks, without a goodbye.
    void vanish();
    /// Reads nothing from now on: what is sent to it stays in the session's queue.
    void stall();
    /// Reads again, beginning with what waits.
    void resume();

    /// What has arrived and was not taken yet.
    const std::vector<Received>& received() const;
    /// Takes the oldest message.   Errors: std::logic_error when there is none, or when it is no text.
    std::string takeText();
    std::string takeBinary();
    /// Takes the oldest message as a T.
    /// Errors: std::logic_error when there is none, when it is no text, or when it says that it is something else than a T;
    /// DecodeError when it is no T.
    template <class T>
    T take() {
        json::Document document;
        const std::string text = takeText();
        const json::Value message = document.parse(text);
        const json::Format format = wireFormat().json;
        T value{};
        if constexpr (json::Taggable<T>) {
            // A member of that name is T's own; then a message says nothing of itself.
            if (!json::detail::hasMember<T>(format.typeKey)) requireType(message, json::typeName<T>());
            json::readNamed(message, value, format);
        } else {
            json::read(message, value, format);
        }
        return value;
    }
    /// The server's goodbye, if it has said one; what the peer said first is echoed.
    std::optional<Goodbye> closed() const;
    /// Pings that have arrived; each has been answered, unless the peer is stalled.
    std::size_t pings() const;
    /// What the endpoint answered in the handshake.
    const std::string& subprotocol() const noexcept;
    const HeaderFields& headers() const noexcept;
    /// Messages that fell to the queue's policy.
    std::size_t dropped() const;
    /// Messages of this peer's that the server has not read: it has paused reading, and gets them, what the peer did
    /// behind them too, when it goes on.
    std::size_t waiting() const;

private:
    const detail::WireFormat& wireFormat() const noexcept;
    std::string take(MessageKind kind);
    void requireType(json::Value message, std::string_view wanted) const;

    std::shared_ptr<Line> line_;
};

/// What a peer says about itself when it connects.
struct ConnectOptions {
    HeaderFields headers = {};
    std::vector<std::string> subprotocols = {};
    std::string remoteAddress = "192.0.2.1:50000";
    bool secure = false;
};

/// A ServerContainer: what it deploys, it deploys at once.
class TestServer final : public ServerContainer {
public:
    explicit TestServer(ServerConfig config = {});
    ~TestServer() override;

    /// Installs a plugin and starts it; it stops with the server.
    TestServer& install(std::unique_ptr<Plugin> plugin);
    bool undeploy(std::string_view path) override;

    /// `target` is path and query.   Errors: Refused; std::logic_error where a hook has deferred its verdict and does not give it.
    Peer& connect(std::string_view target, ConnectOptions options = {});
    /// An HTTP request; `target` is path and query. What a stream has written when nothing is left to be done is its answer; then the client
    /// goes. A handler that throws has answered with that.   Errors: std::logic_error when nobody has answered.
    HttpResponse request(std::string_view method, std::string_view target, std::string_view body = {},
                         HeaderFields headers = {});

    /// Where durable topics are kept, in memory: it fails, or keeps who publishes waiting, when it is told to.
    FaultyStore& store() noexcept;

    /// Turns the clock; timers run at their own times, in their order.
    void advance(std::chrono::nanoseconds time);
    /// Runs what other threads have posted, and the executor's tasks, until nothing is left of either.
    void settle();
    /// As SIGTERM: no new sessions, every session gets 1001.
    void shutDown();

private:
    struct Parts;
    void add(std::vector<detail::EndpointModel> models) override;
    deployment::Deployments& deployments() const noexcept override;

    std::unique_ptr<Parts> parts_;
};

}  // namespace patchbay::testkit
