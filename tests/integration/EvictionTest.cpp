// Who makes room at the limit of connections: those that are silent, and none that is still given its answer, however slowly it reads.
#include "integration/Probe.hpp"
#include "support/Certificate.hpp"
#include "support/Eventually.hpp"

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

namespace patchbay::test {
namespace {

constexpr std::size_t kAnswer = 8 * 1024;
constexpr const char* kAsk = "GET /eight HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Plain, and over TLS, whose engine holds a piece of an answer too.
class Eviction : public testing::TestWithParam<bool> {
protected:
    static constexpr std::size_t kConnections = 8;

    Eviction() : server{config()} {
        server->handleAsync("GET", "/eight", [this](const HttpExchange& exchange) {
            ++answers;
            exchange.respond({200, {}, std::string(kAnswer, '8')});
        });
        server.start<Probe>();
    }
    ServerConfig config() const {
        ServerConfig config = quickConfig();
        config.server.loops = 1;
        config.server.maxConnections = kConnections;
        if (GetParam()) config.server.listen[0] = {.url = "https://127.0.0.1:0", .certificate = certificate.file(), .key = certificate.keyFile()};
        return config;
    }
    RawSocket open(int receiveBuffer = 0) { return RawSocket{server->port(), {.tls = GetParam(), .receiveBuffer = receiveBuffer}}; }

    /// Asks for so many answers and reads none.
    std::unique_ptr<RawSocket> slowReader(std::size_t asks) {
        auto socket = std::make_unique<RawSocket>(open(4096));
        std::string all;
        for (std::size_t i = 0; i < asks; ++i) all += kAsk;
        const std::size_t before = answers;
        socket->send(all);
        EXPECT_TRUE(eventually([&] { return answers >= before + std::min(asks, most); })) << answers - before << " of " << asks;
        return socket;
    }

    const Certificate certificate;
    std::atomic<std::size_t> answers{0};
    std::size_t most = SIZE_MAX;  ///< so many are given to who reads nothing
    TestServer server;
};

TEST_P(Eviction, IsOfNobodyWhoIsStillGivenHisAnswer) {
    {
        // The kernels take some, and then the server goes on until 64 KiB wait there.
        RawSocket greedy = open(4096);
        std::string all;
        for (int i = 0; i < 400; ++i) all += kAsk;
        greedy.send(all);
        auto changed = std::chrono::steady_clock::now();
        EXPECT_TRUE(eventually([&, before = std::size_t{0}]() mutable {
            const auto now = std::chrono::steady_clock::now();
            if (std::exchange(before, answers.load()) != before) changed = now;
            return before > 0 && now - changed > std::chrono::milliseconds{200};
        }));
        most = answers;
        ASSERT_LT(most, 400U) << "no test of anything";
        ASSERT_GT(most, 13U);
        greedy.reset();
    }
    std::vector<std::unique_ptr<RawSocket>> slow;
    std::vector<std::size_t> asked;
    for (std::size_t less = 1; slow.size() < kConnections - 1; less += 2) {  // from nearly all that may wait there to nothing
        asked.push_back(most - less);
        slow.push_back(slowReader(most - less));
    }
    RawSocket idle = open();
    idle.send(kAsk);
    EXPECT_EQ(idle.readAnswer().status, 200);
    for (int i = 0; i < 3; ++i) {
        RawSocket newcomer = open();
        newcomer.send("GET /eight HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        EXPECT_EQ(newcomer.readAnswer().status, 200) << "the silent one makes room, and who came then has gone";
        EXPECT_TRUE(newcomer.ends());
    }
    for (std::size_t i = 0; i < slow.size(); ++i) {
        for (std::size_t answer = 0; answer < asked[i]; ++answer) ASSERT_EQ(slow[i]->readAnswer().body.size(), kAnswer) << i << ", " << answer;
    }
}

/// Its end would not make the next one the room.
TEST_P(Eviction, IsOfNobodyWhoHasComeInExcessHimself) {
    std::vector<std::unique_ptr<RawWebSocket>> sessions;
    for (std::size_t i = 0; i < kConnections; ++i) {
        sessions.push_back(std::make_unique<RawWebSocket>(server->port(), "/probe/x", "", RawSocket::Options{.tls = GetParam(), .receiveBuffer = 0}));
    }
    RawSocket first = open();
    RawSocket second = open();
    second.send(kAsk);
    EXPECT_EQ(second.readAnswer().status, 503);
    first.send(kAsk);
    EXPECT_EQ(first.readAnswer().status, 503) << "at once, or when its time is over";
}

INSTANTIATE_TEST_SUITE_P(Plain, Eviction, testing::Values(false));
INSTANTIATE_TEST_SUITE_P(Tls, Eviction, testing::Values(true));

}  // namespace
}  // namespace patchbay::test
