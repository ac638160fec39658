// A peer in memory whose server does not read from it for now.
#include "testkit/MemoryCarrier.hpp"

#include "messaging/CarrierLink.hpp"
#include "support/SendResults.hpp"

#include <patchbay/annotations.hpp>

#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace patchbay::testkit {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre, ::testing::IsEmpty, ::testing::SizeIs;

class Listening {
    SERVER_ENDPOINT(Listening, "/listening")
public:
    ON_MESSAGE(said)
    void said(std::string_view text) {
        heard.emplace_back(text);
        if (whenHeard) whenHeard();
    }
    ON_CLOSE(left)
    void left(CloseReason reason) { closed.push_back(std::move(reason)); }

    std::vector<std::string> heard;
    std::vector<CloseReason> closed;
    std::function<void()> whenHeard;
};

class MemoryPause : public ::testing::Test {
protected:
    MemoryPause() {
        auto model = detail::makeModel<Listening>();
        EndpointConfig config{model.className, model.path, {}, {}, {}, {}};
        endpoint = std::make_shared<messaging::DeployedEndpoint>(std::move(model), std::move(config), state, services);
        messaging::SessionStart start{};
        start.instance = ear = std::static_pointer_cast<Listening>(endpoint->code->model.construct(endpoint->services, {}));
        auto core = std::make_shared<messaging::SessionCore>(endpoint, 0, std::move(start));
        EXPECT_TRUE(endpoint->add(core));
        auto made = std::make_unique<MemoryCarrier>(line);
        carrier = made.get();
        loop->turnWith([&] { line->input = CarrierInput{messaging::CarrierLink::open(std::move(core), std::move(made), {})}; });
        ear->whenHeard = [this] { carrier->pauseReading(); };
    }
    ~MemoryPause() override {
        loop->turnWith([this] { messaging::CarrierLink::cutAll(*state, 0); });
    }
    void resume() {
        loop->turnWith([this] { carrier->resumeReading(); });
    }
    std::vector<std::string>& heard() { return ear->heard; }
    Session session() const { return line->input.session(); }

    Machine machine{100};
    ManualLoop* const loop = &machine.loop();
    const std::shared_ptr<messaging::ServerState> state =
        std::make_shared<messaging::ServerState>(std::vector<std::shared_ptr<Loop>>{machine.sharedLoop()});
    Services services;
    std::shared_ptr<messaging::DeployedEndpoint> endpoint;
    std::shared_ptr<Listening> ear;
    const std::shared_ptr<Peer::Line> line = std::make_shared<Peer::Line>(machine);
    MemoryCarrier* carrier = nullptr;
    Peer peer{line};
};

TEST_F(MemoryPause, WhatThePeerSaysWaitsAndComesInItsOrder) {
    for (const char* text : {"one", "two", "three"}) peer.send(text);
    EXPECT_THAT(heard(), ElementsAre("one"));
    EXPECT_EQ(peer.waiting(), 2U);
    resume();
    EXPECT_THAT(heard(), ElementsAre("one", "two"));
    EXPECT_EQ(peer.waiting(), 1U);
    peer.send("four");
    ear->whenHeard = {};
    resume();
    EXPECT_THAT(heard(), ElementsAre("one", "two", "three", "four"));
    EXPECT_EQ(peer.waiting(), 0U);
    peer.send("five");
    EXPECT_THAT(heard(), SizeIs(5));
}

TEST_F(MemoryPause, ItsEndDeliversNothingWithinTheCallAndTheLastWordCounts) {
    peer.send("one");
    peer.send("two");
    loop->turnWith([&] {
        carrier->resumeReading();
        EXPECT_THAT(heard(), SizeIs(1));
        carrier->pauseReading();
    });
    EXPECT_THAT(heard(), SizeIs(1));
    loop->turnWith([&] {
        carrier->resumeReading();
        carrier->resumeReading();
    });
    EXPECT_THAT(heard(), ElementsAre("one", "two"));
}

TEST_F(MemoryPause, WhatComesBeforeTheLoopHasGoneOnStaysBehind) {
    peer.send("one");
    peer.send("two");
    ear->whenHeard = {};
    loop->turnWith([&] {
        carrier->resumeReading();
        line->arrive({.text = "three"});
    });
    EXPECT_THAT(heard(), ElementsAre("one", "two", "three"));
}

TEST_F(MemoryPause, ThePeersGoodbyeComesBehindItsMessages) {
    peer.send("one");
    peer.send("two");
    peer.close(CloseCode{4001}, "bye");
    EXPECT_THAT(ear->closed, IsEmpty());
    EXPECT_FALSE(peer.closed());
    ear->whenHeard = {};
    resume();
    EXPECT_THAT(heard(), ElementsAre("one", "two"));
    ASSERT_THAT(ear->closed, SizeIs(1));
    EXPECT_EQ(ear->closed.front().text(), "bye");
    EXPECT_EQ(peer.closed()->code, CloseCode{4001});
}

