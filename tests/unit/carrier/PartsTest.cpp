// A message in parts over a carrier that the framework does not know: one that takes parts, and one for which they are
// put together.
#include "unit/carrier/Tapped.hpp"

#include "messaging/SessionCore.hpp"
#include "support/CapturedLog.hpp"
#include "support/SendResults.hpp"

#include <gmock/gmock.h>

namespace patchbay::testkit {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains, ::testing::ElementsAre, ::testing::IsEmpty;
using enum PieceOf;

/// With a session on either kind of carrier.
class APart : public ACarrier, public ::testing::WithParamInterface<bool> {
protected:
    /// Who hears it goes before the server, and with that the carrier.
    ~APart() override { wire->completion = {}; }
    void begin() {
        wire = open();
        wire->takesParts = GetParam();
    }
    SendStatus part(std::string_view piece, PieceOf of, const std::string& name = {}) {
        SendCompletion completion = name.empty() ? SendCompletion{} : results.of(name);
        SendStatus status{};
        messaging::SessionCore& core = *messaging::SessionCore::of(session(wire));
        core.loop().post([&] { status = core.sendPart(MessageKind::Text, asBytes(piece), of, completion); });
        server->settle();
        kept = static_cast<bool>(completion);
        return status;
    }
    void say(std::string_view text) {
        session(wire).send(text);
        server->settle();
    }
    /// What came of "one ", "two " and "three" in parts.
    void expectCalls(std::vector<std::string> behind) {
        std::vector<std::string> all = GetParam()
                                           ? std::vector<std::string>{"part one ", "part two ", "last part three"}
                                           : std::vector<std::string>{"send one two three"};
        all.insert(all.end(), behind.begin(), behind.end());
        EXPECT_EQ(wire->calls, all);
    }

