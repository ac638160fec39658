// Send, from everywhere.
#include "anomalies/World.hpp"

#include <gmock/gmock.h>
#include <patchbay/hooks.hpp>

namespace patchbay::test {
namespace {

using testing::ElementsAre, testing::IsEmpty;

struct Word {
    std::string word;
};

TEST_P(Send, FromAnotherThreadArrivesWholeAndInTheOrderOfItsCalls) {
    constexpr int kThreads = 4, kSends = 200;
    Guest ann = guest();
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([session = ann.session, t] {
            for (int i = 0; i < kSends; ++i)
                session.send(std::to_string(t) + std::string(100, 'x') + std::to_string(i));
        });
    }
    for (auto& thread : threads) thread.join();
    std::vector<int> next(kThreads, 0);
    for (const auto& text : heard(ann)) {
        auto& due = next.at(static_cast<std::size_t>(text[0] - '0'));
        EXPECT_EQ(text.substr(1), std::string(100, 'x') + std::to_string(due++));
    }
    EXPECT_EQ(next, std::vector<int>(kThreads, kSends));
}

TEST_P(Send, FromAnotherThreadIsRefusedOnceTheSessionCloses) {
    Guest ann = guest();
    ann.session.close();
    EXPECT_EQ(outcomeOf([&] { ann.session.send("x"); }), "SessionClosed");
    EXPECT_EQ(ann.session.trySend("x"), SendStatus::Closed);
    EXPECT_EQ(ann.peer.nextClose().code, 1000);
}

TEST_P(Send, FromAHandlerGoesBehindWhatTheHandlerDidBefore) {
    at("go", [](const Session& session, Topics& topics) {
        session.send("1");
        session.subscribe("t");
        topics.publish("t", "2");
        session.send("3");
        session.post([session] { session.send("4"); });
        session.send("5");
        topics.publish("t", "6");
        session.unsubscribe("t");
        topics.publish("t", "nobody hears it");
        session.send("7");
        session.close();
    });
    for (Guest& each : guests()) {
        ask(each, "go");
        for (const auto* text : {"1", "2", "3"}) EXPECT_EQ(each.peer.nextText(), text);
        EXPECT_EQ(each.peer.nextText(), "5") << "a task of a session that closes is dropped";
        for (const auto* text : {"6", "7"}) EXPECT_EQ(each.peer.nextText(), text);
        EXPECT_EQ(each.peer.nextClose().code, 1000);
    }
}

/// Says something itself before each message that is "outer".
class Chatty final : public MessageInterceptor {
public:
    Verdict sending(const Session& session, InterceptedMessage& message) override {
        if (asText(message.payload()).find("outer") == std::string_view::npos) return Verdict::Pass;
        session.send(Word{"inner, and longer than what it interrupts"});
        return Verdict::Pass;
    }
};

TEST_P(Send, FromAHookLeavesTheMessageOnItsWayWhole) {
    server()->addInterceptor(std::static_pointer_cast<MessageInterceptor>(std::make_shared<Chatty>()));
    Guest ann = guest();
    ann.session.send(Word{"outer"});
    EXPECT_THAT(heard(ann),
                ElementsAre(R"({"type":"Word","word":"inner, and longer than what it interrupts"})", R"({"type":"Word","word":"outer"})"));
}

class Greeter final : public SessionListener {
public:
    void opened(const Session& session) override { session.send("welcome"); }
    void closed(const Session& session, const CloseReason&) override {
        refused = outcomeOf([&] { session.send("bye"); });
    }
    std::string refused;
};

TEST_P(Send, FromAHookOfTheBeginningAndTheEndIsTheFirstOrRefused) {
    const auto greeter = std::make_shared<Greeter>();
    server()->addListener(greeter);
    at("open", [](const Session& session, Topics&) { session.send("opened"); });
    Guest ann = guest();
    EXPECT_THAT(heard(ann), ElementsAre("welcome", "opened"));
    (void)server()->stop();
    EXPECT_EQ(greeter->refused, "SessionClosed");
}

TEST_P(Send, FromADestructorReachesOnlyThoseWhoAreOpen) {
    Guest bob = guest();
    at("destroyed", [this, bob = bob.session](const Session& session, Topics&) {
        note("own " + outcomeOf([&] { session.send("x"); }));
        if (session != bob) bob.send("ann has gone");
    });
    at("keep", [bob = bob.session](const Session& session, Topics&) {
        session.setProperty("p", AtDestruction{[session, bob] {
                                EXPECT_EQ(session.trySend("x"), SendStatus::Closed);
                                bob.send("so has her property");
                            }});
    });
    Guest ann = guest();
    ask(ann, "keep");
    EXPECT_THAT(heard(ann), IsEmpty());
    ann.peer.close(1000);
    journal().waitFor("own SessionClosed");
    EXPECT_EQ(bob.peer.nextText(), "ann has gone");
    EXPECT_EQ(bob.peer.nextText(), "so has her property");
}

TEST_P(Send, AfterTheStopIsRefused) {
    Guest ann = guest();
    afterTheStop([&] {
        EXPECT_EQ(outcomeOf([&] { ann.session.send("x"); }), "SessionClosed");
        EXPECT_EQ(outcomeOf([&] { ann.session.send(Word{"x"}); }), "SessionClosed");
        EXPECT_EQ(outcomeOf([&] { ann.session.basicRemote().sendText("x"); }), "SessionClosed");
        EXPECT_EQ(ann.session.trySend("x"), SendStatus::Closed);
        EXPECT_FALSE(ann.session.isOpen());
    });
}

}  // namespace
}  // namespace patchbay::test
