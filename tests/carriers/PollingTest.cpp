// A session whose messages travel by plain HTTP requests, over sockets: the endpoint cannot tell it from a WebSocket.
#include "carriers/Polling.hpp"
#include "messaging/SessionCore.hpp"
#include "plugins/Mapped.hpp"
#include "support/Eventually.hpp"
#include "support/Journal.hpp"
#include "support/RawWebSocket.hpp"

#include <patchbay/annotations.hpp>
#include <patchbay/server.hpp>
#include <patchbay/topics.hpp>

#include <gmock/gmock.h>

#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre, ::testing::StartsWith;

/// What became of messages for whose end somebody waits.
class Results final : public SendCompletion::Listener {
public:
    explicit Results(std::shared_ptr<Journal> journal) : journal_{std::move(journal)} {}
    void completed(SendResult result) noexcept override { journal_->add(result == SendResult::Sent ? "sent" : "not sent"); }

private:
    const std::shared_ptr<Journal> journal_;
};

class Room {
    SERVER_ENDPOINT(Room, "/room/{name}", .maxMessageSize = 1_KiB, .receiveQueue = 100)
public:
    Room(Journal& journal, Topics& topics, Results& results) : journal_{journal}, topics_{topics}, results_{results} {}
    ON_OPEN(opened)
    void opened(const Session& session, PathParam<"name"> name) {
        session.subscribe(name.value);
        journal_.add("open " + std::string{name.value});
    }
    ON_MESSAGE(said)
    void said(const Session& session, std::string_view text, PathParam<"name"> name) {
        if (text == "close") return session.close(CloseCode{4001}, "enough");
        if (text == "pause") return session.pauseReceiving();
        if (text == "parts") return sayInParts(session);
        if (text.starts_with("all ")) {
            topics_.publish(name.value, text.substr(4));
            return;
        }
        session.send(text);
    }
    ON_MESSAGE(bytes)
    Bytes bytes(Bytes bytes) { return bytes; }
    ON_CLOSE(left)
    void left(const CloseReason& reason) {
        journal_.add("close " + std::to_string(static_cast<int>(reason.code())) + " " +
                     std::string{name(reason.cause())});
    }

private:
    /// With something whole in the middle, to itself and to all.
    void sayInParts(const Session& session) {
        messaging::SessionCore& core = *messaging::SessionCore::of(session);
        const auto part = [&](std::string_view piece, PieceOf of, SendCompletion completion = {}) {
            EXPECT_EQ(core.sendPart(MessageKind::Text, asBytes(piece), of, completion), SendStatus::Queued);
        };
        part("one ", PieceOf::MoreFollows);
        session.send("whole");
        part("two ", PieceOf::MoreFollows);
        topics_.publish("lobby", "to all");
        part("three", PieceOf::Last, SendCompletion{results_});
    }

    Journal& journal_;
    Topics& topics_;
    Results& results_;
};

