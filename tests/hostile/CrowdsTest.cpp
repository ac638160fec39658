// Crowds: more connections than threads could serve, and more than there are descriptors for.
// Source: FEATURES P5, DESIGN §5 (EMFILE)
#include "hostile/Swarm.hpp"
#include "hostile/Victim.hpp"
#include "support/Eventually.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <vector>

namespace patchbay::test {
namespace {

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
    constexpr std::size_t kOthers = 400;  // descriptors for everything else
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

TEST(Crowds, BeyondTheLimitOnOpenFilesWaitWhileTheEstablishedLiveOn) {
    raiseOpenFiles();
    Victim server{{.config = "  handshakeTimeout: 10min\n  idleTimeout: off\n", .openFiles = 200}};
    Swarm swarm{server.port()};
    Crowd<Visitor> first;
    gather(swarm, first, 100, kIsOpen);

    Crowd<Visitor> late;  // more than there is room for
    for (int i = 0; i < 150; ++i) {
        late.push_back(std::make_unique<Visitor>());
        swarm.connect(*late.back(), {.source = 3});
    }
    swarm.run("the kernel greets them", [&] { return all(late, [](const Visitor& visitor) { return visitor.isConnected(); }); });
    ASSERT_TRUE(eventually([&] { return server.log().find("accepting pauses") != std::string::npos; }));
    const auto used = server.cpuTime();
    for (auto& visitor : first) visitor->text("hello");
    swarm.run("the established echo", [&] { return all(first, kHeard); });
    EXPECT_FALSE(all(late, kIsOpen)) << "all of them got in: no test of anything";

    for (auto& visitor : first) visitor->leave();
    swarm.run("those who waited get in", [&] { return all(late, kIsOpen); });
    for (auto& visitor : late) visitor->text("hello");
    swarm.run("and are heard", [&] { return all(late, kHeard); });
    EXPECT_LT(server.cpuTime() - used, std::chrono::seconds{1}) << "it goes round in circles";

    for (auto& visitor : late) visitor->leave();
    server.process().signal(SIGTERM);
    EXPECT_EQ(server.process().wait(), 0);
    const std::string said = server.log();
    EXPECT_EQ(said.find("accepting pauses"), said.rfind("accepting pauses")) << said;
}

}  // namespace
}  // namespace patchbay::test
