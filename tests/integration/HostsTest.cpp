// Which names a server goes by, and whom it believes when somebody speaks for another.   Source: RFC 9110 §15.5.20, RFC 7239
#include "integration/Probe.hpp"
#include "support/Certificate.hpp"

#include <patchbay/configurator.hpp>

namespace patchbay::test {
namespace {

/// Says who asked.
void tell(const HttpRequest& request, HttpResponse& response) {
    response.write("text/plain", request.remoteAddress + (request.secure ? " secure " : " plain ") + std::string{request.header("Host")});
}

/// The same of a handshake, in its answer.
class Telling : public Configurator {
public:
    void modifyHandshake(const HandshakeRequest& request, HandshakeResponse& response) override {
        response.headers.emplace_back("X-Who", request.remoteAddress + (request.secure ? " secure " : " plain ") + request.host);
    }
};

class Told {
    SERVER_ENDPOINT(Told, "/told", .configurator = configuredBy<Telling>)
public:
    ON_MESSAGE(said)
    std::string said(Session session, std::string_view) { return session.remoteAddress() + " " + session.requestUri(); }
};

class Friendly {
    SERVER_ENDPOINT(Friendly, "/friendly", .origins = {"https://friend.example", "http://*.friends.example"})
public:
    ON_MESSAGE(said)
    std::string_view said(std::string_view text) { return text; }
};

class Hosts : public testing::Test {
protected:
    void start(ServerConfig config) {
        server.emplace(std::move(config));
        (*server)->handle("GET", "/who", &tell);
        server->start<Told, Friendly>();
    }
    static ServerConfig plain() {
        ServerConfig config = quickConfig();
        config.server.hosts.clear();
        return config;
    }
    HttpAnswer get(const std::string& host, const std::string& fields = {}) {
        return server->ask("GET /who HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "Connection: close\r\n\r\n");
    }
    HttpAnswer shakeHands(const std::string& host, const std::string& fields = {}) {
        return server->ask("GET /told HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nHost: " + host + "\r\n" + fields + "\r\n");
    }

    std::optional<TestServer> server;
};

// ------------------------------------------------------------------------------------------------ names

TEST_F(Hosts, AnAddressOfThisMachineTakesItsOwnNamesOnly) {
    start(plain());
    for (const auto* host : {"localhost", "LOCALHOST:8080", "a.localhost", "127.0.0.1:1", "127.3.2.1", "[::1]:8080", ""}) EXPECT_EQ(get(host).status, 200) << host;
    for (const auto* host : {"evil.example", "localhost.evil.example", "evil.example:8080", "0.0.0.0", "192.0.2.7", "[2001:db8::1]", "h"})
        EXPECT_EQ(get(host).status, 421) << host;
    EXPECT_EQ(server->ask("GET /who HTTP/1.0\r\n\r\n").status, 200);
}

/// The page's name points at this machine: origin and host are the same, and only the name tells.
TEST_F(Hosts, APageThatRebindsItsNameGets421AndTheKeyIsNamed) {
    testing::internal::CaptureStderr();
    start(plain());
    const HttpAnswer answer = shakeHands("evil.example:8080", "Origin: http://evil.example:8080\r\n");
    EXPECT_EQ(answer.status, 421);
    EXPECT_NE(answer.head.find("421 Misdirected Request"), std::string::npos);
    EXPECT_NE(answer.body.find("server.hosts"), std::string::npos);
    EXPECT_EQ(answer.header("connection"), "close");
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_NE(log.find("server.hosts"), std::string::npos) << log;
    EXPECT_NE(log.find("evil.example"), std::string::npos) << log;
}

TEST_F(Hosts, TheTargetsHostIsWhatIsAskedFor) {
    start(plain());
    EXPECT_EQ(server->ask("GET http://evil.example/who HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 421);
    EXPECT_EQ(server->ask("GET http://localhost/who HTTP/1.1\r\nHost: evil.example\r\n\r\n").status, 200);
}

TEST_F(Hosts, NothingBehindARefusedRequestIsARequest) {
    start(plain());
    RawSocket socket{(*server)->port()};
    socket.send("GET /who HTTP/1.1\r\nHost: evil.example\r\n\r\nGET /who HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(socket.readAnswer().status, 421);
    EXPECT_TRUE(socket.ends());
}

TEST_F(Hosts, OfOriginsAreNamesOfTheServers) {
    start(plain());
    EXPECT_EQ(get("friend.example").status, 200);
    EXPECT_EQ(get("Friend.Example:8443").status, 200);
    EXPECT_EQ(get("a.friends.example").status, 200);
    EXPECT_EQ(get("friends.example").status, 421);
}

TEST_F(Hosts, ThatAreConfiguredAreAllThereAre) {
    ServerConfig config = plain();
    config.server.hosts = {"chat.example", "*.files.example"};
    start(std::move(config));
    for (const auto* host : {"chat.example", "CHAT.example:8443", "a.files.example", "localhost"}) EXPECT_EQ(get(host).status, 200) << host;
    for (const auto* host : {"files.example", "evil.example"}) EXPECT_EQ(get(host).status, 421) << host;
}

TEST_F(Hosts, AnAddressForAllTakesAnyName) {
    ServerConfig config = plain();
    config.server.listen[0].url = "http://0.0.0.0:0";
    start(std::move(config));
    EXPECT_EQ(get("chat.example").status, 200);
}

TEST_F(Hosts, AMistakeInThemKeepsTheServerFromStarting) {
    ServerConfig config = plain();
    config.server.hosts = {"https://chat.example"};
    config.server.trustedProxies = {"proxy.example"};
    config.server.listen[0].proxyProtocol = true;
    try {
        start(std::move(config));
        FAIL();
    } catch (const DeploymentError& error) {
        EXPECT_NE(std::string_view{error.what()}.find("server.hosts: \"https://chat.example\" has a scheme"), std::string_view::npos) << error.what();
        EXPECT_NE(std::string_view{error.what()}.find("server.trustedProxies: \"proxy.example\" is no address"), std::string_view::npos) << error.what();
    }
}

// ------------------------------------------------------------------------------------------------ proxies

const std::string kProxied =
    "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: chat.example\r\nX-Forwarded-Port: 443\r\n";

TEST_F(Hosts, WhatAProxySaysHoldsForPagesHandshakesAndSessions) {
    ServerConfig config = plain();
    config.server.trustedProxies = {"127.0.0.1"};
    start(std::move(config));
    EXPECT_EQ(get("inner", kProxied).body, "203.0.113.9 secure chat.example");
    EXPECT_EQ(shakeHands("inner", kProxied).header("x-who"), "203.0.113.9 secure chat.example");
    RawWebSocket socket = server->connect("/told", kProxied);
    socket.text("who");
    EXPECT_EQ(socket.nextText(), "203.0.113.9 wss://chat.example/told");
}

TEST_F(Hosts, EachRequestOfAConnectionHasItsOwnClient) {
    ServerConfig config = plain();
    config.server.trustedProxies = {"127.0.0.1"};
    start(std::move(config));
    RawSocket socket{(*server)->port()};
    socket.send("GET /who HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\n\r\nGET /who HTTP/1.1\r\nHost: b\r\nX-Forwarded-For: 203.0.113.10\r\n\r\n"
                "GET /who HTTP/1.1\r\nHost: c\r\n\r\n");
    EXPECT_EQ(socket.readAnswer().body, "203.0.113.9 plain a");
    EXPECT_EQ(socket.readAnswer().body, "203.0.113.10 plain b");
    EXPECT_EQ(socket.readAnswer().body.rfind("127.0.0.1:", 0), 0u);
}

TEST_F(Hosts, WhatAStrangerSaysCountsForNothing) {
    ServerConfig config = plain();
    config.server.trustedProxies = {"10.0.0.0/8"};
    start(std::move(config));
    const std::string body = get("localhost", kProxied + "Forwarded: for=203.0.113.9;proto=https;host=chat.example\r\n").body;
    EXPECT_EQ(body.rfind("127.0.0.1:", 0), 0u) << body;
    EXPECT_NE(body.find(" plain localhost"), std::string::npos) << body;
    EXPECT_EQ(get("chat.example", kProxied).status, 421);
}

TEST_F(Hosts, OneOfBothKindsOfFieldsIsRead) {
    ServerConfig config = plain();
    config.server.trustedProxies = {"127.0.0.0/8"};
    config.server.forwardedFields = ForwardedFields::Forwarded;
    start(std::move(config));
    EXPECT_EQ(get("inner", kProxied + "Forwarded: for=\"[2001:db8::9]:4711\";proto=https;host=other.example\r\n").body,
              "[2001:db8::9]:4711 secure other.example");
}

/// nginx's `proxy_set_header Host $host`.
TEST_F(Hosts, AProxyMayKeepItsPortToItself) {
    ServerConfig config = plain();
    config.server.trustedProxies = {"127.0.0.1"};
    start(std::move(config));
    EXPECT_EQ(shakeHands("chat.example", "Origin: https://chat.example:8443\r\n").status, 101);
    EXPECT_EQ(shakeHands("chat.example", "Origin: https://chat.example\r\n").status, 101);
    EXPECT_EQ(shakeHands("chat.example", "Origin: https://evil.example:8443\r\n").status, 403);
    EXPECT_EQ(shakeHands("[2001:db8::1]", "Origin: https://[2001:db8::1]:8443\r\n").status, 101);
    EXPECT_EQ(shakeHands("chat.example:8443", "Origin: https://chat.example:9000\r\n").status, 403);
    EXPECT_EQ(shakeHands("chat.example", "X-Forwarded-Port: 8443\r\nOrigin: https://chat.example:9000\r\n").status, 403);
    EXPECT_EQ(shakeHands("chat.example", "X-Forwarded-Port: 8443\r\nOrigin: https://chat.example:8443\r\n").status, 101);
    EXPECT_EQ(shakeHands("chat.example", "X-Forwarded-Proto: https\r\nOrigin: http://chat.example\r\n").status, 403);
}

TEST_F(Hosts, AProxyThatKeepsItsPortAndIsNotTrustedIsNamedInTheLog) {
    testing::internal::CaptureStderr();
    ServerConfig config = plain();
    config.server.hosts = {"chat.example"};
    start(std::move(config));
    EXPECT_EQ(shakeHands("chat.example", "Origin: https://chat.example:8443\r\n").status, 403);
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_NE(log.find("server.trustedProxies"), std::string::npos) << log;
}

// ------------------------------------------------------------------------------------------------ the PROXY protocol

class ProxyProtocol : public Hosts {
protected:
    void start(std::vector<std::string> trusted = {"127.0.0.1"}) {
        ServerConfig config = plain();
        config.server.listen[0].proxyProtocol = true;
        config.server.trustedProxies = std::move(trusted);
        config.limits.handshakeTimeout = std::chrono::milliseconds{300};
        config.server.maxConnections = 2;
        Hosts::start(std::move(config));
    }
    RawSocket open() { return RawSocket{(*server)->port()}; }
};

constexpr std::string_view kHeader = "PROXY TCP4 203.0.113.9 198.51.100.1 56324 443\r\n";
constexpr std::string_view kWho = "GET /who HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

TEST_F(ProxyProtocol, NamesTheClientOfItsConnection) {
    start();
    for (int i = 0; i < 6; ++i) {  // on each loop, and its place is given back each time
        RawSocket socket = open();
        socket.send(std::string{kHeader}.append(kWho));
        EXPECT_EQ(socket.readAnswer().body, "203.0.113.9:56324 plain localhost");
        EXPECT_TRUE(socket.ends());
    }
}

TEST_F(ProxyProtocol, MayComeByteByByte) {
    start();
    RawSocket socket = open();
    const std::string all = std::string{kHeader}.append(kWho);
    for (const char byte : all) socket.send(std::string_view{&byte, 1});
    EXPECT_EQ(socket.readAnswer().body, "203.0.113.9:56324 plain localhost");
}

TEST_F(ProxyProtocol, TheClientItselfIsNoProxy) {
    start();
    RawSocket socket = open();
    socket.send(std::string{kHeader}.append("GET /who HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 1.1.1.1\r\n\r\n"));
    EXPECT_EQ(socket.readAnswer().body, "203.0.113.9:56324 plain localhost");
}

TEST_F(ProxyProtocol, WhoComesByItMayAskForAnyNameAsBehindOtherProxies) {
    start();
    RawSocket socket = open();
    socket.send(std::string{kHeader}.append("GET /who HTTP/1.1\r\nHost: chat.example\r\n\r\n"));
    EXPECT_EQ(socket.readAnswer().body, "203.0.113.9:56324 plain chat.example");
}

/// It does not look into what it passes on: fields in there are a client's own.
TEST_F(ProxyProtocol, AProxyThatSpeaksForItselfSpeaksForNobodyElseInFields) {
    start();
    RawSocket socket = open();
    socket.send("PROXY UNKNOWN\r\nGET /who HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https\r\n\r\n");
    const std::string body = socket.readAnswer().body;
    EXPECT_TRUE(body.starts_with("127.0.0.1:")) << body;
    EXPECT_TRUE(body.ends_with(" plain localhost")) << body;
}

TEST_F(ProxyProtocol, WithoutAHeaderNobodyIsServed) {
    start();
    RawSocket socket = open();
    socket.send(kWho);
    EXPECT_TRUE(socket.ends());
    EXPECT_TRUE(socket.wasReset());
}

TEST_F(ProxyProtocol, WhoSaysHalfOfItIsEndedByTheTimeOfAHead) {
    start();
    RawSocket socket = open();
    socket.send(kHeader.substr(0, 20));
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_TRUE(socket.ends());
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds{200});
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{3});
}

TEST_F(ProxyProtocol, AStrangerIsNotListenedTo) {
    testing::internal::CaptureStderr();
    start({"10.0.0.0/8"});
    RawSocket socket = open();
    EXPECT_TRUE(socket.ends());
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_NE(log.find("server.trustedProxies"), std::string::npos) << log;
}

TEST_F(ProxyProtocol, AStopDoesNotWaitForIt) {
    start();
    RawSocket socket = open();
    socket.send(kHeader.substr(0, 20));
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_TRUE((*server)->stop());
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{2});
}

TEST_F(ProxyProtocol, NeedsSomebodyWhoIsTrusted) {
    EXPECT_THROW(start({}), DeploymentError);
}

TEST(ProxyProtocolOverTls, StandsAheadOfIt) {
    const Certificate certificate;
    ServerConfig config = quickConfig();
    config.server.listen[0] = {.url = "https://127.0.0.1:0", .certificate = certificate.file(), .key = certificate.keyFile(), .proxyProtocol = true};
    config.server.trustedProxies = {"127.0.0.1"};
    TestServer server{config};
    server->handle("GET", "/who", &tell);
    server.start<Probe>();
    RawSocket socket{server->port(), {.tls = true, .preamble = std::string{kHeader}}};
    socket.send(kWho);
    EXPECT_EQ(socket.readAnswer().body, "203.0.113.9:56324 secure localhost");
}

}  // namespace
}  // namespace patchbay::test
