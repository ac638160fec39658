// Memory that peers have the server take: it grows with what they send and not with what they announce, what cannot be had costs a
// connection and never the process, and what was large is given back.
#include "hostile/Swarm.hpp"
#include "hostile/Victim.hpp"
#include "support/Eventually.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace patchbay::test {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;
constexpr const char* kLarge = "  idleTimeout: off\n  maxMessageSize: 64MiB\n  sendQueue: { bytes: 128MiB }\n";

/// The memory itself comes to its end.
constexpr const char* kNoBudget = "  memory: 0B\n";

/// The header of a masked frame, with a mask of zeros.
std::string header(char first, std::uint64_t bytes) {
    std::string text{first, '\xFF'};
    for (int shift = 56; shift >= 0; shift -= 8) text += static_cast<char>(bytes >> shift);
    return text.append(4, '\0');
}

/// Announces a message, and sends some of it.
class Announcing : public SwarmWebSocket {
public:
    explicit Announcing(std::size_t sent) : SwarmWebSocket{"/echo"}, sent_{sent} {}
    bool sentAway() const noexcept { return sentAway_; }

protected:
    void onOpen() override { send(header('\x82', 64 * kMiB) + std::string(sent_, 'm')); }
    void onFrame(int opcode, std::string_view payload) override { sentAway_ = opcode == kClose && payload.starts_with("\x03\xF5"); }

private:
    const std::size_t sent_;
    bool sentAway_ = false;
};

/// Announces a body, and sends all of it but a byte.
class HalfBody : public Client {
public:
    explicit HalfBody(std::size_t bytes) : bytes_{bytes} {}
    const std::string& answer() const noexcept { return answer_; }
    void finishBody() { send("b"); }

protected:
    void onConnected() override {
        send("POST /whole HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(bytes_) + "\r\n\r\n" +
             std::string(bytes_ - 1, 'b'));
    }
    void onBytes(std::string_view bytes) override { answer_ += bytes; }

private:
    const std::size_t bytes_;
    std::string answer_;
};

template <class T>
using Crowd = std::vector<std::unique_ptr<T>>;

template <class T>
Crowd<T> crowdOf(Swarm& swarm, std::size_t count, std::size_t size) {
    Crowd<T> crowd;
    for (std::size_t i = 0; i < count; ++i) {
        crowd.push_back(std::make_unique<T>(size));
        swarm.connect(*crowd.back(), {.source = 2});
    }
    return crowd;
}

TEST(Memory, GrowsWithWhatComesOfAMessageAndNotWithWhatItsHeaderAnnounces) {
    constexpr std::size_t kAnnouncing = 300;
    Victim server{{.config = kLarge, .server = kNoBudget, .addressSpace = 900 * kMiB}};
    const std::size_t before = server.residentBytes();
    Swarm swarm{server.port()};
    const auto crowd = crowdOf<Announcing>(swarm, kAnnouncing, 1);
    swarm.run("all are open", [&] { return std::ranges::all_of(crowd, [](const auto& one) { return one->isOpen(); }); });
    EXPECT_TRUE(server.echoes());
    const std::size_t each = (server.residentBytes() - before) / kAnnouncing;
    std::cout << each << " bytes of memory for each message that announces 64 MiB\n";
    EXPECT_LT(each, 32U * 1024);
}

TEST(Memory, ThatIsNotThereForAMessageCostsItsConnectionAndNotTheProcess) {
    Victim server{{.config = kLarge, .server = kNoBudget, .addressSpace = 900 * kMiB}};
    Swarm swarm{server.port()};
    const auto crowd = crowdOf<Announcing>(swarm, 16, 60 * kMiB);
    swarm.run("some are sent away", [&] { return std::ranges::any_of(crowd, [](const auto& one) { return one->hasEnded(); }); });
    EXPECT_TRUE(server.echoes());
    EXPECT_EQ(server.hello().status, 200);
    for (const auto& one : crowd) one->reset();
    EXPECT_TRUE(eventually([&] { return server.counts().sessions == 0; }));
    server.process().signal(SIGTERM);
    EXPECT_EQ(server.process().wait(), 0);
}

TEST(Memory, ThatIsNotThereForABodyCostsItsConnectionAndNotTheProcess) {
    Victim server{{.config = "  idleTimeout: off\n", .server = std::string{kNoBudget} + "  requestBody: 4MiB\n  bodyTimeout: 300s\n", .addressSpace = 900 * kMiB}};
    Swarm swarm{server.port()};
    const auto crowd = crowdOf<HalfBody>(swarm, 250, 4 * kMiB);
    swarm.run("some are sent away, and told so", [&] {  // not all can be told: what they still send may end their connection before they read
        return std::ranges::any_of(crowd, [](const auto& one) { return one->hasEnded() && one->answer().starts_with("HTTP/1.1 503 "); });
    });
    EXPECT_TRUE(server.echoes());
    EXPECT_EQ(server.hello().status, 200);
    for (const auto& one : crowd) one->reset();
    EXPECT_TRUE(eventually([&] { return server.descriptors() < 100; }));
    server.process().signal(SIGTERM);
    EXPECT_EQ(server.process().wait(), 0);
}

