// The executor of a server that starts, serves, stops and starts again.
#include "integration/concurrent/Charged.hpp"
#include "support/Gate.hpp"

#include <patchbay/executor.hpp>

#include <atomic>
#include <thread>

namespace patchbay::test {
namespace {

class ServersExecutor : public testing::Test {
protected:
    static ServerConfig smallConfig() {
        ServerConfig config = quickConfig();
        config.server.executorQueue = 3;
        return config;
    }
    /// Every worker waits at the gate.
    void occupy() {
        for (int i = 0; i < 2; ++i) EXPECT_TRUE(executor->post([this] { gate.pass(); }));
        gate.waitUntilInside(2);
    }
    Task counted() {
        return [this] { ++ran; };
    }

    Gate gate;
    std::atomic<int> ran{0};
    TestServer server{smallConfig()};
    const std::shared_ptr<Executor> executor = server->service<Executor>();
};

TEST_F(ServersExecutor, RefusesOneMoreThanMayWaitAndTakesTasksAgainWhenThereIsRoom) {
    server.start<Probe>();
    occupy();
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(executor->post(counted()));
    EXPECT_FALSE(executor->post(counted()));
    EXPECT_EQ(executor->waiting(), 3u);
    gate.open();
    EXPECT_TRUE(eventually([&] { return ran == 3; }));
    EXPECT_TRUE(executor->post(counted()));
    EXPECT_TRUE(server->stop());
    EXPECT_EQ(ran, 4);
}

TEST_F(ServersExecutor, WhatBlocksThereHoldsUpNobodyElse) {
    server->handle("GET", "/page", [](const HttpRequest&, HttpResponse& out) { out.write("text/plain", "here"); });
    server.start<Probe>();
    occupy();
    RawWebSocket socket = server.connect("/probe/x");
    socket.text("hello");
    EXPECT_EQ(socket.nextText(), "hello");
    EXPECT_EQ(server.ask("GET /page HTTP/1.1\r\nHost: h\r\n\r\n").body, "here");
    socket.socket().reset();
    gate.open();
}

TEST_F(ServersExecutor, WhatIsPostedBeforeTheStartWaitsForIt) {
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(executor->post(counted()));
    EXPECT_FALSE(executor->post(counted()));
    EXPECT_EQ(ran, 0);
    server.start<Probe>();
    EXPECT_TRUE(server->stop());
    EXPECT_EQ(ran, 3);
}

TEST_F(ServersExecutor, AStopWaitsForTheTasksAndThenItTakesNoneUntilTheServerStartsAgain) {
    for (int round = 1; round <= 3; ++round) {
        server.start<Probe>();
        EXPECT_TRUE(executor->post(counted()));
        EXPECT_TRUE(server->stop());
        EXPECT_EQ(ran, round);
        EXPECT_FALSE(executor->post(counted()));
    }
}

TEST_F(ServersExecutor, AStopEndsWithTheLastTaskLongBeforeItsTime) {
    ServerConfig config = quickConfig();
    config.server.drainTimeout = std::chrono::hours{1};
    TestServer patient{config};
    patient.start<Probe>();
    EXPECT_TRUE(patient->service<Executor>()->post([this] { gate.pass(); }));
    gate.waitUntilInside(1);
    auto stop = std::async(std::launch::async, [&] { return patient->stop(); });
    EXPECT_EQ(stop.wait_for(milliseconds{20}), std::future_status::timeout);
    gate.open();
    ASSERT_EQ(stop.wait_for(kPatience), std::future_status::ready);
    EXPECT_TRUE(stop.get());
}

/// Publishes to everybody when it is destroyed.
class Parting {
public:
    explicit Parting(Topics& topics) noexcept : topics_{&topics} {}
    Parting(Parting&& other) noexcept : topics_{std::exchange(other.topics_, nullptr)} {}
    ~Parting() {
        if (topics_) topics_->publish("all", "from a destructor");
    }
    void operator()() const { topics_->publish("all", "from a task"); }

private:
    Topics* topics_;
};

TEST_F(ServersExecutor, TasksThatRunOrAreDroppedByTheStopMayStillUseTheServer) {
    ServerConfig config = smallConfig();
    config.server.drainTimeout = milliseconds{50};
    TestServer hasty{config};
    hasty.start<Probe>();
    Topics& topics = hasty->topicsOf<Probe>();
    const auto its = hasty->service<Executor>();
    const auto late = std::make_shared<Gate>();  // who has passed it may still leave it when the test has ended
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(its->post([late] { late->pass(); }));
    late->waitUntilInside(2);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(its->post(Parting{topics}));
    auto stop = std::async(std::launch::async, [&] { return hasty->stop(); });
    EXPECT_TRUE(eventually([&] { return its->waiting() == 0; })) << "they were dropped";
    late->open();
    stop.wait();
}

TEST_F(ServersExecutor, ATaskThatWaitsWhenItsServerGoesIsDestroyedWithIt) {
    const auto kept = std::make_shared<int>();
    {
        TestServer never;
        EXPECT_TRUE(never->service<Executor>()->post([kept, executor = never->service<Executor>()] {}));
    }
    EXPECT_EQ(kept.use_count(), 1);
}

TEST_F(ServersExecutor, AStartThatFailsWaitsForTheTasksThatHaveBegunAndMayBeTriedAgain) {
    Charged charged;
    const auto its = charged.server->service<Executor>();
    EXPECT_TRUE(its->post(counted()));
    charged.charge->load("plugin start", [] { throw 42; });
    EXPECT_THROW(charged.server->start(), DeploymentError);
    charged.server.start<>();
    EXPECT_TRUE(eventually([&] { return ran == 1; }));
    EXPECT_TRUE(charged.server->stop());
}

TEST_F(ServersExecutor, ManyThreadsPostWhileTheServerStartsAndStops) {
    std::atomic<bool> enough{false};
    std::atomic<int> taken{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&] {
            while (!enough) {
                if (executor->post(counted())) ++taken;
                std::this_thread::yield();
            }
        });
    }
    for (int round = 0; round < 5; ++round) {
        server.start<Probe>();
        const int before = ran;
        EXPECT_TRUE(eventually([&] { return ran > before; }));
        EXPECT_TRUE(server->stop());
    }
    enough = true;
    for (auto& thread : threads) thread.join();
    server.start<>();
    EXPECT_TRUE(server->stop());
    EXPECT_EQ(ran, taken);
}

}  // namespace
}  // namespace patchbay::test
