// Close and properties, from everywhere.
#include "anomalies/World.hpp"

#include <gmock/gmock.h>
#include <patchbay/hooks.hpp>

namespace patchbay::test {
namespace {

using testing::ElementsAre, testing::IsEmpty;

TEST_P(Close, FromAnotherThreadComesBehindWhatTheThreadSentAndCountsOnce) {
    for (Guest& each : guests()) {
        each.session.subscribe("t");
        each.session.send("1");
        topics().publish("t", "2");
        each.session.send("3");
        each.session.close(CloseCode{4001}, "first");
        topics().publish("t", "too late");
        each.session.close(CloseCode{4002}, "second");
        EXPECT_FALSE(each.session.isOpen());
        for (const auto* text : {"1", "2", "3"}) EXPECT_EQ(each.peer.nextText(), text);
        EXPECT_EQ(each.peer.nextClose(), (RawWebSocket::Close{4001, "first"}));
        each.peer.close(4001);
        EXPECT_TRUE(each.peer.socket().ends());
    }
    journal().waitForCount("close 4001 application first", static_cast<std::size_t>(2 * GetParam()));
    EXPECT_EQ(journal().count("close"), static_cast<std::size_t>(2 * GetParam()));
}

TEST_P(Close, FromAHandlerRunsTheCloseHandlerLaterAndOnce) {
    at("go", [this](const Session& session, Topics& topics) {
        session.subscribe("t");
        topics.publish("t", "published");
        session.send("sent");
        session.close(CloseCode{4001}, "enough");
        session.close(CloseCode{4002}, "again");
        EXPECT_EQ(session.trySend("x"), SendStatus::Closed);
        note("handler returns");
    });
    for (Guest& each : guests()) {
        ask(each, "go");
        EXPECT_EQ(each.peer.nextText(), "published");
        EXPECT_EQ(each.peer.nextText(), "sent");
        EXPECT_EQ(each.peer.nextClose(), (RawWebSocket::Close{4001, "enough"}));
    }
    journal().waitForCount("close 4001", static_cast<std::size_t>(2 * GetParam()));
    EXPECT_EQ(journal().count("close"), static_cast<std::size_t>(2 * GetParam()));
    EXPECT_EQ(journal().lines().front(), "handler returns");
}

class Doorman final : public SessionListener {
public:
    explicit Doorman(Journal& journal) : journal_{journal} {}
    void opened(const Session& session) override {
        session.send("sorry");
        session.close(CloseCode{4003}, "full");
        journal_.add("listener opened");
    }
    void closed(const Session&, const CloseReason& reason) override { journal_.add("listener " + lineOf(reason)); }

private:
    Journal& journal_;
};

TEST_P(Close, FromAHookOfTheBeginningKeepsTheHandlersOut) {
    server()->addListener(std::make_shared<Doorman>(journal()));
    at("open", [this](const Session&, Topics&) { note("open handler"); });
    at("close", [this](const Session&, Topics&) { note("close handler"); });
    server().start<Room>();
    RawWebSocket peer = server().connect("/room/x");
    EXPECT_EQ(peer.nextText(), "sorry");
    EXPECT_EQ(peer.nextClose(), (RawWebSocket::Close{4003, "full"}));
    journal().waitFor("listener close 4003 application full");
    EXPECT_THAT(journal().lines(), ElementsAre("listener opened", "listener close 4003 application full"));
}

TEST_P(Close, FromADestructorDoesNothing) {
    at("destroyed", [this](const Session& session, Topics&) {
        session.close(CloseCode{4001}, "never seen");
        session.closeFor(CloseCause::Policy, "nor this");
        note("destroyed");
    });
    Guest ann = guest();
    ann.peer.close(4005);
    EXPECT_EQ(ann.peer.nextClose().code, 4005);
    journal().waitFor("destroyed");
    EXPECT_THAT(journal().lines(), ElementsAre("close 4005 peer", "destroyed"));
}

TEST_P(Close, AfterTheStopDoesNothing) {
    Guest ann = guest();
    afterTheStop([&] {
        ann.session.close(CloseCode{4001}, "never seen");
        ann.session.closeFor(CloseCause::Policy, "nor this");
    });
    EXPECT_EQ(ann.peer.skipToClose().code, 1001);
    EXPECT_EQ(journal().count("close"), 1u);
}

// ------------------------------------------------------------------------------------------------ properties

/// Its two halves are equal, or it is torn.
struct Pair {
    std::string left, right;
};

TEST_P(Property, FromAnotherThreadIsACopyOfAWholeValue) {
    constexpr int kThreads = 3, kRounds = 300;
    Guest ann = guest();
    ann.session.setProperty("pair", Pair{"0", "0"});
    at("go", [](const Session& session, Topics&) {
        for (int i = 0; i < kRounds; ++i) {
            session.setProperty("pair", Pair{std::to_string(i), std::to_string(i)});
            session.setProperty("of the handler " + std::to_string(i), i);
        }
        session.send("done");
    });
    std::vector<std::thread> threads;
    std::atomic<int> torn{0};
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&torn, session = ann.session, t] {
            for (int i = 0; i < kRounds; ++i) {
                const std::string text(static_cast<std::size_t>(t + i), 'x');
                session.setProperty("pair", Pair{text, text});
                const auto found = session.property<Pair>("pair");
                torn += found && found->left == found->right ? 0 : 1;
            }
        });
    }
    ask(ann, "go");
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(ann.peer.nextText(), "done");
    EXPECT_EQ(torn, 0);
    EXPECT_EQ(ann.session.property<int>("of the handler 7"), 7);
    ann.session.setProperty("pair", Pair{"last", "last"});
    EXPECT_EQ(ann.session.property<Pair>("pair")->left, "last");
    EXPECT_FALSE(ann.session.property<int>("pair")) << "of another type";
    EXPECT_FALSE(ann.session.property<int>("nothing"));
}

