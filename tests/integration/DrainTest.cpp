// A server that is watched by a load balancer: health, and a stop that lets its clients go one after the other.
#include "integration/Probe.hpp"

#include <patchbay/readiness.hpp>

#include <atomic>
#include <list>
#include <thread>

namespace patchbay::test {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kReady = "GET /readyz HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view kHealth = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n";

TEST(Health, IsToldAsLongAsTheServerRuns) {
    TestServer server;
    server.start<Probe>();
    const HttpAnswer health = server.ask(kHealth);
    EXPECT_EQ(health.status, 200);
    EXPECT_EQ(health.body, "ok\n");
    EXPECT_EQ(health.header("cache-control"), "no-store");
    EXPECT_EQ(server.ask(kReady).body, "ready\n");
}

TEST(Health, NamesWhatIsNotWellAndComesBackWithIt) {
    TestServer server;
    std::atomic<bool> isWell{false};
    const auto readiness = server->service<Readiness>();
    readiness->add("store", [&] { return isWell.load(); });
    readiness->add("mail", [&]() -> bool { return isWell ? true : throw 42; });
    readiness->add("clock", [] { return true; });
    server.start<Probe>();
    EXPECT_EQ(server.ask(kReady).status, 503);
    EXPECT_EQ(server.ask(kReady).body, "not ready: store mail\n");
    EXPECT_EQ(server.ask(kHealth).status, 200) << "it runs";
    isWell = true;
    EXPECT_EQ(server.ask(kReady).body, "ready\n");
}

TEST(Health, OfTheApplicationsOwnIsNotReplaced) {
    TestServer server;
    server->handle("GET", "/healthz", [](const HttpRequest&, HttpResponse& out) { out.write("text/plain", "mine"); });
    server.start<Probe>();
    EXPECT_EQ(server.ask(kHealth).body, "mine");
}

TEST(Health, CanBeSwitchedOff) {
    ServerConfig config = quickConfig();
    config.server.health = false;
    TestServer server{config};
    server.start<Probe>();
    EXPECT_EQ(server.ask(kHealth).status, 404);
}

TEST(Drain, SpreadsTheGoodbyesAndIsNotReadyMeanwhile) {
    ServerConfig config = quickConfig();
    config.server.drainTimeout = milliseconds{8000};
    config.server.drainSpread = milliseconds{1000};
    TestServer server{config};
    server.start<Probe>();
    std::list<RawWebSocket> sockets;
    for (int i = 0; i < 4; ++i) sockets.push_back(server.connect("/probe/x"));
    const auto begin = Clock::now();
    std::thread stopping{[&] { server->stop(); }};

    // Sessions are let go in no order of ours: whoever is told, leaves.
    Clock::duration last{};
    int refusedWhileOthersStay = 0;
    while (!sockets.empty()) {
        if (server.ask(kReady).status == 503) ++refusedWhileOthersStay;
        sockets.remove_if([&](RawWebSocket& socket) {
            if (!socket.socket().hasSomething(milliseconds{5})) return false;
            EXPECT_EQ(socket.nextClose().code, 1001);
            last = Clock::now() - begin;
            socket.close(1001);
            return true;
        });
    }
    stopping.join();
    EXPECT_GT(refusedWhileOthersStay, 1);
    EXPECT_GE(last, milliseconds{700});  // the last of four is let go after three quarters of the time
    EXPECT_LT(Clock::now() - begin, milliseconds{8000});
}

TEST(Drain, TurnsNewUpgradesAwayFromItsFirstMoment) {
    ServerConfig config = quickConfig();
    config.server.drainSpread = milliseconds{500};
    TestServer server{config};
    server.start<Probe>();
    RawWebSocket first = server.connect("/probe/x");
    RawWebSocket second = server.connect("/probe/y");
    std::thread stopping{[&] { server->stop(); }};
    EXPECT_TRUE(eventually([&] { return server.ask(kReady).status == 503; }));
    const HttpAnswer refused = server.ask(upgradeRequest("/probe/z"));
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.header("retry-after"), "5");
    first.socket().reset();
    second.socket().reset();
    stopping.join();
}

}  // namespace
}  // namespace patchbay::test
