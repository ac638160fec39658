// Memory that peers have the server take: it grows with what they send and not with what they announce, what cannot be had costs a
// connection and never the process, and what was large is given back.
#include "hostile/Swarm.hpp"
#include "hostile/Victim.hpp"
#include "support/Eventually.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace patchbay::test {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;
constexpr const char* kLarge = "  idleTimeout: off\n  maxMessageSize: 64MiB\n  sendQueue: { bytes: 128MiB }\n";

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
    Victim server{{.config = kLarge, .addressSpace = 900 * kMiB}};
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
    Victim server{{.config = kLarge, .addressSpace = 900 * kMiB}};
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
    Victim server{{.config = "  idleTimeout: off\n", .server = "  requestBody: 4MiB\n", .addressSpace = 900 * kMiB}};
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
