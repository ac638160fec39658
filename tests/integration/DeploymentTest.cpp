// Deployment is all or nothing, before the start and while the server runs.   Source: Jakarta WebSocket §5.2.1
#include "integration/Probe.hpp"

namespace patchbay::test {
namespace {

struct Missing {};

class Fine {
    SERVER_ENDPOINT(Fine, "/fine")
public:
    ON_MESSAGE(said)
    std::string_view said(std::string_view text) { return text; }
};

class Room {
    SERVER_ENDPOINT(Room, "/rooms/{room}")
public:
    ON_MESSAGE(said)
    std::string_view said(std::string_view text) { return text; }
};

class SameRoom {
    SERVER_ENDPOINT(SameRoom, "/rooms/{name}")
public:
    ON_MESSAGE(said)
    std::string_view said(std::string_view text) { return text; }
};

class Needy {
    SERVER_ENDPOINT(Needy, "/needy")
public:
    explicit Needy(Missing&) {}
    ON_MESSAGE(said)
    std::string_view said(std::string_view text) { return text; }
};

void expectAllToldBy(const DeploymentError& error, std::size_t count, std::initializer_list<std::string_view> parts) {
    EXPECT_EQ(error.problems().size(), count) << error.what();
    for (const auto part : parts) {
        EXPECT_NE(std::string_view{error.what()}.find(part), std::string_view::npos) << part << " is not in\n" << error.what();
    }
}

TEST(Deployment, EveryProblemIsToldAtOnceAndNothingListens) {
    TestServer server;
    try {
        server.start<Fine, Room, SameRoom, Needy>();
        FAIL() << "the server started";
    } catch (const DeploymentError& error) {
        expectAllToldBy(error, 2, {"SameRoom at /rooms/{name}", "Room is at /rooms/{room}", "Needy at /needy", "Missing"});
    }
    EXPECT_THROW(server->port(), std::exception);
    EXPECT_THROW(server->topicsOf<Fine>(), std::logic_error);
}

TEST(Deployment, ABadOneWhileRunningLeavesNoRoute) {
    TestServer server;
    server.start<Fine>();
    EXPECT_THROW(server->deploy<Needy>(), DeploymentError);
    EXPECT_EQ(server.ask(upgradeRequest("/needy")).status, 404);
    server->deploy<Room>();
    EXPECT_THROW(server->deploy<SameRoom>(), DeploymentError);
    EXPECT_EQ(server.ask(upgradeRequest("/rooms/x")).status, 101);
    EXPECT_EQ(server.ask(upgradeRequest("/fine")).status, 101);
}

TEST(Deployment, TheSameClassTwiceIsOnce) {
    TestServer server;
    server.start<Fine, Fine>();
    server->deploy<Fine>();
    EXPECT_EQ(server.ask(upgradeRequest("/fine")).status, 101);
}

TEST(Deployment, AnEndpointMayComeAndGoWhileTheServerRuns) {
    TestServer server;
    server.start<Fine>();
    EXPECT_EQ(server.ask(upgradeRequest("/probe/x")).status, 404);
    server->deploy<Probe>();
    RawWebSocket probe = server.connect("/probe/x");
    RawWebSocket fine = server.connect("/fine");
    probe.text("hi");
    EXPECT_EQ(probe.nextText(), "hi");

    EXPECT_TRUE(server->undeploy("/probe/{name}"));
    EXPECT_EQ(probe.nextClose().code, 1001);
    EXPECT_EQ(server.journal().waitFor("close").substr(0, 19), "close 1001 shutdown");
    EXPECT_EQ(server.ask(upgradeRequest("/probe/x")).status, 404);
    EXPECT_FALSE(server->undeploy("/probe/{name}"));
    fine.text("still here");
    EXPECT_EQ(fine.nextText(), "still here");

    server->deploy<Probe>();
    EXPECT_EQ(server.ask(upgradeRequest("/probe/x")).status, 101);
}

}  // namespace
}  // namespace patchbay::test
