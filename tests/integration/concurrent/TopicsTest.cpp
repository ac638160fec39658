// Topics over two loops: who is told what, by whom, and that a broadcast is encoded and held once.
// Source: FEATURES M5, M6
#include "integration/Memory.hpp"
#include "integration/Probe.hpp"

#include <patchbay/topics.hpp>

#include <sys/resource.h>

#include <atomic>
#include <thread>

namespace patchbay::test {
namespace {

class Room {
public:
    explicit Room(Topics& topics) : topics_{topics} {}

protected:
    /// "join t", "leave t", "say t text", "others t text".
    std::string obey(const Session& session, std::string_view text) {
        const std::string_view word = take(text);
        const std::string_view topic = take(text);
        if (word == "join") session.subscribe(topic);
        if (word == "leave") session.unsubscribe(topic);
        if (word == "say") topics_.publish(topic, text);
        if (word == "others") topics_.publish(topic, text, session);
        return "done";
    }

private:
    static std::string_view take(std::string_view& text) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        return word;
    }
    Topics& topics_;
};

class Chat : Room {
    SERVER_ENDPOINT(Chat, "/chat/{room}")
public:
    explicit Chat(Topics& topics) : Room{topics} {}
    ON_MESSAGE(said)
    std::string said(Session session, std::string_view text) { return obey(session, text); }
};

class Game : Room {
    SERVER_ENDPOINT(Game, "/game/{room}")
public:
    explicit Game(Topics& topics) : Room{topics} {}
    ON_MESSAGE(said)
    std::string said(Session session, std::string_view text) { return obey(session, text); }
};

class News {
    SERVER_ENDPOINT(News, "/news")
public:
    ON_OPEN(opened)
    void opened(Session session) { session.subscribe("news"); }
    ON_MESSAGE(said)
    std::string_view said(std::string_view text) { return text; }
};

class TopicsOverTwoLoops : public testing::Test {
protected:
    void SetUp() override {
        server->handle("POST", "/say/{topic}", [this](const HttpRequest& in, HttpResponse& out) {
            server->topicsOf<Chat>().publish(in.pathParameter("topic"), in.body);
            out.status = 204;
        });
        server.start<Chat, Game, News>();
    }
    /// Connections go to the loops in turn: two in a row are on different ones.
    RawWebSocket member(std::string_view path, std::string_view topic) {
        RawWebSocket socket = server.connect(path);
        tell(socket, std::string{"join "}.append(topic));
        return socket;
    }
    static void tell(RawWebSocket& socket, std::string_view text) {
        socket.text(text);
        while (socket.nextText() != "done") {
        }
    }
    /// What comes first; a message that should not have come would.
    static std::string afterEcho(RawWebSocket& socket) {
        socket.text("nothing");
        return socket.nextText();
    }

