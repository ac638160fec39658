// Plain HTTP beside the endpoints: several requests on a connection, large answers, clients that read slowly.
// Source: RFC 9112 §9, RFC 9110 §9.3.2, §10.1.1, §13.1.2
#include "integration/Probe.hpp"

#include <patchbay/web.hpp>

namespace patchbay::test {
namespace {

constexpr std::size_t kLarge = std::size_t{8} << 20;

class KeepAlive : public testing::Test {
protected:
    void SetUp() override {
        server->handle("GET", "/say/{word}", [](const HttpRequest& in, HttpResponse& out) {
            out.write("text/plain", in.pathParameter("word"));
        });
        server->handle("POST", "/echo", [](const HttpRequest& in, HttpResponse& out) { out.write("text/plain", in.body); });
        server->handle("GET", "/large", [](const HttpRequest&, HttpResponse& out) {
            out.write("application/octet-stream", std::string(kLarge, 'L'));
        });
        server->handle("GET", "/throws",
                       [](const HttpRequest&, HttpResponse&) { throw std::runtime_error{"the secret of the handler"}; });
        server->handle("GET", "/smuggles", [](const HttpRequest&, HttpResponse& out) {
            out.setHeader("X-Name", "a\r\nSet-Cookie: stolen=1");
        });
        web::serve(*server, "/pages/", {{"index.html", "<h1>hello</h1>"}});
        server.start<Probe>();
    }
    static std::string get(std::string_view path, std::string_view fields = {}) {
        return std::string{"GET "}.append(path).append(" HTTP/1.1\r\nHost: h\r\n").append(fields).append("\r\n");
    }

    TestServer server;
};

TEST_F(KeepAlive, OneConnectionTakesSeveralRequests) {
    RawSocket socket{server->port()};
    for (const std::string word : {"one", "two", "three"}) {
        socket.send(get("/say/" + word));
        EXPECT_EQ(socket.readAnswer().body, word);
    }
}

TEST_F(KeepAlive, PipelinedRequestsAreAnsweredInOrder) {
    RawSocket socket{server->port()};
    std::string requests;
    for (int i = 0; i < 50; ++i) requests += get("/say/" + std::to_string(i));
    socket.send(requests);
    for (int i = 0; i < 50; ++i) EXPECT_EQ(socket.readAnswer().body, std::to_string(i));
}

TEST_F(KeepAlive, AnUpgradeMayFollowOtherRequests) {
    RawSocket socket{server->port()};
    socket.send(get("/say/first") + upgradeRequest("/probe/x") + clientFrame(kText, "hi"));
    EXPECT_EQ(socket.readAnswer().body, "first");
    EXPECT_EQ(socket.readAnswer().status, 101);
    EXPECT_EQ(socket.read(4), std::string{"\x81\x02hi"});
}

/// What comes behind it may be frames.
TEST_F(KeepAlive, ARefusedUpgradeEndsTheConnection) {
    RawSocket socket{server->port()};
    socket.send(upgradeRequest("/nowhere") + get("/say/again"));
    EXPECT_EQ(socket.readAnswer().status, 404);
    EXPECT_TRUE(socket.ends());
    EXPECT_FALSE(socket.wasReset());
}

/// It once was, and a proxy in front would have given the second answer to somebody else.
TEST_F(KeepAlive, ABodyThatNobodyReadsIsNoRequest) {
    const std::string body = get("/say/smuggled");
    const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
    RawSocket socket{server->port()};
    socket.send("POST /nowhere HTTP/1.1\r\nHost: h\r\n" + length + "\r\n" + body + get("/say/next"));
    EXPECT_EQ(socket.readAnswer().status, 404);
    EXPECT_EQ(socket.readAnswer().body, "next");
    RawSocket upgrading{server->port()};
    upgrading.send(upgradeRequest("/nowhere", length) + body + get("/say/next"));
    EXPECT_EQ(upgrading.readAnswer().status, 400);
    EXPECT_TRUE(upgrading.ends());
}

TEST_F(KeepAlive, ConnectionCloseEndsItBehindTheAnswer) {
    RawSocket socket{server->port()};
    socket.send(get("/say/bye", "Connection: close\r\n"));
    const HttpAnswer answer = socket.readAnswer();
    EXPECT_EQ(answer.body, "bye");
    EXPECT_EQ(answer.header("connection"), "close");
    EXPECT_TRUE(socket.ends());
    EXPECT_FALSE(socket.wasReset());
}

TEST_F(KeepAlive, HeadIsGetWithoutTheBody) {
    RawSocket socket{server->port()};
    socket.send("HEAD /say/word HTTP/1.1\r\nHost: h\r\n\r\n" + get("/say/next"));
    const HttpAnswer answer = socket.readAnswer(AnswerBody::None);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("content-length"), "4");
    EXPECT_EQ(socket.readAnswer().body, "next");
}

TEST_F(KeepAlive, AnUnchangedPageIsA304WithoutABody) {
    RawSocket socket{server->port()};
    socket.send(get("/pages/"));
    const HttpAnswer page = socket.readAnswer();
    EXPECT_EQ(page.body, "<h1>hello</h1>");
    const std::string etag = page.header("etag");
    ASSERT_FALSE(etag.empty());
    socket.send(get("/pages/", "If-None-Match: " + etag + "\r\n") + get("/say/next"));
    const HttpAnswer same = socket.readAnswer();
    EXPECT_EQ(same.status, 304);
    EXPECT_EQ(same.header("etag"), etag);
    EXPECT_EQ(socket.readAnswer().body, "next");
}

TEST_F(KeepAlive, ABodyThatComesInPiecesIsTheHandlersWhole) {
    RawSocket socket{server->port()};
    const std::string body(200'000, 'b');
    socket.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n");
    for (std::size_t at = 0; at < body.size(); at += 50'000) socket.send(body.substr(at, 50'000));
    EXPECT_EQ(socket.readAnswer().body, body);
    socket.send(get("/say/next"));
    EXPECT_EQ(socket.readAnswer().body, "next");
}

TEST_F(KeepAlive, AClientThatExpects100IsToldToGoOn) {
    RawSocket socket{server->port()};
    socket.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(socket.readAnswer().status, 100);
    socket.send("body");
    const HttpAnswer answer = socket.readAnswer();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "body");
}

