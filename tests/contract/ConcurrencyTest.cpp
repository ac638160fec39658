// Threads against each other: a real server on several loops, clients that come, talk and go, and other threads that use
// their sessions meanwhile. What has to hold, whatever the order of things:
// - a session's handlers, tasks and timers never overlap, and its messages come in their order;
// - one open call, then messages, then one close call; nothing before, between or after;
// - every call on a session from any thread works or throws SessionClosed, also after the server has gone.
// The thread sanitizer runs these again, for what no assertion sees.

#include "support/Eventually.hpp"
#include "support/RawWebSocket.hpp"

#include <patchbay/annotations.hpp>
#include <patchbay/config.hpp>
#include <patchbay/server.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;

/// What instances report, and the handles that they leave to other threads.   Thread: any.
class Record {
public:
    std::atomic<int> opened{0}, closed{0}, instances{0}, messages{0}, tasks{0};

    void broken(const std::string& rule) {
        const std::lock_guard guard{lock_};
        if (broken_.empty()) broken_ = rule;
    }
    /// The first rule that was broken.
    std::string firstBroken() const {
        const std::lock_guard guard{lock_};
        return broken_;
    }
    void keep(const Session& session) {
        const std::lock_guard guard{lock_};
        sessions_.push_back(session);
    }
    /// Those of every session there ever was.
    std::vector<Session> sessions() const {
        const std::lock_guard guard{lock_};
        return sessions_;
    }

private:
    mutable std::mutex lock_;
    std::string broken_;
    std::vector<Session> sessions_;
};

/// Watches over one instance.   Thread: that of its handlers, which is what it checks.
class Watch {
public:
    explicit Watch(Record& record) : record_{record} { ++record_.instances; }
    ~Watch() { --record_.instances; }

    /// Lives as long as a handler runs.
    class Inside {
    public:
        Inside(Watch& watch, const char* handler) : watch_{watch} {
            if (watch_.inside_.exchange(true)) watch_.record_.broken(std::string{"two handlers at once: "} + handler);
        }
        ~Inside() { watch_.inside_.store(false); }

    private:
        Watch& watch_;
    };
    void opens() {
        if (opened_ || closed_) record_.broken("a second open call");
        opened_ = true;
        ++record_.opened;
    }
    void hears() {
        if (!opened_) record_.broken("a message before the open handler");
        if (closed_) record_.broken("a message after the close handler has begun");
        ++record_.messages;
    }
    void runsTask() {
        if (!opened_ || closed_) record_.broken("a task of a session that is not open");
        ++record_.tasks;
    }
    void closes() {
        if (!opened_) record_.broken("a close call without an open call");
        if (closed_) record_.broken("a second close call");
        closed_ = true;
        ++record_.closed;
    }

private:
    Record& record_;
    std::atomic<bool> inside_{false};
    bool opened_ = false;  // plain, so that the thread sanitizer sees handlers that are not ordered
    bool closed_ = false;
};

/// Echoes the numbers of its client, which come in their order, and tells everyone of every tenth.
class Busy : public std::enable_shared_from_this<Busy> {
    SERVER_ENDPOINT(Busy, "/busy", .idleTimeout = 0s, .sendQueue = {.bytes = 16_MiB})
public:
    Busy(Record& record, Topics& topics) : record_{record}, topics_{topics}, watch_{record} {}

    ON_OPEN(opened)
    void opened(Session session) {
        const Watch::Inside inside{watch_, "open"};
        watch_.opens();
        record_.keep(session);
        session.subscribe("everyone");
    }
    ON_MESSAGE(said)
    int said(Session session, int number) {
        const Watch::Inside inside{watch_, "message"};
        watch_.hears();
        if (number != next_++) record_.broken("a message out of order");
        if (number % 10 == 0) topics_.publish("everyone", "news");
        if (number % 7 == 0) session.post([self = shared_from_this()] { self->runTask("task"); });
        if (number % 9 == 0) session.after(1ms, [self = shared_from_this()] { self->runTask("timer"); });
        return number;
    }
    ON_CLOSE(left)
    void left(Session session) {
        const Watch::Inside inside{watch_, "close"};
        if (session.isOpen()) record_.broken("an open session in its close handler");
        watch_.closes();
    }
    ON_ERROR(closedMeanwhile)
    void closedMeanwhile(const SessionClosed&) { const Watch::Inside inside{watch_, "error"}; }

private:
    void runTask(const char* what) {
        const Watch::Inside inside{watch_, what};
        watch_.runsTask();
    }

    Record& record_;
    Topics& topics_;
    Watch watch_;
    int next_ = 0;
};

/// The classic chat: whoever speaks writes to everyone's session, on whatever loop that lives.
class Tutorial {
    SERVER_ENDPOINT(Tutorial, "/tutorial", .idleTimeout = 0s, .sendQueue = {.bytes = 16_MiB})
public:
    explicit Tutorial(Record& record) : watch_{record} {}

