// What a session does one after the other, where a handler takes its time: coroutines that wait, receiving that is paused.

#include "integration/Memory.hpp"
#include "support/Journal.hpp"

#include <patchbay/annotations.hpp>
#include <patchbay/async.hpp>
#include <patchbay/executor.hpp>
#include <patchbay/testkit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <malloc.h>

#include <fstream>
#include <map>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre, ::testing::IsEmpty;
using testkit::Peer, testkit::TestServer;

/// What handlers wait for, by name, and what they write down.
struct Gates {
    Journal journal;
    std::vector<Session> sessions;  // in the order in which they opened
    std::map<std::string, Completion<>, std::less<>> gates;
    bool closeWaits = false;
    bool openWaits = false;
    bool openFails = false;

    Completion<> gate(const std::string& name) { return gates[name]; }
    void open(const std::string& name) { gates[name].set(); }
};

/// Each message waits for the gate of its name.
class Patient {
    SERVER_ENDPOINT(Patient, "/patient/{room}", .idleTimeout = 1min)
public:
    explicit Patient(Gates& gates) : gates_{gates} {}

    ON_OPEN(opened)
    Async<> opened(Session session, PathParam<"room"> room) {
        gates_.sessions.push_back(session);
        gates_.journal.add("open " + std::string{room.value});
        if (gates_.openWaits) co_await gates_.gate("open");
        if (gates_.openFails) throw Refused{"full"};
        session.setProperty("welcome", true);
    }
    ON_MESSAGE(said)
    Async<std::string> said(Session session, std::string text) {
        gates_.journal.add("begin " + text);
        try {
            if (text != "at once") co_await gates_.gate(text);
        } catch (const Cancelled&) {
            gates_.journal.add("cancelled " + text + (session.isOpen() ? " open" : ""));
            throw;
        }
        if (text == "bad") throw std::runtime_error{"bad"};
        gates_.journal.add("end " + text);
        co_return "done " + text;
    }
    ON_CLOSE(left)
    Async<> left(Session, CloseReason reason) {
        gates_.journal.add("close " + std::string{name(reason.cause())});
        if (gates_.closeWaits) co_await gates_.gate("close");
        gates_.journal.add("closed");
    }
    ON_ERROR(failed)
    Async<> failed(Session, std::exception_ptr) {
        gates_.journal.add("error");
        co_await gates_.gate("error");
        gates_.journal.add("error handled");
    }

private:
    Gates& gates_;
};

class StrandTest : public ::testing::Test {
protected:
    StrandTest() {
        server.provide(gates);
        server.deploy<Patient>();
    }
    std::vector<std::string> lines() {
        server.settle();
        return gates->journal.lines();
    }
    void open(const std::string& gate) {
        gates->open(gate);
        server.settle();
    }
    std::shared_ptr<Gates> gates = std::make_shared<Gates>();
    TestServer server;
};

TEST_F(StrandTest, AMessageWaitsUntilTheOneBeforeHasBeenHandled) {
    Peer& peer = server.connect("/patient/a");
    peer.send("one");
    peer.send("two");
    EXPECT_THAT(lines(), ElementsAre("open a", "begin one"));
    open("two");
    EXPECT_THAT(peer.received(), IsEmpty());
    open("one");
    EXPECT_EQ(peer.takeText(), "done one");
    EXPECT_EQ(peer.takeText(), "done two");
    EXPECT_THAT(lines(), ElementsAre("open a", "begin one", "end one", "begin two", "end two"));
}

TEST_F(StrandTest, NoMessageIsHandledWhileTheOpenHandlerWaits) {
    gates->openWaits = true;
    Peer& peer = server.connect("/patient/a");
    peer.send("at once");
    EXPECT_THAT(lines(), ElementsAre("open a"));
    open("open");
    EXPECT_EQ(peer.takeText(), "done at once");
}

TEST_F(StrandTest, AnOpenHandlerThatRefusesAfterAWhileClosesWithItsCode) {
    gates->openWaits = gates->openFails = true;
    Peer& peer = server.connect("/patient/a");
    peer.send("at once");
    open("open");
    open("error");
    ASSERT_TRUE(peer.closed());
    EXPECT_EQ(peer.closed()->code, CloseCode::PolicyViolation);
    EXPECT_EQ(peer.closed()->text, "full");
    EXPECT_THAT(lines(), ElementsAre("open a", "error", "error handled"));
    EXPECT_EQ(server.sessionCount(), 0u);
}

