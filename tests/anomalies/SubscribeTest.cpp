// Subscribe and unsubscribe, from everywhere.
#include "anomalies/World.hpp"

#include <gmock/gmock.h>
#include <patchbay/hooks.hpp>

namespace patchbay::test {
namespace {

using testing::ElementsAre, testing::IsEmpty;

TEST_P(Subscribe, FromAnotherThreadIsInEffectWhenItReturns) {
    auto all = guests();
    for (int round = 0; round < 20; ++round) {
        const std::string topic = "t" + std::to_string(round);
        for (Guest& each : all) {
            each.session.subscribe(topic);
            topics().publish(topic, topic);
        }
    }
    for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(heard(all[i]).size(), 20 * (all.size() - i));
}

TEST_P(Subscribe, FromAnotherThreadTellsExactlyWhatDoesNotArrive) {
    auto all = guests();
    const std::uint64_t epoch = all[0].session.subscribe("t").epoch;
    std::atomic<bool> enough{false};
    std::thread publisher{[&] {
        for (std::uint64_t i = 1; !enough; ++i) {
            const TopicPosition at = topics().publish("t", std::to_string(i));
            ASSERT_EQ(at, (TopicPosition{epoch, i}));
        }
    }};
    for (int round = 0; round < 10; ++round) {
        for (std::size_t i = 1; i < all.size(); ++i) {
            const TopicPosition position = all[i].session.subscribe("t");
            EXPECT_EQ(all[i].peer.nextText(), std::to_string(position.offset + 1));
            all[i].session.unsubscribe("t");
            (void)heard(all[i]);
        }
    }
    enough = true;
    publisher.join();
    const auto first = heard(all[0]);
    for (std::size_t i = 0; i < first.size(); ++i) ASSERT_EQ(first[i], std::to_string(i + 1));
}

TEST_P(Subscribe, FromAnotherThreadToTopicsOfAnotherServerIsRefused) {
    auto all = guests();
    TestServer other{configFor(1)};  // with as many loops or fewer, and sessions of the same numbers
    const auto desk = std::make_shared<Desk>();
    const auto box = std::make_shared<SessionBox>();
    other->provide(desk).provide(box);
    other.start<Room>();
    RawWebSocket peer = other.connect("/room/x");
    const Session session = box->take();
    session.subscribe("t");
    for (Guest& each : all) {
        EXPECT_THROW(desk->kept()->subscribe(each.session, "t"), std::invalid_argument);
        desk->kept()->unsubscribe(each.session, "t");
    }
    EXPECT_EQ(desk->kept()->subscribers("t"), 1u);
    desk->kept()->publish("t", "x", all.front().session);
    EXPECT_EQ(peer.nextText(), "x");
}

TEST_P(Subscribe, FromAHandlerIsInEffectForItsOwnNextMessage) {
    at("go", [](const Session& session, Topics& topics) {
        topics.publish("t", "too early");
        const TopicPosition position = session.subscribe("t");
        EXPECT_EQ(topics.publish("t", "mine").offset, position.offset + 1);
        EXPECT_EQ(session.subscribe("t"), position) << "twice is once";
        session.unsubscribe("t");
    });
    for (Guest& each : guests()) {
        ask(each, "go");
        EXPECT_THAT(heard(each), ElementsAre("mine"));
    }
}

class Joining final : public SessionListener {
public:
    explicit Joining(Journal& journal) : journal_{journal} {}
    void opened(const Session& session) override { session.subscribe("t"); }
    void closed(const Session& session, const CloseReason&) override {
        journal_.add("closed() " + outcomeOf([&] { session.subscribe("t"); }));
        session.unsubscribe("t");
    }

private:
    Journal& journal_;
};

TEST_P(Subscribe, FromAHookHoldsForTheOpenHandlersOwnMessage) {
    server()->addListener(std::make_shared<Joining>(journal()));
    at("open", [](const Session&, Topics& topics) { topics.publish("t", "opened"); });
    Guest ann = guest();
    EXPECT_THAT(heard(ann), ElementsAre("opened"));
    ann.peer.close(1000);
    journal().waitFor("close");
    EXPECT_TRUE(eventually([&] { return server()->sessionCount() == 0; }));
    EXPECT_EQ(journal().count("closed() SessionClosed"), 1u);
    EXPECT_EQ(topics().subscribers("t"), 0u);
}

TEST_P(Subscribe, FromADestructorIsRefusedAndLeavesNobodyInTheTopic) {
    at("destroyed", [this](const Session& session, Topics& topics) {
        note("own " + outcomeOf([&] { session.subscribe("t"); }));
        note("topics " + outcomeOf([&] { topics.subscribe(session, "t"); }));
    });
    Guest ann = guest();
    ann.peer.close(1000);
    journal().waitFor("own SessionClosed");
    journal().waitFor("topics SessionClosed");
    EXPECT_EQ(topics().subscribers("t"), 0u);
}

TEST_P(Subscribe, AfterTheStopIsRefusedAndLeavesNobodyInTheTopic) {
    Guest ann = guest();
    ann.session.subscribe("t");
    const std::shared_ptr<Topics> kept = keptTopics();
    afterTheStop([&] {
        EXPECT_EQ(outcomeOf([&] { ann.session.subscribe("t"); }), "SessionClosed");
        EXPECT_EQ(outcomeOf([&] { kept->subscribe(ann.session, "t"); }), "SessionClosed");
        EXPECT_EQ(kept->subscribers("t"), 0u);
    });
}

TEST_P(Unsubscribe, FromAnotherThreadIsInEffectWhenItReturns) {
    auto all = guests();
    for (Guest& each : all) each.session.subscribe("t");
    for (int round = 0; round < 20; ++round) {
        for (Guest& each : all) {
            topics().publish("t", "before");
            each.session.unsubscribe("t");
            topics().publish("t", "after", each.session);
            each.session.subscribe("t");
        }
    }
    for (Guest& each : all) {
        const auto texts = heard(each);
        EXPECT_EQ(std::ranges::count(texts, "before"), std::ptrdiff_t(20 * all.size()));
        EXPECT_EQ(std::ranges::count(texts, "after"), std::ptrdiff_t(20 * (all.size() - 1)));
    }
    for (Guest& each : all) each.session.unsubscribe("t");
    topics().publish("t", "nobody");
    for (Guest& each : all) EXPECT_THAT(heard(each), IsEmpty());
}

TEST_P(Unsubscribe, FromAHandlerIsInEffectForItsOwnNextMessage) {
    at("go", [](const Session& session, Topics& topics) {
        session.subscribe("t");
        topics.publish("t", "before");
        session.unsubscribe("t");
        topics.publish("t", "after");
        session.unsubscribe("t");
    });
    for (Guest& each : guests()) {
        ask(each, "go");
        EXPECT_THAT(heard(each), ElementsAre("before"));
    }
}

/// Takes whoever says "out" out of the topic, before the handler hears of it.
class Bouncer final : public MessageInterceptor {
public:
    Verdict received(const Session& session, InterceptedMessage& message) override {
        if (asText(message.payload()) == "out") session.unsubscribe("t");
        return Verdict::Pass;
    }
};

TEST_P(Unsubscribe, FromAHookIsInEffectBeforeTheHandlerRuns) {
    server()->addInterceptor(std::static_pointer_cast<MessageInterceptor>(std::make_shared<Bouncer>()));
    server()->addListener(std::make_shared<Joining>(journal()));
    at("out", [](const Session&, Topics& topics) { topics.publish("t", "whoever is in"); });
    Guest ann = guest();
    Guest bob = guest();
    ask(ann, "out");
    EXPECT_EQ(bob.peer.nextText(), "whoever is in");
    EXPECT_THAT(heard(ann), IsEmpty());
}

TEST_P(Unsubscribe, FromADestructorIsNoError) {
    at("destroyed", [this](const Session& session, Topics& topics) {
        note(outcomeOf([&] { session.unsubscribe("t"); }));
        topics.unsubscribe(session, "t");
        note("count " + std::to_string(topics.subscribers("t")));
    });
    Guest ann = guest();
    ann.session.subscribe("t");
    ann.peer.close(1000);
    journal().waitFor("fine");
    journal().waitFor("count 0");
}

TEST_P(Unsubscribe, AfterTheStopIsNoError) {
    Guest ann = guest();
    ann.session.subscribe("t");
    afterTheStop([&] { EXPECT_EQ(outcomeOf([&] { ann.session.unsubscribe("t"); }), "fine"); });
}

}  // namespace
}  // namespace patchbay::test
