// Topics: who gets what is published, from where, and who does not.

#include "contract/ContractTest.hpp"

namespace patchbay::test {
namespace {

/// Obeys its client: "+topic" joins, "-topic" leaves, "=topic text" publishes, "!topic text" spares the sender.
template <class Published>
void obey(Session session, std::string_view order, Published& topics) {
    const auto name = order.substr(1, order.find(' ') - 1);
    if (order[0] == '+') topics.subscribe(session, name);
    if (order[0] == '-') topics.unsubscribe(session, name);
    if (order[0] == '=') topics.publish(name, order.substr(name.size() + 2));
    if (order[0] == '!') topics.publish(name, order.substr(name.size() + 2), session);
    session.send("done");
}

class Left {
    SERVER_ENDPOINT(Left, "/left")
public:
    explicit Left(Topics& topics) : topics_{topics} {}
    ON_MESSAGE(said)
    void said(Session session, std::string_view order) { obey(session, order, topics_); }

private:
    Topics& topics_;
};

class Right {
    SERVER_ENDPOINT(Right, "/right")
public:
    explicit Right(Topics& topics) : topics_{topics} {}
    ON_MESSAGE(said)
    void said(Session session, std::string_view order) { obey(session, order, topics_); }

private:
    Topics& topics_;
};

class WholeServer {
    SERVER_ENDPOINT(WholeServer, "/whole/{side}")
public:
    explicit WholeServer(GlobalTopics& topics) : topics_{topics} {}
    ON_MESSAGE(said)
    void said(Session session, std::string_view order) { obey(session, order, topics_); }

private:
    GlobalTopics& topics_;
};

class WholeServerToo {
    SERVER_ENDPOINT(WholeServerToo, "/too")
public:
    explicit WholeServerToo(GlobalTopics& topics) : topics_{topics} {}
    ON_MESSAGE(said)
    void said(Session session, std::string_view order) { obey(session, order, topics_); }

private:
    GlobalTopics& topics_;
};

template <class World>
class TopicsContract : public ::testing::Test {
protected:
    TopicsContract() {
        world.template deploy<Left>();
        world.template deploy<Right>();
        world.template deploy<WholeServer>();
        world.template deploy<WholeServerToo>();
    }
    /// The client's order has been obeyed.
    static void order(typename World::Client& client, std::string_view what) {
        client.send(what);
        EXPECT_EQ(client.next(), "done") << what;
    }
    World world;
};
TYPED_TEST_SUITE(TopicsContract, Worlds, WorldNames);

TYPED_TEST(TopicsContract, EverySubscriberGetsOneMessageTheSenderToo) {
    auto ann = this->world.connect("/left");
    auto bob = this->world.connect("/left");
    auto eve = this->world.connect("/left");
    this->order(ann, "+news");
    this->order(bob, "+news");
    bob.send("=news hello");
    EXPECT_EQ(ann.next(), "hello");
    EXPECT_EQ(bob.next(), "hello");
    EXPECT_EQ(bob.next(), "done");
    this->order(eve, "=other nobody is here");
    this->order(ann, "=other and nothing else has arrived");
}

TYPED_TEST(TopicsContract, SubscribingTwiceIsSubscribingOnce) {
    auto ann = this->world.connect("/left");
    this->order(ann, "+news");
    this->order(ann, "+news");
    EXPECT_EQ(this->world.template topicsOf<Left>().subscribers("news"), 1u);
    ann.send("=news once");
    EXPECT_EQ(ann.next(), "once");
    EXPECT_EQ(ann.next(), "done");
    this->order(ann, "-news");
    EXPECT_EQ(this->world.template topicsOf<Left>().subscribers("news"), 0u);
}

TYPED_TEST(TopicsContract, WhoHasLeftGetsNothingAndMayLeaveAgain) {
    auto ann = this->world.connect("/left");
    this->order(ann, "+news");
    this->order(ann, "-news");
    this->order(ann, "-news");
    this->order(ann, "=news to nobody");
}

TYPED_TEST(TopicsContract, ThePublisherMaySpareItself) {
    auto ann = this->world.connect("/left");
    auto bob = this->world.connect("/left");
    this->order(ann, "+news");
    this->order(bob, "+news");
    this->order(ann, "!news to the others");
    EXPECT_EQ(bob.next(), "to the others");
    this->order(ann, "=other nothing has come to the sender");
}

TYPED_TEST(TopicsContract, TopicsOfTwoEndpointsShareNothing) {
    auto ann = this->world.connect("/left");
    auto bob = this->world.connect("/right");
    this->order(ann, "+news");
    this->order(bob, "+news");
    ann.send("=news left only");
    EXPECT_EQ(ann.next(), "left only");
    EXPECT_EQ(ann.next(), "done");
    this->order(bob, "=other nothing has come to the right");
}

TYPED_TEST(TopicsContract, TopicsOfTheWholeServerReachAcrossEndpoints) {
    auto ann = this->world.connect("/whole/a");
    auto bob = this->world.connect("/too");
    this->order(ann, "+news");
    this->order(bob, "+news");
    this->order(ann, "!news everywhere");
    EXPECT_EQ(bob.next(), "everywhere");
}

TYPED_TEST(TopicsContract, AClosedSessionIsNoSubscriber) {
    auto ann = this->world.connect("/left");
    this->order(ann, "+news");
    ann.close(1000, "");
    EXPECT_TRUE(this->world.eventually([&] { return this->world.template topicsOf<Left>().subscribers("news") == 0; }));
}

TYPED_TEST(TopicsContract, WhatAnotherThreadPublishesArrivesInItsOrder) {
    auto ann = this->world.connect("/left");
    this->order(ann, "+news");
    Topics& topics = this->world.template topicsOf<Left>();
    std::thread{[&] {
        for (int i = 0; i < 100; ++i) topics.publish("news", std::to_string(i));
    }}.join();
    this->world.pass(std::chrono::milliseconds{0});
    for (int i = 0; i < 100; ++i) ASSERT_EQ(ann.next(), std::to_string(i));
}

}  // namespace
}  // namespace patchbay::test