    ON_OPEN(opened)
    void opened(Session session) {
        watch_.opens();
        tellEveryone(session);
    }
    ON_MESSAGE(said)
    void said(Session session, std::string_view) { tellEveryone(session); }
    ON_CLOSE(left)
    void left() { watch_.closes(); }

private:
    void tellEveryone(Session session) {
        for (const Session& other : session.openSessions()) {
            try {
                other.basicRemote().sendText("hello");
            } catch (const SessionClosed&) {
                continue;  // it left meanwhile
            }
        }
    }
    Watch watch_;
};

class Concurrency : public ::testing::Test {
protected:
    Concurrency() : server{std::make_unique<Server>(config())} { server->provide(record); }
    ~Concurrency() override {
        stopping = true;
        for (auto& thread : threads) thread.join();
    }

    static ServerConfig config() {
        ServerConfig config;
        config.server.listen = {{"http://127.0.0.1:0"}};
        config.server.loops = 4;
        config.server.drainTimeout = 5s;
        return config;
    }
    void everyoneHasGone() {
        EXPECT_TRUE(eventually([&] { return record->instances == 0; })) << record->instances << " instances are left";
        EXPECT_EQ(record->opened.load(), record->closed.load());
        EXPECT_EQ(record->firstBroken(), "");
        EXPECT_EQ(server->sessionCount(), 0u);
    }
    /// Runs `act` again and again on a thread of its own until the test ends.
    template <class Act>
    void meanwhile(Act act) {
        threads.emplace_back([this, act]() mutable {
            while (!stopping) act();
        });
    }
    void join() {
        stopping = true;
        for (auto& thread : threads) thread.join();
        threads.clear();
    }

    std::shared_ptr<Record> record = std::make_shared<Record>();
    std::unique_ptr<Server> server;
    std::atomic<bool> stopping{false};
    std::vector<std::thread> threads;
};

/// Everything that a foreign thread may do to a session, at random.
class Meddler {
public:
    explicit Meddler(unsigned seed) : random_{seed} {}

    void meddle(const Session& session, int closesOutOf) {
        try {
            if (random_() % static_cast<unsigned>(closesOutOf) == 0) return session.close(CloseCode{4000}, "meddled");
            static_cast<void>(session.isOpen());
            static_cast<void>(session.id());
            session.send("poke");
            session.subscribe("rumours");
            session.post([] {});
            session.after(1ms, [] {});
            session.setIdleTimeout(1min);
            static_cast<void>(session.displayName().size() + session.requestUri().size() + session.openSessions().size());
            session.basicRemote().sendPing({});
            session.unsubscribe("rumours");
        } catch (const SessionClosed&) {
            session.unsubscribe("rumours");
            session.close();
        }
    }

private:
    std::minstd_rand random_;
};

/// Talks until it has said everything or the server closes. Checks that its echoes come in their order.
void talk(std::uint16_t port, int count, int how, Record& record) {
    RawWebSocket client{port, "/busy"};
    int echoed = 0;
    try {
        for (int number = 0; number < count; ++number) client.text(std::to_string(number));
        while (echoed < count) {
            const Frame frame = client.next();
            if (frame.opcode == kClose) return;
            if (frame.opcode != kText || frame.payload == "news" || frame.payload == "poke") continue;
            if (frame.payload != std::to_string(echoed)) record.broken("echo " + frame.payload + " out of order");
            ++echoed;
        }
        if (how == 0) client.close(1000);
        if (how == 1) client.socket().reset();
        if (how == 2) client.socket().finish();
    } catch (const std::runtime_error&) {
        // the server has closed it, and reset what came after
    }
}

TEST_F(Concurrency, ClientsThatTalkAndLeaveInEveryWay) {
    server->deploy<Busy>();
    server->start();
    constexpr int kClients = 8, kRounds = 10, kNumbers = 300;
    std::vector<std::thread> clients;
    for (int c = 0; c < kClients; ++c) {
        clients.emplace_back([this, c] {
            for (int round = 0; round < kRounds; ++round) talk(server->port(), kNumbers, (c + round) % 4, *record);
        });
    }
    for (auto& client : clients) client.join();
    everyoneHasGone();
    EXPECT_EQ(record->opened.load(), kClients * kRounds);
    EXPECT_EQ(record->messages.load(), kClients * kRounds * kNumbers) << "nobody closed it before it was heard";
    EXPECT_GT(record->tasks.load(), 0);
}

