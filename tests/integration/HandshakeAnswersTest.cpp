// The answers to opening handshakes, byte by byte on raw sockets.   Source: RFC 6455 §4.2, RFC 9110 §15
#include "integration/Probe.hpp"

#include <patchbay/configurator.hpp>

#include <condition_variable>

namespace patchbay::test {
namespace {

/// Lets in whoever says who they are.
class Doorman : public Configurator {
public:
    void modifyHandshake(const HandshakeRequest& request, HandshakeResponse& response) override {
        const std::string_view who = request.header("X-Who");
        if (who == "nobody") return response.reject(401, {{"WWW-Authenticate", "Bearer realm=\"house\""}}, "who are you?");
        if (who == "too-often") return response.reject(429, {{"Retry-After", "7"}}, "slowly, please");
        response.principal.name = who;
        if (who == "ann") response.principal.roles = {"member"};
    }
};

class Guarded {
    SERVER_ENDPOINT(Guarded, "/guarded", .configurator = configuredBy<Doorman>, .roles = {"member"})
public:
    ON_MESSAGE(said)
    std::string_view said(std::string_view text) { return text; }
};

class Small {
    SERVER_ENDPOINT(Small, "/small", .maxSessions = 1)
public:
    ON_MESSAGE(said)
    std::string_view said(std::string_view text) { return text; }
};

class Listed {
    SERVER_ENDPOINT(Listed, "/listed", .origins = {"https://friend.example"})
public:
    ON_MESSAGE(said)
    std::string_view said(std::string_view text) { return text; }
};

class Everybody {
    SERVER_ENDPOINT(Everybody, "/everybody", .origins = {"*"})
public:
    ON_MESSAGE(said)
    std::string_view said(std::string_view text) { return text; }
};

class HandshakeAnswers : public testing::Test {
protected:
    void SetUp() override {
        server->handle("GET", "/page", [](const HttpRequest&, HttpResponse& out) { out.write("text/plain", "page"); });
        server->handle("PUT", "/page", [](const HttpRequest&, HttpResponse& out) { out.write("text/plain", "put"); });
        server.start<Probe, Guarded, Small, Listed, Everybody>();
    }
    HttpAnswer upgrade(std::string_view target, std::string_view fields = {}) {
        return server.ask(upgradeRequest(target, fields));
    }

