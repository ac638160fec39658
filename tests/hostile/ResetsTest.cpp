// Clients that go in the middle of something, by a reset or by half: whatever it was, it is over, nothing is left of it,
// and others are served.
#include "hostile/Victim.hpp"
#include "support/Eventually.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace patchbay::test {
namespace {

constexpr int kTimes = 100;
constexpr const char* kHello = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";

struct Phase {
    const char* name;
    std::string said;  ///< up to the moment when it goes
    bool upgraded = false;  ///< within a session, after its 101
};

std::string manyTimes(int count, const std::string& text) {
    std::string all;
    for (int i = 0; i < count; ++i) all += text;
    return all;
}

/// Around 300 bytes of a ClientHello, whose record says that it is longer.
const std::string kHalfClientHello = std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03", 11) + std::string(300, 'r');

class Goers : public testing::TestWithParam<Phase> {
protected:
    static RawSocket said(Victim& server) {
        const Phase& phase = GetParam();
        constexpr int kSmall = 4096;  // the answers soon fill it, so that they are on their way when it goes
        RawSocket socket{server.port(), {.tls = false, .receiveBuffer = kSmall}};
        if (phase.upgraded) {
            socket.send(upgradeRequest("/echo"));
            if (socket.readAnswer().status != 101) ADD_FAILURE() << "no WebSocket";
        }
        socket.send(phase.said);
        return socket;
    }

    static void expectNothingLeft(Victim& server, std::size_t descriptors) {
        EXPECT_TRUE(eventually([&] { return server.descriptors() <= descriptors; })) << server.descriptors() << " of " << descriptors;
        EXPECT_TRUE(eventually([&] { return server.counts().sessions == 0; }));
        EXPECT_EQ(server.hello().status, 200);
        EXPECT_TRUE(server.echoes());
    }
};

TEST_P(Goers, ByAResetLeaveNothing) {
    Victim server;
    const std::size_t descriptors = server.descriptors();
    for (int i = 0; i < kTimes; ++i) said(server).reset();
    expectNothingLeft(server, descriptors);
}

TEST_P(Goers, ByHalfAreAnsweredOrEnded) {
    Victim server;
    const std::size_t descriptors = server.descriptors();
    for (int i = 0; i < kTimes; ++i) {
        RawSocket socket = said(server);
        socket.finish();
        const std::string answer = socket.readToEnd();
        if (GetParam().said == kHello) {
            EXPECT_NE(answer.find("200 OK"), std::string::npos) << answer;
        }
    }
    expectNothingLeft(server, descriptors);
}

INSTANTIATE_TEST_SUITE_P(
    Phases, Goers,
    testing::Values(Phase{"BeforeTheHead", {}}, Phase{"InTheHead", "GET /echo HTTP/1.1\r\nHos"},
                    Phase{"InTheBody", "POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc"},
                    Phase{"AfterARequest", kHello}, Phase{"AfterManyRequests", manyTimes(20, kHello)},
                    Phase{"AfterAHandshake", upgradeRequest("/echo")},
                    Phase{"InAFrameHeader", std::string("\x82\xFE", 2), true},
                    Phase{"InAFrame", clientFrame(kText, std::string(1000, 'x')).substr(0, 500), true},
                    Phase{"InAMessage", clientFrame(kText, "the beginning", false), true},
                    Phase{"WhileMuchIsSentToIt", manyTimes(40, clientFrame(kBinary, std::string(16'384, 'x'))), true}),
    [](const auto& tested) { return tested.param.name; });

class TlsGoers : public testing::TestWithParam<Phase> {};

TEST_P(TlsGoers, ByAResetOrByHalfLeaveNothing) {
    Victim server{{.tls = true}};
    ASSERT_TRUE(server.echoes());
    const std::size_t descriptors = server.descriptors();
    std::vector<RawSocket> halfClosed;
    for (int i = 0; i < kTimes; ++i) {
        RawSocket resets{server.port()};
        resets.send(GetParam().said);
        resets.reset();
        RawSocket& half = halfClosed.emplace_back(server.port());
        half.send(GetParam().said);
        half.finish();
    }
    for (RawSocket& half : halfClosed) half.readToEnd();
    EXPECT_TRUE(eventually([&] { return server.descriptors() <= descriptors; })) << server.descriptors() << " of " << descriptors;
    EXPECT_EQ(server.hello().status, 200);
    EXPECT_TRUE(server.echoes());
}

INSTANTIATE_TEST_SUITE_P(Phases, TlsGoers,
                         testing::Values(Phase{"BeforeTheHandshake", {}}, Phase{"AfterItsFirstByte", "\x16"},
                                         Phase{"InAClientHello", kHalfClientHello},
                                         Phase{"WithGarbage", manyTimes(100, "this is no TLS ")},
                                         Phase{"WithPlainHttp", kHello}),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace patchbay::test
