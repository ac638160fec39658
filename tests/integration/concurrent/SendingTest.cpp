// Many threads, one session: messages stay whole, none is lost, each thread's order is kept.
// Source: FEATURES M1, JAKARTA rule 11
#include "integration/Probe.hpp"
#include "integration/SessionBox.hpp"

namespace patchbay::test {
namespace {

constexpr int kThreads = 64;
constexpr int kSends = 10'000;

class Busy {
    SERVER_ENDPOINT(Busy, "/busy", .sendQueue = {.bytes = 256_MiB})
public:
    Busy(Journal& journal, SessionBox& box) : journal_{journal}, box_{box} {}
    ON_OPEN(opened)
    void opened(Session session) { box_.put(session); }
    ON_MESSAGE(said)
    void said(std::string_view) {}
    ON_CLOSE(closed)
    void closed(CloseReason reason) { journal_.add(lineOf(reason)); }

private:
    Journal& journal_;
    SessionBox& box_;
};

class Sending : public testing::Test {
protected:
    void SetUp() override {
        server->provide(box);
        server.start<Busy>();
    }
    TestServer server;
    std::shared_ptr<SessionBox> box = std::make_shared<SessionBox>();
};

TEST_F(Sending, From64ThreadsLosesNothingAndKeepsEachThreadsOrder) {
    RawWebSocket peer = server.connect("/busy");
    const Session session = box->take();
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([session, t] {
            for (int i = 0; i < kSends; ++i) session.send(std::to_string(t) + ":" + std::to_string(i));
        });
    }
    std::vector<int> next(kThreads, 0);
    int disordered = 0;
    for (int received = 0; received < kThreads * kSends; ++received) {
        const std::string text = peer.nextText();
        const std::size_t colon = text.find(':');
        const auto thread = static_cast<std::size_t>(std::stoi(text.substr(0, colon)));
        disordered += std::stoi(text.substr(colon + 1)) == next.at(thread)++ ? 0 : 1;
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(disordered, 0);
    EXPECT_EQ(next, std::vector<int>(kThreads, kSends));
}

TEST_F(Sending, WhileTheSessionClosesIsRefusedAndNeverPutsAMessageBehindTheClose) {
    for (int round = 0; round < 50; ++round) {
        RawWebSocket peer = server.connect("/busy");
        const Session session = box->take();
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([session] {
                try {  // no more than the loop's queue holds when the loop gets no processor
                    for (int i = 0; i < 100'000; ++i) session.send("x");
                } catch (const SessionClosed&) {
                }
            });
        }
        peer.nextText();
        session.close(CloseCode::Normal, "enough");
        for (auto& thread : threads) thread.join();
        EXPECT_EQ(peer.skipToClose().code, 1000);
        peer.close(1000);
        EXPECT_TRUE(peer.socket().ends());
    }
    server.journal().waitForCount("close 1000 application", 50);
}

/// Everyone's session is used by everyone, as in the tutorial's chat: also one whose open handler has not run yet.
class Crowd {
    SERVER_ENDPOINT(Crowd, "/crowd")
public:
    ON_OPEN(opened)
    void opened(Session session) { tellAll(session, "joined"); }
    ON_MESSAGE(said)
    void said(Session session, std::string_view text) { tellAll(session, text); }
    ON_CLOSE(closed)
    void closed(Session session) { tellAll(session, "left"); }

private:
    static void tellAll(const Session& session, std::string_view text) {
        for (const Session& other : session.openSessions()) {
            try {
                other.send(text);
            } catch (const SessionClosed&) {  // it has just gone
            }
        }
    }
};

TEST_F(Sending, ToAllOpenSessionsWhileOthersComeAndGo) {
    server->deploy<Crowd>();
    std::vector<std::thread> visitors;
    for (int v = 0; v < 4; ++v) {
        visitors.emplace_back([this] {
            for (int i = 0; i < 100; ++i) {
                RawWebSocket socket{server->port(), "/crowd"};
                socket.text("hello");
                while (socket.nextText() != "hello") {
                }
                if (i % 2 == 0) socket.close(1000);
            }
        });
    }
    for (auto& visitor : visitors) visitor.join();
    EXPECT_TRUE(eventually([&] { return server->sessionCount() == 0; }));
}

TEST(Stopping, WhileClientsKeepComingLeavesNoSessionAndDoesNotWaitForNone) {
    for (int round = 0; round < 10; ++round) {
        auto config = quickConfig();
        config.server.drainTimeout = std::chrono::seconds{60};  // a session that is not told to go would hold the test
        TestServer server{config};
        server.start<Probe>();
        std::atomic<bool> enough{false};
        std::vector<std::thread> clients;
        for (int c = 0; c < 3; ++c) {
            clients.emplace_back([&server, &enough] {
                while (!enough) {
                    try {
                        RawWebSocket socket{server->port(), "/probe/x"};
                        const int code = socket.skipToClose().code;
                        socket.close(code);
                        EXPECT_EQ(code, 1001);
                    } catch (const std::runtime_error&) {  // refused: the server stops
                    }
                }
            });
        }
        server.journal().waitFor("open");
        const auto started = std::chrono::steady_clock::now();
        server->stop();
        EXPECT_LT(std::chrono::steady_clock::now() - started, kPatience);
        enough = true;
        for (auto& client : clients) client.join();
        EXPECT_EQ(server->sessionCount(), 0u);
        EXPECT_EQ(server.journal().count("open"), server.journal().count("close"));
    }
}

}  // namespace
}  // namespace patchbay::test