/// Says something when it is told to, and counts what comes back.
class Regular : public SwarmWebSocket {
public:
    Regular() : SwarmWebSocket{"/echo"} {}
    std::size_t heard() const noexcept { return heard_; }

protected:
    void onFrame(int opcode, std::string_view) override { heard_ += opcode == kText ? 1 : 0; }

private:
    std::size_t heard_ = 0;
};

/// Where there is nothing left for newcomers most are closed without a word.
bool isReady(const Victim& server) {
    try {
        return server.readiness().status == 200;
    } catch (const std::runtime_error&) {
        return false;
    }
}

/// Where large pieces are asked for something is left for small ones; these leave nothing to anybody.
TEST(Memory, ThatIsGoneInSmallPiecesLeavesTheProcessAndWhoIsThere) {
    ::setenv("MALLOC_ARENA_MAX", "1", 1);  // or there are 64 MiB for each thread that are its own already
    Victim server{{.loops = 1, .config = kLarge, .server = kNoBudget}};
    ::unsetenv("MALLOC_ARENA_MAX");
    Swarm swarm{server.port()};
    Regular regular;
    swarm.connect(regular);
    swarm.run("it is open", [&] { return regular.isOpen(); });
    server.limitAddressSpace(8 * kMiB);
    Crowd<Announcing> crowd;
    bool isGone = false;
    for (int i = 0; i < 100 && !isGone; ++i) {
        for (auto& one : crowdOf<Announcing>(swarm, 50, 15'000)) crowd.push_back(std::move(one));
        swarm.run("they have come, or were sent away", [&] {
            return std::ranges::all_of(crowd, [](const auto& one) { return one->isOpen() || one->hasEnded() || one->refusedWith() != 0; });
        });
        isGone = std::ranges::any_of(crowd, [](const auto& one) { return one->hasEnded() || one->refusedWith() == 503; });
    }
    std::cout << crowd.size() << " have come\n";
    EXPECT_TRUE(isGone);
    regular.text("still there?");
    swarm.run("who was there is heard", [&] { return regular.heard() == 1; });
    for (const auto& one : crowd) one->reset();
    EXPECT_TRUE(eventually([&] { return isReady(server); }));
    EXPECT_TRUE(server.echoes());
    server.process().signal(SIGTERM);
    EXPECT_EQ(server.process().wait(), 0);
}

/// One of `/readyz?verbose`.
std::size_t figureOf(const Victim& server, const std::string& name) {
    const std::string body = server.readiness("?verbose").body;
    return std::stoul(body.substr(body.find("\n" + name + " ") + name.size() + 2));
}

TEST(MemoryBudget, IsKeptByEndingThoseWhoHoldMost) {
    constexpr std::size_t kBudget = 64 * kMiB;
    Victim server{{.config = kLarge, .server = "  memory: 64MiB\n"}};
    Swarm swarm{server.port()};
    Regular regular;
    swarm.connect(regular);
    swarm.run("it is open", [&] { return regular.isOpen(); });
    const std::size_t before = server.residentBytes();
    const auto crowd = crowdOf<Announcing>(swarm, 24, 12 * kMiB);  // 288 MiB
    std::size_t most = 0;
    swarm.run("some are sent away", [&] {
        most = std::max(most, server.residentBytes() - std::min(before, server.residentBytes()));
        return std::ranges::count_if(crowd, [](const auto& one) { return one->hasEnded() || one->refusedWith() != 0; }) >= 18;
    });
    EXPECT_TRUE(std::ranges::any_of(crowd, [](const auto& one) { return one->sentAway(); }));
    std::cout << most / kMiB << " MiB at most, of a budget of 64\n";
    EXPECT_LT(most, kBudget + kBudget / 2);
    regular.text("still there?");
    swarm.run("who holds little is heard", [&] { return regular.heard() == 1; });
    EXPECT_EQ(server.health().status, 200);
    for (const auto& one : crowd) one->reset();
    EXPECT_TRUE(eventually([&] { return server.readiness().status == 200; }));
}

/// Has a large message sent back, and takes nothing of it.
class Hoarding : public SwarmWebSocket {
public:
    Hoarding() : SwarmWebSocket{"/echo"} {}
    void hoard(std::size_t bytes) {
        stopReading();
        send(header('\x82', bytes) + std::string(bytes, 'h'));
    }

protected:
    void onFrame(int, std::string_view) override {}
};

TEST(MemoryBudget, IsKeptWhenManyTakeNothingOfLargeAnswers) {
    constexpr std::size_t kBudget = 64 * kMiB;
    Victim server{{.config = kLarge, .server = "  memory: 64MiB\n"}};
    Swarm swarm{server.port()};
    Regular regular;
    swarm.connect(regular);
    Crowd<Hoarding> crowd;
    for (int i = 0; i < 68; ++i) swarm.connect(*crowd.emplace_back(std::make_unique<Hoarding>()), {.source = 2, .receiveBuffer = 4096});
    swarm.run("all are open", [&] { return regular.isOpen() && std::ranges::all_of(crowd, [](const auto& one) { return one->isOpen(); }); });
    const std::size_t before = server.residentBytes();
    std::size_t most = 0;
    for (const auto& one : crowd) {  // one after the other: half messages are another matter
        const std::size_t connections = figureOf(server, "connections");  // first: who is ended between the two has been counted
        if (connections + 3 <= crowd.size()) break;  // how many that takes depends on what the kernel takes of each
        const std::size_t held = figureOf(server, "memory_queues_bytes");
        one->hoard(2 * kMiB);
        swarm.run("it hoards, or somebody is ended", [&] {
            most = std::max(most, server.residentBytes() - std::min(before, server.residentBytes()));
            return figureOf(server, "memory_queues_bytes") > held + kMiB || figureOf(server, "connections") < connections;
        });
    }
    const std::size_t there = figureOf(server, "connections");
    std::cout << most / kMiB << " MiB at most, of a budget of 64; " << there << " connections of " << crowd.size() + 1 << " are left\n";
    EXPECT_LT(there, crowd.size() + 1) << "by the watch, or where there was no memory for what they sent";
    EXPECT_LT(most, kBudget + kBudget / 2);
    regular.text("still there?");
    swarm.run("who holds little is heard", [&] { return regular.heard() == 1; });
    for (const auto& one : crowd) one->reset();
    EXPECT_TRUE(eventually([&] { return figureOf(server, "memory_used_bytes") < kMiB; })) << "all of it is given back";
}

TEST(MemoryBudget, AtFourFifthsSendsNewcomersAwayAndReadsBodiesOnWhenThereIsSome) {
    Victim server{{.server = "  memory: 64MiB\n  requestBody: 4MiB\n"}};
    Swarm swarm{server.port()};
    Regular regular;
    swarm.connect(regular);
    swarm.run("it is open", [&] { return regular.isOpen(); });
    auto crowd = crowdOf<HalfBody>(swarm, 12, 4 * kMiB);
    swarm.run("twelve are there", [&] { return figureOf(server, "memory_bodies_bytes") >= 47 * kMiB; });
    EXPECT_EQ(server.readiness().status, 200) << "at three quarters";
    auto more = crowdOf<HalfBody>(swarm, 1, 4 * kMiB);
    swarm.run("the thirteenth is too much", [&] { return server.readiness().status == 503; });
    EXPECT_EQ(server.hello().status, 503);
    EXPECT_EQ(server.health().status, 200);
    regular.text("still there?");
    swarm.run("who is there is heard", [&] { return regular.heard() == 1; });
    for (std::size_t i = 0; i < 4; ++i) crowd[i]->reset();
    swarm.run("there is room again", [&] { return server.readiness().status == 200; });
    more.front()->finishBody();
    swarm.run("the body is read to its end", [&] { return more.front()->answer().starts_with("HTTP/1.1 200 "); });
    EXPECT_EQ(server.hello().status, 200);
}

/// Sends a large record and waits for it.
class Recording : public SwarmWebSocket {
public:
    Recording() : SwarmWebSocket{"/json"} {}
    bool hasIt() const noexcept { return bytes_ != 0; }

protected:
    void onFrame(int opcode, std::string_view payload) override {
        if (opcode == kText) bytes_ = payload.size();
    }

private:
    std::size_t bytes_ = 0;
};

TEST(Memory, OfALargeJsonMessageIsGivenBackWhenItHasBeenHandled) {
    Victim server{{.loops = 1, .config = kLarge}};
    Swarm swarm{server.port()};
    Recording client;
    swarm.connect(client);
    swarm.run("it is open", [&] { return client.isOpen(); });
    const std::size_t before = server.residentBytes();
    std::string message = R"({"text":"t","number":1,"list":[)";
    while (message.size() < 60 * kMiB) message += R"("an element of the list that is a text of some length",)";
    client.text(message + R"("the last"]})");
    message = {};
    swarm.run("it comes back", [&] { return client.hasIt(); });
    EXPECT_TRUE(eventually([&] { return server.residentBytes() < before + 64 * kMiB; }))
        << (server.residentBytes() - before) / kMiB << " MiB stay";
    std::cout << (server.residentBytes() - std::min(before, server.residentBytes())) / kMiB << " MiB stay of a message of 60\n";
}

}  // namespace
}  // namespace patchbay::test
