// The application's timers on a session, and how they end; silence, which counts only while the peer is listened to.

#include "support/Conversation.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;

class Resting {
    SERVER_ENDPOINT(Resting, "/resting")
public:
    ON_MESSAGE(said)
    void said(std::string_view) {}
};

TEST(SessionTimers, RunByTheirLoopsClockWhileTheSessionIsOpenAndAreNothingAfterwards) {
    Conversation<Resting> ann;
    const Session session = ann.session();
    int once = 0, often = 0;
    const Timer single = session.after(10ms, [&] { ++once; });
    const Timer repeated = session.every(10ms, [&] { ++often; });
    ann.loop().settle();
    for (const Timer& timer : {single, repeated}) EXPECT_TRUE(timer.active());
    ann.loop().advance(9ms);
    EXPECT_EQ(once + often, 0);
    ann.loop().advance(21ms);
    EXPECT_EQ(once, 1);
    EXPECT_EQ(often, 3);
    EXPECT_FALSE(single.active());
    ann.leave();
    for (const Timer& timer : {session.after(10ms, [&] { ++once; }), session.every(10ms, [&] { ++often; })})
        EXPECT_FALSE(timer.active());
    ann.loop().advance(1s);
    EXPECT_EQ(once, 1);
    EXPECT_EQ(often, 3);
}

TEST(SessionTimers, ThatAreCancelledWhileTheirSessionClosesLetItEnd) {
    Conversation<Resting> ann;
    const Timer once = ann.session().after(1h, [] {}), often = ann.session().every(1h, [] {});
    ann.loop().settle();
    ann.session().close();
    for (const Timer& timer : {once, often}) timer.cancel();
    ann.loop().settle();
    EXPECT_EQ(ann.peer().closed, CloseCode::Normal);
    for (const Timer& timer : {once, often}) EXPECT_FALSE(timer.active());
}

TEST(SessionTimers, EndWithTheirSessionAndKeepNothingForAHandlesSake) {
    Conversation<Resting> ann;
    const auto held = std::make_shared<int>();
    const Timer timer = ann.session().every(1h, [held] {});
    ann.loop().settle();
    EXPECT_TRUE(timer.active());
    ann.leave();
    EXPECT_FALSE(timer.active());
    EXPECT_EQ(held.use_count(), 1);
}

// ---- silence

/// A session with the idle timeout of a minute, which its tests stop reading from.
class NotReading : public ::testing::Test {
protected:
    messaging::SessionCore& core() { return *messaging::SessionCore::of(ann.session()); }
    void pause() { core().timers().pauseReading(); }
    void resume() {
        ann.loop().turnWith([this] { core().timers().resumeReading(core()); });
    }
    void probe() {
        ann.loop().turnWith([this] { ann.session().probe(); });
    }
    /// The peer answers the latest ping.
    void answer() {
        ann.loop().turnWith([this] { core().receivePong(asBytes(ann.peer().pings.back())); });
    }
    Conversation<Resting> ann;
};

TEST_F(NotReading, IsNoTimeOfThePeersSilence) {
    ann.loop().advance(50s);
    pause();
    ann.loop().advance(10min + 7s);
    EXPECT_FALSE(ann.peer().closed);
    resume();
    ann.loop().advance(60s - 1ms);
    EXPECT_FALSE(ann.peer().closed) << "the clock begins anew";
    ann.loop().advance(1ms);
    EXPECT_EQ(ann.peer().closed, CloseCode::GoingAway);
}

TEST_F(NotReading, IsNoTimeOfATimeoutThatIsSetMeanwhileEither) {
    pause();
    ann.loop().turnWith([this] { ann.session().setIdleTimeout(10s); });
    ann.loop().advance(2min + 3s);
    resume();
    ann.loop().advance(10s - 1ms);
    EXPECT_FALSE(ann.peer().closed);
    ann.loop().advance(1ms);
    EXPECT_EQ(ann.peer().closed, CloseCode::GoingAway);
}

TEST_F(NotReading, ThePeerWasHeardOfInThePresentWhoeverAsks) {
    ann.loop().advance(10s);
    const Clock::time_point opened{};
    EXPECT_EQ(ann.session().lastReceived(), opened);
    pause();
    EXPECT_EQ(ann.session().lastReceived(), opened + 10s);
    ann.loop().advance(5s);
    std::thread{[&] { EXPECT_EQ(ann.session().lastReceived(), opened + 15s); }}.join();
    ann.loop().turnWith([&] { EXPECT_EQ(ann.session().lastReceived(), opened + 15s); });
    ann.loop().turnWith([&] { core().touch(); });
    ann.loop().advance(5s);
    EXPECT_EQ(ann.session().lastReceived(), opened + 20s) << "what had been read before changes nothing";
    resume();
    ann.loop().advance(5s);
    EXPECT_EQ(ann.session().lastReceived(), opened + 20s);
    ann.loop().turnWith([&] { core().touch(); });
    EXPECT_EQ(ann.session().lastReceived(), opened + 25s);
}

TEST_F(NotReading, ReadingOnWhereItWasReadIsNoSignOfThePeers) {
    ann.loop().advance(10s);
    resume();
    EXPECT_EQ(ann.session().lastReceived(), Clock::time_point{});
    probe();
    resume();
    ann.loop().advance(1s);
    answer();
    EXPECT_EQ(ann.session().roundTripTime(), 1s) << "nor is a probe forgotten";
}

TEST_F(NotReading, AProbeThatIsOnItsWayThenTellsNoTime) {
    ann.loop().advance(1s);
    for (const bool before : {true, false}) {
        if (before) probe();
        pause();
        if (!before) probe();
        ann.loop().advance(30s);
        resume();
        answer();
        EXPECT_EQ(ann.session().roundTripTime(), std::nullopt);
    }
    probe();
    ann.loop().advance(2ms);
    answer();
    EXPECT_EQ(ann.session().roundTripTime(), 2ms);
}

}  // namespace
}  // namespace patchbay::test
