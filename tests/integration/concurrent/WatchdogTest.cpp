// A handler that holds up its loop is named while it does, and when it has returned.
#include "integration/Probe.hpp"
#include "support/Gate.hpp"
#include "support/StderrLines.hpp"

#include <algorithm>

namespace patchbay::test {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kHeldUp = "Warning watchdog: loop 1 of 1 has been held up for ";

class Holding {
    SERVER_ENDPOINT(Holding, "/holding")
public:
    explicit Holding(Gate& gate) : gate_{gate} {}
    ON_MESSAGE(said)
    void said(Session session, std::string_view text) {
        if (text == "later") return session.post([&gate = gate_] { gate.pass(); });
        gate_.pass();
    }

private:
    Gate& gate_;
};

class WatchedLoops : public testing::Test {
protected:
    void serve(milliseconds limit) {
        ServerConfig config = quickConfig();
        config.server.loops = 1;
        config.server.watchdog = limit;
        server = std::make_unique<TestServer>(config);
        (*server)->provide(gate);
        server->start<Holding>();
    }
    /// Whether a line says so; a loop that is only starved may be named as well.
    bool isSaid(std::string_view start, std::string_view by) {
        return eventually([&] {
            return std::ranges::any_of(lines.journal().lines(), [&](const std::string& line) {
                return line.starts_with(start) && line.find(by) != std::string::npos;
            });
        });
    }

    StderrLines lines;
    std::shared_ptr<Gate> gate = std::make_shared<Gate>();
    std::unique_ptr<TestServer> server;
};

TEST_F(WatchedLoops, AHandlerThatHoldsUpItsLoopIsNamedAgainAndAgainAndWhenItHasReturned) {
    serve(milliseconds{20});
    RawWebSocket peer = server->connect("/holding");
    peer.text("x");
    gate->waitUntilInside(1);
    EXPECT_TRUE(isSaid(kHeldUp, "::Holding::said; "));
    lines.journal().waitForCount(kHeldUp, 3);
    gate->open();
    EXPECT_TRUE(isSaid("Warning watchdog: loop 1 of 1 goes on; it was held up for ", "::Holding::said"));
}

TEST_F(WatchedLoops, ATaskOfASessionIsNamedByItsEndpoint) {
    serve(milliseconds{20});
    RawWebSocket peer = server->connect("/holding");
    peer.text("later");
    gate->waitUntilInside(1);
    EXPECT_TRUE(isSaid(kHeldUp, "::Holding; ") && isSaid(kHeldUp, " by a task of "));
    gate->open();
}

TEST_F(WatchedLoops, OneThatIsStillHeldUpWhenTheServerStopsIsNamedByTheStopToo) {
    ServerConfig config = quickConfig();
    config.server.loops = 1;
    config.server.drainTimeout = milliseconds{50};
    config.server.watchdog = milliseconds{20};
    server = std::make_unique<TestServer>(config);
    (*server)->provide(gate);
    server->start<Holding>();
    RawWebSocket peer = server->connect("/holding");
    peer.text("x");
    gate->waitUntilInside(1);
    EXPECT_FALSE((*server)->stop());
    EXPECT_TRUE(lines.journal().waitFor("      - a handler on loop 1 of 1: ").ends_with("::Holding::said"));
    gate->open();
    // Or the next test would hear of it: the server has left its end to a thread.
    EXPECT_TRUE(isSaid("Warning watchdog: loop 1 of 1 goes on; ", "::Holding::said"));
}

TEST_F(WatchedLoops, NothingIsSaidWhereItIsSwitchedOff) {
    serve(milliseconds{0});
    RawWebSocket peer = server->connect("/holding");
    peer.text("x");
    gate->waitUntilInside(1);
    EXPECT_FALSE(peer.socket().hasSomething(milliseconds{50}));
    gate->open();
    peer.socket().reset();
    EXPECT_TRUE((*server)->stop());
    EXPECT_EQ(lines.journal().count("Warning watchdog"), 0u);
}

}  // namespace
}  // namespace patchbay::test