/// The far end.   Errors: std::runtime_error where the server answers something else.
class Client {
public:
    Client(std::uint16_t port, std::string_view target) : down_{port}, up_{port} {
        const HttpAnswer opened = ask(up_, "POST", "/polling?to=" + std::string{target});
        if (opened.status != 201) throw std::runtime_error{std::to_string(opened.status)};
        path_ = "/polling/" + opened.body;
    }
    int send(std::string_view payload, std::string_view type = "text/plain") {
        return ask(up_, "POST", path_, payload, type).status;
    }
    int leave() { return ask(up_, "DELETE", path_).status; }
    const std::string& path() const noexcept { return path_; }
    /// The next thing that the session has said, with its kind: "t hello", "c 1000 bye". "" when it says nothing more.
    std::string next() {
        while (waiting_.empty() && !poll()) return {};
        std::string frame = std::move(waiting_.front());
        waiting_.pop_front();
        return frame;
    }

private:
    static HttpAnswer ask(RawSocket& socket, std::string_view method, const std::string& path,
                          std::string_view body = {}, std::string_view type = "text/plain") {
        std::string request{method};
        request.append(" ").append(path).append(" HTTP/1.1\r\nHost: localhost\r\nContent-Type: ").append(type);
        request.append("\r\nContent-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
        socket.send(request);
        return socket.readAnswer();
    }
    bool poll() {
        for (int i = 0; i < 20; ++i) {
            const HttpAnswer answer = ask(down_, "GET", path_);
            if (answer.status == 404) return false;
            for (std::string_view rest = answer.body; !rest.empty();) {
                const std::size_t line = rest.find('\n');
                const std::size_t size = std::stoul(std::string{rest.substr(1, line - 1)});
                const bool more = rest[0] == 'T' || rest[0] == 'B';
                if (unfinished_.empty()) unfinished_ = {static_cast<char>(rest[0] | 0x20), ' '};
                unfinished_ += rest.substr(line + 1, size);
                if (!more) waiting_.push_back(std::exchange(unfinished_, {}));
                rest.remove_prefix(line + 1 + size);
            }
            if (!waiting_.empty()) return true;
        }
        return false;
    }

    RawSocket down_, up_;
    std::string path_, unfinished_;
    std::deque<std::string> waiting_;
};

class APollingSession : public ::testing::Test {
protected:
    APollingSession() {
        server.provide(journal);
        server.provide(std::make_shared<Results>(journal));
        server.deploy<Room>();
        polling.install(server);
        server.start();
    }
    static ServerConfig config() {
        ServerConfig config;
        config.server.listen = {{"http://127.0.0.1:0", {}, {}}};
        config.server.loops = 2;
        return config;
    }

