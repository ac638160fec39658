// The test kit as its users see it.

#include "base/Loop.hpp"

#include <patchbay/annotations.hpp>
#include <patchbay/executor.hpp>
#include <patchbay/server.hpp>
#include <patchbay/testkit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace patchbay::testkit {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre, ::testing::HasSubstr, ::testing::IsEmpty;

struct Ask {
    int number;
};
struct Answer {
    int twice;
};
struct Twice {
    int twice;
};
struct Hush {};

/// Answers, beats every 10 s, and closes who has not spoken for a minute.
class Clocked {
    SERVER_ENDPOINT(Clocked, "/clocked/{name}", .subprotocols = {"clock.v1"}, .idleTimeout = 1min, .maxMessageSize = 100)
public:
    ON_OPEN(opened)
    void opened(Session session) { beat(session); }
    ON_MESSAGE(asked)
    Answer asked(const Ask& ask) { return {2 * ask.number}; }
    ON_MESSAGE(hushed)
    void hushed(Session session, const Hush&) { session.setIdleTimeout(0ms); }
    ON_MESSAGE(bytes)
    Bytes bytes(Bytes payload) { return payload; }

private:
    static void beat(Session session) {
        session.basicRemote().sendPing({});
        session.after(10s, [session] { beat(session); });
    }
};

/// Three of the messages below, each with its frame's header.
constexpr std::size_t kThree = 3 * (2 + 9);

template <WhenFull policy>
class Queue {
public:
    void fill(Session session, int count) {
        for (int i = 0; i < count; ++i) session.send("message " + std::to_string(i));
    }
};

class Closing : Queue<WhenFull::Close> {
    SERVER_ENDPOINT(Closing, "/closing", .sendQueue = {.bytes = kThree, .whenFull = Close})
public:
    ON_MESSAGE(said)
    void said(Session session, int count) { fill(session, count); }
};
class Oldest : Queue<WhenFull::DropOldest> {
    SERVER_ENDPOINT(Oldest, "/oldest", .sendQueue = {.bytes = kThree, .whenFull = DropOldest})
public:
    ON_MESSAGE(said)
    void said(Session session, int count) { fill(session, count); }
};
class Newest : Queue<WhenFull::DropNewest> {
    SERVER_ENDPOINT(Newest, "/newest", .sendQueue = {.bytes = kThree, .whenFull = DropNewest})
public:
    ON_MESSAGE(said)
    void said(Session session, int count) { fill(session, count); }
};

class Sized {
    SERVER_ENDPOINT(Sized, "/sized", .sendQueue = {.bytes = 1000})
public:
    ON_MESSAGE(said)
    void said(Session session, int size) { session.send(std::string(static_cast<std::size_t>(size), 'x')); }
};

struct Row {
    std::string type, text;
};

/// No names on the wire, so that "type" is a member as any other.
class Nameless {
    SERVER_ENDPOINT(Nameless, "/nameless", .typeTags = Never)
public:
    ON_MESSAGE(said)
    Row said(std::string_view text) { return {"open", std::string{text}}; }
};

/// Ten messages a second, and a thousand bytes.
class Rated {
    SERVER_ENDPOINT(Rated, "/rated", .idleTimeout = 30s, .maxMessageRate = 10, .maxByteRate = 1000)
public:
    ON_MESSAGE(said)
    std::string said(std::string_view text) { return std::string{text.substr(0, 4)}; }
};

std::vector<std::string> textsOf(const Peer& peer) {
    std::vector<std::string> texts;
    for (const auto& message : peer.received()) texts.push_back(message.payload);
    return texts;
}

class TestServerTest : public ::testing::Test {
protected:
    TestServerTest() { server.provide(lines).deployRegistered(); }
    const std::shared_ptr<std::vector<std::string>> lines = std::make_shared<std::vector<std::string>>();
    TestServer server;
};

TEST_F(TestServerTest, AnswersStructsWithStructs) {
    Peer& peer = server.connect("/clocked/ann");
    peer.send(Ask{21});
    EXPECT_THAT(textsOf(peer), ElementsAre(R"({"type":"Answer","twice":42})"));
    EXPECT_EQ(peer.take<Answer>().twice, 42);
}