TEST_F(StrandTest, OneSessionDoesNotWaitForAnother) {
    Peer& ann = server.connect("/patient/a");
    Peer& bob = server.connect("/patient/b");
    ann.send("slow");
    bob.send("at once");
    EXPECT_EQ(bob.takeText(), "done at once");
    EXPECT_THAT(ann.received(), IsEmpty());
}

TEST_F(StrandTest, TasksAndTimersWaitToo) {
    Peer& peer = server.connect("/patient/a");
    const Session session = gates->sessions.front();
    peer.send("slow");
    session.post([&] { gates->journal.add("task"); });
    session.after(1s, [&] { gates->journal.add("timer"); });
    const Timer ticks = session.every(1s, [&] { gates->journal.add("tick"); });
    server.advance(5s);
    EXPECT_THAT(lines(), ElementsAre("open a", "begin slow"));
    open("slow");
    EXPECT_THAT(lines(), ElementsAre("open a", "begin slow", "end slow", "task", "timer", "tick"));
    server.advance(2s);
    EXPECT_EQ(gates->journal.count("tick"), 3u) << "what was missed is made up for by one run";
}

TEST_F(StrandTest, ATimerThatIsCancelledWhileItsRunWaitsDoesNotRun) {
    Peer& peer = server.connect("/patient/a");
    const Session session = gates->sessions.front();
    peer.send("slow");
    const Timer once = session.after(1s, [&] { gates->journal.add("timer"); });
    server.advance(2s);
    EXPECT_TRUE(once.active());
    once.cancel();
    open("slow");
    EXPECT_EQ(gates->journal.count("timer"), 0u);
}

TEST_F(StrandTest, ThePeersCloseCancelsWhatTheHandlerWaitsForAndComesBehindWhatItHadSent) {
    Peer& peer = server.connect("/patient/a");
    peer.send("slow");
    peer.send("at once");
    peer.close(CloseCode{4000}, "bye");
    EXPECT_THAT(lines(), ElementsAre("open a", "begin slow", "cancelled slow", "begin at once", "end at once", "error", "close peer",
                                     "closed"))
        << "what it returns finds nobody";
    EXPECT_EQ(server.sessionCount(), 0u);
}

TEST_F(StrandTest, OurCloseDropsWhatWaits) {
    Peer& peer = server.connect("/patient/a");
    peer.send("slow");
    peer.send("at once");
    gates->sessions.front().close(CloseCode{4001}, "enough");
    server.settle();
    EXPECT_THAT(lines(), ElementsAre("open a", "begin slow", "cancelled slow", "close application", "closed"));
    EXPECT_EQ(peer.closed()->code, CloseCode{4001});
}

TEST_F(StrandTest, TheCloseHandlerMayWait) {
    gates->closeWaits = true;
    Peer& peer = server.connect("/patient/a");
    peer.send("slow");
    peer.vanish();
    EXPECT_THAT(lines(), ElementsAre("open a", "begin slow", "cancelled slow", "close connection-lost"));
    EXPECT_EQ(server.sessionCount(), 1u);
    open("close");
    EXPECT_EQ(lines().back(), "closed");
    EXPECT_EQ(server.sessionCount(), 0u);
}

TEST_F(StrandTest, ASessionWhoseEndpointWasTakenAwayIsThereUntilItsCloseHandlerHasReturned) {
    gates->closeWaits = true;
    server.connect("/patient/a");
    EXPECT_TRUE(server.undeploy("/patient/{room}"));
    EXPECT_THAT(lines(), ElementsAre("open a", "close shutdown"));
    EXPECT_EQ(server.sessionCount(), 1u) << "a stop waits for it";
    open("close");
    EXPECT_EQ(lines().back(), "closed");
    EXPECT_EQ(server.sessionCount(), 0u);
}

TEST_F(StrandTest, TheErrorHandlerMayWaitAndTheNextMessageWaitsForIt) {
    Peer& peer = server.connect("/patient/a");
    peer.send("bad");
    peer.send("at once");
    open("bad");
    EXPECT_THAT(lines(), ElementsAre("open a", "begin bad", "error"));
    open("error");
    EXPECT_EQ(peer.takeText(), "done at once");
    EXPECT_THAT(lines(), ElementsAre("open a", "begin bad", "error", "error handled", "begin at once", "end at once"));
}

TEST_F(StrandTest, AServerThatGoesLeavesNoCoroutineBehind) {
    const auto before = gates.use_count();
    {
        auto other = std::make_unique<TestServer>();
        other->provide(gates);
        other->deploy<Patient>();
        other->connect("/patient/a").send("slow");
        other->settle();
    }
    EXPECT_THAT(gates->journal.lines(), ElementsAre("open a", "begin slow", "cancelled slow", "close shutdown", "closed"));
    EXPECT_EQ(gates.use_count(), before);
}