    const std::shared_ptr<Journal> journal = std::make_shared<Journal>();
    Polling polling;
    Server server{config()};
};

TEST_F(APollingSession, SpeaksBothWays) {
    Client client{server.port(), "/room/lobby"};
    journal->waitFor("open lobby");
    EXPECT_EQ(client.send("grüße"), 204);
    EXPECT_EQ(client.next(), "t grüße");
    EXPECT_EQ(client.send("\xff\x00", "application/octet-stream"), 204);
    EXPECT_THAT(client.next(), StartsWith("b \xff"));
}

TEST_F(APollingSession, HearsWhatWebSocketsSayAndIsHeard) {
    Client ann{server.port(), "/room/lobby"};
    RawWebSocket bob{server.port(), "/room/lobby"};
    journal->waitForCount("open lobby", 2);
    bob.text("all from bob");
    EXPECT_EQ(ann.next(), "t from bob");
    EXPECT_EQ(bob.nextText(), "from bob");
    ann.send("all from ann");
    EXPECT_EQ(bob.nextText(), "from ann");
    EXPECT_EQ(ann.next(), "t from ann");
}

TEST_F(APollingSession, KeepsItsMessagesInOrderBesideMany) {
    constexpr int kClients = 4, kMessages = 50;
    std::vector<std::thread> threads;
    for (int c = 0; c < kClients; ++c) {
        threads.emplace_back([&, c] {
            Client client{server.port(), "/room/" + std::to_string(c)};
            for (int i = 0; i < kMessages; ++i) {
                while (client.send(std::to_string(i)) == 503) std::this_thread::yield();
                if (i % 7 == 0) client.send("all " + std::to_string(c));
            }
            int next = 0, published = 0;
            while (next < kMessages) {
                const std::string said = client.next();
                if (said.empty()) break;
                if (said == "t " + std::to_string(next)) ++next;
                if (said == "t " + std::to_string(c)) ++published;
            }
            EXPECT_EQ(next, kMessages);
            EXPECT_GE(published, 1);
            EXPECT_EQ(client.leave(), 204);
        });
    }
    for (auto& thread : threads) thread.join();
    journal->waitForCount("close 1000 peer", kClients);
    EXPECT_TRUE(eventually([&] { return server.sessionCount() == 0; }));
}

TEST_F(APollingSession, IsRefusedAsAWebSocketIs) {
    EXPECT_THROW(Client(server.port(), "/nowhere"), std::runtime_error);
    RawSocket socket{server.port()};
    socket.send(
        "POST /polling?to=/room/x HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\nContent-Length: "
        "0\r\n\r\n");
    EXPECT_EQ(socket.readAnswer().status, 403);
    EXPECT_EQ(journal->count("open"), 0u);
}

TEST_F(APollingSession, EndsByEitherSide) {
    Client first{server.port(), "/room/a"};
    EXPECT_EQ(first.leave(), 204);
    journal->waitFor("close 1000 peer");
    EXPECT_EQ(first.next(), "");
    EXPECT_EQ(first.send("late"), 410);

    Client second{server.port(), "/room/b"};
    second.send("close");
    EXPECT_EQ(second.next(), "c 4001 enough");
    EXPECT_EQ(second.next(), "");
    journal->waitFor("close 4001 application");
}

TEST_F(APollingSession, IsHeldToTheLimits) {
    Client large{server.port(), "/room/a"};
    EXPECT_EQ(large.send(std::string(1025, 'x')), 410);
    EXPECT_EQ(large.next(), "c 1009 message over the limit");
    Client odd{server.port(), "/room/a"};
    EXPECT_EQ(odd.send("\xff"), 410);
    EXPECT_EQ(odd.next(), "c 1007 text that is not UTF-8");
    Client eager{server.port(), "/room/a"};
    eager.send("pause");
    EXPECT_TRUE(eventually([&] { return eager.send(std::string(60, 'x')) == 503; }));
    journal->waitFor("close 1009 too-big");
    journal->waitFor("close 1007 invalid-text");
}

TEST_F(APollingSession, SaysAMessageInPartsAndWhatIsWholeBehindIt) {
    Client client{server.port(), "/room/lobby"};
    journal->waitFor("open lobby");
    client.send("parts");
    EXPECT_EQ(client.next(), "t one two three");
    EXPECT_EQ(client.next(), "t whole");
    EXPECT_EQ(client.next(), "t to all");
    journal->waitFor("sent");
}

TEST_F(APollingSession, WhoseClientDoesNotComeForAMessageTellsThatItWasNotSent) {
    Client client{server.port(), "/room/lobby"};
    client.send("parts");
    EXPECT_EQ(client.leave(), 204);
    journal->waitFor("not sent");
    EXPECT_EQ(journal->count("sent"), 0U);
}

/// One answer that does not end, chunk by chunk.
class StreamOf {
public:
    StreamOf(std::uint16_t port, const std::string& path) : socket_{port} {
        socket_.send("GET " + path + "/stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
        head = socket_.readUntil("\r\n\r\n");
    }
    /// As Client::next(); "" at the answer's end.
    std::string next() {
        while (true) {
            const std::size_t line = bytes_.find('\n');
            if (line != std::string::npos) {
                const std::size_t size = std::stoul(bytes_.substr(1, line - 1));
                if (bytes_.size() >= line + 1 + size) {
                    std::string frame = bytes_.substr(0, 1) + " " + bytes_.substr(line + 1, size);
                    bytes_.erase(0, line + 1 + size);
                    return frame;
                }
            }
            const std::size_t chunk = std::stoul(socket_.readUntil("\r\n"), nullptr, 16);
            bytes_ += socket_.read(chunk);
            socket_.read(2);
            if (chunk == 0) return {};
        }
    }
    void leave() { socket_.reset(); }
    std::string head;

private:
    RawSocket socket_;
    std::string bytes_;
};

TEST_F(APollingSession, SpeaksByOneLongAnswerAndPosts) {
    Client client{server.port(), "/room/lobby"};
    journal->waitFor("open lobby");
    client.send("before the stream");
    StreamOf down{server.port(), client.path()};
    EXPECT_THAT(down.head, StartsWith("HTTP/1.1 200 "));
    EXPECT_EQ(down.next(), "t before the stream");
    for (int i = 0; i < 50; ++i) EXPECT_EQ(client.send(std::to_string(i)), 204);
    for (int i = 0; i < 50; ++i) EXPECT_EQ(down.next(), "t " + std::to_string(i));
    client.send("close");
    EXPECT_EQ(down.next(), "c 4001 enough");
    EXPECT_EQ(down.next(), "");
    journal->waitFor("close 4001 application");
    EXPECT_TRUE(eventually([&] { return server.sessionCount() == 0; }));
}

TEST_F(APollingSession, SaysAMessageInPartsByOneLongAnswer) {
    Client client{server.port(), "/room/lobby"};
    journal->waitFor("open lobby");
    StreamOf down{server.port(), client.path()};
    client.send("parts");
    for (const char* frame : {"T one ", "T two ", "t three", "t whole", "t to all"}) EXPECT_EQ(down.next(), frame);
    journal->waitFor("sent");
}

TEST_F(APollingSession, HasOneLongAnswerAtATime) {
    Client client{server.port(), "/room/lobby"};
    StreamOf first{server.port(), client.path()};
    EXPECT_THAT(StreamOf(server.port(), client.path()).head, StartsWith("HTTP/1.1 409 "));
    client.send("hello");
    EXPECT_EQ(first.next(), "t hello");
}

TEST_F(APollingSession, WhoseClientLeavesItsLongAnswerIsLost) {
    Client client{server.port(), "/room/lobby"};
    StreamOf down{server.port(), client.path()};
    client.send("hello");
    EXPECT_EQ(down.next(), "t hello");
    down.leave();
    journal->waitFor("close 1006 connection-lost");
}

TEST_F(APollingSession, SaysInItsLongAnswerThatTheServerStops) {
    Client client{server.port(), "/room/lobby"};
    StreamOf down{server.port(), client.path()};
    journal->waitFor("open");
    EXPECT_TRUE(server.stop());
    EXPECT_EQ(down.next(), "c 1001 server shuts down");
    EXPECT_EQ(down.next(), "");
}

TEST_F(APollingSession, HearsOfAStop) {
    Client client{server.port(), "/room/a"};
    journal->waitFor("open");
    std::thread stopping{[&] { EXPECT_TRUE(server.stop()); }};
    EXPECT_EQ(client.next(), "c 1001 server shuts down");
    stopping.join();
    journal->waitFor("close 1001 shutdown");
}

TEST_F(APollingSession, IsNotWaitedForByAStopWhenItsPeerIsSilent) {
    Client client{server.port(), "/room/a"};
    journal->waitFor("open");
    const auto start = std::chrono::steady_clock::now();
    EXPECT_TRUE(server.stop());
    EXPECT_LT(std::chrono::steady_clock::now() - start, 4s);
    journal->waitFor("close 1001 shutdown");
}

TEST(APollingLibrary, IsUnmappedWithItsServerThoughSessionsAreOpen) {
    ServerConfig config;
    config.server.listen = {{"http://127.0.0.1:0", {}, {}}};
    config.server.loops = 2;
    config.pluginFolders = {CARRIER_LIBRARIES};
    config.plugins = {{.library = "polling"}};
    auto server = std::make_unique<Server>(config);
    server->start();
    ASSERT_TRUE(isMapped("polling"));
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 4; ++i) {
        clients.push_back(std::make_unique<Client>(server->port(), "/echo-of-the-library"));
        EXPECT_EQ(clients.back()->send("hello"), 204);
        EXPECT_EQ(clients.back()->next(), "t hello");
    }
    EXPECT_EQ(server->sessionCount(), 4u);
    server.reset();
    EXPECT_FALSE(isMapped("polling"));
}

}  // namespace
}  // namespace patchbay::test