TEST_F(TestServerTest, TakesAStructWhoseOwnMemberIsCalledAsTheTypesKey) {
    Peer& peer = server.connect("/nameless");
    peer.send("x");
    const Row row = peer.take<Row>();
    EXPECT_EQ(row.type, "open");
    EXPECT_EQ(row.text, "x");
}

TEST_F(TestServerTest, TakesAMessageOnlyAsWhatItSaysThatItIs) {
    Peer& peer = server.connect("/clocked/ann");
    peer.send(Ask{21});
    try {
        peer.take<Twice>();
        FAIL() << "an Answer taken for a Twice, which has the same fields";
    } catch (const std::logic_error& error) {
        EXPECT_THAT(error.what(), AllOf(HasSubstr("Answer"), HasSubstr("Twice")));
    }
    peer.send(Ask{4});
    const auto either = peer.take<std::variant<Twice, Answer>>();
    ASSERT_TRUE(std::holds_alternative<Answer>(either));
    EXPECT_EQ(std::get<Answer>(either).twice, 8);
}

TEST_F(TestServerTest, RefusesATargetThatIsNoText) {
    EXPECT_EQ(server.request("GET", "/page/%ff").status, 400);
    EXPECT_EQ(server.request("GET", "/page?x=%ff").status, 400);
    EXPECT_THROW(server.connect("/clocked/ann?x=%ff"), Refused);
}

TEST_F(TestServerTest, ReadsAPeerThatSendsTooFastAtItsRateAndLosesNothing) {
    Peer& peer = server.connect("/rated");
    for (int i = 0; i < 40; ++i) peer.send("m" + std::to_string(i));
    EXPECT_EQ(peer.received().size(), 21u) << "two seconds' worth, and the one that was read when it was too much";
    EXPECT_EQ(peer.waiting(), 19u);
    server.advance(1s);
    EXPECT_EQ(peer.received().size(), 31u);
    server.advance(1min);
    EXPECT_EQ(peer.received().size(), 40u);
    EXPECT_EQ(peer.received().back().payload, "m39") << "in its order";
    EXPECT_TRUE(peer.closed()) << "silent for longer than it may";
}

TEST_F(TestServerTest, HoldsBytesToTheirRateToo) {
    Peer& peer = server.connect("/rated");
    for (int i = 0; i < 6; ++i) peer.send(std::string(600, 'x'));
    EXPECT_EQ(peer.received().size(), 4u) << "2 400 of 2 000";
    server.advance(399ms);
    EXPECT_EQ(peer.received().size(), 4u);
    server.advance(1ms);
    EXPECT_EQ(peer.received().size(), 5u);
    server.advance(600ms);
    EXPECT_EQ(peer.received().size(), 6u);
}

TEST_F(TestServerTest, SomebodyWhoIsReadSlowlyIsReadToTheEnd) {
    Peer& peer = server.connect("/rated");
    for (int i = 0; i < 40; ++i) peer.send("m");
    peer.vanish();
    EXPECT_EQ(server.sessionCount(), 1u) << "its last messages are read first";
    server.advance(2s);
    EXPECT_EQ(server.sessionCount(), 0u);
}

TEST_F(TestServerTest, CarriesBytesAsBytes) {
    Peer& peer = server.connect("/clocked/ann");
    peer.send(asBytes("x"));
    EXPECT_EQ(peer.received().at(0).kind, MessageKind::Binary);
    EXPECT_THROW(peer.takeText(), std::logic_error);
}

TEST_F(TestServerTest, HasNothingToTakeFromAPeerThatGotNothing) {
    EXPECT_THROW(server.connect("/clocked/ann").takeText(), std::logic_error);
}

