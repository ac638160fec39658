// Publish, from everywhere.
#include "anomalies/World.hpp"

#include <gmock/gmock.h>
#include <patchbay/hooks.hpp>

namespace patchbay::test {
namespace {

using testing::ElementsAre, testing::IsEmpty;

struct Word {
    std::string word;
};

TEST_P(Publish, FromAnotherThreadHasOneOrderOnEveryLoop) {
    constexpr int kThreads = 3, kMessages = 100;
    auto all = guests();
    for (Guest& each : all) each.session.subscribe("t");
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([this, t] {
            for (int i = 0; i < kMessages; ++i) topics().publish("t", std::to_string(t) + ":" + std::to_string(i));
        });
    }
    for (auto& thread : threads) thread.join();
    const auto first = heard(all.front());
    EXPECT_EQ(first.size(), std::size_t{kThreads * kMessages});
    for (std::size_t i = 1; i < all.size(); ++i) EXPECT_EQ(heard(all[i]), first);
}

TEST_P(Publish, FromAnotherThreadCountsOneForEachMessage) {
    auto all = guests();
    const TopicPosition before = all[0].session.subscribe("t");
    EXPECT_EQ(topics().publish("t", "a"), (TopicPosition{before.epoch, before.offset + 1}));
    EXPECT_EQ(topics().tryPublish("t", "b").position, (TopicPosition{before.epoch, before.offset + 2}));
    EXPECT_EQ(all.back().session.subscribe("t"), (TopicPosition{before.epoch, before.offset + 2}));
    EXPECT_EQ(topics().publish("nobody", "c"), TopicPosition{});
}

TEST_P(Publish, FromAHandlerArrivesBeforeWhatItSendsNext) {
    auto all = guests();
    for (Guest& each : all) each.session.subscribe("t");
    at("go", [&all](const Session&, Topics& topics) {
        topics.publish("t", "published");
        for (Guest& each : all) each.session.send("sent");
    });
    ask(all.front(), "go");
    for (Guest& each : all) {
        EXPECT_EQ(each.peer.nextText(), "published");
        EXPECT_EQ(each.peer.nextText(), "sent");
    }
}

TEST_P(Publish, FromAHandlerJoinsWhatOthersHavePublishedAndStillComesBeforeWhatItSendsNext) {
    auto all = guests();
    for (Guest& each : all) each.session.subscribe("t");
    for (Guest& each : all) {
        std::promise<void> inside, published;
        at("go", [&](const Session& session, Topics& topics) {
            inside.set_value();
            published.get_future().wait();  // what the test has published waits for this loop, and perhaps for others
            topics.publish("t", "published");
            session.send("sent");
        });
        ask(each, "go");
        inside.get_future().wait();
        topics().publish("t", "from outside");
        published.set_value();
        EXPECT_THAT(heard(each), ElementsAre("from outside", "published", "sent"));
        for (Guest& other : all) (void)heard(other);
    }
}

/// Publishes a struct from within every hook of a message on its way.
class Publisher final : public MessageInterceptor {
public:
    explicit Publisher(std::function<Topics&()> topics) : topics_{std::move(topics)} {}
    Verdict sending(const Session&, InterceptedMessage& message) override { return tell(message, "a send"); }
    Verdict publishing(std::string_view, InterceptedMessage& message) override {
        return tell(message, "a publication");
    }

private:
    Verdict tell(const InterceptedMessage& message, std::string what) {
        if (asText(message.payload()).find("outer") != std::string_view::npos)
            topics_().publish("t", Word{std::move(what)});
        return Verdict::Pass;
    }
    const std::function<Topics&()> topics_;
};

TEST_P(Publish, FromAHookLeavesTheMessageOnItsWayWhole) {
    server()->addInterceptor(std::static_pointer_cast<MessageInterceptor>(
        std::make_shared<Publisher>([this]() -> Topics& { return topics(); })));
    Guest ann = guest();
    ann.session.subscribe("t");
    ann.session.send(Word{"outer"});
    topics().publish("t", Word{"outer, too"});
    at("go", [](const Session& session, Topics& topics) {
        session.send(Word{"outer of a handler"});
        topics.publish("t", Word{"outer publication of a handler"});
    });
    EXPECT_THAT(heard(ann), ElementsAre(R"({"type":"Word","word":"a send"})", R"({"type":"Word","word":"outer"})", R"({"type":"Word","word":"a publication"})",
                                        R"({"type":"Word","word":"outer, too"})"));
    ask(ann, "go");
    EXPECT_THAT(heard(ann), ElementsAre(R"({"type":"Word","word":"a send"})", R"({"type":"Word","word":"outer of a handler"})",
                                        R"({"type":"Word","word":"a publication"})", R"({"type":"Word","word":"outer publication of a handler"})"));
}

TEST_P(Publish, FromADestructorReachesTheOthers) {
    auto all = guests();
    for (Guest& each : all) each.session.subscribe("t");
    at("destroyed",
       [](const Session& session, Topics& topics) { topics.publish("t", "gone: " + std::to_string(session.id())); });
    at("keep", [](const Session& session, Topics& topics) {
        session.setProperty("p", AtDestruction{[&topics] { topics.publish("t", "so is the property"); }});
    });
    const std::string id = std::to_string(all.back().session.id());
    ask(all.back(), "keep");
    EXPECT_THAT(heard(all.back()), IsEmpty());
    all.back().peer.close(1000);
    EXPECT_EQ(all.back().peer.skipToClose().code, 1000);
    all.pop_back();
    for (Guest& each : all) {
        EXPECT_EQ(each.peer.nextText(), "gone: " + id);
        EXPECT_EQ(each.peer.nextText(), "so is the property");
    }
}

TEST_P(Publish, AfterTheStopReachesNobodyAndIsNoError) {
    Guest ann = guest();
    ann.session.subscribe("t");
    const std::shared_ptr<Topics> kept = keptTopics();
    afterTheStop([&] {
        EXPECT_EQ(kept->publish("t", "x"), TopicPosition{});
        EXPECT_EQ(kept->tryPublish("t", Word{"x"}).status, SendStatus::Queued);
        EXPECT_EQ(kept->subscribers("t"), 0u);
    });
}

}  // namespace
}  // namespace patchbay::test