TEST_F(KeepAlive, AHalfClosedClientGetsItsAnswers) {
    RawSocket socket{server->port()};
    socket.send(get("/say/one") + get("/say/two"));
    socket.finish();
    EXPECT_EQ(socket.readAnswer().body, "one");
    EXPECT_EQ(socket.readAnswer().body, "two");
    EXPECT_TRUE(socket.ends());
    EXPECT_FALSE(socket.wasReset());
}

TEST_F(KeepAlive, AnAnswerOf8MiBArrivesWhole) {
    RawSocket socket{server->port()};
    socket.send(get("/large"));
    EXPECT_EQ(socket.readAnswer().body, std::string(kLarge, 'L'));
    socket.send(get("/say/next"));
    EXPECT_EQ(socket.readAnswer().body, "next");
}

TEST_F(KeepAlive, AnAnswerOf8MiBArrivesWholeAlsoOnAConnectionThatCloses) {
    RawSocket socket{server->port()};
    socket.send(get("/large", "Connection: close\r\n"));
    EXPECT_EQ(socket.readAnswer().body.size(), kLarge);
    EXPECT_TRUE(socket.ends());
}

TEST_F(KeepAlive, AClientHasMoreThanTheTimeOfAGoodbyeToTakeALargeAnswer) {
    RawSocket socket{server->port(), {.receiveBuffer = 4096}};
    socket.send(get("/large", "Connection: close\r\n"));
    EXPECT_EQ(socket.readUntil("\r\n\r\n").substr(0, 15), "HTTP/1.1 200 OK");
    std::this_thread::sleep_for(std::chrono::milliseconds{2500});  // longer than the server waits for a FIN
    EXPECT_EQ(socket.readToEnd().size(), kLarge);
    EXPECT_FALSE(socket.wasReset());
}

TEST_F(KeepAlive, WhatAHandlerThrowsIsA500WithoutItsText) {
    const HttpAnswer answer = server.ask(get("/throws"));
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.body.find("secret"), std::string::npos);
}

TEST_F(KeepAlive, AHeaderWithALineEndInItNeverReachesTheClient) {
    const HttpAnswer answer = server.ask(get("/smuggles"));
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.head.find("stolen"), std::string::npos);
}

/// Where nothing is sent to somebody who has gone nobody notices, and here more requests wait behind a stream that may never end.
TEST(KeepAliveOfAClientThatSendsNothingMore, EndsWhenNothingComesForItEither) {
    ServerConfig config = quickConfig();
    config.server.responseTimeout = std::chrono::milliseconds{100};
    TestServer server{config};
    server->handleAsync("GET", "/endless", [&](const HttpExchange& exchange) {
        auto stream = std::make_shared<HttpStream>(exchange.start(200));
        stream->onClosed([stream, &journal = server.journal()] { journal.add("gone"); });
    });
    server->handleAsync("GET", "/kept", [kept = std::make_shared<std::vector<HttpExchange>>()](HttpExchange exchange) { kept->push_back(std::move(exchange)); });
    server.start<Probe>();
    for (const std::string request : {"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n", "GET /kept HTTP/1.1\r\nHost: a\r\n\r\n"}) {
        RawSocket first{server->port()};
        first.send(request + request);
        first.finish();
        first.readToEnd();
        RawSocket behind{server->port()};
        behind.send("GET /page HTTP/1.1\r\nHost: a\r\n\r\n" + request + request);
        behind.finish();
        behind.readToEnd();
    }
    server.journal().waitForCount("gone", 2);
}

TEST(KeepAliveWithOneWorker, AClientThatReadsSlowlyDoesNotHoldIt) {
    ServerConfig config = quickConfig();
    config.server.workers = 1;
    TestServer server{config};
    server->handle("GET", "/large", [](const HttpRequest&, HttpResponse& out) { out.write("x/y", std::string(kLarge, 'L')); });
    server->handle("GET", "/small", [](const HttpRequest&, HttpResponse& out) { out.write("x/y", "small"); });
    server.start<Probe>();
    RawSocket slow{server->port(), {.receiveBuffer = 4096}};
    slow.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
    slow.readUntil("\r\n\r\n");  // it is being sent, and nobody reads the rest
    EXPECT_EQ(server.ask("GET /small HTTP/1.1\r\nHost: h\r\n\r\n").body, "small");
    EXPECT_EQ(slow.read(kLarge).size(), kLarge);
}

}  // namespace
}  // namespace patchbay::test
