// What the gate takes and refuses of a request head, through a real socket; every refusal ends the connection, so that
// nothing behind it can pass for a request.   Source: RFC 9112 §2–§7
#include "integration/Probe.hpp"

namespace patchbay::test {
namespace {

class RequestHeads : public testing::Test {
protected:
    static ServerConfig config() {
        ServerConfig config = quickConfig();
        config.server.requestBody = Size{1000};
        return config;
    }
    void SetUp() override {
        server->handle("GET", "/page", [](const HttpRequest&, HttpResponse& out) { out.write("text/plain", "page"); });
        server->handle("POST", "/page", [](const HttpRequest& in, HttpResponse& out) { out.write("text/plain", in.body); });
        server.start<Probe>();
    }
    /// The status of the one answer; -1 when the connection did not end behind it.
    int refusal(std::string_view request) {
        RawSocket socket{server->port()};
        socket.send(request);
        const HttpAnswer answer = socket.readAnswer();
        EXPECT_EQ(answer.header("connection"), "close");
        return socket.ends() ? answer.status : -1;
    }

    TestServer server{config()};
};

constexpr std::string_view kNext = "GET /page HTTP/1.1\r\nHost: h\r\n\r\n";

TEST_F(RequestHeads, TwoHostsGet400AndTheEnd) {
    EXPECT_EQ(refusal(std::string{"GET /page HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"}.append(kNext)), 400);
}

TEST_F(RequestHeads, NoHostGets400AndTheEnd) { EXPECT_EQ(refusal("GET /page HTTP/1.1\r\n\r\n"), 400); }

TEST_F(RequestHeads, AFoldedLineGets400AndTheEnd) {
    EXPECT_EQ(refusal(std::string{"GET /page HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n"}.append(kNext)), 400);
}

TEST_F(RequestHeads, ABareLineFeedGets400AndTheEnd) {
    EXPECT_EQ(refusal("GET /page HTTP/1.1\nHost: a\n\n"), 400);
    EXPECT_EQ(refusal(std::string{"GET /page HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n"}.append(kNext)), 400);
}

TEST_F(RequestHeads, ContentLengthBesideTransferEncodingGets400AndTheEnd) {
    EXPECT_EQ(refusal("POST /page HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
              400);
}

TEST_F(RequestHeads, AChunkedBodyIsTheSameBody) {
    RawSocket socket{server->port()};
    socket.send("POST /page HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nbody\r\n00\r\nTrailer: gone\r\n\r\n" + std::string{kNext});
    EXPECT_EQ(socket.readAnswer().body, "body");
    EXPECT_EQ(socket.readAnswer().body, "page");
}

TEST_F(RequestHeads, AMalformedChunkGets400AndTheEnd) {
    for (const std::string_view chunks : {"x\r\n", "4\nbody", "4\r\nbodyX", "-1\r\n", "11111111111111111\r\n"}) {
        EXPECT_EQ(refusal("POST /page HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string{chunks}), 400) << chunks;
    }
}

TEST_F(RequestHeads, AChunkedBodyOverTheLimitGets413WhenItIsThatLong) {
    EXPECT_EQ(refusal("POST /page HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n" + std::string(1024, 'b')), 413);
}

TEST_F(RequestHeads, AnUnknownExpectationGets417AndTheEnd) {
    EXPECT_EQ(refusal("POST /page HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 4\r\n\r\n"), 417);
}

TEST_F(RequestHeads, ATargetWithSchemeAndHostIsThePathBehindThem) {
    EXPECT_EQ(server.ask("GET http://elsewhere.example/page HTTP/1.1\r\nHost: h\r\n\r\n").body, "page");
    EXPECT_EQ(server.ask("GET HTTP://h/page?x HTTP/1.1\r\nHost: h\r\n\r\n").body, "page");
    EXPECT_EQ(server.ask("GET http://h HTTP/1.1\r\nHost: h\r\n\r\n").status, 404);
}

TEST_F(RequestHeads, EmptyLinesBeforeARequestAreNobodys) {
    RawSocket socket{server->port()};
    socket.send("\r\n\r\n" + std::string{kNext} + "\r\n");
    EXPECT_EQ(socket.readAnswer().body, "page");
    socket.send("\r\n" + std::string{kNext});
    EXPECT_EQ(socket.readAnswer().body, "page");
}

TEST_F(RequestHeads, AnUpgradeWithoutItsConnectionOptionDoesNotSpoilAPage) {
    EXPECT_EQ(server.ask("GET /page HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n").body, "page");
    EXPECT_EQ(server.ask("GET /page?part=100% HTTP/1.1\r\nHost: h\r\n\r\n").body, "page");
}

/// By the head alone: the bodies never come.
TEST_F(RequestHeads, WhatNobodyAnswersIsRefusedBeforeItsBodyHasCome) {
    const auto ask = [&](std::string_view line) { return server.ask(std::string{line} + " HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n").status; };
    EXPECT_EQ(ask("POST /nowhere"), 404);
    EXPECT_EQ(ask("PUT /page"), 405);
    EXPECT_EQ(ask("POST /probe/x"), 426);
    EXPECT_EQ(refusal("POST /nowhere HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n"), 404);
}

TEST_F(RequestHeads, ABodyOverTheLimitGets413BeforeItHasCome) {
    EXPECT_EQ(refusal("POST /page HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n"), 413);
    EXPECT_EQ(refusal("POST /page HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99999999999\r\n\r\n"), 413);
}

TEST_F(RequestHeads, ABodyAtTheLimitIsTaken) {
    const std::string body(1000, 'b');
    EXPECT_EQ(server.ask("POST /page HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + body).body, body);
}

TEST_F(RequestHeads, ALongRequestLineGets414AndACookieOf9KiBIsServed) {
    const std::string huge(9 * 1024, 'x');
    EXPECT_EQ(refusal("GET /" + huge + " HTTP/1.1\r\nHost: a\r\n\r\n"), 414);
    EXPECT_EQ(refusal("GET /" + huge + huge), 414);
    EXPECT_EQ(server.ask("GET /page HTTP/1.1\r\nHost: a\r\nCookie: s=" + huge + "\r\n\r\n").body, "page");
    EXPECT_EQ(refusal("GET /page HTTP/1.1\r\nHost: a\r\nX: " + huge + huge + "\r\n\r\n"), 431);
}

/// In answer and log, so that whoever runs into it knows what to change.
TEST_F(RequestHeads, TheLimitThatIsHitIsNamed) {
    const auto saying = [&](const std::string& request, const char* key) {
        testing::internal::CaptureStderr();
        const std::string body = server.ask(request).body;
        const std::string log = testing::internal::GetCapturedStderr();
        EXPECT_NE(body.find(key), std::string::npos) << body;
        EXPECT_NE(log.find(key), std::string::npos) << log;
        EXPECT_EQ(log.find("error"), std::string::npos) << log;
    };
    std::string lines;
    for (int i = 0; i < 101; ++i) lines += "X: y\r\n";
    saying("GET /" + std::string(9000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", "server.requestLine is 8192 bytes");
    saying("GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n", "server.headFields is 100");
    saying("GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Protocol: " + std::string(16'500, 'x') + "\r\n\r\n", "server.headBytes is 16384 bytes");
    saying("POST /page HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n", "server.requestBody is 1000 bytes");
}

TEST(RequestHeadsOfAConfiguredServer, HaveTheBoundsOfTheConfiguration) {
    ServerConfig config = quickConfig();
    config.server.headBytes = 64_KiB;
    config.server.requestLine = 32_KiB;
    config.server.headFields = 200;
    TestServer server{config};
    server->handle("GET", "/page", [](const HttpRequest&, HttpResponse& out) { out.write("text/plain", "page"); });
    server.start<Probe>();
    std::string lines;
    for (int i = 0; i < 150; ++i) lines += "X: y\r\n";
    EXPECT_EQ(RawWebSocket(server->port(), "/probe/x?" + std::string(30'000, 'x')).answer().status, 101);
    EXPECT_EQ(server.ask("GET /page?" + std::string(30'000, 'x') + " HTTP/1.1\r\nHost: a\r\n" + lines + "Cookie: s=" + std::string(20'000, 'x') + "\r\n\r\n").body, "page");
}

/// Each of the clocks that a connection of plain HTTP has.
TEST(RequestHeadsOfAConfiguredServer, HaveTheTimesOfTheConfiguration) {
    ServerConfig config = quickConfig();
    config.server.keepAliveTimeout = std::chrono::milliseconds{100};
    config.server.bodyTimeout = std::chrono::milliseconds{100};
    config.server.responseTimeout = std::chrono::milliseconds{100};
    TestServer server{config};
    server->handle("POST", "/page", [](const HttpRequest&, HttpResponse& out) { out.write("text/plain", "page"); });
    server->handle("GET", "/large", [](const HttpRequest&, HttpResponse& out) { out.write("text/plain", std::string(64 << 20, 'x')); });
    server.start<Probe>();
    const auto takesItsTime = [](auto action) {
        const auto begin = std::chrono::steady_clock::now();
        action();
        EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds{100});
    };
    RawSocket idle{server->port()};
    takesItsTime([&] {
        idle.send("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
        EXPECT_EQ(idle.readAnswer().status, 404);
        EXPECT_TRUE(idle.ends());
    });
    RawSocket slow{server->port()};
    takesItsTime([&] {
        slow.send("POST /page HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
        EXPECT_NE(slow.readToEnd().find("408"), std::string::npos);
    });
    RawSocket deaf{server->port(), {.receiveBuffer = 4096}};
    deaf.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(deaf.isCutWithin(kPatience));
    EXPECT_LT(deaf.readToEnd().size(), std::size_t{64} << 20);
}

TEST_F(RequestHeads, AHeadOfTooManyBytesOrTooManyLinesGets431) {
    std::string lines;
    for (int i = 0; i < 101; ++i) lines += "X-" + std::to_string(i) + ": y\r\n";
    EXPECT_EQ(refusal("GET /page HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n"), 431);
    std::string bytes;
    for (int i = 0; i < 20; ++i) bytes += "X-" + std::to_string(i) + ": " + std::string(1000, 'y') + "\r\n";
    EXPECT_EQ(refusal("GET /page HTTP/1.1\r\nHost: a\r\n" + bytes), 431);
}

TEST_F(RequestHeads, AnotherVersionOfHttpGets505) { EXPECT_EQ(refusal("GET /page HTTP/2.0\r\nHost: a\r\n\r\n"), 505); }

TEST(RequestHeadsThatAreSlow, HalfAHeadGets408WhenTheHandshakeTimeoutHasPassed) {
    ServerConfig config = quickConfig();
    config.limits.handshakeTimeout = std::chrono::milliseconds{100};
    TestServer server{config};
    server.start<Probe>();
    const auto begin = std::chrono::steady_clock::now();
    RawSocket socket{server->port()};
    socket.send("GET /probe/x HTTP/1.1\r\nHost:");
    EXPECT_EQ(socket.readAnswer().status, 408);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds{100});
    EXPECT_TRUE(socket.ends());
}

TEST(RequestHeadsThatAreSlow, AConnectionThatSaysNothingIsEndedWithoutAWord) {
    ServerConfig config = quickConfig();
    config.limits.handshakeTimeout = std::chrono::milliseconds{100};
    TestServer server{config};
    server.start<Probe>();
    RawSocket socket{server->port()};
    EXPECT_TRUE(socket.ends());
}

TEST_F(RequestHeads, AHeadByteByByteIsTheSameHead) {
    RawSocket socket{server->port()};
    for (const char c : upgradeRequest("/probe/slow")) socket.send({&c, 1});
    EXPECT_EQ(socket.readAnswer().status, 101);
    EXPECT_EQ(server.journal().waitFor("open"), "open slow");
}

// ------------------------------------------------------------------------------------------------ P7

TEST_F(RequestHeads, ThreeFramesInTheRequestsSegmentAreThreeMessagesInOrder) {
    RawSocket socket{server->port()};
    socket.send(upgradeRequest("/probe/x") + clientFrame(kText, "one") + clientFrame(kText, "two") + clientFrame(kText, "three"));
    EXPECT_EQ(socket.readAnswer().status, 101);
    EXPECT_EQ(socket.read(5 + 5 + 7), std::string{"\x81\x03one\x81\x03two\x81\x05three"});
}

TEST_F(RequestHeads, AFrameCutInTwoBehindTheRequestIsOneMessage) {
    const std::string frame = clientFrame(kText, "in two pieces");
    for (std::size_t cut = 1; cut < frame.size(); ++cut) {
        RawSocket socket{server->port()};
        socket.send(upgradeRequest("/probe/x") + frame.substr(0, cut));
        EXPECT_EQ(socket.readAnswer().status, 101);
        socket.send(frame.substr(cut));
        EXPECT_EQ(socket.read(15), std::string{"\x81\x0din two pieces"});
    }
}

TEST_F(RequestHeads, ALargeMessageThatBeginsInTheRequestsSegmentArrivesWhole) {
    const std::string text(60'000, 't');
    const std::string all = upgradeRequest("/probe/x") + clientFrame(kText, text);
    RawSocket socket{server->port()};
    socket.send(all.substr(0, 5000));
    socket.send(all.substr(5000));
    EXPECT_EQ(socket.readAnswer().status, 101);
    EXPECT_EQ(socket.read(4).size(), 4u);
    EXPECT_EQ(socket.read(text.size()), text);
}

}  // namespace
}  // namespace patchbay::test
