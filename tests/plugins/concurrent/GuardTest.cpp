// The plugin guard with threads against each other: sessions that come, go and pay on several loops while they are banned and let in again.
#include "guard/Guard.hpp"
#include "guard/HalfOpen.hpp"
#include "guard/Purse.hpp"
#include "support/Eventually.hpp"
#include "support/RawWebSocket.hpp"

#include <patchbay/annotations.hpp>
#include <patchbay/bans.hpp>
#include <patchbay/config.hpp>
#include <patchbay/configurator.hpp>
#include <patchbay/server.hpp>
#include <patchbay/users.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <stdexcept>
#include <thread>

namespace patchbay::guard {
namespace {

using namespace std::chrono_literals;
using test::RawWebSocket;

TEST(GuardConcurrency, NothingThatIsPaidIsLost) {
    constexpr int kThreads = 4, kMessages = 20'000;
    const Clock::time_point now{1h};
    const Prices prices{1000, 1'000'000};
    const auto source = std::make_shared<Purse>(prices, now, now), user = std::make_shared<Purse>(prices, now, now);
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&, both = i % 2 == 0] {
            Toll toll{source, user};
            for (int sent = 0; sent < kMessages; ++sent) both ? toll.pay(500, now) : source->pay(500, now);
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(source->messages() - now, 1ms * kThreads * kMessages);
    EXPECT_EQ(source->bytes() - now, 500us * kThreads * kMessages);
    EXPECT_EQ(user->messages() - now, 1ms * kThreads * kMessages / 2);
}

TEST(GuardConcurrency, WhoHasAskedIsCountedNoMore) {
    HalfOpen connections{0, 3};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int round = 0; round < 5000; ++round) {
                if (connections.accepted("192.0.2.7:1")) connections.asked("192.0.2.7:1");
            }
        });
    }
    for (auto& thread : threads) thread.join();
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(connections.accepted("192.0.2.7:1"));
    EXPECT_FALSE(connections.accepted("192.0.2.7:1"));
}

class Usher : public Configurator {
public:
    void modifyHandshake(const HandshakeRequest& request, HandshakeResponse& response) override { response.principal.name = request.header("X-User"); }
};

class Echo {
    SERVER_ENDPOINT(Echo, "/echo", .configurator = configuredBy<Usher>)
public:
    ON_MESSAGE(said)
    std::string said(std::string_view text) { return std::string{text}; }
};

class Guarded : public ::testing::Test {
protected:
    void guard(std::size_t messagesPerSecond) {
        ServerConfig config;
        config.server.listen = {{"http://127.0.0.1:0"}};
        config.server.loops = 2;
        server_ = std::make_unique<Server>(std::move(config));
        server_->install(std::make_unique<Guard>(Config{.handshakesPerMinute = 1'000'000,
                                                        .handshakesAtOnce = 1'000'000,
                                                        .messagesPerSecond = messagesPerSecond,
                                                        .bytesPerSecond = {1'000'000'000},
                                                        .sessionsPerAddress = 0,
                                                        .sessionsPerUser = 4,
                                                        .halfOpenPerAddress = 0}));
        server_->deploy<Echo>();
        server_->start();
    }
    RawWebSocket enter(const std::string& user) const { return {server_->port(), "/echo", "X-User: " + user + "\r\n"}; }

    std::unique_ptr<Server> server_;
};

TEST_F(Guarded, SessionsThatComeAndGoOnAllLoopsWhileTheyAreBannedAndLetInAgain) {
    guard(1'000'000);
    const auto bans = server_->service<Bans>();
    std::atomic<int> talked{0}, turnedAway{0};
    std::atomic<bool> done{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&, user = "user" + std::to_string(i)] {
            for (int visit = 0; visit < 60; ++visit) {
                try {
                    auto guest = enter(user);
                    guest.text("hello");
                    guest.nextText();
                    guest.close(1000);
                    guest.skipToClose();
                    ++talked;
                } catch (const std::runtime_error&) {
                    ++turnedAway;  // 403, or 1008 in the middle of it
                }
            }
        });
    }
    std::thread warden{[&] {
        while (!done) {
            bans->ban({.of = Ban::Of::User, .whom = "user1"});
            bans->ban({.of = Ban::Of::Address, .whom = "198.51.100.7"});
            bans->list();
            std::this_thread::yield();
            bans->lift(Ban::Of::User, "user1");
        }
    }};
    for (auto& thread : threads) thread.join();
    done = true;
    warden.join();
    EXPECT_EQ(talked + turnedAway, 180);
    EXPECT_GE(talked, 120) << "nobody but him was banned";
    const auto users = server_->service<Users>();
    EXPECT_TRUE(test::eventually([&] { return users->sessionsOf("user1").empty(); }));
    std::vector<RawWebSocket> all;
    for (int i = 0; i < 4; ++i) all.push_back(enter("user1"));
    EXPECT_THROW(enter("user1"), std::runtime_error) << "all that have gone were counted out, and none twice";
    bans->ban({.of = Ban::Of::User, .whom = "user1"});
    for (auto& each : all) EXPECT_EQ(each.skipToClose(), (RawWebSocket::Close{1008, "banned"})) << "on whatever loop";
}

/// Some are read at once, some wait until they are read again, when they end: by their ban, by their peer, by a connection that breaks.
TEST_F(Guarded, SessionsThatPayWhileTheyAreClosed) {
    guard(1000);
    const auto users = server_->service<Users>();
    std::string burst;
    for (int i = 0; i < 500; ++i) burst += test::clientFrame(test::kText, "hello");
    std::atomic<int> ended{0};
    std::atomic<bool> done{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&, user = "user" + std::to_string(i)] {
            for (int visit = 0; visit < 40; ++visit) {
                try {
                    auto guest = enter(user);
                    guest.socket().send(burst);
                    if (visit % 3 == 0) guest.nextText();
                    if (visit % 3 == 1) guest.socket().reset();
                    if (visit % 3 == 2) guest.skipToClose();  // by the warden
                } catch (const std::runtime_error&) {
                    // closed in the middle of it
                }
                ++ended;
            }
        });
    }
    std::thread warden{[&] {
        for (int i = 0; !done; ++i) {
            users->close("user" + std::to_string(i % 3), i % 2 == 0 ? CloseCause::Expired : CloseCause::Banned);
            std::this_thread::yield();
        }
    }};
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(ended, 120);
    EXPECT_TRUE(test::eventually([&] { return server_->sessionCount() == 0; }));
    done = true;
    warden.join();
    std::vector<RawWebSocket> all;
    for (int i = 0; i < 4; ++i) all.push_back(enter("user1"));
    EXPECT_THROW(enter("user1"), std::runtime_error) << "all that have gone were counted out, and none twice";
}

}  // namespace
}  // namespace patchbay::guard
