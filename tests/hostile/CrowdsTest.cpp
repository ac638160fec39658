// Crowds: more connections than threads could serve, and more than there are descriptors for.
// Source: FEATURES P5, DESIGN §5 (EMFILE)
#include "hostile/Swarm.hpp"
#include "hostile/Victim.hpp"
#include "support/Eventually.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <vector>

namespace patchbay::test {
namespace {

using Clock = std::chrono::steady_clock;

/// Says hello when it is told to, and keeps what comes back.
class Visitor : public SwarmWebSocket {
public:
    Visitor() : SwarmWebSocket{"/echo"} {}
    bool heard() const noexcept { return heard_; }

protected:
    void onFrame(int opcode, std::string_view payload) override { heard_ = opcode == kText && payload == "hello"; }

private:
    bool heard_ = false;
};

/// Sends half a request head, and the rest when it is told to.
class Stutterer : public Client {
public:
    void goOn() { send("ocalhost\r\nConnection: close\r\n\r\n"); }
    bool answered() const noexcept { return answer_.starts_with("HTTP/1.1 200 "); }

protected:
    void onConnected() override { send("GET /hello HTTP/1.1\r\nHost: l"); }
    void onBytes(std::string_view bytes) override { answer_ += bytes; }

private:
    std::string answer_;
};

template <class T>
using Crowd = std::vector<std::unique_ptr<T>>;

/// Connects `count` more, a few at a time, until `arrived` is true of each; from as many addresses as they need ports.
template <class T, class Arrived>
void gather(Swarm& swarm, Crowd<T>& crowd, std::size_t count, Arrived arrived) {
    constexpr std::size_t kAtOnce = 256;
    constexpr int kSources = 8;
    std::size_t there = crowd.size();
    const std::size_t all = there + count;
    swarm.run("the crowd arrives", [&] {
        while (there < crowd.size() && arrived(*crowd[there])) ++there;
        while (crowd.size() < all && crowd.size() < there + kAtOnce) {
            crowd.push_back(std::make_unique<T>());
            swarm.connect(*crowd.back(), {.source = 2 + static_cast<int>(crowd.size() % kSources)});
        }
        return there == all;
    });
}

template <class T, class Predicate>
bool all(const Crowd<T>& crowd, Predicate predicate) {
    return std::all_of(crowd.begin(), crowd.end(), [&](const auto& one) { return predicate(*one); });
}

constexpr auto kIsOpen = [](const Visitor& visitor) { return visitor.isOpen(); };
constexpr auto kHeard = [](const Visitor& visitor) { return visitor.heard(); };
constexpr auto kConnected = [](const Stutterer& stutterer) { return stutterer.isConnected(); };

TEST(Crowds, OfIdleSocketsAndHalfSentHeadsNeedNoThreadsAndHinderNobody) {
    constexpr std::size_t kWanted = 9000;
    constexpr std::size_t kOthers = 1200;  // descriptors for everything else, and what the server keeps back of them
    const std::size_t each = std::min(kWanted, (raiseOpenFiles() - kOthers) / 2);
    std::cout << each << " idle WebSockets and " << each << " half-sent heads (" << kWanted << " wanted)\n";
    Victim server{{.config = "  handshakeTimeout: 10min\n  idleTimeout: off\n"}};
    Swarm swarm{server.port()};
    Crowd<Visitor> idle;
    Crowd<Stutterer> halves;

    const std::size_t before = server.residentBytes();
    gather(swarm, idle, each, kIsOpen);
    const std::size_t withIdle = server.residentBytes();
    gather(swarm, halves, each, kConnected);
    ASSERT_TRUE(eventually([&] { return server.descriptors() >= 2 * each; }));
    std::cout << "bytes of memory per idle WebSocket: " << (withIdle - before) / each
              << ", per half-sent head: " << (server.residentBytes() - withIdle) / each << "\n";

    EXPECT_LE(server.threads(), 32U);
    for (int i = 0; i < 20; ++i) {
        EXPECT_TRUE(server.echoes());
        EXPECT_EQ(server.hello().status, 200);
    }
    for (auto& visitor : idle) visitor->text("hello");
    swarm.run("everyone's echo", [&] { return all(idle, kHeard); });
    // One after the other: thousands at once are more than the queue for plain HTTP takes, which is its right (503).
    constexpr std::size_t kAtOnce = 16;
    std::size_t asking = 0;
    std::size_t answered = 0;
    swarm.run("everyone's answer", [&] {
        while (answered < asking && halves[answered]->answered()) ++answered;
        while (asking < halves.size() && asking < answered + kAtOnce) halves[asking++]->goOn();
        return answered == halves.size();
    });
    EXPECT_LE(server.threads(), 32U);
    EXPECT_EQ(server.counts().sessions, each);
}

/// Gets in, or hears why not: nothing is left hanging.
class Newcomer : public Visitor {
public:
    bool isAnswered() const noexcept { return isOpen() || refusedWith() != 0 || hasEnded(); }
};

constexpr std::chrono::seconds kSoon{2};

TEST(Crowds, BeyondTheLimitOnOpenFilesAreAnsweredAtOnceWhileTheEstablishedAndHealthLiveOn) {
    raiseOpenFiles();
    Victim server{{.config = "  handshakeTimeout: 10min\n  idleTimeout: off\n", .openFiles = 200}};
    Swarm swarm{server.port()};
    Crowd<Newcomer> crowd;
    for (int i = 0; i < 300; ++i) {
        crowd.push_back(std::make_unique<Newcomer>());
        swarm.connect(*crowd.back(), {.source = 3});
    }
    swarm.run("each gets in or is answered", [&] { return all(crowd, [](const auto& one) { return one.isAnswered(); }); }, kSoon);
    const auto in = static_cast<std::size_t>(std::ranges::count_if(crowd, [](const auto& one) { return one->isOpen(); }));
    EXPECT_GE(in, 80U);
    EXPECT_LT(in, 200U) << "all of them got in: no test of anything";

    const auto begin = Clock::now();
    EXPECT_EQ(server.health().status, 200);
    EXPECT_EQ(server.hello().status, 503);
    EXPECT_LT(Clock::now() - begin, kSoon);
    const auto used = server.cpuTime();
    std::erase_if(crowd, [](const auto& one) { return !one->isOpen(); });
    for (auto& visitor : crowd) visitor->text("hello");
    swarm.run("the established echo", [&] { return all(crowd, kHeard); });
    EXPECT_LT(server.cpuTime() - used, std::chrono::seconds{1}) << "it goes round in circles";

    for (auto& visitor : crowd) visitor->leave();
    ASSERT_TRUE(eventually([&] { return server.hello().status == 200; }));
    server.process().signal(SIGTERM);
    EXPECT_EQ(server.process().wait(), 0);
}

TEST(Crowds, OfTheSilentMakeRoomForNewcomersAtTheLimitOnOpenFiles) {
    raiseOpenFiles();
    Victim server{{.config = "  handshakeTimeout: 10min\n", .openFiles = 200}};
    Swarm swarm{server.port()};
    Crowd<Stutterer> silent;
    for (int i = 0; i < 1000; ++i) {
        silent.push_back(std::make_unique<Stutterer>());
        swarm.connect(*silent.back(), {.source = 3});
    }
    swarm.run("those in excess are ended", [&] {
        return std::ranges::count_if(silent, [](const auto& one) { return one->hasEnded(); }) > 800;
    }, kSoon);
    // Who comes in the middle of it may hear a 503: the silent ones of another loop make room too late for him.
    EXPECT_TRUE(eventually([&] { return server.hello().status == 200; }));
    EXPECT_LE(server.descriptors(), 200U);
}

/// Connects, asks once, and rests.
class Resting : public Client {
public:
    bool answered() const noexcept { return answer_.starts_with("HTTP/1.1 200 "); }

protected:
    void onConnected() override { send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"); }
    void onBytes(std::string_view bytes) override { answer_ += bytes; }

private:
    std::string answer_;
};

TEST(Connections, AreServedUpToTheLimitAndTheNextMakesRoomByTheOneThatWasSilentLongest) {
    Victim server{{.loops = 1, .config = "  handshakeTimeout: 10min\n", .server = "  maxConnections: 3\n"}};
    Swarm swarm{server.port()};
    std::vector<std::unique_ptr<Resting>> resting;
    for (int i = 0; i < 3; ++i) {
        resting.push_back(std::make_unique<Resting>());
        swarm.connect(*resting.back());
        swarm.run("its answer", [&] { return resting.back()->answered(); });
    }
    EXPECT_FALSE(resting[0]->hasEnded()) << "one that fits is ended";
    for (int i = 0; i < 2; ++i) {
        resting.push_back(std::make_unique<Resting>());
        swarm.connect(*resting.back());
        swarm.run("the next one's answer", [&] { return resting.back()->answered(); });
        swarm.run("the oldest makes room", [&] { return resting[static_cast<std::size_t>(i)]->hasEnded(); });
    }
    EXPECT_EQ(std::ranges::count_if(resting, [](const auto& one) { return one->hasEnded(); }), 2);
    RawSocket slow{server.port()};
    std::this_thread::sleep_for(std::chrono::milliseconds{700});
    slow.send("GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(slow.readAnswer().status, 200) << "whom room was made for has the time of everybody";
}

TEST(Connections, ThatAreAllSessionsLeaveTheNextWith503AndHealthIsAnswered) {
    Victim server{{.server = "  maxConnections: 3\n"}};
    Swarm swarm{server.port()};
    Crowd<Visitor> open;
    gather(swarm, open, 3, kIsOpen);
    const std::size_t full = server.descriptors();
    EXPECT_EQ(server.hello().status, 503);
    Newcomer next;
    swarm.connect(next);
    swarm.run("the fourth's answer", [&] { return next.isAnswered(); }, kSoon);
    EXPECT_EQ(next.refusedWith(), 503);
    next.leave();
    EXPECT_EQ(server.health().status, 200);
    EXPECT_EQ(server.readiness().status, 200);
    std::vector<RawSocket> early;  // two came when there was no room, and then there is: one asks at once, one has the time of everybody
    EXPECT_TRUE(eventually([&] { return server.descriptors() == full; })) << "those who asked have gone";
    for (int i = 0; i < 2; ++i) early.emplace_back(server.port());
    EXPECT_TRUE(eventually([&] { return server.descriptors() == full + 2; }));
    EXPECT_EQ(server.health().status, 200) << "their loops have taken them, too";
    for (auto& visitor : open) visitor->leave();
    for (auto& one : early) {
        std::this_thread::sleep_for(std::chrono::milliseconds{350});
        one.send("GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        EXPECT_EQ(one.readAnswer().status, 200);
    }
    EXPECT_TRUE(eventually([&] { return server.hello().status == 200; }));
}

TEST(Connections, ByTheThousandsHoldNoMoreDescriptorsThanTheHardMark) {
    constexpr std::size_t kMost = 10, kBeyond = 16, kEach = 6000, kAtOnce = 500;
    raiseOpenFiles();
    Victim server{{.config = "  handshakeTimeout: 10min\n", .server = "  maxConnections: 10\n"}};
    const std::size_t before = server.descriptors();
    Swarm swarm{server.port()};
    Crowd<Stutterer> crowd;
    std::size_t most = 0, ended = 0;
    swarm.run("they come and go", [&] {
        while (ended < crowd.size() && crowd[ended]->hasEnded()) ++ended;
        for (std::size_t i = 0; crowd.size() < kEach && i < kAtOnce; ++i) {
            crowd.push_back(std::make_unique<Stutterer>());
            swarm.connect(*crowd.back(), {.source = 2 + static_cast<int>(crowd.size() % 8)});
        }
        most = std::max(most, server.descriptors() - before);
        const auto there = std::ranges::count_if(crowd, [](const auto& one) { return !one->hasEnded(); });
        return crowd.size() == kEach && there <= static_cast<std::ptrdiff_t>(kMost + kBeyond);
    });
    std::cout << most << " descriptors at most for " << kEach << " connections\n";
    EXPECT_LE(most, kMost + kBeyond + 1) << "beside one that is being closed";
    EXPECT_EQ(server.health().status, 200);
}

}  // namespace
}  // namespace patchbay::test