    TestServer server;
};

TEST_F(HandshakeAnswers, A101CarriesTheAcceptKeyOfTheRfcsExample) {
    const HttpAnswer answer = upgrade("/probe/x");
    EXPECT_EQ(answer.head.substr(0, answer.head.find("\r\n")), "HTTP/1.1 101 Switching Protocols");
    EXPECT_EQ(answer.header("sec-websocket-accept"), kSampleAccept);
    EXPECT_EQ(answer.header("upgrade"), "websocket");
    EXPECT_EQ(answer.header("connection"), "Upgrade");
    EXPECT_EQ(answer.headers.count("sec-websocket-protocol"), 0u);
    EXPECT_EQ(answer.headers.count("sec-websocket-extensions"), 0u);
    EXPECT_EQ(answer.headers.count("content-length"), 0u);
}

TEST_F(HandshakeAnswers, ARequestWithoutAKeyGets400) {
    const HttpAnswer answer = server.ask(
        "GET /probe/x HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n");
    EXPECT_EQ(answer.status, 400);
    EXPECT_NE(answer.body.find("Sec-WebSocket-Key"), std::string::npos) << answer.body;
}

TEST_F(HandshakeAnswers, AKeyThatIsNot16BytesGets400) {
    const HttpAnswer answer = server.ask(
        "GET /probe/x HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: c2hvcnQ=\r\nSec-WebSocket-Version: 13\r\n\r\n");
    EXPECT_EQ(answer.status, 400);
}

TEST_F(HandshakeAnswers, AMalformedHeadGets400AndTheEnd) {
    RawSocket socket{server->port()};
    socket.send("GET /probe/x\r\n\r\n");
    EXPECT_EQ(socket.readAnswer().status, 400);
    EXPECT_TRUE(socket.ends());
}

/// Without the option it is a field that a proxy has forgotten to remove (RFC 9110 §7.8): a plain request.
TEST_F(HandshakeAnswers, AnUpgradeWithoutConnectionUpgradeIsAPlainRequest) {
    const HttpAnswer answer = server.ask(
        "GET /probe/x HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    EXPECT_EQ(answer.status, 426);
}

TEST_F(HandshakeAnswers, AConfiguratorsRefusalArrivesWithItsHeadersAndBody) {
    const HttpAnswer nobody = upgrade("/guarded", "X-Who: nobody\r\n");
    EXPECT_EQ(nobody.status, 401);
    EXPECT_EQ(nobody.header("www-authenticate"), "Bearer realm=\"house\"");
    EXPECT_EQ(nobody.body, "who are you?");
    const HttpAnswer often = upgrade("/guarded", "X-Who: too-often\r\n");
    EXPECT_EQ(often.status, 429);
    EXPECT_EQ(often.header("retry-after"), "7");
    EXPECT_EQ(often.body, "slowly, please");
    EXPECT_EQ(often.head.substr(0, often.head.find("\r\n")), "HTTP/1.1 429 Too Many Requests");
}

TEST_F(HandshakeAnswers, RolesAsk401OfNobodyAnd403OfAStranger) {
    const HttpAnswer nobody = upgrade("/guarded");
    EXPECT_EQ(nobody.status, 401);
    EXPECT_FALSE(nobody.header("www-authenticate").empty());
    EXPECT_EQ(upgrade("/guarded", "X-Who: bob\r\n").status, 403);
    EXPECT_EQ(upgrade("/guarded", "X-Who: ann\r\n").status, 101);
}

TEST_F(HandshakeAnswers, APathWithoutAnEndpointGets404) {
    EXPECT_EQ(upgrade("/nowhere").status, 404);
    EXPECT_EQ(upgrade("/probe/").status, 404);
    EXPECT_EQ(upgrade("/probe/x/").status, 404);
    EXPECT_EQ(server.ask("GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n").status, 404);
}

TEST_F(HandshakeAnswers, AnUpgradeByPostGets405WithAllow) {
    const HttpAnswer answer = server.ask(
        "POST /probe/x HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(answer.header("allow"), "GET");
}

TEST_F(HandshakeAnswers, AMethodThatARouteDoesNotHaveGets405WithThoseItHas) {
    const HttpAnswer answer = server.ask("DELETE /page HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(answer.header("allow"), "GET, HEAD, PUT");
}

TEST_F(HandshakeAnswers, AnotherVersionGets426WithTheOneSpoken) {
    const HttpAnswer answer = server.ask(
        "GET /probe/x HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n\r\n");
    EXPECT_EQ(answer.status, 426);
    EXPECT_EQ(answer.header("sec-websocket-version"), "13");
    EXPECT_EQ(answer.header("upgrade"), "websocket");
    EXPECT_EQ(answer.header("connection"), "Upgrade, close");
}

TEST_F(HandshakeAnswers, APlainGetOfAnEndpointGets426) {
    const HttpAnswer answer = server.ask("GET /probe/x HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(answer.status, 426);
    EXPECT_EQ(answer.header("sec-websocket-version"), "13");
    EXPECT_EQ(answer.header("upgrade"), "websocket");
    EXPECT_EQ(answer.header("connection"), "Upgrade");
}

TEST_F(HandshakeAnswers, AFullEndpointGets503UntilASessionHasGone) {
    RawWebSocket first{server->port(), "/small"};
    const HttpAnswer answer = upgrade("/small");
    EXPECT_EQ(answer.status, 503);
    EXPECT_FALSE(answer.header("retry-after").empty());
    first.close(1000);
    first.nextClose();
    EXPECT_TRUE(eventually([&] { return upgrade("/small").status == 101; }));
}

TEST(HandshakeAnswersWhileDraining, NewUpgradesGet503AndOpenSessions1001) {
    TestServer server;
    server.start<Probe>();
    RawWebSocket open = server.connect("/probe/x");
    std::thread stopping{[&] { server->stop(); }};
    EXPECT_EQ(open.nextClose().code, 1001);  // not answered yet: the server drains
    HttpAnswer answer;
    EXPECT_TRUE(eventually([&] {
        try {
            answer = server.ask(upgradeRequest("/probe/y"));
        } catch (const std::runtime_error&) {  // it came just as those that wait for a request are ended
            return false;
        }
        return true;
    }));
    EXPECT_EQ(answer.status, 503);
    EXPECT_FALSE(answer.header("retry-after").empty());
    open.close(1001);
    stopping.join();
}

TEST(HandshakeAnswersOfAFullServer, OneConnectionMoreThanMaxConnectionsGets503) {
    ServerConfig config = quickConfig();
    config.server.maxConnections = 2;
    TestServer server{config};
    server.start<Probe>();
    RawWebSocket first = server.connect("/probe/a");
    std::optional<RawWebSocket> second{server.connect("/probe/b")};
    RawSocket third{server->port()};
    third.send(upgradeRequest("/probe/c"));
    EXPECT_EQ(third.readAnswer().status, 503);
    EXPECT_TRUE(third.ends());
    second.reset();
    EXPECT_TRUE(eventually([&] { return server.ask(upgradeRequest("/probe/c")).status == 101; }));
}

// ------------------------------------------------------------------------------------------------ S1: origins

TEST_F(HandshakeAnswers, TheServersOwnOriginMayConnectWithOrWithoutADefaultPort) {
    const auto from = [&](std::string_view host, std::string_view origin) {
        return server
            .ask(std::string{"GET /probe/x HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nHost: "}
                     .append(host)
                     .append("\r\nOrigin: ")
                     .append(origin)
                     .append("\r\n\r\n"))
            .status;
    };
    EXPECT_EQ(from("chat.example", "http://chat.example"), 101);
    EXPECT_EQ(from("chat.example:80", "http://chat.example"), 101);
    EXPECT_EQ(from("chat.example", "http://chat.example:80"), 101);
    EXPECT_EQ(from("chat.example:8080", "http://chat.example:8080"), 101);
    EXPECT_EQ(from("Chat.Example", "http://chat.example"), 101);
    EXPECT_EQ(from("[::1]:8080", "http://[::1]:8080"), 101);
    EXPECT_EQ(from("chat.example:8080", "http://chat.example"), 403);
    EXPECT_EQ(from("chat.example", "http://chat.example:8080"), 403);
    EXPECT_EQ(from("chat.example", "http://chat.example.evil"), 403);
    EXPECT_EQ(from("chat.example", "http://evil.chat.example"), 403);
}

TEST_F(HandshakeAnswers, AForeignOriginGets403UnlessItIsListed) {
    EXPECT_EQ(upgrade("/probe/x", "Origin: https://friend.example\r\n").status, 403);
    EXPECT_EQ(upgrade("/listed", "Origin: https://friend.example\r\n").status, 101);
    EXPECT_EQ(upgrade("/listed", "Origin: https://foe.example\r\n").status, 403);
    EXPECT_EQ(upgrade("/listed", "Origin: http://friend.example\r\n").status, 403);
    EXPECT_EQ(upgrade("/listed", "Origin: http://localhost\r\n").status, 101);
    EXPECT_EQ(upgrade("/everybody", "Origin: https://foe.example\r\n").status, 101);
}

TEST_F(HandshakeAnswers, TheOriginNullIsForeign) {
    EXPECT_EQ(upgrade("/probe/x", "Origin: null\r\n").status, 403);
    EXPECT_EQ(upgrade("/listed", "Origin: null\r\n").status, 403);
}

/// POCO reads a value as mail does (RFC 2047), where this is the server's own origin.
TEST_F(HandshakeAnswers, AnEncodedWordIsNoOrigin) {
    EXPECT_EQ(upgrade("/probe/x", "Origin: http://localhost\r\n").status, 101);
    EXPECT_EQ(upgrade("/probe/x", "Origin: =?UTF-8?Q?http://localhost?=\r\n").status, 403);
}

TEST_F(HandshakeAnswers, AClientThatIsNoBrowserNeedsNoOrigin) { EXPECT_EQ(upgrade("/probe/x").status, 101); }

TEST_F(HandshakeAnswers, TwoOriginsOrAnEmptyOneGet400AlsoWhenOneIsAllowed) {
    EXPECT_EQ(upgrade("/probe/x", "Origin: http://localhost\r\nOrigin: https://foe.example\r\n").status, 400);
    EXPECT_EQ(upgrade("/everybody", "Origin: http://localhost\r\norigin: http://localhost\r\n").status, 400);
    EXPECT_EQ(upgrade("/probe/x", "Origin: \r\n").status, 400);
}

}  // namespace
}  // namespace patchbay::test
