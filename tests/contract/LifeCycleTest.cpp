// How sessions begin and end, by every cause of the table of closes.   Source: Jakarta WebSocket §2.1.5, §4.4–4.7, §5.1

#include "contract/ContractTest.hpp"

namespace patchbay::test {
namespace {

template <class World>
class LifeCycle : public ContractTest<World> {
protected:
    /// Ends when the session has: the journal then holds all its lines.
    std::vector<std::string> linesOfTheEnd() {
        EXPECT_TRUE(this->world.eventually([&] { return this->world.sessionCount() == 0; }));
        return this->journal.lines();
    }
};
TYPED_TEST_SUITE(LifeCycle, Worlds, WorldNames);

TYPED_TEST(LifeCycle, OpensBeforeTheFirstMessageAndClosesAfterTheLast) {
    auto client = this->world.connect("/scripted/a");
    client.send("one");
    client.send("two");
    this->journal.waitFor("message two");
    client.close(1000, "");
    EXPECT_THAT(this->linesOfTheEnd(), ElementsAre("open", "message one", "message two", "close 1000 peer "));
}

TYPED_TEST(LifeCycle, TheApplicationsCloseReachesPeerAndHandlerWithItsCode) {
    this->script->onMessage = [](Session session, std::string_view) {
        session.close(CloseCode{4001}, "enough");
        return Script::Reply{};
    };
    auto client = this->world.connect("/scripted/a");
    client.send("go");
    const Goodbye goodbye = client.goodbye();
    EXPECT_EQ(goodbye.code, CloseCode{4001});
    EXPECT_EQ(goodbye.text, "enough");
    EXPECT_THAT(this->linesOfTheEnd(), ElementsAre("open", "message go", "close 4001 application enough"));
    EXPECT_EQ(this->world.closedFor(CloseCause::Application), 1u);
}

// Pings that waited left no room for the Close frame, and it was dropped.
TYPED_TEST(LifeCycle, AGoodbyeReachesThePeerBehindAnyNumberOfPings) {
    this->script->onMessage = [](Session session, std::string_view) {
        for (int i = 0; i < 10'000; ++i) session.basicRemote().sendPing(asBytes("are you there?"));
        session.close(CloseCode{4001}, "enough");
        return Script::Reply{};
    };
    auto client = this->world.connect("/scripted/a");
    client.send("go");
    EXPECT_EQ(client.goodbye().code, CloseCode{4001});
}

TYPED_TEST(LifeCycle, ThePeersCloseIsEchoedAndSeen) {
    auto client = this->world.connect("/scripted/a");
    client.close(3001, "done");
    EXPECT_EQ(client.goodbye().code, CloseCode{3001});
    EXPECT_THAT(this->linesOfTheEnd(), ElementsAre("open", "close 3001 peer done"));
}

TYPED_TEST(LifeCycle, ThePeersCloseWithoutACodeIs1005) {
    auto client = this->world.connect("/scripted/a");
    client.closeWithoutCode();
    EXPECT_EQ(client.goodbye().code, CloseCode::NoStatus);
    EXPECT_THAT(this->linesOfTheEnd(), ElementsAre("open", "close 1005 peer "));
}

TYPED_TEST(LifeCycle, ALostConnectionIs1006) {
    auto client = this->world.connect("/scripted/a");
    client.send("one");
    this->journal.waitFor("message one");
    client.vanish();
    EXPECT_THAT(this->linesOfTheEnd(), ElementsAre("open", "message one", StartsWith("close 1006 connection-lost ")));
    EXPECT_EQ(this->world.closedFor(CloseCause::ConnectionLost), 1u);
}

TYPED_TEST(LifeCycle, AnIdleSessionSays1001AndTheHandlerSees1006) {
    auto client = this->world.connect("/impatient");
    this->world.pass(std::chrono::milliseconds{80});
    EXPECT_EQ(client.goodbye().code, CloseCode::GoingAway);
    EXPECT_THAT(this->linesOfTheEnd(), ElementsAre("close 1006 idle idle"));
}

TYPED_TEST(LifeCycle, AHandlerThatThrowsClosesWith1011WhereNoErrorHandlerIs) {
    this->script->onMessage = [](Session, std::string_view) -> Script::Reply { throw std::runtime_error{"a secret"}; };
    auto client = this->world.connect("/bare");
    client.send("go");
    const Goodbye goodbye = client.goodbye();
    EXPECT_EQ(goodbye.code, CloseCode::InternalError);
    EXPECT_EQ(goodbye.text.find("secret"), std::string::npos) << "texts of exceptions never go on the wire";
    EXPECT_THAT(this->linesOfTheEnd(), ElementsAre("open", "message go", StartsWith("close 1011 handler-failed ")));
}

TYPED_TEST(LifeCycle, AHandlerThatThrowsKeepsTheSessionWhereAnErrorHandlerIs) {
    this->script->onMessage = [](Session, std::string_view text) -> Script::Reply {
        if (text == "bad") throw std::runtime_error{"no"};
        return "still here";
    };
    auto client = this->world.connect("/scripted/a");
    client.send("bad");
    client.send("good");
    EXPECT_EQ(client.next(), "still here");
    EXPECT_THAT(this->journal.lines(), ElementsAre("open", "message bad", "error no", "message good"));
}

TYPED_TEST(LifeCycle, AnOpenHandlerThatThrowsClosesWith1011) {
    this->script->onOpen = [](Session) { throw std::runtime_error{"no"}; };
    auto client = this->world.connect("/bare");
    EXPECT_EQ(client.goodbye().code, CloseCode::InternalError);
    EXPECT_THAT(this->linesOfTheEnd(), ElementsAre("open")) << "a peer that never got in does not leave";
}

// It had entered a room, and nobody took it out again.
TYPED_TEST(LifeCycle, AnOpenHandlerThatFailsSinceItsPeerHasGoneGetsItsCloseHandler) {
    this->script->onOpen = [](Session session) {
        session.close(CloseCode{4003}, "gone");
        session.send("never");
    };
    auto client = this->world.connect("/bare");
    EXPECT_EQ(client.goodbye().code, CloseCode{4003});
    EXPECT_THAT(this->linesOfTheEnd(), ElementsAre("open", "close 4003 application gone"));
}

TYPED_TEST(LifeCycle, AnOpenHandlerMayCloseAndNoMessageFollows) {
    this->script->onOpen = [](Session session) { session.close(CloseCode{4002}, "full"); };
    auto client = this->world.connect("/scripted/a");
    client.send("too late");
    EXPECT_EQ(client.goodbye().code, CloseCode{4002});
    EXPECT_THAT(this->linesOfTheEnd(), ElementsAre("open", "close 4002 application full"));
}

TYPED_TEST(LifeCycle, AMessageThatIsTooBigGoesToTheErrorHandlerAndCloses1009) {
    auto client = this->world.connect("/scripted/a");
    client.send(std::string(1025, 'x'));
    EXPECT_EQ(client.goodbye().code, CloseCode::TooBig);
    EXPECT_THAT(this->linesOfTheEnd(), ElementsAre("open", StartsWith("error "), StartsWith("close 1009 too-big ")));
}

TYPED_TEST(LifeCycle, TheErrorHandlerOfAMessageThatIsTooBigCannotSendAnyMore) {
    bool closed = false;
    this->script->onError = [&](Session session, const std::exception&) {
        closed = saysClosed([&] { session.send("sorry"); });
    };
    auto client = this->world.connect("/scripted/a");
    client.send(std::string(1025, 'x'));
    EXPECT_EQ(client.goodbye().code, CloseCode::TooBig);
    this->linesOfTheEnd();
    EXPECT_TRUE(closed) << "the Close frame has been sent, and nothing may follow it";
}

TYPED_TEST(LifeCycle, ShuttingDownSays1001) {
    auto client = this->world.connect("/scripted/a");
    this->journal.waitFor("open");
    this->world.shutDown();
    EXPECT_EQ(client.goodbye().code, CloseCode::GoingAway);
    EXPECT_THAT(this->linesOfTheEnd(), ElementsAre("open", StartsWith("close 1001 shutdown ")));
}

TYPED_TEST(LifeCycle, AnEndpointThatIsTakenAwaySays1001AndAnswers404) {
    auto client = this->world.connect("/scripted/a");
    this->journal.waitFor("open");
    EXPECT_TRUE(this->world.undeploy("/scripted/{room}"));
    EXPECT_EQ(client.goodbye().code, CloseCode::GoingAway);
    this->journal.waitFor("close 1001 shutdown ");
    try {
        this->world.connect("/scripted/a");
        FAIL() << "it lets somebody in";
    } catch (const Refused& refused) {
        EXPECT_EQ(refused.status(), 404);
    }
    EXPECT_FALSE(this->world.undeploy("/scripted/{room}"));
}

TYPED_TEST(LifeCycle, AnEndpointMayComeBack) {
    this->world.connect("/bare").closeWithoutCode();
    EXPECT_TRUE(this->world.undeploy("/scripted/{room}"));
    deployScripted(this->world);
    this->script->onMessage = [](Session, std::string_view) { return "again"; };
    auto client = this->world.connect("/scripted/a");
    client.send("hello");
    EXPECT_EQ(client.next(), "again");
}

TYPED_TEST(LifeCycle, WhenBothSidesCloseTheFirstReasonCountsAndTheHandlerRunsOnce) {
    this->script->onMessage = [](Session session, std::string_view) {
        session.close(CloseCode{4003}, "mine");
        return Script::Reply{};
    };
    auto client = this->world.connect("/scripted/a");
    client.send("go");
    // A handler that takes its time may come too late to be the first.
    if (kHandlers == HandlerKind::Inline)
        client.close(3003, "yours");
    else
        EXPECT_EQ(client.goodbye().code, CloseCode{4003});
    EXPECT_THAT(this->linesOfTheEnd(), ElementsAre("open", "message go", "close 4003 application mine"));
}

TYPED_TEST(LifeCycle, WhatTheCloseHandlerThrowsGoesToTheErrorHandler) {
    this->script->onClose = [](Session, CloseReason) { throw std::runtime_error{"oops"}; };
    auto client = this->world.connect("/scripted/a");
    client.close(1000, "");
    EXPECT_THAT(this->linesOfTheEnd(), ElementsAre("open", "close 1000 peer ", "error oops"));
}

}  // namespace
}  // namespace patchbay::test
