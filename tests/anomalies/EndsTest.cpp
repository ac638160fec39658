// Anomalies of beginnings and ends.
#include "anomalies/World.hpp"

#include <gmock/gmock.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <patchbay/config.hpp>
#include <sys/socket.h>

namespace patchbay::test {

class Ghost : public OnLoops {};
class Dangling : public OnLoops {};
class Keeping : public OnLoops {};
const auto kEveryLoops = testing::Values(1, 2, 4);
INSTANTIATE_TEST_SUITE_P(OnLoops, Ghost, kEveryLoops);
INSTANTIATE_TEST_SUITE_P(OnLoops, Dangling, kEveryLoops);
INSTANTIATE_TEST_SUITE_P(OnLoops, Keeping, kEveryLoops);

namespace {

using testing::ElementsAre, testing::HasSubstr;

TEST_P(Ghost, OfAClosedSessionIsNotSeenByItsHandlersTasksAndTimers) {
    std::atomic<bool> closed{false};
    std::atomic<int> late{0};
    const auto runs = [&] { late += closed ? 1 : 0; };
    at("close", [&](const Session& session, Topics&) {
        closed = true;
        session.post(runs);
        session.after(0ms, runs);
    });
    at("go", [&](const Session&, Topics&) { runs(); });
    for (int round = 0; round < 5; ++round) {
        closed = false;
        Guest ann = guest();
        ann.session.every(1ms, runs);
        std::thread poster{[&, session = ann.session] {
            while (session.isOpen()) session.post(runs);
            for (int i = 0; i < 100; ++i) session.post(runs);
        }};
        for (int i = 0; i < 20; ++i) ask(ann, "go");
        ann.peer.close(1000);
        poster.join();
        EXPECT_EQ(ann.peer.skipToClose().code, 1000);
        EXPECT_TRUE(eventually([&] { return server()->sessionCount() == 0; }));
    }
    EXPECT_EQ(late, 0);
}

/// As often as PATCHBAY_ROUNDS says.
int rounds(int usual) {
    const char* const asked = std::getenv("PATCHBAY_ROUNDS");
    return asked ? std::atoi(asked) : usual;
}

TEST_P(Dangling, HandlesOf24ThreadsThatOutliveTheirServerAreNotSeen) {
    for (int round = 0; round < rounds(3); ++round) {
        auto server = std::make_unique<TestServer>(configFor(GetParam()));
        const auto desk = std::make_shared<Desk>();
        const auto box = std::make_shared<SessionBox>();
        (*server)->provide(desk).provide(box);
        server->start<Room>();
        RawWebSocket ann = server->connect("/room/x"), bob = server->connect("/room/x");
        const std::vector<Session> sessions{box->take(), box->take()};
        const auto topics = desk->kept();
        std::atomic<int> started{0};
        std::vector<std::thread> threads;
        for (int t = 0; t < 24; ++t) {
            threads.emplace_back([&, t] {
                const Session& session = sessions[static_cast<std::size_t>(t) % 2];
                session.setProperty("p", t);
                ++started;
                for (int after = 0; after < 20; after += session.isOpen() ? 0 : 1) {
                    (void)session.trySend("x");
                    (void)topics->tryPublish("t", "x");
                    session.post([session] { (void)session.trySend("y"); });
                    session.after(0ms, [] {}).cancel();
                    (void)outcomeOf([&] { session.subscribe("t"); });
                    (void)outcomeOf([&] { (void)session.property<int>("p"); });
                    session.unsubscribe("t");
                }
            });
        }
        while (started < 24) std::this_thread::yield();
        server.reset();
        for (auto& thread : threads) thread.join();
        for (const Session& session : sessions) EXPECT_EQ(session.trySend("x"), SendStatus::Closed);
        EXPECT_EQ(topics->subscribers("t"), 0u);
    }
}

TEST_P(Dangling, PublicationsWhileAHandlerOutlastsTheDrainAreNotSeen) {
    ServerConfig config = configFor(GetParam());
    config.server.drainTimeout = 50ms;
    auto server = std::make_unique<TestServer>(config);
    const auto desk = std::make_shared<Desk>();
    const auto box = std::make_shared<SessionBox>();
    (*server)->provide(desk).provide(box);
    std::promise<void> inside, go, returned;
    desk->at("block", [&](const Session&, Topics& topics) {
        inside.set_value();
        go.get_future().wait();
        topics.publish("t", "late");
    });
    desk->at("destroyed", [&](const Session&, Topics&) { returned.set_value(); });
    server->start<Room>();
    RawWebSocket ann = server->connect("/room/x");
    const Session session = box->take();
    const auto topics = desk->kept();
    session.subscribe("t");
    ann.text("block");
    inside.get_future().wait();
    std::atomic<bool> enough{false};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
        threads.emplace_back([&] {
            while (!enough) {
                (void)topics->tryPublish("t", "x");
                (void)session.trySend("x");
            }
        });
    }
    EXPECT_FALSE((*server)->stop());
    server.reset();
    go.set_value();
    EXPECT_EQ(returned.get_future().wait_for(kPatience), std::future_status::ready);
    enough = true;
    for (auto& thread : threads) thread.join();
    EXPECT_FALSE(session.isOpen());
}

TEST_P(Keeping, OfInstancePropertiesAndTasksByAHandleIsNotSeen) {
    std::atomic<int> gone{0};
    const auto trace = [&] { return AtDestruction{[&] { ++gone; }}; };
    at("destroyed", [&](const Session&, Topics&) { ++gone; });
    auto all = guests();
    std::vector<Session> kept;
    std::vector<patchbay::Timer> timers;
    for (Guest& each : all) {
        each.session.setProperty("p", trace());
        timers.push_back(each.session.every(1h, [trace = trace()] {}));
        timers.push_back(each.session.after(1h, [trace = trace()] {}));
        kept.push_back(each.session);
        (void)heard(each);
        each.peer.close(1000);
    }
    EXPECT_TRUE(eventually([&] { return gone == 4 * static_cast<int>(kept.size()); }));
    for (const auto& timer : timers) EXPECT_FALSE(timer.active());
}

// ------------------------------------------------------------------------------------------------ beginnings

/// A port of this machine that was free a moment ago.
std::uint16_t freePort() {
    const Descriptor socket{::socket(AF_INET, SOCK_STREAM, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error{"no free port"};
    }
    return ntohs(address.sin_port);
}

TEST(EarlyBird, ThatKnocksWhileTheServerStartsIsServedByALoopThatTurns) {
    for (const int loops : {1, 2, 4}) {
        const std::uint16_t port = freePort();
        std::atomic<bool> enough{false};
        std::atomic<int> served{0};
        std::vector<std::thread> clients;
        for (int c = 0; c < 4; ++c) {
            clients.emplace_back([&] {
                while (!enough) {
                    try {
                        RawWebSocket peer{port, "/probe/x"};
                        peer.text("hello");
                        if (peer.nextText() == "hello") ++served;
                        peer.close(1000);
                        (void)peer.skipToClose();
                    } catch (const std::runtime_error&) {  // not yet, or not any more
                        std::this_thread::yield();
                    }
                }
            });
        }
        for (int round = 0; round < 3; ++round) {
            ServerConfig config = configFor(loops);
            config.server.listen[0].url = "http://127.0.0.1:" + std::to_string(port);
            TestServer server{config};
            const int before = served;
            server.start<Probe>();
            EXPECT_TRUE(eventually([&] { return served > before + 4; }));
        }
        enough = true;
        for (auto& client : clients) client.join();
    }
}

/// Its open handler fails; its error handler takes it.
class Failing {
    SERVER_ENDPOINT(Failing, "/failing/{n}")
public:
    explicit Failing(Journal& journal) : journal_{journal} {}
    ON_OPEN(opened)
    void opened(PathParam<"n", int> n) {
        if (n.value == 1) throw std::runtime_error{"no"};
        if (n.value == 2) throw 42;
    }
    ON_MESSAGE(said)
    std::string_view said(std::string_view text) { return text; }
    ON_CLOSE(closed)
    void closed() { journal_.add("close handler"); }
    ON_ERROR(failed)
    void failed(const std::exception&) { journal_.add("told"); }

private:
    Journal& journal_;
};

TEST(OpenAnyway, AfterAnOpenHandlerThatFailedIsNotSeen) {
    TestServer server;
    server.start<Failing>();
    std::size_t told = 0;
    for (const auto* path : {"/failing/x", "/failing/1", "/failing/2"}) {
        RawWebSocket peer = server.connect(path);
        peer.text("hello");
        EXPECT_EQ(peer.nextClose().code, 1011) << path;
        server.journal().waitForCount("told", ++told);
    }
    RawWebSocket peer = server.connect("/failing/0");
    peer.text("hello");
    EXPECT_EQ(peer.nextText(), "hello");
    EXPECT_EQ(server.journal().count("close handler"), 0u);
}

/// Answers every mistake.
class Polite {
    SERVER_ENDPOINT(Polite, "/polite", .maxMessageSize = 100)
public:
    explicit Polite(Journal& journal) : journal_{journal} {}
    ON_MESSAGE(said)
    void said(Session session, std::string_view text) {
        if (text == "leave") session.close(CloseCode{4000}, "as you wish");
    }
    ON_CLOSE(closed)
    void closed(CloseReason reason) { journal_.add(lineOf(reason)); }
    ON_ERROR(failed)
    void failed(Session session, const MessageTooBig&) {
        session.close(CloseCode{4009}, "mine");
        session.send("that was too big");
    }

private:
    Journal& journal_;
};

TEST(WrongCode, OfAMessageThatIsTooBigAndAnsweredIsNotSeen) {
    TestServer server;
    server.start<Polite>();
    RawWebSocket peer = server.connect("/polite");
    peer.text(std::string(101, 'x'));
    EXPECT_EQ(peer.nextClose().code, 1009);
    server.journal().waitFor("close 1009 too-big");
}

TEST(WrongCode, OfWhoClosesFirstIsNotSeen) {
    TestServer server;
    server.start<Polite>();
    RawWebSocket ann = server.connect("/polite"), bob = server.connect("/polite");
    ann.text("leave");
    EXPECT_EQ(ann.nextClose().code, 4000);
    ann.close(4005, "too late");
    bob.close(4006, "first");
    EXPECT_EQ(bob.nextClose().code, 4006);
    server.journal().waitFor("close 4000 application as you wish");
    server.journal().waitFor("close 4006 peer first");
}

}  // namespace
}  // namespace patchbay::test