TEST_F(Concurrency, SessionsThatOtherThreadsUseAndClose) {
    server->deploy<Busy>();
    server->start();
    for (unsigned seed = 1; seed <= 3; ++seed) {
        meanwhile([this, meddler = Meddler{seed}]() mutable {
            for (const Session& session : record->sessions()) {
                if (!stopping) meddler.meddle(session, 200);
            }
            std::this_thread::yield();
        });
    }
    // As often as somebody is heard: more would do nothing but fill queues.
    meanwhile([this, &topics = server->topicsOf<Busy>(), answered = -1]() mutable {
        const int heard = record->messages.load();
        if (std::exchange(answered, heard) == heard) return std::this_thread::yield();
        topics.publish("everyone", "news");
        topics.publish("rumours", "news");
    });
    std::vector<std::thread> clients;
    for (int c = 0; c < 6; ++c) {
        clients.emplace_back([this, c] {
            for (int round = 0; round < 5; ++round) talk(server->port(), 100, (c + round) % 4, *record);
        });
    }
    for (auto& client : clients) client.join();
    join();
    everyoneHasGone();
    EXPECT_EQ(record->opened.load(), 30);
    EXPECT_EQ(server->topicsOf<Busy>().subscribers("everyone"), 0u);
    EXPECT_EQ(server->topicsOf<Busy>().subscribers("rumours"), 0u);
}

// A session was among the open ones before it had a carrier to send by.
TEST_F(Concurrency, EveryoneWritesToEveryonesSessionWhileOthersCome) {
    server->deploy<Tutorial>();
    server->start();
    std::vector<std::thread> clients;
    for (int c = 0; c < 8; ++c) {
        clients.emplace_back([this] {
            for (int round = 0; round < 30; ++round) {
                RawWebSocket client{server->port(), "/tutorial"};
                client.text("hello");
                EXPECT_EQ(client.nextText(), "hello");
            }
        });
    }
    for (auto& client : clients) client.join();
    everyoneHasGone();
    EXPECT_EQ(record->opened.load(), 240);
}

// A session that was admitted before its endpoint was taken away lived on in it.
TEST_F(Concurrency, EndpointsThatComeAndGoUnderLoadLeaveNoSession) {
    server->deploy<Tutorial>();
    server->start();
    for (int c = 0; c < 4; ++c) {
        meanwhile([this] {
            try {
                RawWebSocket client{server->port(), "/busy"};
                client.text("0");
                const auto close = client.skipToClose();
                if (close.code != 1001) record->broken("closed with " + std::to_string(close.code));
                client.close(1001);
            } catch (const std::runtime_error&) {
                // 404 or 503: the endpoint is not there now
            }
        });
    }
    for (int round = 0; round < 40; ++round) {
        const int before = record->opened;
        server->deploy<Busy>();
        EXPECT_TRUE(eventually([&] { return record->opened > before; }));
        EXPECT_TRUE(server->undeploy("/busy"));
    }
    join();
    everyoneHasGone();
    EXPECT_GE(record->opened.load(), 40);
}

TEST_F(Concurrency, StoppingUnderLoadClosesEverySessionOnce) {
    server->deploy<Busy>();
    server->start();
    for (int c = 0; c < 6; ++c) {
        meanwhile([this] {
            try {
                RawWebSocket client{server->port(), "/busy"};
                for (int number = 0; number < 20; ++number) client.text(std::to_string(number));
                client.skipToClose();
                client.close(1001);
            } catch (const std::runtime_error&) {
                // 503, or nobody listens any more
            }
        });
    }
    meanwhile([this, meddler = Meddler{7}]() mutable {
        for (const Session& session : record->sessions()) meddler.meddle(session, 1'000);
        std::this_thread::yield();
    });
    EXPECT_TRUE(eventually([&] { return record->opened >= 12; }));
    server->stop();
    join();
    everyoneHasGone();
}

// Leaving a topic asked the session's loop, which had gone with the server.
TEST_F(Concurrency, HandlesOutliveTheirServer) {
    server->deploy<Busy>();
    server->start();
    {
        RawWebSocket client{server->port(), "/busy"};
        client.text("0");
        while (client.nextText() != "0") continue;
        for (int i = 0; i < 2; ++i) {
            meanwhile([this, meddler = Meddler{9}]() mutable {
                for (const Session& session : record->sessions()) meddler.meddle(session, 1'000'000);
            });
        }
        client.close(1000);
        EXPECT_EQ(client.skipToClose().code, 1000);
    }
    server->stop();
    server.reset();
    for (const Session& session : record->sessions()) {
        EXPECT_FALSE(session.isOpen());
        EXPECT_THROW(session.send("late"), SessionClosed);
        session.post([] { ADD_FAILURE(); });
        session.unsubscribe("everyone");
        session.close();
    }
    join();
    EXPECT_EQ(record->closed.load(), 1);
    EXPECT_EQ(record->firstBroken(), "");
}

}  // namespace
}  // namespace patchbay::test
