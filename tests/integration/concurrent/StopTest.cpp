// A stop in two phases, requestStop() and stop(), at every time and by everyone.
#include "integration/concurrent/Charged.hpp"

#include <atomic>
#include <csignal>
#include <deque>

namespace patchbay::test {
namespace {

/// `GET /later`, which is answered when the test says so.
class Later {
public:
    explicit Later(TestServer& server) {
        server->handle("GET", "/later", [this](const HttpRequest&, HttpResponse& out) {
            asked_.set_value();
            answer_.get_future().wait();
            out.write("text/plain", "at last");
        });
    }
    void isAsked() { asked_.get_future().wait(); }
    void answer() { answer_.set_value(); }

private:
    std::promise<void> asked_, answer_;
};

TEST(Stop, BeforeTheStartAndTwiceIsNothing) {
    TestServer server;
    EXPECT_TRUE(server->stop());
    server.start<Probe>();
    EXPECT_TRUE(server->stop());
    EXPECT_TRUE(server->stop());
}

TEST(Stop, ByManyThreadsAtOnceIsOneStopAndAllOfThemWaitForIt) {
    for (int round = 0; round < 5; ++round) {
        TestServer server;
        server.start<Probe>();
        RawWebSocket socket = server.connect("/probe/x");
        std::vector<std::future<std::size_t>> stops;
        for (int i = 0; i < 8; ++i) {
            stops.push_back(std::async(std::launch::async, [&] {
                EXPECT_TRUE(server->stop());
                return server->sessionCount();
            }));
        }
        EXPECT_EQ(socket.nextClose().code, 1001);
        socket.close(1001);
        for (auto& stop : stops) EXPECT_EQ(stop.get(), 0u);
        EXPECT_EQ(server.journal().count("close 1001 shutdown"), 1u);
    }
}

TEST(Stop, EndsWithTheLastSessionAndTheLastAnswerLongBeforeItsTime) {
    ServerConfig config = quickConfig();
    config.server.drainTimeout = std::chrono::hours{1};
    TestServer server{config};
    Later later{server};
    server.start<Probe>();
    RawWebSocket socket = server.connect("/probe/x");
    RawSocket http{server->port()};
    http.send("GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
    later.isAsked();
    auto stop = std::async(std::launch::async, [&] { return server->stop(); });
    EXPECT_EQ(socket.nextClose().code, 1001);
    socket.close(1001);
    EXPECT_EQ(stop.wait_for(milliseconds{20}), std::future_status::timeout);
    later.answer();
    EXPECT_EQ(http.readAnswer().body, "at last");
    ASSERT_EQ(stop.wait_for(kPatience), std::future_status::ready);
    EXPECT_TRUE(stop.get());
}

/// As a thousand browsers do whose sessions have just got their 1001.
TEST(Stop, DoesNotWaitForNewcomersThatNeverCease) {
    ServerConfig config = quickConfig();
    config.server.drainTimeout = std::chrono::hours{1};
    TestServer server{config};
    server.start<Probe>();
    RawWebSocket socket = server.connect("/probe/x");
    const std::uint16_t port = server->port();
    std::atomic<bool> over{false};
    std::atomic<int> came{0};
    auto flood = std::async(std::launch::async, [&] {
        std::deque<RawSocket> newcomers;  // at any time there are some that have not been refused yet
        try {
            while (!over) {
                newcomers.emplace_back(port);
                if (++came % 2 == 0) newcomers.back().send("GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n");
                if (newcomers.size() > 20) newcomers.pop_front();
                std::this_thread::sleep_for(milliseconds{5});
            }
        } catch (const std::exception&) {
            // the server listens no more
        }
    });
    auto stop = std::async(std::launch::async, [&] { return server->stop(); });
    EXPECT_EQ(socket.nextClose().code, 1001);
    EXPECT_EQ(stop.wait_for(milliseconds{20}), std::future_status::timeout) << "the session's goodbye is waited for";
    EXPECT_TRUE(eventually([&] { return came > 2; }));
    socket.close(1001);
    EXPECT_EQ(stop.wait_for(kPatience), std::future_status::ready);
    over = true;
    flood.get();
    EXPECT_TRUE(stop.get());
}

TEST(Stop, LetsTheAnswerOfWhoCameMeanwhileComeToItsEnd) {
    ServerConfig config = quickConfig();
    config.server.drainTimeout = std::chrono::hours{1};
    TestServer server{config};
    Later later{server};
    server.start<Probe>();
    RawWebSocket socket = server.connect("/probe/x");
    auto stop = std::async(std::launch::async, [&] { return server->stop(); });
    EXPECT_EQ(socket.nextClose().code, 1001);
    RawSocket http{server->port()};
    http.send("GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
    later.isAsked();
    socket.close(1001);
    EXPECT_EQ(stop.wait_for(milliseconds{50}), std::future_status::timeout);
    later.answer();
    EXPECT_EQ(http.readAnswer().body, "at last");
    ASSERT_EQ(stop.wait_for(kPatience), std::future_status::ready);
    EXPECT_TRUE(stop.get());
}

TEST(Stop, EndsWithTheLastCloseHandlerAlsoWhereTheConnectionHasGoneBefore) {
    ServerConfig config = quickConfig();
    config.server.drainTimeout = std::chrono::hours{1};
    Charged charged{config};
    std::promise<void> closing;
    std::promise<void> goOn;
    charged.charge->load("close handler", [&] {
        closing.set_value();
        goOn.get_future().wait();
    });
    charged.server.start<>();
    RawWebSocket socket = charged.server.connect("/everywhere");
    socket.socket().reset();
    closing.get_future().wait();
    auto stop = std::async(std::launch::async, [&] { return charged.server->stop(); });
    EXPECT_EQ(stop.wait_for(milliseconds{20}), std::future_status::timeout);
    goOn.set_value();
    ASSERT_EQ(stop.wait_for(kPatience), std::future_status::ready);
    EXPECT_TRUE(stop.get());
}

TEST(Stop, WithASpreadEndsWhenEverybodyHasLeft) {
    ServerConfig config = quickConfig();
    config.server.drainTimeout = std::chrono::hours{1};
    config.server.drainSpread = std::chrono::hours{1};
    TestServer server{config};
    server.start<Probe>();
    RawWebSocket first = server.connect("/probe/x");
    RawWebSocket second = server.connect("/probe/y");
    server.journal().waitForCount("open", 2);
    auto stop = std::async(std::launch::async, [&] { return server->stop(); });
    EXPECT_TRUE(eventually([&] { return server.ask("GET /readyz HTTP/1.1\r\nHost: h\r\n\r\n").status == 503; }));
    first.socket().reset();
    second.socket().reset();
    ASSERT_EQ(stop.wait_for(kPatience), std::future_status::ready);
    EXPECT_TRUE(stop.get());
}

TEST(Stop, DuringTheStartWaitsForItAndThenStops) {
    Charged charged;
    std::promise<void> starting;
    std::promise<void> goOn;
    charged.charge->load("plugin start", [&] {
        starting.set_value();
        goOn.get_future().wait();
    });
    auto start = std::async(std::launch::async, [&] { charged.server.start<>(); });
    starting.get_future().wait();
    auto stop = std::async(std::launch::async, [&] { return charged.server->stop(); });
    EXPECT_EQ(stop.wait_for(milliseconds{20}), std::future_status::timeout);
    goOn.set_value();
    start.get();
    EXPECT_TRUE(stop.get());
    EXPECT_THROW(RawSocket{charged.server->port()}, std::runtime_error);
}

TEST(Stop, DuringAStartThatFailsHasNothingToStop) {
    Charged charged;
    std::promise<void> starting;
    std::promise<void> goOn;
    charged.charge->load("plugin start", [&] {
        starting.set_value();
        goOn.get_future().wait();
        throw 42;
    });
    auto start = std::async(std::launch::async, [&] { EXPECT_THROW(charged.server->start(), DeploymentError); });
    starting.get_future().wait();
    auto stop = std::async(std::launch::async, [&] { return charged.server->stop(); });
    goOn.set_value();
    start.get();
    EXPECT_TRUE(stop.get());
}

TEST(Stop, OfSomebodyElseEndsRun) {
    TestServer server;
    server->deploy<Probe>();
    Running running{*server};
    running.waitUntilReady();
    EXPECT_TRUE(server->stop());
    EXPECT_EQ(running.end(), 0);
}

TEST(Stop, OnTheThreadOfReadyEndsRun) {
    TestServer server;
    EXPECT_EQ(server->run([&] { EXPECT_TRUE(server->stop()); }), 0);
}

TEST(Stop, AStartWhileItRunsOrStopsIsRefused) {
    Charged charged;
    std::string whileStopping;
    charged.charge->load("plugin stop", [&] {
        std::async(std::launch::async, [&] {
            try {
                charged.server->start();
            } catch (const std::logic_error& refused) {
                whileStopping = refused.what();
            }
        }).get();
    });
    charged.server.start<>();
    EXPECT_THROW(charged.server->start(), std::logic_error);
    EXPECT_TRUE(charged.server->stop());
    EXPECT_NE(whileStopping.find("is being stopped"), std::string::npos) << whileStopping;
}

TEST(RequestStop, BeforeRunEndsItWhenItHasStarted) {
    TestServer server;
    server->requestStop();
    bool wasReady = false;
    EXPECT_EQ(server->run([&] { wasReady = true; }), 0);
    EXPECT_TRUE(wasReady);
}

TEST(RequestStop, IsForOneRun) {
    TestServer server;
    server->requestStop();
    server->requestStop();
    EXPECT_EQ(server->run(), 0);
    Running again{*server};
    again.waitUntilReady();
    EXPECT_EQ(server.ask("GET /readyz HTTP/1.1\r\nHost: h\r\n\r\n").status, 200);
    server->requestStop();
    EXPECT_EQ(again.end(), 0);
}

Server* signalled = nullptr;

TEST(RequestStop, InASignalHandlerOfTheApplicationsEndsRun) {
    TestServer server;
    signalled = &*server;
    const auto before = std::signal(SIGUSR1, [](int) { signalled->requestStop(); });
    Running running{*server};
    running.waitUntilReady();
    std::raise(SIGUSR1);
    EXPECT_EQ(running.end(), 0);
    std::signal(SIGUSR1, before);
}

TEST(RequestStop, LeavesOtherServersAlone) {
    TestServer one;
    TestServer two;
    Running first{*one};
    Running second{*two};
    first.waitUntilReady();
    second.waitUntilReady();
    one->requestStop();
    EXPECT_EQ(first.end(), 0);
    EXPECT_EQ(two.ask("GET /readyz HTTP/1.1\r\nHost: h\r\n\r\n").status, 200);
    two->requestStop();
    EXPECT_EQ(second.end(), 0);
}

TEST(Signals, EndEveryServerThatRunsAndDoAfterwardsWhatTheyDidBefore) {
    static std::atomic<int> seen{0};
    seen = 0;
    const auto before = std::signal(SIGTERM, [](int) { ++seen; });
    {
        TestServer one;
        TestServer two;
        Running first{*one};
        Running second{*two};
        first.waitUntilReady();
        second.waitUntilReady();
        std::raise(SIGTERM);
        EXPECT_EQ(first.end(), 0);
        EXPECT_EQ(second.end(), 0);
    }
    EXPECT_EQ(seen, 0);
    std::raise(SIGTERM);
    EXPECT_EQ(seen, 1);
    std::signal(SIGTERM, before);
}

// ------------------------------------------------------------------------------------------------ what the application does

TEST(Stopping, IsCalledOnceBeforeSessionsCloseWhenNobodyGetsInAnyMore) {
    TestServer server;
    server->deploy<Probe>();
    int calls = 0;
    std::size_t sessions = 0;
    int newcomer = 0;
    std::string words;
    Running running{*server, [&] {
        ++calls;
        sessions = server->sessionCount();
        newcomer = server.ask(upgradeRequest("/probe/late")).status;
        words = wordsOfStop(*server);
        throw 42;
    }};
    running.waitUntilReady();
    RawWebSocket socket = server.connect("/probe/x");
    server.journal().waitFor("open x");
    server->requestStop();
    EXPECT_EQ(socket.nextClose().code, 1001);
    socket.close(1001);
    EXPECT_EQ(running.end(), 0);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(sessions, 1u);
    EXPECT_EQ(newcomer, 503);
    EXPECT_NE(words.find("requestStop()"), std::string::npos) << words;
}

TEST(Stopping, IsCalledByWhoeverStops) {
    TestServer server;
    std::thread::id caller;
    Running running{*server, [&] { caller = std::this_thread::get_id(); }};
    running.waitUntilReady();
    EXPECT_TRUE(server->stop());
    EXPECT_EQ(running.end(), 0);
    EXPECT_EQ(caller, std::this_thread::get_id());
}

TEST(Ready, ThatThrowsEndsRunWithExitCode1) {
    TestServer server;
    EXPECT_EQ(server->run([] { throw 42; }), 1);
    EXPECT_EQ(server->run([] { throw std::runtime_error{"not ready"}; }), 1);
}

}  // namespace
}  // namespace patchbay::test
