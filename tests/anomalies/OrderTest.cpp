// Anomalies of order: what is lost, doubled, overtaken or told in two ways.
#include "anomalies/World.hpp"

#include <gmock/gmock.h>

namespace patchbay::test {

class LostJoin : public OnLoops {};
class DoubleJoin : public OnLoops {};
class Overtaking : public OnLoops {};
class ForkedOrder : public OnLoops {};
const auto kEveryLoops = testing::Values(1, 2, 4);
INSTANTIATE_TEST_SUITE_P(OnLoops, LostJoin, kEveryLoops);
INSTANTIATE_TEST_SUITE_P(OnLoops, DoubleJoin, kEveryLoops);
INSTANTIATE_TEST_SUITE_P(OnLoops, Overtaking, kEveryLoops);
INSTANTIATE_TEST_SUITE_P(OnLoops, ForkedOrder, kEveryLoops);

namespace {

using testing::ElementsAre;

TEST_P(LostJoin, OfAThreadThatSubscribesThenPublishesIsNotSeen) {
    auto all = guests();
    std::vector<std::thread> threads;
    for (Guest& each : all) {
        threads.emplace_back([this, session = each.session] {
            const std::string topic = "of " + std::to_string(session.id());
            for (int i = 0; i < 100; ++i) {
                session.subscribe(topic);
                topics().publish(topic, std::to_string(i));
                session.unsubscribe(topic);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    for (Guest& each : all) {
        const auto texts = heard(each);
        ASSERT_EQ(texts.size(), 100u);
        for (int i = 0; i < 100; ++i) EXPECT_EQ(texts[static_cast<std::size_t>(i)], std::to_string(i));
    }
}

/// As a chat: a history and its topic move together, under a lock.
TEST_P(DoubleJoin, OfWhoReadsTheHistoryAndSubscribesIsNotSeen) {
    std::mutex lock;
    std::size_t said = 0;
    at("join", [&](const Session& session, Topics&) {
        std::size_t history = 0;
        {
            const std::lock_guard guard{lock};
            history = said;
            session.subscribe("t");
        }
        session.send("history " + std::to_string(history));
    });
    at("leave", [](const Session& session, Topics&) { session.unsubscribe("t"); });
    at("say", [&](const Session&, Topics& topics) {
        const std::lock_guard guard{lock};
        topics.publish("t", std::to_string(++said));
    });
    auto all = guests();
    for (int round = 0; round < 10; ++round) {
        for (Guest& each : all) {
            for (int i = 0; i < 10; ++i) ask(all[static_cast<std::size_t>(i) % all.size()], "say");
            ask(each, "join");
            for (Guest& other : all) ask(other, "say");
            std::vector<std::string> texts;
            for (Guest& other : all) {
                auto mine = heard(other);
                if (&other == &each) texts = std::move(mine);
            }
            for (const auto& text : heard(each)) texts.push_back(text);  // also what other loops said last
            const auto start =
                std::ranges::find_if(texts, [](const auto& text) { return text.starts_with("history "); });
            ASSERT_NE(start, texts.end());
            std::size_t next = std::stoul(start->substr(8));
            texts.erase(start);
            for (const auto& text : texts) EXPECT_EQ(text, std::to_string(++next));
            ask(each, "leave");
            (void)heard(each);
        }
    }
}

TEST_P(Overtaking, OfAPublicationByALaterSendOfTheSameThreadIsNotSeen) {
    constexpr int kRounds = 300;
    auto all = guests();
    for (Guest& each : all) each.session.subscribe("t");
    for (int i = 0; i < kRounds; ++i) {
        topics().publish("t", std::to_string(2 * i));
        for (Guest& each : all) each.session.send(std::to_string(2 * i + 1));
    }
    for (Guest& each : all) {
        const auto texts = heard(each);
        ASSERT_EQ(texts.size(), std::size_t{2 * kRounds});
        for (int i = 0; i < 2 * kRounds; ++i) ASSERT_EQ(texts[static_cast<std::size_t>(i)], std::to_string(i));
    }
}

TEST_P(Overtaking, OfAHandlersCallsOnSessionsOfOtherLoopsIsNotSeen) {
    auto all = guests();
    for (Guest& each : all) each.session.subscribe("t");
    at("go", [&](const Session&, Topics& topics) {
        for (Guest& each : all) each.session.send("1");
        topics.publish("t", "2");
        for (Guest& each : all) each.session.send("3");
        for (Guest& each : all) topics.unsubscribe(each.session, "t");
        topics.publish("t", "nobody hears it");
        for (Guest& each : all) topics.subscribe(each.session, "t");
        topics.publish("t", "4");
        for (Guest& each : all) each.session.close(CloseCode{4001}, "done");
    });
    ask(all.back(), "go");
    for (Guest& each : all) {
        for (const auto* text : {"1", "2", "3", "4"}) EXPECT_EQ(each.peer.nextText(), text);
        EXPECT_EQ(each.peer.nextClose().code, 4001);
    }
}

TEST_P(ForkedOrder, OfWhatHandlersOnEveryLoopPublishAtOnceIsNotSeen) {
    auto all = guests();
    for (Guest& each : all) each.session.subscribe("t");
    std::atomic<int> published{0};
    at("burst", [&](const Session& session, Topics& topics) {
        for (int i = 0; i < 5; ++i) topics.publish("t", std::to_string(session.id()) + ":" + std::to_string(i));
        ++published;
    });
    constexpr int kBursts = 20;
    for (int burst = 0; burst < kBursts; ++burst) {
        for (Guest& each : all) ask(each, "burst");
    }
    EXPECT_TRUE(eventually([&] { return published == kBursts * static_cast<int>(all.size()); }));
    const auto first = heard(all.front());
    EXPECT_EQ(first.size(), 5u * kBursts * all.size());
    for (std::size_t i = 1; i < all.size(); ++i) EXPECT_EQ(heard(all[i]), first);
}

}  // namespace
}  // namespace patchbay::test