TEST_P(Property, FromAHandlerIsThereUntilTheCloseHandlerHasReturned) {
    at("go", [](const Session& session, Topics&) {
        session.setProperty("n", session.property<int>("n").value_or(0) + 1);
        session.send(std::to_string(*session.property<int>("n")));
    });
    at("close", [this](const Session& session, Topics&) {
        session.setProperty("n", *session.property<int>("n") * 10);
        note("n " + std::to_string(*session.property<int>("n")));
    });
    Guest ann = guest();
    for (const auto* text : {"1", "2"}) {
        ask(ann, "go");
        EXPECT_EQ(ann.peer.nextText(), text);
    }
    ann.peer.close(1000);
    journal().waitFor("n 20");
    EXPECT_TRUE(
        eventually([&] { return outcomeOf([&] { (void)ann.session.property<int>("n"); }) == "SessionClosed"; }));
    EXPECT_EQ(outcomeOf([&] { ann.session.setProperty("n", 1); }), "SessionClosed");
}

class Stamp final : public HandshakeInterceptor {
public:
    void onHandshake(const HandshakeRequest&, HandshakeResponse& response) override {
        response.properties["stamp"] = 1;
    }
};

class Reader final : public SessionListener {
public:
    explicit Reader(Journal& journal) : journal_{journal} {}
    void opened(const Session& session) override { read("opened", session); }
    void closed(const Session& session, const CloseReason&) override { read("closed", session); }

private:
    void read(const std::string& where, const Session& session) {
        const int stamp = session.property<int>("stamp").value_or(-100);
        journal_.add(where + " " + std::to_string(stamp));
        session.setProperty("stamp", stamp + 1);
    }
    Journal& journal_;
};

TEST_P(Property, FromAHookOfTheHandshakeIsThereToTheEnd) {
    server()->addInterceptor(std::static_pointer_cast<HandshakeInterceptor>(std::make_shared<Stamp>()));
    server()->addListener(std::make_shared<Reader>(journal()));
    at("open",
       [this](const Session& session, Topics&) { note("open " + std::to_string(*session.property<int>("stamp"))); });
    Guest ann = guest();
    ann.peer.close(1000);
    journal().waitFor("closed");
    EXPECT_THAT(journal().lines(), ElementsAre("opened 1", "open 2", "close 1000 peer", "closed 2"));
}

TEST_P(Property, FromADestructorIsReadWithoutALockAndIsRefused) {
    at("go", [this](const Session& session, Topics&) {
        const auto reader = [this, session](const std::string& when) {
            return AtDestruction{[this, session, when] {
                note(when + " " + outcomeOf([&] { (void)session.property<int>("other"); }));
                note(when + " " + outcomeOf([&] { session.setProperty("more", 1); }));
            }};
        };
        session.setProperty("p", reader("replaced"));
        session.setProperty("p", reader("cleared"));
        session.send("done");
    });
    at("destroyed", [this](const Session& session, Topics&) {
        note("instance " + outcomeOf([&] { (void)session.property<int>("p"); }));
    });
    Guest ann = guest();
    ask(ann, "go");
    EXPECT_EQ(ann.peer.nextText(), "done");
    ann.peer.close(1000);
    journal().waitForCount("cleared SessionClosed", 2);
    EXPECT_EQ(journal().count("replaced fine"), 2u);
    EXPECT_EQ(journal().count("instance SessionClosed"), 1u);
}

TEST_P(Property, AfterTheStopIsRefusedAndItsValueDestroyed) {
    Guest ann = guest();
    std::atomic<int> destroyed{0};
    ann.session.setProperty("p", AtDestruction{[&] { ++destroyed; }});
    afterTheStop([&] {
        EXPECT_EQ(destroyed, 1);
        EXPECT_EQ(outcomeOf([&] { (void)ann.session.property<int>("p"); }), "SessionClosed");
        EXPECT_EQ(outcomeOf([&] { ann.session.setProperty("p", 1); }), "SessionClosed");
    });
}

}  // namespace
}  // namespace patchbay::test