TEST_F(TestServerTest, TurnsAnHourOfHeartbeatsInNoTime) {
    const auto started = std::chrono::steady_clock::now();
    Peer& peer = server.connect("/clocked/ann");
    peer.send(Hush{});
    EXPECT_EQ(peer.pings(), 1u);
    server.advance(1h);
    EXPECT_EQ(peer.pings(), 361u);
    EXPECT_FALSE(peer.closed());
    EXPECT_LT(std::chrono::steady_clock::now() - started, 5s) << "some milliseconds, but who knows what else runs here";
}

TEST_F(TestServerTest, ClosesWhoIsIdleToTheMillisecond) {
    Peer& peer = server.connect("/clocked/ann");
    server.advance(30s);
    peer.send(Ask{1});
    peer.stall();  // or it would answer pings
    server.advance(59'999ms);
    EXPECT_FALSE(peer.closed());
    server.advance(1ms);
    ASSERT_TRUE(peer.closed());
    EXPECT_EQ(peer.closed()->code, CloseCode::GoingAway);
    EXPECT_EQ(server.closedFor(CloseCause::Idle), 1u);
    EXPECT_EQ(server.sessionCount(), 0u);
}

TEST_F(TestServerTest, LetsNothingArriveAtAStalledPeerUntilItReadsAgain) {
    Peer& peer = server.connect("/oldest");
    peer.stall();
    peer.send("2");
    EXPECT_THAT(peer.received(), IsEmpty());
    peer.resume();
    EXPECT_THAT(textsOf(peer), ElementsAre("message 0", "message 1"));
    EXPECT_EQ(peer.dropped(), 0u);
}

TEST_F(TestServerTest, ClosesAStalledPeerWith1013WhereThePolicySaysSo) {
    Peer& peer = server.connect("/closing");
    peer.stall();
    peer.send("4");
    ASSERT_TRUE(peer.closed());
    EXPECT_EQ(peer.closed()->code, CloseCode::TryAgainLater);
    EXPECT_EQ(server.closedFor(CloseCause::QueueFull), 1u);
    peer.resume();
    EXPECT_THAT(peer.received(), IsEmpty()) << "what waited is dropped";
}

TEST_F(TestServerTest, DropsTheOldestForAStalledPeerWhereThePolicySaysSo) {
    Peer& peer = server.connect("/oldest");
    peer.stall();
    peer.send("5");
    peer.resume();
    EXPECT_THAT(textsOf(peer), ElementsAre("message 2", "message 3", "message 4"));
    EXPECT_EQ(peer.dropped(), 2u);
    EXPECT_FALSE(peer.closed());
}

TEST_F(TestServerTest, DropsTheNewestForAStalledPeerWhereThePolicySaysSo) {
    Peer& peer = server.connect("/newest");
    peer.stall();
    peer.send("5");
    peer.resume();
    EXPECT_THAT(textsOf(peer), ElementsAre("message 0", "message 1", "message 2"));
    EXPECT_EQ(peer.dropped(), 2u);
    EXPECT_FALSE(peer.closed());
}

TEST_F(TestServerTest, TakesAMessageOfTheQueuesSizeAndNoneBeyondAlsoForAPeerThatReads) {
    for (const bool stalled : {false, true}) {
        Peer& peer = server.connect("/sized");
        if (stalled) peer.stall();
        peer.send("1000");
        EXPECT_FALSE(peer.closed());
        peer.resume();
        EXPECT_EQ(peer.takeText().size(), 1000u);
        if (stalled) peer.stall();
        peer.send("1001");
        ASSERT_TRUE(peer.closed());
        EXPECT_EQ(peer.closed()->code, CloseCode::TryAgainLater);
    }
}

TEST_F(TestServerTest, TellsWhyAHandshakeIsRefused) {
    try {
        server.connect("/nowhere");
        FAIL() << "it lets somebody in";
    } catch (const Refused& refused) {
        EXPECT_EQ(refused.status(), 404);
        EXPECT_THAT(refused.body(), HasSubstr("no WebSocket endpoint"));
        EXPECT_THAT(refused.what(), HasSubstr("404"));
    }
    EXPECT_THROW(server.connect("/clocked/ann", {.headers = {{"Origin", "https://evil.example"}}}), Refused);
}

TEST_F(TestServerTest, ShowsThePeerWhatTheConfiguratorSees) {
    EXPECT_EQ(server.connect("/clocked/ann", {.subprotocols = {"clock.v9", "clock.v1"}}).subprotocol(), "clock.v1");
}

TEST_F(TestServerTest, SaysGoodbyeForAMessageThatIsTooBig) {
    Peer& peer = server.connect("/clocked/ann");
    peer.send(std::string(101, 'x'));
    ASSERT_TRUE(peer.closed());
    EXPECT_EQ(peer.closed()->code, CloseCode::TooBig);
}

TEST_F(TestServerTest, EchoesThePeersGoodbye) {
    Peer& peer = server.connect("/clocked/ann");
    peer.close(CloseCode{3000}, "enough");
    ASSERT_TRUE(peer.closed());
    EXPECT_EQ(peer.closed()->code, CloseCode{3000});
    EXPECT_EQ(peer.closed()->text, "");
    peer.send(Ask{1});
    EXPECT_THAT(peer.received(), IsEmpty());
}

TEST_F(TestServerTest, SaysNothingToAPeerThatHasVanished) {
    Peer& peer = server.connect("/clocked/ann");
    peer.vanish();
    EXPECT_FALSE(peer.closed());
    EXPECT_EQ(server.closedFor(CloseCause::ConnectionLost), 1u);
}

TEST_F(TestServerTest, SettlesWhatOtherThreadsHavePosted) {
    Peer& peer = server.connect("/clocked/ann");
    Topics& topics = server.topicsOf<Clocked>();
    std::thread{[&] { topics.publish("nobody", "x"); }}.join();
    server.settle();
    EXPECT_THAT(peer.received(), IsEmpty());
}

TEST_F(TestServerTest, ShutsDownAsTheServerDoes) {
    Peer& peer = server.connect("/clocked/ann");
    server.shutDown();
    EXPECT_EQ(peer.closed()->code, CloseCode::GoingAway);
    EXPECT_EQ(server.sessionCount(), 0u);
    EXPECT_THROW(server.connect("/clocked/ann"), Refused);
}

TEST_F(TestServerTest, TakesAnEndpointAway) {
    Peer& peer = server.connect("/oldest");
    EXPECT_TRUE(server.undeploy("/oldest"));
    EXPECT_EQ(peer.closed()->code, CloseCode::GoingAway);
    EXPECT_FALSE(server.undeploy("/oldest"));
    EXPECT_THROW(server.topicsOf<Oldest>(), std::logic_error);
}

TEST_F(TestServerTest, TakesTheConfigurationsLimits) {
    ServerConfig config;
    config.endpoints["/clocked/{name}"].idleTimeout = 5s;
    TestServer tightened{config};
    tightened.deploy<Clocked>();
    Peer& peer = tightened.connect("/clocked/ann");
    tightened.advance(5s);
    EXPECT_TRUE(peer.closed());

    config.endpoints["/clocked/{name}"].idleTimeout = 5min;
    TestServer loosened{config};
    EXPECT_THROW(loosened.deploy<Clocked>(), DeploymentError);
}

TEST_F(TestServerTest, AnswersPlainRequests) {
    server.handle("GET", "/hello/{name}", [](const HttpRequest& request, HttpResponse& response) {
        response.write("text/plain", "hello " + std::string{request.pathParameter("name")} + request.queryParameter("mark"));
    });
    const HttpResponse response = server.request("GET", "/hello/J%C3%B6rg?mark=!");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "hello Jörg!");
    EXPECT_EQ(findHeader(response.headers, "Content-Type"), "text/plain");
    EXPECT_EQ(server.request("POST", "/hello/x").status, 405);
    EXPECT_EQ(server.request("GET", "/nowhere").status, 404);
    EXPECT_EQ(server.request("GET", "/oldest").status, 426);
}