    test::SendResults results;
    bool kept = false;
    std::shared_ptr<Wire> wire;
};

INSTANTIATE_TEST_SUITE_P(Over, APart, ::testing::Bool(), [](const auto& takesParts) {
    return takesParts.param ? "OneThatTakesParts" : "OneThatDoesNot";
});

TEST_P(APart, ComesBehindThoseBeforeAndWholeMessagesWaitForTheLast) {
    script->whenOpened = [](const Session& session) { session.subscribe("news"); };
    begin();
    EXPECT_EQ(part("one ", MoreFollows), SendStatus::Queued);
    say("whole");
    server->topicsOf<Ear>().publish("news", "to all");
    server->topicsOf<Ear>().publish("news", "and again");
    EXPECT_EQ(part("two ", MoreFollows), SendStatus::Queued);
    say("another");
    EXPECT_EQ(part("three", Last, "it"), SendStatus::Queued);
    say("late");
    expectCalls({"send whole", "send to all", "send and again", "send another", "send late"});
    wire->completion.complete(SendResult::Sent);
    EXPECT_THAT(results.told(), ElementsAre("it sent"));
}

TEST_P(APart, ThatIsTheWholeMessageIsOne) {
    begin();
    EXPECT_EQ(part("all of it", Last, "it"), SendStatus::Queued);
    say("next");
    EXPECT_THAT(wire->calls, ElementsAre(GetParam() ? "last part all of it" : "send all of it", "send next"));
}

TEST_P(APart, LetsPingsBetweenAndPausesNothing) {
    begin();
    part("one ", MoreFollows);
    session(wire).probe();
    session(wire).pauseReceiving();
    for (int i = 0; i < 3; ++i) wire->input.message(std::string(60, 'x'));
    server->settle();
    EXPECT_THAT(wire->calls, Contains("ping"));
    EXPECT_THAT(wire->calls, Contains("pauseReading"));
    std::erase_if(wire->calls, [](const std::string& call) { return call == "ping" || call == "pauseReading"; });
    part("two ", MoreFollows);
    EXPECT_EQ(part("three", Last), SendStatus::Queued);
    expectCalls({});
}

TEST_P(APart, GoesNoFurtherBehindAGoodbyeNorDoesWhatWaits) {
    begin();
    part("one ", MoreFollows);
    say("held");
    wire->calls.clear();
    session(wire).close(CloseCode{4001}, "enough");
    server->settle();
    EXPECT_EQ(part("two", Last, "it"), SendStatus::Closed);
    EXPECT_TRUE(kept) << "it is the sender's still";
    EXPECT_THAT(wire->calls, ElementsAre("close 4001 enough"));
    wire->input.closed();
    server->settle();
    EXPECT_TRUE(wire->destroyed);
}

TEST_P(APart, IsLostWithItsConnection) {
    begin();
    part("one ", MoreFollows);
    say("held");
    wire->input.lost("the peer has gone");
    server->settle();
    EXPECT_TRUE(wire->destroyed);
    EXPECT_EQ(part("two", Last), SendStatus::Closed);
    EXPECT_THAT(seen(), Contains("close 1006 connection-lost the peer has gone"));
}

TEST_P(APart, OfWhichTheCarrierThrowsLosesTheSession) {
    const test::CapturedLog log;
    begin();
    part("one ", MoreFollows);
    wire->throws = GetParam() ? "last part" : "send";
    EXPECT_EQ(part("two", Last, "it"), SendStatus::Closed);
    EXPECT_TRUE(wire->destroyed);
    EXPECT_THAT(results.told(), ElementsAre("it closed"));
}

TEST_P(APart, ForWhichThereIsNoRoomComesAgainAndTheSessionGoesOn) {
    restart(WhenFull::Close, 100);
    begin();
    EXPECT_EQ(part(std::string(60, 'a'), MoreFollows), SendStatus::Queued);
    wire->queued = GetParam() ? 62 : 0;
    EXPECT_EQ(part(std::string(60, 'b'), MoreFollows), SendStatus::Full);
    EXPECT_TRUE(wire->input.isOpen());
    EXPECT_EQ(part(std::string(30, 'c'), Last, "it"), SendStatus::Queued);
    const std::string whole = std::string(60, 'a') + std::string(30, 'c');
    if (!GetParam()) {
        EXPECT_THAT(wire->calls, ElementsAre("send " + whole));
    }
    if (GetParam()) {
        EXPECT_THAT(wire->calls, ElementsAre("part " + whole.substr(0, 60), "last part " + whole.substr(60)));
    }
}

/// One that has a bound of its own: what it refuses was not taken, whoever puts the parts together.
TEST_P(APart, ThatTheCarrierRefusesComesAgain) {
    begin();
    part("one ", MoreFollows);
    say("held");
    wire->answer = SendStatus::Full;
    EXPECT_EQ(part("two", Last, "it"), SendStatus::Full);
    EXPECT_TRUE(kept);
    wire->answer = SendStatus::Queued;
    wire->calls.clear();
    EXPECT_EQ(part("two", Last, "it again"), SendStatus::Queued);
    EXPECT_THAT(wire->calls, ElementsAre(GetParam() ? "last part two" : "send one two", "send held"));
}

TEST_P(APart, WhoseFirstFallsToThePolicyNeverBegan) {
    restart(WhenFull::DropNewest, 100);
    begin();
    wire->queued = 90;
    EXPECT_EQ(part(std::string(60, 'a'), MoreFollows), SendStatus::Dropped);
    EXPECT_EQ(session(wire).droppedMessages(), 1U);
    wire->queued = 0;
    say("next");
    EXPECT_THAT(wire->calls, ElementsAre("send next"));
}

TEST_P(APart, WhatWaitsForItIsHeldToTheQueuesLimit) {
    restart(WhenFull::DropOldest, 100);
    begin();
    part("one ", MoreFollows);
    say(std::string(40, 'a'));
    say(std::string(41, 'b'));
    say(std::string(42, 'c'));
    EXPECT_EQ(session(wire).droppedMessages(), 1U);
    EXPECT_EQ(part("two", Last), SendStatus::Queued);
    EXPECT_THAT(wire->calls, Contains("send " + std::string(41, 'b')));
    EXPECT_EQ(wire->calls.back(), "send " + std::string(42, 'c'));
    EXPECT_THAT(wire->calls, ::testing::Not(Contains("send " + std::string(40, 'a'))));
    restart(WhenFull::Close, 100);
    begin();
    part("one ", MoreFollows);
    say(std::string(90, 'a'));
    EXPECT_TRUE(wire->input.isOpen());
    say(std::string(90, 'b'));
    EXPECT_FALSE(wire->input.isOpen());
    EXPECT_THAT(wire->calls.back(), ::testing::StartsWith("closeNow 1013"));
}

TEST_F(ACarrier, ThatTakesNoPartsIsNotAskedToSendOne) {
    const auto wire = std::make_shared<Wire>();
    Tapped carrier{wire};
    SendCompletion nobody;
    EXPECT_EQ(carrier.Carrier::sendPart(MessageKind::Text, {}, Last, nobody), SendStatus::Closed);
}

}  // namespace
}  // namespace patchbay::testkit
