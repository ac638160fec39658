// Who is subscribed to what, over several loops.

#include "messaging/TopicTable.hpp"

#include "support/Conversation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace patchbay::test {
namespace {

class Listening {
    SERVER_ENDPOINT(Listening, "/listening")
public:
    ON_MESSAGE(said)
    void said(std::string_view) {}
};

/// Puts broadcasts on its wire in the form that they share.
class EncodingCarrier final : public Carrier {
public:
    explicit EncodingCarrier(std::vector<const std::byte*>& sent) : sent_{sent} {}
    static inline int encodings = 0;

    SendStatus deliver(const Delivery& delivery) noexcept override {
        const auto encode = [](const messaging::Broadcast& all) {
            ++encodings;
            return makeBatch(asBytes("frame "), all.payload(0));
        };
        sent_.push_back(delivery.broadcast.encoded({}, encode)->message(delivery.first).data());
        return SendStatus::Queued;
    }
    SendStatus send(MessageKind, Bytes) noexcept override { return SendStatus::Closed; }
    SendStatus ping(Bytes) noexcept override { return SendStatus::Queued; }
    std::size_t queuedBytes() const noexcept override { return 0; }
    void close(CloseCode, std::string_view) noexcept override {}
    void closeNow(CloseCode, std::string_view) noexcept override {}

private:
    std::vector<const std::byte*>& sent_;
};

class Topic : public ::testing::Test {
protected:
    struct Listener {
        Received peer;
        std::shared_ptr<messaging::SessionCore> session;
    };
    Topic() {
        limits.idleTimeout = {};
        endpoint = make();
    }
    std::shared_ptr<messaging::DeployedEndpoint> make() {
        auto model = detail::makeModel<Listening>();
        EndpointConfig config{model.className, model.path, {}, {}, {}, limits};
        return std::make_shared<messaging::DeployedEndpoint>(std::move(model), std::move(config), state, services);
    }
    std::shared_ptr<messaging::SessionCore> session(std::size_t loop, std::unique_ptr<Carrier> carrier) {
        messaging::SessionStart start{};
        start.instance = endpoint->code->model.construct(endpoint->services, {});
        auto made = std::make_shared<messaging::SessionCore>(endpoint, loop, std::move(start));
        loops[loop]->turnWith([&] { made->open(std::move(carrier)); });
        return made;
    }
    std::unique_ptr<Listener> listener(std::size_t loop) {
        auto made = std::make_unique<Listener>();
        made->session = session(loop, std::make_unique<FakeCarrier>(made->peer));
        return made;
    }
    messaging::TopicTable& table() { return *endpoint->topicTable; }
    void publish(std::string_view topic, SessionId except = 0) {
        table().publish(topic, MessageKind::Text, asBytes("x"), except);
        settle();
    }
    void settle() {
        here.settle();
        far.settle();
    }

