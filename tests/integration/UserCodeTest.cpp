// Whatever an application's or a plugin's code throws, also what is no std::exception, ends where it was called: the request,
// the deployment or the tick has failed, and the server serves on. And no lock is held around it: it may call the server again.
#include "integration/Probe.hpp"

#include <patchbay/configurator.hpp>
#include <patchbay/extension.hpp>
#include <patchbay/plugin.hpp>

#include <atomic>

namespace patchbay::test {
namespace {

bool has(const HandshakeRequest& request, std::string_view query) { return request.target.find(query) != std::string::npos; }

class Careless;

/// Throws where the query says.
class CarelessHost : public Configurator {
public:
    bool checkOrigin(const HandshakeRequest& request, const EndpointConfig&, std::string_view) override {
        if (has(request, "checkOrigin")) throw 42;
        return true;
    }
    std::string negotiatedSubprotocol(const EndpointConfig&, std::span<const std::string> offered) override {
        if (!offered.empty()) throw 42;
        return {};
    }
    std::vector<ExtensionTerms> negotiatedExtensions(const EndpointConfig&, std::span<const ExtensionTerms> offered) override {
        if (!offered.empty() && offered[0].name == "x-hook") throw 42;
        return {offered.begin(), offered.end()};
    }
    void modifyHandshake(const HandshakeRequest& request, HandshakeResponse&) override {
        if (has(request, "modifyHandshake")) throw 42;
    }
    std::shared_ptr<void> endpointInstance(const HandshakeRequest& request) override {
        if (has(request, "endpointInstance")) throw 42;
        return nullptr;
    }
};

std::atomic<bool> constructorThrows{false};

class Careless {
    SERVER_ENDPOINT(Careless, "/careless", .configurator = configuredBy<CarelessHost>)
public:
    Careless() {
        if (constructorThrows) throw 42;
    }
    ON_MESSAGE(said)
    std::string_view said(std::string_view text) { return text; }
};

class CarelessInterceptor : public HandshakeInterceptor {
    void onHandshake(const HandshakeRequest& request, HandshakeResponse&) override {
        if (has(request, "interceptor")) throw 42;
    }
};

class CarelessFactory : public ExtensionFactory {
    std::string_view name() const noexcept override { return "x-factory"; }
    std::optional<Agreed> accept(const ExtensionTerms&) override { throw 42; }
    std::vector<ExtensionTerms> offers() const override { return {}; }
    std::unique_ptr<Extension> agree(const ExtensionTerms&) override { return nullptr; }
};

class UserCode : public testing::Test {
protected:
    void SetUp() override {
        server->addInterceptor(std::make_shared<CarelessInterceptor>());
        server->addExtension(std::make_shared<CarelessFactory>());
        server->handle("GET", "/careless-page", [](const HttpRequest&, HttpResponse&) { throw 42; });
        server.start<Careless>();
    }
    void TearDown() override { constructorThrows = false; }
    void expect500(std::string_view target, std::string_view fields = {}) {
        EXPECT_EQ(server.ask(upgradeRequest(target, fields)).status, 500) << target << " " << fields;
    }
    void expectServes() {
        RawWebSocket socket = server.connect("/careless");
        socket.text("still here");
        EXPECT_EQ(socket.nextText(), "still here");
    }
    TestServer server;
};

TEST_F(UserCode, ThatThrowsInAHookOfTheHandshakeIsA500AndALineInTheLog) {
    testing::internal::CaptureStderr();
    expect500("/careless?checkOrigin", "Origin: http://localhost\r\n");
    expect500("/careless", "Sec-WebSocket-Protocol: some\r\n");
    expect500("/careless", "Sec-WebSocket-Extensions: x-hook\r\n");
    expect500("/careless?modifyHandshake");
    expect500("/careless?endpointInstance");
    expect500("/careless?interceptor");
    expect500("/careless", "Sec-WebSocket-Extensions: x-factory\r\n");
    const std::string log = testing::internal::GetCapturedStderr();
    constexpr std::string_view kLine = "/careless: the handshake failed: something that is no std::exception";
    int lines = 0;
    for (std::size_t at = 0; (at = log.find(kLine, at)) != std::string::npos; ++at) ++lines;
    EXPECT_EQ(lines, 7) << log;
    expectServes();
}

TEST_F(UserCode, ThatThrowsInAnEndpointsConstructorIsA500) {
    constructorThrows = true;
    expect500("/careless");
    constructorThrows = false;
    expectServes();
}

TEST_F(UserCode, ThatThrowsInAnHttpHandlerIsA500) {
    EXPECT_EQ(server.ask("GET /careless-page HTTP/1.1\r\nHost: h\r\n\r\n").status, 500);
    expectServes();
}

TEST_F(UserCode, ThatThrowsInATickerIsCalledAgain) {
    const auto ticks = std::make_shared<std::atomic<int>>(0);
    server->everyOnEachLoop(std::chrono::milliseconds{1}, [ticks](auto) {
        ++*ticks;
        throw 42;
    });
    EXPECT_TRUE(eventually([&] { return *ticks > 5; }));
    expectServes();
}

class UnmakableHost : public Configurator {
public:
    UnmakableHost() { throw 42; }
};

class Unmakable {
    SERVER_ENDPOINT(Unmakable, "/unmakable", .configurator = configuredBy<UnmakableHost>)
public:
    ON_MESSAGE(said)
    void said(std::string_view) {}
};

TEST_F(UserCode, ThatThrowsInAConfiguratorsConstructorIsAProblemOfTheDeployment) {
    try {
        server->deploy<Unmakable>();
        FAIL() << "it was deployed";
    } catch (const DeploymentError& error) {
        EXPECT_NE(std::string{error.what()}.find("its configurator cannot be made: something that is no std::exception"),
                  std::string::npos)
            << error.what();
    }
    EXPECT_EQ(server.ask(upgradeRequest("/unmakable")).status, 404);
    expectServes();
}

class BesideIt {
    SERVER_ENDPOINT(BesideIt, "/beside")
public:
    ON_MESSAGE(said)
    std::string_view said(std::string_view text) { return text; }
};

/// Brings along what its endpoint needs.
class BringingHost : public Configurator {
public:
    explicit BringingHost(ServerContainer& server) {
        server.handle("GET", "/brought", [](const HttpRequest&, HttpResponse& out) { out.write("text/plain", "along"); });
        server.deploy<BesideIt>();
    }
};

class Bringing {
    SERVER_ENDPOINT(Bringing, "/bringing", .configurator = configuredBy<BringingHost>)
public:
    ON_MESSAGE(said)
    std::string_view said(std::string_view text) { return text; }
};

/// The server as a service, so that a configurator may ask for it.
void provideItself(Server& server) { server.provide(std::shared_ptr<ServerContainer>{&server, [](ServerContainer*) {}}); }

void expectBrought(TestServer& server) {
    EXPECT_EQ(server.ask("GET /brought HTTP/1.1\r\nHost: h\r\n\r\n").body, "along");
    EXPECT_EQ(server.ask(upgradeRequest("/bringing")).status, 101);
    EXPECT_EQ(server.ask(upgradeRequest("/beside")).status, 101);
}

TEST(UserCodeThatCallsAgain, AConfiguratorsConstructorMayHandleAndDeployWhileTheServerStarts) {
    TestServer server;
    provideItself(*server);
    server.start<Bringing>();
    expectBrought(server);
}

TEST(UserCodeThatCallsAgain, AConfiguratorsConstructorMayHandleAndDeployWhileTheServerRuns) {
    TestServer server;
    provideItself(*server);
    server.start<>();
    server->deploy<Bringing>();
    expectBrought(server);
}

class AddingInterceptor : public HandshakeInterceptor {
public:
    explicit AddingInterceptor(Server& server) : server_{server} {}
    void onHandshake(const HandshakeRequest&, HandshakeResponse&) override {
        server_.deploy<BesideIt>();
        server_.undeploy("/careless");
    }

private:
    Server& server_;
};

TEST(UserCodeThatCallsAgain, AHandshakeInterceptorMayDeployAndUndeploy) {
    TestServer server;
    server->addInterceptor(std::make_shared<AddingInterceptor>(*server));
    server.start<Careless>();
    EXPECT_EQ(server.ask(upgradeRequest("/careless")).status, 503);  // taken away since it was judged
    EXPECT_EQ(server.ask(upgradeRequest("/beside")).status, 101);
}

TEST(UserCodeThatCallsAgain, AnHttpHandlerMayHandleAndDeploy) {
    TestServer server;
    server->handle("POST", "/more", [&](const HttpRequest&, HttpResponse& out) {
        server->handle("GET", "/brought", [](const HttpRequest&, HttpResponse& more) { more.write("text/plain", "along"); });
        server->deploy<BesideIt>();
        out.status = 204;
    });
    server.start<>();
    EXPECT_EQ(server.ask("POST /more HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n").status, 204);
    EXPECT_EQ(server.ask("GET /brought HTTP/1.1\r\nHost: h\r\n\r\n").body, "along");
    EXPECT_EQ(server.ask(upgradeRequest("/beside")).status, 101);
}

}  // namespace
}  // namespace patchbay::test