int threads() {
    std::ifstream status{"/proc/self/status"};
    for (std::string word; status >> word;) {
        int count = 0;
        if (word == "Threads:" && status >> count) return count;
    }
    return 0;
}

/// Units: bytes.
std::size_t bytesInUse() {
#ifdef PATCHBAY_ADDRESS_SANITIZER
    return residentBytes();
#else
    const auto all = ::mallinfo2();
    return all.uordblks + all.hblkhd;
#endif
}

TEST_F(StrandTest, TenThousandHandlersThatWaitCostTheirFramesAndNoThread) {
    constexpr std::size_t kSessions = 10'000;
    std::vector<Peer*> peers;
    for (std::size_t i = 0; i < kSessions; ++i) peers.push_back(&server.connect("/patient/a"));
    const int before = threads();
    const std::size_t rested = bytesInUse();
    for (std::size_t i = 0; i < kSessions; ++i) peers[i]->send("slow " + std::to_string(i));
    EXPECT_EQ(gates->journal.count("begin slow"), kSessions);
    EXPECT_EQ(gates->journal.count("error"), 0u);
    EXPECT_EQ(threads(), before);
    const std::size_t each = (bytesInUse() - rested) / kSessions;
    RecordProperty("bytes", static_cast<int>(each));
    EXPECT_LT(each, 1536u) << "bytes for a handler that waits: its frame, its place on the strand, and what the test keeps of it";
    gates->gates.clear();  // whoever waits for what nobody can set is told so
}

// ------------------------------------------------------------------------------------------------ receiving

TEST_F(StrandTest, WhatComesWhileReceivingIsPausedWaitsInItsOrder) {
    Peer& peer = server.connect("/patient/a");
    const Session session = gates->sessions.front();
    EXPECT_TRUE(session.isReceiving());
    session.pauseReceiving();
    session.pauseReceiving();
    server.settle();
    EXPECT_FALSE(session.isReceiving());
    for (int i = 0; i < 3; ++i) peer.send("at once");
    EXPECT_THAT(lines(), ElementsAre("open a"));
    session.resumeReceiving();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(peer.takeText(), "done at once");
    EXPECT_TRUE(session.isReceiving());
}

TEST_F(StrandTest, ATaskRunsWhileReceivingIsPaused) {
    Peer& peer = server.connect("/patient/a");
    const Session session = gates->sessions.front();
    session.pauseReceiving();
    server.settle();
    peer.send("at once");
    session.post([&] { gates->journal.add("task"); });
    EXPECT_THAT(lines(), ElementsAre("open a", "task"));
}

TEST_F(StrandTest, WhatThePeerEndsWhileReceivingIsPausedIsHandledToTheLast) {
    Peer& peer = server.connect("/patient/a");
    gates->sessions.front().pauseReceiving();
    server.settle();
    peer.send("at once");
    peer.close();
    EXPECT_THAT(lines(), ElementsAre("open a", "begin at once", "end at once", "error", "close peer", "closed"));
}

TEST_F(StrandTest, AFullReceiveQueueStopsReadingAndGoesOnInOrder) {
    Peer& peer = server.connect("/patient/a");
    const std::string large(16'000, 'x');
    peer.send("slow");
    for (int i = 0; i < 10; ++i) peer.send(std::to_string(i) + large);
    for (int i = 0; i < 10; ++i) gates->open(std::to_string(i) + large);
    EXPECT_EQ(peer.waiting(), 5u) << "64 KiB of 16 KB: the fifth fills it";
    EXPECT_THAT(peer.received(), IsEmpty());
    open("slow");
    EXPECT_EQ(peer.takeText(), "done slow");
    for (int i = 0; i < 10; ++i) EXPECT_EQ(peer.takeText(), "done " + std::to_string(i) + large);
    EXPECT_EQ(peer.waiting(), 0u);
}

TEST_F(StrandTest, WhileNothingIsReadNobodyIsIdle) {
    Peer& peer = server.connect("/patient/a");
    peer.send("slow");
    const std::string large(64'000, 'x');
    gates->open(large);
    for (int i = 0; i < 3; ++i) peer.send(large);
    server.advance(1h);
    EXPECT_FALSE(peer.closed());
    open("slow");
    server.advance(59s);
    EXPECT_FALSE(peer.closed()) << "the clock begins anew";
    server.advance(2s);
    EXPECT_TRUE(peer.closed());
}

}  // namespace
}  // namespace patchbay::test
