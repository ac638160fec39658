// Who is subscribed to what, over several loops.

#include "messaging/TopicTable.hpp"

#include "support/Conversation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace patchbay::test {
namespace {

class Listening {
    SERVER_ENDPOINT(Listening, "/listening")
public:
    ON_MESSAGE(said)
    void said(std::string_view) {}
};

/// A loop that another thread turns: what concerns it is posted.
class FarLoop final : public Loop {
public:
    void post(Task task) override { tasks.push_back(std::move(task)); }
    bool isCurrent() const noexcept override { return running; }
    Clock::time_point now() const noexcept override { return {}; }
    TimerId after(Clock::duration, Task) override { return 0; }
    void cancel(TimerId) noexcept override {}
    void run() {
        running = true;
        while (!tasks.empty()) {
            const Task task = std::move(tasks.front());
            tasks.pop_front();
            task();
        }
        running = false;
    }

    std::deque<Task> tasks;
    bool running = false;
};

/// Puts broadcasts on its wire in the form that they share.
class EncodingCarrier final : public messaging::Carrier {
public:
    explicit EncodingCarrier(std::vector<const std::byte*>& sent) : sent_{sent} {}
    static inline int encodings = 0;

    SendStatus send(const messaging::Broadcast& broadcast, std::size_t first, std::size_t) noexcept override {
        const auto encode = [](const messaging::Broadcast& all) {
            ++encodings;
            return makeBatch(asBytes("frame "), all.payload(0));
        };
        sent_.push_back(broadcast.encoded(0, encode)->message(first).data());
        return SendStatus::Queued;
    }
    SendStatus send(MessageKind, Bytes) noexcept override { return SendStatus::Closed; }
    std::uint64_t droppedMessages() const noexcept override { return 0; }
    SendStatus ping(Bytes) noexcept override { return SendStatus::Queued; }
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
        auto model = detail::makeModel<Listening>();
        EndpointConfig config{model.className, model.path, {}, {}, {}, {}};
        config.limits.idleTimeout = {};
        endpoint = std::make_shared<messaging::DeployedEndpoint>(std::move(model), std::move(config), state, services);
    }
    std::shared_ptr<messaging::SessionCore> session(std::size_t loop, std::unique_ptr<messaging::Carrier> carrier) {
        messaging::SessionStart start{};
        start.instance = endpoint->model.construct(endpoint->services);
        auto made = std::make_shared<messaging::SessionCore>(endpoint, *state.loops[loop], loop, std::move(start));
        made->open(std::move(carrier));
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
        here.run();
    }

    FakeLoop here;
    FarLoop far;
    messaging::ServerState state{{&here, &far}};
    Services services;
    std::shared_ptr<messaging::DeployedEndpoint> endpoint;
};

TEST_F(Topic, IsThereWhileSomebodyIsSubscribed) {
    const auto ann = listener(0), bob = listener(0);
    EXPECT_EQ(table().topicCount(), 0u);
    table().subscribe(ann->session, "news");
    table().subscribe(bob->session, "news");
    table().subscribe(ann->session, "rumours");
    EXPECT_EQ(table().topicCount(), 2u);
    table().unsubscribe(ann->session, "news");
    EXPECT_EQ(table().topicCount(), 2u);
    table().unsubscribe(bob->session, "news");
    table().unsubscribe(ann->session, "rumours");
    EXPECT_EQ(table().topicCount(), 0u);
}