TEST_F(TestServerTest, AnswersAHandlerThatThrowsAsTheServerDoes) {
    server.handle("POST", "/publish", [](const HttpRequest& request, HttpResponse&) {
        if (request.body == "number") throw 42;
        if (request.body != "good") throw std::runtime_error{"a secret"};
    });
    EXPECT_EQ(server.request("POST", "/publish", "good").status, 200);
    const HttpResponse response = server.request("POST", "/publish", "bad");
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.body.find("secret"), std::string::npos);
    EXPECT_EQ(server.request("POST", "/publish", "number").status, 500);
}

// ------------------------------------------------------------------------------------------------ the executor

/// Leaves each message to the executor, and waits five seconds more before it answers.
class Leisurely {
    SERVER_ENDPOINT(Leisurely, "/leisurely")
public:
    Leisurely(Executor& executor, std::vector<std::string>& lines) : executor_{executor}, lines_{lines} {}
    ON_MESSAGE(said)
    void said(Session session, std::string_view) {
        session.after(10s, [this, session] {
            note("timer", true);
            executor_.post([this, session] {
                note("task", false);
                session.post([this, session] {
                    note("session", true);
                    session.after(5s, [session] { session.send("done"); });
                });
            });
        });
        session.after(12s, [session] { session.send("meanwhile"); });
    }

private:
    void note(std::string what, bool onALoop) {
        EXPECT_EQ(Loop::here() != nullptr, onALoop) << what;
        lines_.push_back(std::move(what));
    }

