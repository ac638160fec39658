// A session over a carrier that the framework does not know.
#include "unit/carrier/Tapped.hpp"

#include "support/CapturedLog.hpp"

#include <gmock/gmock.h>

#include <thread>

namespace patchbay::testkit {
namespace {

using namespace std::chrono_literals;
using test::CapturedLog;
using ::testing::Contains, ::testing::ElementsAre, ::testing::HasSubstr, ::testing::IsEmpty, ::testing::SizeIs, ::testing::StartsWith;

// ------------------------------------------------------------------------------------------------ there and back

TEST_F(ACarrier, OpensASessionOnItsLoopAndNotWithinTheCall) {
    const auto wire = std::make_shared<Wire>();
    wire->input = server->openSession(server->admit(to("/ear/lobby?name=Ann")), std::make_unique<Tapped>(wire));
    EXPECT_THAT(seen(), IsEmpty());
    EXPECT_TRUE(wire->input.isOpen());
    EXPECT_EQ(wire->input.message("first"), Arrival::Taken) << "which waits for the open handler";
    server->settle();
    EXPECT_THAT(seen(), ElementsAre("open", "text first"));
    EXPECT_EQ(session(wire).pathParameter("room"), "lobby");
    EXPECT_EQ(session(wire).queryParameter("name"), "Ann");
    EXPECT_EQ(server->sessionCount(), 1u);
}

TEST_F(ACarrier, BringsBothKindsBothWaysInOrder) {
    const auto wire = open();
    script->whenHeard = [](const Session& session, std::string_view text) { session.send("to " + std::string{text}); };
    EXPECT_EQ(wire->input.message("one"), Arrival::Taken);
    EXPECT_EQ(wire->input.message(MessageKind::Binary, asBytes("two")), Arrival::Taken);
    EXPECT_EQ(wire->input.message("three"), Arrival::Taken);
    server->settle();
    session(wire).send(asBytes("four"));
    server->settle();
    EXPECT_THAT(seen(), ElementsAre("open", "text one", "bytes two", "text three"));
    EXPECT_THAT(wire->calls, ElementsAre("send to one", "send to three", "send bytes four"));
}

TEST_F(ACarrier, GetsPublicationsAsEverySessionDoes) {
    script->whenOpened = [](const Session& session) { session.subscribe("news"); };
    const auto wire = open();
    Peer& peer = server->connect("/ear/lobby");
    auto& topics = server->topicsOf<Ear>();
    topics.publish("news", "one");
    topics.publish("news", "two");
    server->settle();
    EXPECT_THAT(wire->calls, ElementsAre("send one", "send two"));
    EXPECT_THAT(peer.received(), SizeIs(2));
}

TEST_F(ACarrier, ThatHandsOnWithinASendNestsNoHandler) {
    const auto wire = open();
    wire->whenSent = [&](std::string_view text) {
        if (text.size() < 6) wire->input.message(std::string{text} + "!");
    };
    script->whenHeard = [&](const Session& session, std::string_view text) {
        session.send(text);
        seen().emplace_back("done");
    };
    wire->input.message("abcd");
    server->settle();
    EXPECT_THAT(seen(), ElementsAre("open", "text abcd", "done", "text abcd!", "done", "text abcd!!", "done"));
}

TEST_F(ACarrier, MayBeFedFromAnyThread) {
    const auto wire = open();
    std::vector<std::thread> threads;
    for (const char* name : {"a", "b"}) {
        threads.emplace_back([&, name] {
            for (int i = 0; i < 100; ++i) EXPECT_EQ(wire->input.message(name + std::to_string(i)), Arrival::Taken);
        });
    }
    for (auto& thread : threads) thread.join();
    server->settle();
    EXPECT_EQ(seen().size(), 201u);
    for (const std::string name : {"text a", "text b"}) {
        int next = 0;
        for (const std::string& line : seen()) next += line == name + std::to_string(next) ? 1 : 0;
        EXPECT_EQ(next, 100) << name;
    }
}

TEST_F(ACarrier, TellsOfLifeByPongsAndByAlive) {
    const auto wire = open();
    server->advance(1s);
    session(wire).probe();
    server->settle();
    EXPECT_THAT(wire->calls, ElementsAre("ping"));
    EXPECT_TRUE(session(wire).roundTripTime());
    session(wire).setIdleTimeout(10s);
    for (int i = 0; i < 3; ++i) {
        server->advance(9s);
        wire->input.alive();
        server->settle();
    }
    EXPECT_TRUE(wire->input.isOpen());
    server->advance(11s);
    EXPECT_THAT(wire->calls, Contains("close 1001 idle"));
    EXPECT_THAT(seen(), Contains("close 1006 idle idle"));
}

// ------------------------------------------------------------------------------------------------ pieces

TEST_F(ACarrier, PutsPiecesTogetherAlsoWithinACharacter) {
    const auto wire = open();
    wire->input.part(MessageKind::Text, asBytes("gr\xc3"), PieceOf::MoreFollows);
    server->settle();
    EXPECT_THAT(seen(), ElementsAre("open"));
    wire->input.part(MessageKind::Text, asBytes("\xbc"), PieceOf::MoreFollows);
    wire->input.part(MessageKind::Text, asBytes("n"), PieceOf::Last);
    wire->input.message("next");
    server->settle();
    EXPECT_THAT(seen(), ElementsAre("open", "text grün", "text next"));
}

TEST_F(ACarrier, PiecesAreHeldToTheLimitTogether) {
    const auto wire = open();
    const std::string half(600, 'x');
    wire->input.part(MessageKind::Text, asBytes(half), PieceOf::MoreFollows);
    wire->input.part(MessageKind::Text, asBytes(half), PieceOf::MoreFollows);
    server->settle();
    EXPECT_THAT(wire->calls, ElementsAre("close 1009 message over the limit"));
    EXPECT_THAT(seen(), Contains("close 1009 too-big message over the limit"));
    EXPECT_EQ(wire->input.part(MessageKind::Text, {}, PieceOf::Last), Arrival::Ended);
}

TEST_F(ACarrier, PiecesThatAreNoTextEndTheSessionWith1007) {
    const auto wire = open();
    wire->input.part(MessageKind::Text, asBytes("gr\xc3"), PieceOf::MoreFollows);
    wire->input.part(MessageKind::Text, asBytes("n"), PieceOf::Last);
    server->settle();
    EXPECT_THAT(seen(), ElementsAre("open", "close 1007 invalid-text text that is not UTF-8"));
}

// ------------------------------------------------------------------------------------------------ who gets in

TEST_F(ACarrier, IsRefusedAsAWebSocketIs) {
    const auto status = [&](HandshakeRequest request) {
        const Admission admission = server->admit(std::move(request));
        return admission.isAdmitted() ? 0 : admission.refusal().status;
    };
    EXPECT_EQ(status(to("/nowhere")), 404);
    EXPECT_EQ(status(to("/ear/lobby", {{"Origin", "https://evil.example"}})), 403);
    EXPECT_EQ(status(to("/ear/lobby", {{"Origin", "https://friend.example"}})), 0);
    for (int i = 0; i < 3; ++i) open();
    EXPECT_EQ(status(to("/ear/lobby")), 503);
    server->shutDown();
    EXPECT_EQ(status(to("/ear/lobby")), 503);
}

TEST_F(ACarrier, KnowsOfTheProxyThatItsRequestsCameThrough) {
    HttpRequest request;
    request.headers = {{"Host", "chat.example"}, {"Origin", "https://chat.example:8443"}};
    EXPECT_FALSE(server->admit(handshakeFor(request, "/ear/lobby")).isAdmitted());
    request.throughProxy = true;
    EXPECT_TRUE(server->admit(handshakeFor(request, "/ear/lobby")).isAdmitted());
}

TEST_F(ACarrier, LearnsWhatWasAgreedOn) {
    HandshakeRequest request = to("/ear/lobby");
    request.offeredSubprotocols = {"v0", "v1"};
    const Admission admission = server->admit(std::move(request));
    ASSERT_TRUE(admission.isAdmitted());
    EXPECT_EQ(admission.subprotocol(), "v1");
    EXPECT_EQ(admission.endpoint().limits.maxMessageSize, 1_KiB);
}

TEST_F(ACarrier, WithoutAnAdmissionHasNoSession) {
    EXPECT_THROW(server->openSession(server->admit(to("/nowhere")), std::make_unique<Tapped>(std::make_shared<Wire>())),
                 std::logic_error);
    EXPECT_THROW(server->openSession(server->admit(to("/ear/lobby")), nullptr), std::invalid_argument);
    Admission admission = server->admit(to("/ear/lobby"));
    const Admission moved = std::move(admission);
    EXPECT_THROW(server->openSession(std::move(admission), std::make_unique<Tapped>(std::make_shared<Wire>())),
                 std::logic_error);
}

TEST_F(ACarrier, WhoseEndpointIsGoneOrFullByThenIsNotOpen) {
    Admission late = server->admit(to("/ear/lobby"));
    server->undeploy("/ear/{room}");
    const auto wire = std::make_shared<Wire>();
    EXPECT_FALSE(server->openSession(std::move(late), std::make_unique<Tapped>(wire)).isOpen());
    EXPECT_TRUE(wire->destroyed);
    EXPECT_THAT(seen(), IsEmpty());
}

TEST_F(ACarrier, WhoseEndpointGoesBeforeItsLoopHasOpenedItIsToldGoodbyeAndNoHandlerRuns) {
    const auto wire = std::make_shared<Wire>();
    wire->input = server->openSession(server->admit(to("/ear/lobby")), std::make_unique<Tapped>(wire));
    server->undeploy("/ear/{room}");
    EXPECT_THAT(wire->calls, ElementsAre("close 1001 server shuts down"));
    EXPECT_THAT(seen(), IsEmpty());
    EXPECT_FALSE(wire->input.isOpen());
}

// ------------------------------------------------------------------------------------------------ the end

TEST_F(ACarrier, PeerThatSaysGoodbyeEndsTheSession) {
    const auto wire = open();
    wire->input.message("last");
    wire->input.closed(CloseCode{4001}, "enough");
    server->settle();
    EXPECT_THAT(seen(), ElementsAre("open", "text last", "close 4001 peer enough"));
    EXPECT_THAT(wire->calls, IsEmpty());
    EXPECT_TRUE(wire->destroyed);
    EXPECT_EQ(server->sessionCount(), 0u);
}

TEST_F(ACarrier, GetsWhatHandlersHaveSaidBeforeThePeersEnd) {
    script->whenHeard = [](const Session& session, std::string_view text) { session.send(text); };
    for (const std::string end : {"closed", "lost", "too big"}) {
        const auto wire = open();
        wire->input.message("one");
        wire->input.message("two");
        if (end == "closed") wire->input.closed(CloseCode{4001});
        if (end == "lost") wire->input.lost("the proxy has gone");
        if (end == "too big") wire->input.message(std::string(1025, 'x'));
        server->settle();
        ASSERT_GE(wire->calls.size(), 2u) << end;
        EXPECT_EQ(wire->calls[0], "send one") << end;
        EXPECT_EQ(wire->calls[1], "send two") << end;
        EXPECT_EQ(wire->calls.size(), end == "too big" ? 3u : 2u) << "no more than a goodbye";
        EXPECT_THAT(seen().back(), StartsWith("close ")) << end;
        server->advance(6s);
        EXPECT_TRUE(wire->destroyed) << end;
    }
}

TEST_F(ACarrier, PeersReasonIsTextAndNotTooLong) {
    auto wire = open();
    wire->input.closed(CloseCode{4001}, std::string(61, 'x') + std::string(62, 'y') + "ü");
    server->settle();
    EXPECT_EQ(seen().back(), "close 4001 peer " + std::string(61, 'x') + std::string(62, 'y'));
    wire = open();
    wire->input.closed(CloseCode{4001}, "\xff");
    server->settle();
    EXPECT_EQ(seen().back(), "close 4001 peer ");
}

TEST_F(ACarrier, ThatHasLostItsPeerEndsTheSessionWith1006) {
    const auto wire = open();
    wire->input.lost("the proxy has gone");
    server->settle();
    EXPECT_THAT(seen(), ElementsAre("open", "close 1006 connection-lost the proxy has gone"));
    EXPECT_TRUE(wire->destroyed);
}

TEST_F(ACarrier, SaysGoodbyeAndStaysUntilThePeerHasTakenIt) {
    const auto wire = open();
    session(wire).send("last");
    session(wire).close(CloseCode{4002}, "bye");
    server->settle();
    EXPECT_THAT(wire->calls, ElementsAre("send last", "close 4002 bye"));
    EXPECT_THAT(seen(), ElementsAre("open", "close 4002 application bye"));
    EXPECT_FALSE(wire->input.isOpen());
    EXPECT_FALSE(wire->destroyed);
    wire->input.closed(CloseCode{4002});
    server->settle();
    EXPECT_TRUE(wire->destroyed);
    EXPECT_THAT(seen(), SizeIs(2));
}

TEST_F(ACarrier, WhoseGoodbyeNobodyTakesGoesAfterTheCloseTimeout) {
    const auto wire = open();
    session(wire).close();
    server->advance(4s);
    EXPECT_FALSE(wire->destroyed);
    server->advance(2s);
    EXPECT_TRUE(wire->destroyed);
}

TEST_F(ACarrier, IsToldGoodbyeByAStop) {
    const auto wire = open();
    server->shutDown();
    EXPECT_THAT(wire->calls, ElementsAre("close 1001 server shuts down"));
    EXPECT_THAT(seen(), Contains("close 1001 shutdown server shuts down"));
    server.reset();
    EXPECT_TRUE(wire->destroyed);
}

TEST_F(ACarrier, IsToldGoodbyeWhenItsOpenHandlerFails) {
    script->whenOpened = [](const Session&) { throw 42; };
    const auto wire = open();
    EXPECT_THAT(wire->calls, ElementsAre(HasSubstr("close 1011")));
}

TEST_F(ACarrier, ThatSaysClosedHasLostItsPeer) {
    const auto wire = open();
    wire->answer = SendStatus::Closed;
    session(wire).send("to nobody");
    server->settle();
    EXPECT_THAT(seen(), Contains(HasSubstr("close 1006 connection-lost")));
}

// ------------------------------------------------------------------------------------------------ limits

TEST_F(ACarrier, MessageThatIsTooLargeEndsTheSessionWith1009) {
    const auto wire = open();
    wire->input.message("before");
    EXPECT_EQ(wire->input.message(std::string(1025, 'x')), Arrival::Ended);
    server->settle();
    EXPECT_THAT(seen(), ElementsAre("open", "text before", "error message over the limit",
                                    "close 1009 too-big message over the limit"));
    EXPECT_THAT(wire->calls, ElementsAre("close 1009 message over the limit"));
    server->advance(6s);
    EXPECT_TRUE(wire->destroyed);
}

TEST_F(ACarrier, MessageOfExactlyTheLimitIsTaken) {
    const auto wire = open();
    EXPECT_EQ(wire->input.message(std::string(1024, 'x')), Arrival::Taken);
    server->settle();
    EXPECT_THAT(seen(), SizeIs(2));
}

TEST_F(ACarrier, TextThatIsNoneEndsTheSessionWith1007) {
    const auto wire = open();
    EXPECT_EQ(wire->input.message(MessageKind::Binary, asBytes("\xff")), Arrival::Taken);
    EXPECT_EQ(wire->input.message("\xff"), Arrival::Ended);
    server->settle();
    EXPECT_THAT(seen(), ElementsAre("open", "bytes \xff", "close 1007 invalid-text text that is not UTF-8"));
}

TEST_F(ACarrier, IsPausedWhileEnoughWaits) {
    const auto wire = open();
    session(wire).pauseReceiving();
    wire->input.message(std::string(60, 'a'));
    wire->input.message(std::string(60, 'b'));
    server->settle();
    EXPECT_THAT(wire->calls, ElementsAre("pauseReading"));
    EXPECT_EQ(wire->input.message("c"), Arrival::Paused);
    EXPECT_EQ(wire->input.part(MessageKind::Text, asBytes("c"), PieceOf::Last), Arrival::Paused);
    EXPECT_THAT(seen(), ElementsAre("open"));
    session(wire).resumeReceiving();
    server->settle();
    EXPECT_THAT(wire->calls, ElementsAre("pauseReading", "resumeReading"));
    EXPECT_EQ(wire->input.message("c"), Arrival::Taken);
    server->settle();
    EXPECT_THAT(seen(), ElementsAre("open", "text aaaaaaaaaaaaaaaaaaaa", "text bbbbbbbbbbbbbbbbbbbb", "text c"));
}

TEST_F(ACarrier, IsResumedByItsOwnGoodbyeSoThatThePeersIsSeen) {
    const auto wire = open();
    session(wire).pauseReceiving();
    for (int i = 0; i < 2; ++i) wire->input.message(std::string(60, 'a'));
    server->settle();
    session(wire).close();
    server->settle();
    EXPECT_THAT(wire->calls, ElementsAre("pauseReading", "close 1000 ", "resumeReading"));
}

TEST_F(ACarrier, WhoseQueueIsFullIsClosedAtOnceWith1013) {
    restart(WhenFull::Close, 200);
    const auto wire = open();
    wire->queued = 190;
    session(wire).send("12345678");
    EXPECT_TRUE(session(wire).isOpen());
    session(wire).send("123456789012");
    server->settle();
    EXPECT_THAT(wire->calls, ElementsAre("send 12345678", "closeNow 1013 reads too slowly"));
    server->advance(1100ms);
    EXPECT_TRUE(wire->destroyed);
}

TEST_F(ACarrier, DropsTheOldestWhereItCanAndTheNewestWhereNot) {
    restart(WhenFull::DropOldest, 200);
    const auto wire = open();
    wire->queued = 200;
    wire->droppable = 1;
    session(wire).send("new");
    server->settle();
    EXPECT_THAT(wire->calls, ElementsAre("dropOldest", "send new"));
    EXPECT_EQ(session(wire).droppedMessages(), 1u);
    wire->queued = 200;
    session(wire).send("newer");
    server->settle();
    EXPECT_THAT(wire->calls, ElementsAre("dropOldest", "send new", "dropOldest"));
    EXPECT_EQ(session(wire).droppedMessages(), 2u);
}

TEST_F(ACarrier, DropsOfABurstWhatHasNoRoom) {
    restart(WhenFull::DropNewest, 200);
    script->whenOpened = [](const Session& session) { session.subscribe("news"); };
    const auto wire = open();
    wire->queued = 150;
    wire->whenSent = [&](std::string_view text) { wire->queued += text.size(); };
    for (int i = 0; i < 3; ++i) server->topicsOf<Ear>().publish("news", std::string(20, 'x'));
    server->settle();
    EXPECT_THAT(wire->calls, SizeIs(2));
    EXPECT_EQ(session(wire).droppedMessages(), 1u);
    EXPECT_TRUE(wire->input.isOpen());
}

// ------------------------------------------------------------------------------------------------ carriers that fail

class AThrowingCarrier : public ACarrier, public ::testing::WithParamInterface<const char*> {};

/// `throw 42` from whatever function: the session is lost, and nothing is asked of its carrier any more.
TEST_P(AThrowingCarrier, LosesItsSessionAndNothingElse) {
    restart(WhenFull::DropOldest, 200);
    const std::string which = GetParam();
    const CapturedLog log;
    Peer& other = server->connect("/ear/other");
    const auto wire = open();
    wire->throws = which;
    if (which == "dropOldest") wire->queued = 200;
    const bool ends = which == "close", pauses = which == "pauseReading" || which == "resumeReading";
    if (pauses) {
        session(wire).pauseReceiving();
        for (int i = 0; i < 2; ++i) wire->input.message(std::string(60, 'a'));
        server->settle();
        session(wire).resumeReceiving();
    } else if (ends) {
        session(wire).close(CloseCode{4000});
    } else if (which == "ping") {
        session(wire).probe();
    } else {
        session(wire).send("hello");
    }
    server->settle();
    EXPECT_TRUE(wire->destroyed);
    EXPECT_FALSE(wire->input.isOpen());
    EXPECT_EQ(seen().back(), ends ? "close 4000 application " : "close 1006 connection-lost the carrier has failed");
    EXPECT_THAT(log.lines(), Contains(HasSubstr("its carrier's")));
    EXPECT_EQ(wire->input.message("after"), Arrival::Ended);
    other.send("still there");
    EXPECT_EQ(seen().back(), "text still there");
}
INSTANTIATE_TEST_SUITE_P(Functions, AThrowingCarrier,
                         ::testing::Values("send", "queuedBytes", "dropOldest", "ping", "pauseReading", "resumeReading",
                                           "close"),
                         [](const auto& info) { return std::string{info.param}; });

TEST_F(ACarrier, ThatThrowsWhenItsQueueIsFullGoesAllTheSame) {
    restart(WhenFull::Close, 10);
    const auto wire = open();
    wire->throws = "closeNow";
    session(wire).send("far too much for this queue");
    server->settle();
    EXPECT_TRUE(wire->destroyed);
    EXPECT_THAT(seen().back(), HasSubstr("close 1013 queue-full"));
}

TEST_F(ACarrier, ThatThrowsOnADeliveryIsLost) {
    script->whenOpened = [](const Session& session) { session.subscribe("news"); };
    const auto wire = open();
    Peer& peer = server->connect("/ear/lobby");
    wire->throws = "send";
    server->topicsOf<Ear>().publish("news", "one");
    server->topicsOf<Ear>().publish("news", "two");
    EXPECT_THAT(peer.received(), SizeIs(2));
    EXPECT_THAT(wire->calls, ElementsAre("send one"));
    EXPECT_TRUE(wire->destroyed);
}

// ------------------------------------------------------------------------------------------------ input that is kept

void useAll(const CarrierInput& input) {
    EXPECT_EQ(input.message("x"), Arrival::Ended);
    EXPECT_EQ(input.message("\xff"), Arrival::Ended);
    EXPECT_EQ(input.part(MessageKind::Text, asBytes("x"), PieceOf::Last), Arrival::Ended);
    input.alive();
    input.pong(asBytes("x"));
    input.closed();
    input.lost("again");
    EXPECT_FALSE(input.isOpen());
    EXPECT_FALSE(input.session().isOpen());
}

TEST_F(ACarrier, InputSaysThatTheSessionHasEndedAlsoBehindTheServer) {
    useAll(CarrierInput{});
    const auto wire = open();
    wire->input.lost("gone");
    server->settle();
    useAll(wire->input);
    const auto left = open();
    server.reset();
    useAll(wire->input);
    useAll(left->input);
    EXPECT_TRUE(left->destroyed);
}

TEST_F(ACarrier, InputOfASessionThatNeverOpensLetsGoOfItsCarrierWithTheServer) {
    const auto wire = std::make_shared<Wire>();
    wire->input = server->openSession(server->admit(to("/ear/lobby")), std::make_unique<Tapped>(wire));
    server.reset();
    EXPECT_TRUE(wire->destroyed);
    useAll(wire->input);
}

}  // namespace
}  // namespace patchbay::testkit
