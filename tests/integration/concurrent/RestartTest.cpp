// A start, and a stopped server that starts again.
#include "integration/SessionBox.hpp"
#include "integration/concurrent/Charged.hpp"

#include <atomic>
#include <thread>

namespace patchbay::test {
namespace {

using Clock = std::chrono::steady_clock;

// It answered 503 for ever.
TEST(Restart, ServesOnNewPortsWhatItServedBefore) {
    TestServer server;
    server->handle("GET", "/page", [](const HttpRequest&, HttpResponse& out) { out.write("text/plain", "here"); });
    server->deploy<Probe>();
    for (int round = 0; round < 4; ++round) {
        server.start<>();
        EXPECT_EQ(server.ask("GET /page HTTP/1.1\r\nHost: h\r\n\r\n").body, "here");
        EXPECT_EQ(server.ask("GET /readyz HTTP/1.1\r\nHost: h\r\n\r\n").status, 200);
        RawWebSocket socket = server.connect("/probe/x");
        socket.text("hello again");
        EXPECT_EQ(socket.nextText(), "hello again");
        auto stop = std::async(std::launch::async, [&] { return server->stop(); });
        EXPECT_EQ(socket.nextClose().code, 1001);
        socket.close(1001);
        EXPECT_TRUE(stop.get());
        EXPECT_THROW(RawSocket{server->port()}, std::runtime_error);
    }
    server.journal().waitForCount("close 1001 shutdown", 4);
}

TEST(Restart, BringsItsPluginsAndTickersAlong) {
    Charged charged;
    for (int round = 0; round < 3; ++round) {
        std::promise<void> pluginStarted;
        charged.charge->load("plugin start", [&] { pluginStarted.set_value(); });
        charged.server.start<>();
        EXPECT_EQ(pluginStarted.get_future().wait_for(seconds{0}), std::future_status::ready);
        std::promise<void> ticked;
        charged.charge->load("ticker", [&] { ticked.set_value(); });
        EXPECT_EQ(ticked.get_future().wait_for(kPatience), std::future_status::ready);
        EXPECT_TRUE(charged.server->stop());
    }
}

TEST(Restart, DeploysWhatCameMeanwhileAndChecksTheConfigurationsEntriesAgainstAll) {
    ServerConfig config = quickConfig();
    config.endpoints["/probe/{name}"].maxSessions = 3;
    TestServer server{config};
    server->provide(std::make_shared<SessionBox>());
    server->provide(std::make_shared<Charge>());
    server.start<Probe>();
    EXPECT_TRUE(server->stop());
    server->deploy<Everywhere>();
    server.start<>();
    EXPECT_EQ(server.ask(upgradeRequest("/everywhere")).status, 101);
    EXPECT_EQ(server.ask(upgradeRequest("/probe/x")).status, 101);
}

TEST(Restart, UnderClientsThatConnectAllTheTime) {
    TestServer server;
    server->deploy<Probe>();
    server.start<>();
    std::atomic<std::uint16_t> port{server->port()};
    std::atomic<bool> enough{false};
    std::atomic<int> answers{0};
    std::vector<std::thread> clients;
    for (int i = 0; i < 3; ++i) {
        clients.emplace_back([&] {
            while (!enough) {
                try {
                    RawWebSocket socket{port, "/probe/x"};
                    socket.text("hi");
                    if (socket.nextText() == "hi") ++answers;
                } catch (const std::exception&) {
                    std::this_thread::yield();
                }
            }
        });
    }
    for (int round = 0; round < 6; ++round) {
        const int before = answers;
        EXPECT_TRUE(eventually([&] { return answers > before + 3; }));
        EXPECT_TRUE(server->stop());
        server.start<>();
        port = server->port();
    }
    enough = true;
    for (auto& client : clients) client.join();
}

// Loops began to turn while the first of them accepted: the others' timers and lists were used by two threads.
TEST(Start, WithClientsThatKnockMeanwhileServesThem) {
    std::uint16_t port = 0;
    {
        TestServer before;
        port = before.start<Probe>()->port();
    }
    ServerConfig config = quickConfig();
    config.server.loops = 4;
    config.server.listen = {{"http://127.0.0.1:" + std::to_string(port)}};
    std::vector<std::future<std::string>> clients;
    for (int i = 0; i < 8; ++i) {
        clients.push_back(std::async(std::launch::async, [port] {
            const auto deadline = Clock::now() + kPatience;
            for (;;) {
                try {
                    RawWebSocket socket{port, "/probe/x"};
                    socket.text("hi");
                    return socket.nextText();
                } catch (const std::exception&) {
                    if (Clock::now() > deadline) throw;
                }
            }
        }));
    }
    TestServer server{config};
    server.start<Probe>();
    for (auto& client : clients) EXPECT_EQ(client.get(), "hi");
}

}  // namespace
}  // namespace patchbay::test
