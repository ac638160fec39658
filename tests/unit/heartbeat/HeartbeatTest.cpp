// The heartbeat in the test kit: its clock is turned by hand, its peers answer pings unless they are stalled.
#include "heartbeat/Heartbeat.hpp"

#include <patchbay/annotations.hpp>
#include <patchbay/testkit.hpp>

#include <gmock/gmock.h>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;
using testkit::Peer, testkit::TestServer;

class Quiet {
    SERVER_ENDPOINT(Quiet, "/quiet", .idleTimeout = 1h)
public:
    static inline std::optional<CloseReason> last;
    static inline std::optional<Session> session;
    ON_OPEN(opened)
    void opened(Session newcomer) { session = newcomer; }
    ON_MESSAGE(said)
    void said(std::string_view) {}
    ON_CLOSE(closed)
    void closed(CloseReason reason) { last = reason; }
};

class HeartbeatTest : public testing::Test {
protected:
    HeartbeatTest() {
        Quiet::last.reset();
        Quiet::session.reset();
        server.install(std::make_unique<heartbeat::Heartbeat>(heartbeat::Config{.every = 20s, .timeout = 5s}));
        server.deploy<Quiet>();
    }
    ~HeartbeatTest() override { Quiet::session.reset(); }

    TestServer server;
};

TEST_F(HeartbeatTest, ASilentPeerThatAnswersIsKept) {
    Peer& ann = server.connect("/quiet");
    server.advance(10min);
    EXPECT_GE(ann.pings(), 600u / 21 - 2);
    EXPECT_LE(ann.pings(), 600u / 20);
    EXPECT_FALSE(ann.closed());
}

TEST_F(HeartbeatTest, APeerThatTalksIsNeverPinged) {
    Peer& ann = server.connect("/quiet");
    for (int i = 0; i < 100; ++i) {
        server.advance(15s);
        ann.send("still here");
    }
    EXPECT_EQ(ann.pings(), 0u);
}

// It was closed: its silence since the answer was compared with the timeout.
TEST_F(HeartbeatTest, AnAnswerThatCameAtOnceIsStillOneAtTheTimeout) {
    TestServer patient;
    patient.install(std::make_unique<heartbeat::Heartbeat>(heartbeat::Config{.every = 5s, .timeout = 60s}));
    patient.deploy<Quiet>();
    Peer& ann = patient.connect("/quiet");
    patient.advance(10min);
    EXPECT_FALSE(ann.closed());
    EXPECT_GE(ann.pings(), 8u);
}

TEST_F(HeartbeatTest, APeerThatLeavesIsForgotten) {
    server.connect("/quiet").close();
    server.connect("/quiet").vanish();
    Peer& ann = server.connect("/quiet");
    ann.stall();
    for (int second = 0; second < 41 && ann.pings() == 0; ++second) server.advance(1s);
    ann.close();  // between the ping and the judgement
    server.advance(5min);
    EXPECT_EQ(server.closedFor(CloseCause::Idle), 0u);
    EXPECT_EQ(server.sessionCount(), 0u);
}

TEST_F(HeartbeatTest, APeerThatDoesNotAnswerIsClosedAsDead) {
    Peer& ann = server.connect("/quiet");
    ann.stall();
    server.advance(46s);  // at most twice `every`, and the timeout, and some ticks
    ASSERT_TRUE(ann.closed());
    EXPECT_EQ(ann.closed()->code, CloseCode::GoingAway);
    EXPECT_EQ(ann.closed()->text, "no answer to a ping");
    ASSERT_TRUE(Quiet::last);
    EXPECT_EQ(Quiet::last->code(), CloseCode::Abnormal);
    EXPECT_EQ(Quiet::last->cause(), CloseCause::Idle);
    EXPECT_EQ(server.closedFor(CloseCause::Idle), 1u);
}

TEST_F(HeartbeatTest, TheRoundTripTimeIsKnownAfterTheFirstAnswer) {
    server.connect("/quiet");
    EXPECT_FALSE(Quiet::session->roundTripTime());
    server.advance(45s);
    EXPECT_TRUE(Quiet::session->roundTripTime());
}

TEST_F(HeartbeatTest, ACrowdThatConnectsAtOnceIsNotPingedAtOnce) {
    std::vector<Peer*> crowd;
    for (int i = 0; i < 1'000; ++i) crowd.push_back(&server.connect("/quiet"));
    const auto pinged = [&] {
        return std::count_if(crowd.begin(), crowd.end(), [](const Peer* peer) { return peer->pings() > 0; });
    };
    std::vector<std::ptrdiff_t> perSecond;
    for (int second = 0; second < 41; ++second) {
        const auto before = pinged();
        server.advance(1s);
        perSecond.push_back(pinged() - before);
    }
    EXPECT_EQ(pinged(), 1'000);
    EXPECT_LT(*std::max_element(perSecond.begin(), perSecond.end()), 100);  // evenly it would be 50
}

TEST(HeartbeatConfig, WithoutTimesIsRefused) {
    EXPECT_THROW(heartbeat::Heartbeat(heartbeat::Config{.every = 0s, .timeout = 5s}), std::invalid_argument);
    EXPECT_THROW(heartbeat::Heartbeat(heartbeat::Config{.every = 5s, .timeout = 0s}), std::invalid_argument);
}

}  // namespace
}  // namespace patchbay::test