    Executor& executor_;
    std::vector<std::string>& lines_;
};

TEST_F(TestServerTest, RunsTheExecutorsTasksOnNoLoopAtTheTimeAtWhichTheyWerePosted) {
    Peer& peer = server.connect("/leisurely");
    peer.send("go");
    EXPECT_THAT(*lines, IsEmpty());
    server.advance(14'999ms);
    EXPECT_THAT(*lines, ElementsAre("timer", "task", "session"));
    EXPECT_THAT(textsOf(peer), ElementsAre("meanwhile"));
    server.advance(1ms);
    EXPECT_THAT(textsOf(peer), ElementsAre("meanwhile", "done"));
}

TEST_F(TestServerTest, RefusesATaskMoreThanTheConfigurationLetsWait) {
    ServerConfig config;
    config.server.executorQueue = 2;
    TestServer other{config};
    Executor& executor = *other.service<Executor>();
    int ran = 0;
    EXPECT_TRUE(executor.post([&] { ++ran; }));
    EXPECT_TRUE(executor.post([&] { ++ran; }));
    EXPECT_FALSE(executor.post([&] { ++ran; }));
    EXPECT_EQ(executor.waiting(), 2u);
    other.settle();
    EXPECT_EQ(ran, 2);
    EXPECT_TRUE(executor.post([] {}));
}

TEST_F(TestServerTest, AnExecutorThatOutlivesItsServerTakesNothing) {
    std::shared_ptr<Executor> executor;
    const auto kept = std::make_shared<int>();
    {
        TestServer other;
        executor = other.service<Executor>();
        EXPECT_TRUE(executor->post([executor, kept] {}));
    }
    EXPECT_FALSE(executor->post([] {}));
    EXPECT_EQ(kept.use_count(), 1);
}

/// Writes down its end, and throws at its stop.
class Noted : public Plugin {
public:
    Noted(std::string name, std::vector<std::string>& lines) : name_{std::move(name)}, lines_{lines} {}
    ~Noted() override { lines_.push_back(name_ + " destroyed"); }
    void install(ServerContainer&) override {}
    void stop() override {
        lines_.push_back(name_ + " stopped");
        throw 42;
    }

private:
    const std::string name_;
    std::vector<std::string>& lines_;
};

TEST(TestServersPlugins, StopAndGoInTheOppositeOrderAsInTheServerWhateverTheyThrow) {
    std::vector<std::string> lines;
    {
        TestServer server;
        server.install(std::make_unique<Noted>("first", lines)).install(std::make_unique<Noted>("second", lines));
    }
    EXPECT_THAT(lines, ElementsAre("second stopped", "first stopped", "second destroyed", "first destroyed"));
}

}  // namespace
}  // namespace patchbay::testkit
