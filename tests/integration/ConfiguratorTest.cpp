// Each hook of a Configurator, as its endpoint's clients meet it.   Source: Jakarta WebSocket §3.1, FEATURES A8
#include "integration/Probe.hpp"

#include <patchbay/configurator.hpp>

#include <atomic>

namespace patchbay::test {
namespace {

bool has(const HandshakeRequest& request, std::string_view query) { return request.target.find(query) != std::string::npos; }

class Custom;

class Host : public Configurator {
public:
    explicit Host(Journal& journal) : journal_{journal} {}

    bool checkOrigin(const HandshakeRequest& request, const EndpointConfig& endpoint, std::string_view origin) override {
        journal_.add("checkOrigin " + endpoint.path + " " + std::string{origin});
        if (has(request, "origin-throws")) throw std::runtime_error{"the secret of the hook"};
        return origin == "https://odd.example";
    }

    std::string negotiatedSubprotocol(const EndpointConfig& endpoint, std::span<const std::string> offered) override {
        std::string line = "negotiatedSubprotocol";
        for (const auto& one : offered) line += " " + one;
        journal_.add(line);
        return offered.empty() ? std::string{} : endpoint.subprotocols.back();
    }

    void modifyHandshake(const HandshakeRequest& request, HandshakeResponse& response) override {
        journal_.add("modifyHandshake " + request.uri);
        if (has(request, "hook-throws")) throw std::runtime_error{"the secret of the hook"};
        response.headers.emplace_back("X-Served-By", "host");
        if (has(request, "rejected")) return response.reject(451, {{"X-Why", "law"}}, "not here");
        response.principal = {std::string{request.header("X-Who")}, {"guest"}};
        response.properties["visits"] = 0;
    }

    std::shared_ptr<void> endpointInstance(const HandshakeRequest& request) override;

private:
    Journal& journal_;
};

class Custom {
    SERVER_ENDPOINT(Custom, "/custom", .subprotocols = {"first", "last"}, .configurator = configuredBy<Host>)
public:
    ON_MESSAGE(said)
    std::string said(Session session, std::string_view text) {
        if (text == "who") return session.displayName() + "/" + session.principal()->roles.at(0);
        if (text == "protocol") return session.subprotocol();
        if (text == "visit") {
            const int visits = *session.property<int>("visits") + 1;
            session.setProperty("visits", visits);
            return std::to_string(visits);
        }
        return made;
    }

    std::string made = "by the framework";
};

std::shared_ptr<void> Host::endpointInstance(const HandshakeRequest& request) {
    if (!has(request, "made-by-hook")) return nullptr;
    auto instance = std::make_shared<Custom>();
    instance->made = "by the hook";
    return instance;
}

class Configurators : public testing::Test {
protected:
    void SetUp() override { server.start<Custom>(); }
    std::string answerTo(RawWebSocket& socket, std::string_view text) {
        socket.text(text);
        return socket.nextText();
    }
    TestServer server;
};

TEST_F(Configurators, CheckOriginDecidesInsteadOfTheList) {
    EXPECT_EQ(server.ask(upgradeRequest("/custom", "Origin: https://odd.example\r\n")).status, 101);
    EXPECT_EQ(server.ask(upgradeRequest("/custom", "Origin: http://localhost\r\n")).status, 403);
    EXPECT_EQ(server.journal().waitFor("checkOrigin"), "checkOrigin /custom https://odd.example");
}

TEST_F(Configurators, NegotiatedSubprotocolSeesTheOfferAndChooses) {
    RawWebSocket socket = server.connect("/custom", "Sec-WebSocket-Protocol: first, last\r\n");
    EXPECT_EQ(server.journal().waitFor("negotiatedSubprotocol"), "negotiatedSubprotocol first last");
    EXPECT_EQ(socket.answer().header("sec-websocket-protocol"), "last");
    EXPECT_EQ(answerTo(socket, "protocol"), "last");
}

TEST_F(Configurators, ModifyHandshakeAddsAHeaderToThe101) {
    EXPECT_EQ(server.connect("/custom?a=b").answer().header("x-served-by"), "host");
    EXPECT_EQ(server.journal().waitFor("modifyHandshake"), "modifyHandshake ws://localhost/custom?a=b");
}

TEST_F(Configurators, ModifyHandshakeNamesThePrincipal) {
    RawWebSocket socket = server.connect("/custom", "X-Who: ann\r\n");
    EXPECT_EQ(answerTo(socket, "who"), "ann/guest");
}

TEST_F(Configurators, ModifyHandshakeRejectsWithItsStatusHeadersAndBody) {
    const HttpAnswer answer = server.ask(upgradeRequest("/custom?rejected"));
    EXPECT_EQ(answer.status, 451);
    EXPECT_EQ(answer.header("x-why"), "law");
    EXPECT_EQ(answer.header("x-served-by"), "host");
    EXPECT_EQ(answer.body, "not here");
}

TEST_F(Configurators, PropertiesBelongToOneConnection) {
    RawWebSocket one = server.connect("/custom");
    RawWebSocket two = server.connect("/custom");
    EXPECT_EQ(answerTo(one, "visit"), "1");
    EXPECT_EQ(answerTo(one, "visit"), "2");
    EXPECT_EQ(answerTo(two, "visit"), "1");
}

TEST_F(Configurators, EndpointInstanceMayBringTheObject) {
    RawWebSocket hook = server.connect("/custom?made-by-hook");
    RawWebSocket framework = server.connect("/custom");
    EXPECT_EQ(answerTo(hook, "made"), "by the hook");
    EXPECT_EQ(answerTo(framework, "made"), "by the framework");
}

TEST_F(Configurators, AHookThatThrowsIsA500AndALineInTheLog) {
    for (const std::string_view target : {"/custom?hook-throws", "/custom?origin-throws"}) {
        testing::internal::CaptureStderr();
        const HttpAnswer answer = server.ask(upgradeRequest(target, "Origin: https://odd.example\r\n"));
        const std::string log = testing::internal::GetCapturedStderr();
        EXPECT_EQ(answer.status, 500);
        EXPECT_EQ(answer.body.find("secret"), std::string::npos);
        EXPECT_NE(log.find("/custom"), std::string::npos) << log;
        EXPECT_NE(log.find("the secret of the hook"), std::string::npos) << log;
    }
}

}  // namespace
}  // namespace patchbay::test