TEST_F(Topic, IsForgottenWithTheSessionsThatHadIt) {
    const auto ann = listener(0);
    for (int i = 0; i < 1'000; ++i) table().subscribe(ann->session, "topic " + std::to_string(i));
    EXPECT_EQ(table().topicCount(), 1'000u);
    ann->session->lost("");
    here.run();
    EXPECT_EQ(table().topicCount(), 0u);
}

TEST_F(Topic, OnAnotherLoopIsJoinedAndReachedByThatLoop) {
    const auto ann = listener(1);
    table().subscribe(ann->session, "news");
    EXPECT_EQ(table().subscribers("news"), 0u);
    far.run();
    EXPECT_EQ(table().subscribers("news"), 1u);
    publish("news");
    publish("news");
    EXPECT_THAT(ann->peer.texts, ::testing::IsEmpty());
    far.run();
    EXPECT_EQ(ann->peer.texts.size(), 2u);
    table().unsubscribe(ann->session, "news");
    far.run();
    EXPECT_EQ(table().topicCount(), 0u);
}

TEST_F(Topic, IsPublishedToTheLoopsThatHaveSubscribersOnly) {
    const auto ann = listener(0);
    table().subscribe(ann->session, "news");
    publish("news");
    EXPECT_TRUE(far.tasks.empty());
    EXPECT_EQ(ann->peer.texts.size(), 1u);
}

TEST_F(Topic, OfASessionThatEndsBeforeItsLoopHasSubscribedItIsNotJoined) {
    const auto ann = listener(1);
    table().subscribe(ann->session, "news");
    ann->session->close(CloseCause::Application, CloseCode::Normal, "");
    far.run();
    EXPECT_EQ(table().topicCount(), 0u);
}

TEST_F(Topic, EncodesAMessageOnceForAThousandPeersOnTwoLoops) {
    std::vector<const std::byte*> sent;
    std::vector<std::shared_ptr<messaging::SessionCore>> peers;
    for (std::size_t i = 0; i < 1'000; ++i) {
        peers.push_back(session(i % 2, std::make_unique<EncodingCarrier>(sent)));
        table().subscribe(peers.back(), "news");
    }
    far.run();
    EncodingCarrier::encodings = 0;
    publish("news");
    far.run();
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
    far.run();
    for (int i = 0; i < 32; ++i) table().publish("news", MessageKind::Text, asBytes(std::to_string(i)), 0);
    EXPECT_TRUE(sent.empty() && far.tasks.empty()) << "the rest of the turn may bring more";
    here.run();
    EXPECT_EQ(sent.size(), 1u);
    EXPECT_EQ(far.tasks.size(), 1u);
    far.run();
    ASSERT_EQ(bob->peer.texts.size(), 32u);
    EXPECT_EQ(bob->peer.texts.back(), "31");
}

TEST_F(Topic, MessagesOfSeveralTopicsArriveInTheOrderOfTheirPublishing) {
    const auto ann = listener(0);
    table().subscribe(ann->session, "news");
    table().subscribe(ann->session, "rumours");
    for (const char* text : {"1", "2"}) table().publish("news", MessageKind::Text, asBytes(text), 0);
    table().publish("rumours", MessageKind::Text, asBytes("3"), 0);
    table().publish("news", MessageKind::Text, asBytes("4"), 0);
    here.run();
    EXPECT_THAT(ann->peer.texts, ::testing::ElementsAre("1", "2", "3", "4"));
}

TEST_F(Topic, WhatIsPublishedGoesBeforeWhatIsSentOrClosedAfterwards) {
    const auto ann = listener(0);
    table().subscribe(ann->session, "news");
    table().publish("news", MessageKind::Text, asBytes("published"), 0);
    ann->session->send(MessageKind::Text, asBytes("sent"));
    EXPECT_THAT(ann->peer.texts, ::testing::ElementsAre("published", "sent"));
    table().publish("news", MessageKind::Text, asBytes("last"), 0);
    ann->session->close(CloseCause::Application, CloseCode::Normal, "");
    EXPECT_EQ(ann->peer.texts.back(), "last");
}

TEST_F(Topic, IsNotHeardFromBeforeItIsJoinedAndIsHeardUntilItIsLeft) {
    const auto ann = listener(0), bob = listener(0);
    table().subscribe(bob->session, "news");
    table().publish("news", MessageKind::Text, asBytes("early"), 0);
    table().subscribe(ann->session, "news");
    table().publish("news", MessageKind::Text, asBytes("between"), 0);
    table().unsubscribe(ann->session, "news");
    table().publish("news", MessageKind::Text, asBytes("late"), 0);
    here.run();
    EXPECT_THAT(ann->peer.texts, ::testing::ElementsAre("between"));
    EXPECT_THAT(bob->peer.texts, ::testing::ElementsAre("early", "between", "late"));
}

TEST_F(Topic, ABurstWithoutEndIsHandedOutInBoundedPieces) {
    const auto ann = listener(0);
    table().subscribe(ann->session, "news");
    for (int i = 0; i < 300; ++i) table().publish("news", MessageKind::Text, {}, 0);
    EXPECT_EQ(ann->peer.texts.size(), 256u);
    table().publish("news", MessageKind::Text, asBytes(std::string(70'000, 'l')), 0);
    EXPECT_EQ(ann->peer.texts.size(), 301u);
}

TEST_F(Topic, SparesInABurstTheOneThatIsExceptedFromPartOfIt) {
    const auto ann = listener(0), bob = listener(0);
    table().subscribe(ann->session, "news");
    table().subscribe(bob->session, "news");
    const SessionId excepted[] = {0, ann->session->id(), 0, bob->session->id(), ann->session->id()};
    for (int i = 0; i < 5; ++i) table().publish("news", MessageKind::Text, asBytes(std::to_string(i)), excepted[i]);
    here.run();
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

// Leaving asked the session's loop who runs it, and handles outlive loops.
TEST_F(Topic, IsLeftByASessionThatIsGoneWithoutAskingItsLoop) {
    const auto ann = listener(1);
    ann->session->lost("");
    far.run();
    ASSERT_TRUE(ann->session->isGone());
    table().unsubscribe(ann->session, "news");
    EXPECT_TRUE(far.tasks.empty());
}

}  // namespace
}  // namespace patchbay::test