TEST_F(MemoryPause, APeerThatVanishesIsMissedBehindItsMessagesAndGetsNothingMore) {
    peer.send("one");
    peer.send("two");
    peer.vanish();
    session().send("to nobody");
    EXPECT_THAT(ear->closed, IsEmpty());
    ear->whenHeard = {};
    resume();
    EXPECT_THAT(heard(), ElementsAre("one", "two"));
    ASSERT_THAT(ear->closed, SizeIs(1));
    EXPECT_EQ(ear->closed.front().cause(), CloseCause::ConnectionLost);
    EXPECT_THAT(peer.received(), IsEmpty());
    EXPECT_FALSE(peer.closed());
}

TEST_F(MemoryPause, AMessageThatIsTooBigIsFoundWhenItIsRead) {
    peer.send("one");
    peer.send(std::string(64_KiB + 1, 'x'));
    EXPECT_FALSE(peer.closed());
    resume();
    ASSERT_TRUE(peer.closed());
    EXPECT_EQ(peer.closed()->code, CloseCode::TooBig);
}

TEST_F(MemoryPause, PingsLeaveAndTheirAnswersWait) {
    loop->advance(1s);
    peer.send("one");
    loop->turnWith([&] { session().probe(); });
    EXPECT_EQ(peer.pings(), 1U);
    EXPECT_EQ(peer.waiting(), 0U) << "which counts messages";
    EXPECT_FALSE(session().roundTripTime());
    resume();
    EXPECT_TRUE(session().roundTripTime());
}

TEST_F(MemoryPause, OurOwnGoodbyeReadsOnToNoAvailAndPausesNoMore) {
    peer.send("one");
    peer.send("two");
    loop->turnWith([&] {
        session().close(CloseCode{4000});
        carrier->pauseReading();
    });
    EXPECT_EQ(peer.waiting(), 0U);
    EXPECT_THAT(heard(), ElementsAre("one"));
    peer.send("three");
    EXPECT_EQ(peer.waiting(), 0U);
    EXPECT_THAT(heard(), ElementsAre("one"));
    EXPECT_EQ(peer.closed()->code, CloseCode{4000});
}

class MemoryParts : public MemoryPause {
protected:
    SendStatus part(std::string_view piece, PieceOf of, SendCompletion completion = {}) {
        SendStatus status{};
        loop->turnWith([&] {
            status = messaging::SessionCore::of(session())->sendPart(MessageKind::Text, asBytes(piece), of, completion);
        });
        return status;
    }
    std::vector<std::string> received() {
        std::vector<std::string> all;
        for (const Received& each : peer.received()) all.push_back(each.payload);
        return all;
    }
    test::SendResults results;
};

TEST_F(MemoryParts, ComeAsOneMessageWithItsLast) {
    EXPECT_EQ(part("one ", PieceOf::MoreFollows), SendStatus::Queued);
    session().send("whole");
    EXPECT_THAT(received(), IsEmpty());
    EXPECT_EQ(part("two", PieceOf::Last, results.of("it")), SendStatus::Queued);
    EXPECT_THAT(received(), ElementsAre("one two", "whole"));
    EXPECT_THAT(results.told(), ElementsAre("it sent"));
}

TEST_F(MemoryParts, WaitForAPeerThatIsStalledAndAreSentWhenItTakesThem) {
    part("one ", PieceOf::MoreFollows);
    peer.stall();
    part("two", PieceOf::Last, results.of("it"));
    EXPECT_EQ(carrier->queuedBytes(), 6U + 5U);
    EXPECT_THAT(received(), IsEmpty());
    EXPECT_THAT(results.told(), IsEmpty());
    peer.resume();
    EXPECT_EQ(carrier->queuedBytes(), 0U);
    EXPECT_THAT(received(), ElementsAre("one two"));
    EXPECT_THAT(results.told(), ElementsAre("it sent"));
}

TEST_F(MemoryParts, AreDroppedAsAMessageOrLostWithTheConnection) {
    peer.stall();
    part("one", PieceOf::Last, results.of("first"));
    part("two ", PieceOf::MoreFollows);
    EXPECT_EQ(carrier->queuedBytes(), 5U + 6U);
    EXPECT_TRUE(carrier->dropOldest());
    EXPECT_FALSE(carrier->dropOldest()) << "it has begun";
    EXPECT_THAT(results.told(), ElementsAre("first dropped"));
    part("three", PieceOf::Last, results.of("second"));
    peer.vanish();
    EXPECT_THAT(results.told(), ElementsAre("first dropped", "second closed"));
}

}  // namespace
}  // namespace patchbay::testkit