    TestServer server;
};

TEST_F(TopicsOverTwoLoops, AMessageReachesEveryMemberOnEveryLoopAndNobodyElse) {
    RawWebSocket ann = member("/chat/x", "x");
    RawWebSocket bob = member("/chat/x", "x");
    RawWebSocket cyd = member("/chat/x", "y");
    EXPECT_EQ(server->topicsOf<Chat>().subscribers("x"), 2u);
    ann.text("say x hello");
    EXPECT_EQ(ann.nextText(), "hello");
    EXPECT_EQ(bob.nextText(), "hello");
    EXPECT_EQ(afterEcho(cyd), "done");
}

TEST_F(TopicsOverTwoLoops, WhoHasLeftIsNotToldAnyMore) {
    RawWebSocket ann = member("/chat/x", "x");
    RawWebSocket bob = member("/chat/x", "x");
    tell(bob, "leave x");
    EXPECT_EQ(server->topicsOf<Chat>().subscribers("x"), 1u);
    tell(ann, "say x hello");
    EXPECT_EQ(afterEcho(bob), "done");
}

TEST_F(TopicsOverTwoLoops, WhoJoinsTwiceIsToldOnce) {
    RawWebSocket ann = member("/chat/x", "x");
    tell(ann, "join x");
    ann.text("say x once");
    EXPECT_EQ(ann.nextText(), "once");
    EXPECT_EQ(ann.nextText(), "done");
    EXPECT_EQ(afterEcho(ann), "done");
}

TEST_F(TopicsOverTwoLoops, WhoHasGoneHasLeft) {
    std::optional<RawWebSocket> ann{member("/chat/x", "x")};
    RawWebSocket bob = member("/chat/x", "x");
    ann.reset();
    EXPECT_TRUE(eventually([&] { return server->topicsOf<Chat>().subscribers("x") == 1; }));
    bob.close(1000);
    EXPECT_TRUE(eventually([&] { return server->topicsOf<Chat>().subscribers("x") == 0; }));
}

TEST_F(TopicsOverTwoLoops, AllButOneMeansAllButThatOne) {
    RawWebSocket ann = member("/chat/x", "x");
    RawWebSocket bob = member("/chat/x", "x");
    ann.text("others x psst");
    EXPECT_EQ(bob.nextText(), "psst");
    EXPECT_EQ(ann.nextText(), "done");
    EXPECT_EQ(afterEcho(ann), "done");
}

TEST_F(TopicsOverTwoLoops, EndpointsShareNoTopics) {
    RawWebSocket chat = member("/chat/x", "x");
    RawWebSocket game = member("/game/x", "x");
    tell(chat, "say x for the chat");
    EXPECT_EQ(afterEcho(game), "done");
    EXPECT_EQ(server->topicsOf<Game>().subscribers("x"), 1u);
    server->topicsOf<Game>().publish("x", "for the game");
    EXPECT_EQ(game.nextText(), "for the game");
    EXPECT_EQ(afterEcho(chat), "done");
}

TEST_F(TopicsOverTwoLoops, AnHttpHandlerPublishesToThem) {
    RawWebSocket ann = member("/chat/x", "x");
    RawWebSocket bob = member("/chat/x", "x");
    EXPECT_EQ(server.ask("POST /say/x HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nhttp").status, 204);
    EXPECT_EQ(ann.nextText(), "http");
    EXPECT_EQ(bob.nextText(), "http");
}

TEST_F(TopicsOverTwoLoops, WhatAThreadPublishesArrivesInItsOrder) {
    constexpr int kPublished = 500;
    constexpr int kThreads = 4;
    RawWebSocket ann = member("/chat/x", "x");
    RawWebSocket bob = member("/chat/x", "x");
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([this, t] {
            for (int i = 0; i < kPublished; ++i) {
                server->topicsOf<Chat>().publish("x", std::to_string(t) + ":" + std::to_string(i));
            }
        });
    }
    for (RawWebSocket* peer : {&ann, &bob}) {
        std::vector<int> next(kThreads, 0);
        for (int i = 0; i < kThreads * kPublished; ++i) {
            const std::string text = peer->nextText();
            EXPECT_EQ(std::stoi(text.substr(2)), next.at(static_cast<std::size_t>(text[0] - '0'))++) << text;
        }
    }
    for (auto& thread : threads) thread.join();
}

TEST_F(TopicsOverTwoLoops, MembersMayComeAndGoWhileOthersPublish) {
    std::atomic<bool> enough{false};
    std::thread publisher{[&] {
        while (!enough) server->topicsOf<Chat>().publish("x", "tick");
    }};
    for (int i = 0; i < 100; ++i) {
        RawWebSocket ann = member("/chat/x", "x");
        RawWebSocket bob = member("/chat/x", "x");
        EXPECT_EQ(ann.nextText(), "tick");
        EXPECT_EQ(bob.nextText(), "tick");
    }
    enough = true;
    publisher.join();
    EXPECT_TRUE(eventually([&] { return server->topicsOf<Chat>().subscribers("x") == 0; }));
}

// ------------------------------------------------------------------------------------------------ M5

class ABroadcast : public testing::Test {
protected:
    void connect(std::size_t count) {
        rlimit files{};
        ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
        files.rlim_cur = files.rlim_max;
        ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
        ASSERT_GT(files.rlim_cur, 2 * count + 100) << "raise the limit on open files: ulimit -n";
        server.start<News>();
        for (std::size_t i = 0; i < count; ++i) peers.push_back(server.connect("/news"));
        ASSERT_TRUE(eventually([&] { return topics().subscribers("news") == count; }));
    }
    Topics& topics() { return server->topicsOf<News>(); }

    TestServer server;
    std::vector<RawWebSocket> peers;
};

TEST_F(ABroadcast, ReachesAThousandPeers) {
    connect(1000);
    topics().publish("news", "extra, extra");
    for (auto& peer : peers) EXPECT_EQ(peer.nextText(), "extra, extra");
}

TEST_F(ABroadcast, IsEncodedAndHeldOnceForAllThatHaveNotReadItYet) {
    connect(200);
    const std::string large(900'000, 'L');
    const std::size_t before = residentBytes();
    topics().publish("news", large);
    for (auto& peer : peers) ASSERT_TRUE(peer.socket().hasSomething(kPatience));  // each has its first bytes
    const std::size_t after = residentBytes();
    EXPECT_LT(after, before + 20 * large.size()) << "200 peers: a copy for each is 180 MB";
    for (auto& peer : peers) EXPECT_TRUE(peer.nextText() == large);
}

}  // namespace
}  // namespace patchbay::test