    const std::array<OwnLoop, 2> loops;
    ManualLoop& here = *loops[0];
    ManualLoop& far = *loops[1];
    const std::shared_ptr<messaging::ServerState> state =
        std::make_shared<messaging::ServerState>(std::vector<std::shared_ptr<Loop>>{loops[0], loops[1]});
    Services services;
    Limits limits;
    std::shared_ptr<messaging::DeployedEndpoint> endpoint;
};

TEST_F(Topic, IsThereWhileSomebodyIsSubscribed) {
    const auto ann = listener(0), bob = listener(0);
    EXPECT_EQ(table().topicCount(), 0u);
    table().subscribe(ann->session, "news");
    table().subscribe(bob->session, "news");
    table().subscribe(ann->session, "rumours");
    EXPECT_EQ(table().topicCount(), 2u);
    table().unsubscribe(*ann->session, "news");
    EXPECT_EQ(table().topicCount(), 2u);
    table().unsubscribe(*bob->session, "news");
    table().unsubscribe(*ann->session, "rumours");
    EXPECT_EQ(table().topicCount(), 0u);
}

TEST_F(Topic, IsForgottenWithTheSessionsThatHadIt) {
    const auto ann = listener(0);
    for (int i = 0; i < 1'000; ++i) table().subscribe(ann->session, "topic " + std::to_string(i));
    EXPECT_EQ(table().topicCount(), 1'000u);
    ann->session->lost("");
    here.settle();
    EXPECT_EQ(table().topicCount(), 0u);
}

TEST_F(Topic, IsJoinedWhenTheCallReturnsAndReachedByTheSessionsLoop) {
    const auto ann = listener(1);
    table().subscribe(ann->session, "news");
    EXPECT_EQ(table().subscribers("news"), 1u);
    table().publish("news", MessageKind::Text, asBytes("1"), 0);
    table().publish("news", MessageKind::Text, asBytes("2"), 0);
    EXPECT_THAT(ann->peer.texts, ::testing::IsEmpty());
    far.settle();
    EXPECT_THAT(ann->peer.texts, ::testing::ElementsAre("1", "2"));
    table().unsubscribe(*ann->session, "news");
    EXPECT_EQ(table().topicCount(), 0u);
}

TEST_F(Topic, IsPublishedByAHandlerBeforeWhatItSendsNextAlsoBehindAnothersMessageThatWaits) {
    const auto ann = listener(0), bob = listener(1);
    for (const auto* each : {&ann, &bob}) table().subscribe((*each)->session, "news");
    settle();
    table().publish("news", MessageKind::Text, asBytes("another's"), 0);
    here.turnWith([&] {
        table().publish("news", MessageKind::Text, asBytes("published"), 0);
        ann->session->trySend(MessageKind::Text, asBytes("sent"));
    });
    far.settle();
    EXPECT_THAT(ann->peer.texts, ::testing::ElementsAre("another's", "published", "sent"));
    EXPECT_THAT(bob->peer.texts, ::testing::ElementsAre("another's", "published"));
}

TEST_F(Topic, IsPublishedToTheLoopsThatHaveSubscribersOnly) {
    const auto ann = listener(0);
    table().subscribe(ann->session, "news");
    publish("news");
    EXPECT_TRUE(far.queue().idle());
    EXPECT_EQ(ann->peer.texts.size(), 1u);
}

TEST_F(Topic, IsLeftByASessionThatEndsBeforeItsLoopHasHeardOfItsJoining) {
    const auto ann = listener(1);
    table().subscribe(ann->session, "news");
    ann->session->close(CloseCause::Application, CloseCode::Normal, "");
    far.settle();
    EXPECT_EQ(table().topicCount(), 0u);
}

TEST_F(Topic, IsNotJoinedByASessionThatCloses) {
    const auto ann = listener(0);
    ann->session->close(CloseCause::Application, CloseCode::Normal, "");
    EXPECT_THROW(table().subscribe(ann->session, "news"), SessionClosed);
    EXPECT_EQ(table().topicCount(), 0u);
}

TEST_F(Topic, EncodesAMessageOnceForAThousandPeersOnTwoLoops) {
    std::vector<const std::byte*> sent;
    std::vector<std::shared_ptr<messaging::SessionCore>> peers;
    for (std::size_t i = 0; i < 1'000; ++i) {
        peers.push_back(session(i % 2, std::make_unique<EncodingCarrier>(sent)));
        table().subscribe(peers.back(), "news");
    }
    far.settle();
    EncodingCarrier::encodings = 0;
    publish("news");
    far.settle();
    EXPECT_EQ(EncodingCarrier::encodings, 1);
    ASSERT_EQ(sent.size(), 1'000u);
    EXPECT_THAT(sent, ::testing::Each(sent[0])) << "every queue holds the same block";
}

TEST_F(Topic, ABurstReachesEachLoopInOneHandOverAndEachPeerInOneSend) {
    std::vector<const std::byte*> sent;
    const auto ann = session(0, std::make_unique<EncodingCarrier>(sent));
    const auto bob = listener(1);
    table().subscribe(ann, "news");
    table().subscribe(bob->session, "news");
    settle();
    table().publish("news", MessageKind::Text, asBytes("0"), 0);
    const LoopEntry* const entry = far.queue().last();
    for (int i = 1; i < 32; ++i) table().publish("news", MessageKind::Text, asBytes(std::to_string(i)), 0);
    EXPECT_EQ(far.queue().last(), entry);
    settle();
    EXPECT_EQ(sent.size(), 1u);
    ASSERT_EQ(bob->peer.texts.size(), 32u);
    EXPECT_EQ(bob->peer.texts.back(), "31");
}

TEST_F(Topic, ABatchIsNotContinuedWhenSomethingElseHasComeBehindItOnAnyLoop) {
    const auto ann = listener(0), bob = listener(1);
    table().subscribe(ann->session, "news");
    table().subscribe(bob->session, "news");
    table().publish("news", MessageKind::Text, asBytes("1"), 0);
    bob->session->trySend(MessageKind::Text, asBytes("sent"));
    table().publish("news", MessageKind::Text, asBytes("2"), 0);
    settle();
    EXPECT_THAT(bob->peer.texts, ::testing::ElementsAre("1", "sent", "2"));
    EXPECT_THAT(ann->peer.texts, ::testing::ElementsAre("1", "2"));
}

TEST_F(Topic, ABatchIsNotContinuedWhenALoopHasGotItsFirstMember) {
    const auto ann = listener(0), bob = listener(1);
    table().subscribe(ann->session, "news");
    settle();
    table().publish("news", MessageKind::Text, asBytes("1"), 0);
    table().subscribe(bob->session, "news");
    table().publish("news", MessageKind::Text, asBytes("2"), 0);
    settle();
    EXPECT_THAT(ann->peer.texts, ::testing::ElementsAre("1", "2"));
    EXPECT_THAT(bob->peer.texts, ::testing::ElementsAre("2"));
}

TEST_F(Topic, MessagesOfSeveralTopicsArriveInTheOrderOfTheirPublishing) {
    const auto ann = listener(0);
    table().subscribe(ann->session, "news");
    table().subscribe(ann->session, "rumours");
    for (const char* text : {"1", "2"}) table().publish("news", MessageKind::Text, asBytes(text), 0);
    table().publish("rumours", MessageKind::Text, asBytes("3"), 0);
    table().publish("news", MessageKind::Text, asBytes("4"), 0);
    here.settle();
    EXPECT_THAT(ann->peer.texts, ::testing::ElementsAre("1", "2", "3", "4"));
}

TEST_F(Topic, WhatIsPublishedGoesBeforeWhatIsSentOrClosedAfterwards) {
    const auto ann = listener(0);
    table().subscribe(ann->session, "news");
    settle();
    const auto talk = [&] {
        table().publish("news", MessageKind::Text, asBytes("published"), 0);
        ann->session->trySend(MessageKind::Text, asBytes("sent"));
        table().publish("news", MessageKind::Text, asBytes("last"), 0);
    };
    here.turnWith(talk);
    talk();
    settle();
    here.turnWith([&] { ann->session->close(CloseCause::Application, CloseCode::Normal, ""); });
    EXPECT_THAT(ann->peer.texts, ::testing::ElementsAre("published", "sent", "last", "published", "sent", "last"));
    EXPECT_TRUE(ann->peer.closed);
}

TEST_F(Topic, NumbersItsMessagesAndTellsWhereASessionHasJoined) {
    const auto ann = listener(0), bob = listener(1);
    const auto joined = table().subscribe(ann->session, "news");
    EXPECT_EQ(joined.offset, 0u);
    const auto first = table().publish("news", MessageKind::Text, asBytes("1"), 0).position;
    EXPECT_EQ(first, (TopicPosition{joined.epoch, 1}));
    EXPECT_EQ(table().subscribe(bob->session, "news"), first);
    EXPECT_EQ(table().publish("news", MessageKind::Text, asBytes("2"), 0).position.offset, 2u);
    EXPECT_EQ(table().subscribe(ann->session, "news"), joined) << "joining twice is joining once";
    settle();
    EXPECT_THAT(bob->peer.texts, ::testing::ElementsAre("2"));
    table().unsubscribe(*ann->session, "news");
    table().unsubscribe(*bob->session, "news");
    EXPECT_EQ(table().publish("news", MessageKind::Text, asBytes("3"), 0).position, TopicPosition{}) << "nobody is there";
    EXPECT_NE(table().subscribe(ann->session, "news").epoch, joined.epoch);
}

TEST_F(Topic, CountsForASessionUpToItsLimit) {
    limits.maxTopics = 2;
    endpoint = make();
    const auto ann = listener(0);
    table().subscribe(ann->session, "1");
    table().subscribe(ann->session, "2");
    table().subscribe(ann->session, "2");
    EXPECT_THROW(table().subscribe(ann->session, "3"), TooManyTopics);
    EXPECT_EQ(table().topicCount(), 2u);
    table().unsubscribe(*ann->session, "1");
    table().subscribe(ann->session, "3");
}

TEST_F(Topic, IsNotHeardFromBeforeItIsJoinedAndIsHeardUntilItIsLeft) {
    const auto ann = listener(0), bob = listener(0);
    table().subscribe(bob->session, "news");
    table().publish("news", MessageKind::Text, asBytes("early"), 0);
    table().subscribe(ann->session, "news");
    table().publish("news", MessageKind::Text, asBytes("between"), 0);
    table().unsubscribe(*ann->session, "news");
    table().publish("news", MessageKind::Text, asBytes("late"), 0);
    here.settle();
    EXPECT_THAT(ann->peer.texts, ::testing::ElementsAre("between"));
    EXPECT_THAT(bob->peer.texts, ::testing::ElementsAre("early", "between", "late"));
}

TEST_F(Topic, IsLeftFromOutsideAfterWhatWasPublishedBeforeAndByNobodyElse) {
    const auto ann = listener(1), bob = listener(1), eve = listener(1);
    for (const auto* each : {&ann, &bob, &eve}) table().subscribe((*each)->session, "news");
    settle();
    table().publish("news", MessageKind::Text, asBytes("before"), 0);
    table().unsubscribe(*ann->session, "news");
    table().publish("news", MessageKind::Text, asBytes("after"), 0);
    settle();
    EXPECT_THAT(ann->peer.texts, ::testing::ElementsAre("before"));
    for (const auto* each : {&bob, &eve}) EXPECT_THAT((*each)->peer.texts, ::testing::ElementsAre("before", "after"));
}

TEST_F(Topic, ABatchIsBounded) {
    const auto ann = listener(0);
    table().subscribe(ann->session, "news");
    settle();
    table().publish("news", MessageKind::Text, {}, 0);
    const LoopEntry* const first = here.queue().last();
    for (int i = 1; i < 256; ++i) table().publish("news", MessageKind::Text, {}, 0);
    EXPECT_EQ(here.queue().last(), first);
    table().publish("news", MessageKind::Text, {}, 0);
    const LoopEntry* const second = here.queue().last();
    EXPECT_NE(second, first);
    table().publish("news", MessageKind::Text, asBytes(std::string(70'000, 'l')), 0);
    EXPECT_NE(here.queue().last(), second);
    settle();
    EXPECT_EQ(ann->peer.texts.size(), 258u);
}

TEST_F(Topic, SparesInABurstTheOneThatIsExceptedFromPartOfIt) {
    const auto ann = listener(0), bob = listener(0);
    table().subscribe(ann->session, "news");
    table().subscribe(bob->session, "news");
    const SessionId excepted[] = {0, ann->session->id(), 0, bob->session->id(), ann->session->id()};
    for (int i = 0; i < 5; ++i) table().publish("news", MessageKind::Text, asBytes(std::to_string(i)), excepted[i]);
    here.settle();
    EXPECT_THAT(ann->peer.texts, ::testing::ElementsAre("0", "2", "3"));
    EXPECT_THAT(bob->peer.texts, ::testing::ElementsAre("0", "1", "2", "4"));
}

TEST_F(Topic, SparesTheOneThatIsExcepted) {
    const auto ann = listener(0), bob = listener(0);
    table().subscribe(ann->session, "news");
    table().subscribe(bob->session, "news");
    publish("news", ann->session->id());
    EXPECT_EQ(ann->peer.texts.size(), 0u);
    EXPECT_EQ(bob->peer.texts.size(), 1u);
}

TEST_F(Topic, CountsForItsSubscribersWhatTheirFullLoopMissesAndGoesOnWhenThereIsRoom) {
    limits.sendQueue.whenFull = WhenFull::DropNewest;
    endpoint = make();
    const auto ann = listener(0), bob = listener(1);
    table().subscribe(ann->session, "news");
    table().subscribe(bob->session, "news");
    settle();
    const auto handlerPublishes = [&](std::initializer_list<std::string_view> texts) {  // which does not wait for room
        here.turnWith([&] {
            for (const auto text : texts) table().publish("news", MessageKind::Text, asBytes(text), 0);
        });
        far.settle();
    };
    far.queue().setLimit(0);
    handlerPublishes({"1", "2", "3"});
    EXPECT_EQ(bob->session->droppedMessages(), 3u);
    handlerPublishes({"4"});
    EXPECT_EQ(bob->session->droppedMessages(), 4u) << "what comes after it was told is told again";
    far.queue().setLimit(LoopQueue::kMostBytes);
    handlerPublishes({"5"});
    EXPECT_THAT(bob->peer.texts, ::testing::ElementsAre("5"));
    EXPECT_THAT(ann->peer.texts, ::testing::ElementsAre("1", "2", "3", "4", "5"));
    EXPECT_EQ(ann->session->droppedMessages(), 0u);
}

// Leaving asked the session's loop who runs it, and handles outlive loops.
TEST_F(Topic, IsLeftByASessionThatIsGoneWithoutAskingItsLoop) {
    const auto ann = listener(1);
    ann->session->lost("");
    far.settle();
    ASSERT_TRUE(ann->session->isGone());
    table().unsubscribe(*ann->session, "news");
    EXPECT_TRUE(far.queue().idle());
}

}  // namespace
}  // namespace patchbay::test
