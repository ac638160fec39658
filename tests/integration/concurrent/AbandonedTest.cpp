// Handlers that do not return: the stop gives up on them in its time, names them, and what they use lives until they have.
#include "integration/Probe.hpp"

#include <patchbay/executor.hpp>
#include <patchbay/hooks.hpp>
#include <patchbay/plugin.hpp>

#include <atomic>
#include <future>

namespace patchbay::test {
namespace {

using std::chrono::milliseconds, std::chrono::seconds;
using Clock = std::chrono::steady_clock;

/// Holds up whoever comes until it is opened, and tells when its last owner has gone.
class Turnstile {
public:
    explicit Turnstile(std::promise<void>& gone) : gone_{gone} {}
    ~Turnstile() { gone_.set_value(); }
    Turnstile(const Turnstile&) = delete;

    void pass() {
        std::unique_lock guard{lock_};
        ++inside_;
        changed_.notify_all();
        changed_.wait(guard, [&] { return open_; });
    }
    void waitUntilInside(int count) {
        std::unique_lock guard{lock_};
        if (!changed_.wait_for(guard, kPatience, [&] { return inside_ >= count; })) throw std::runtime_error{"nobody came"};
    }
    void open() {
        const std::lock_guard guard{lock_};
        open_ = true;
        changed_.notify_all();
    }

private:
    std::promise<void>& gone_;
    std::mutex lock_;
    std::condition_variable changed_;
    int inside_ = 0;
    bool open_ = false;
};

/// Blocks in its message handler, then uses whatever a handler may use.
class Blocking {
    SERVER_ENDPOINT(Blocking, "/blocking")
public:
    Blocking(Turnstile& turnstile, Topics& topics, GlobalTopics& everywhere)
        : turnstile_{turnstile}, topics_{topics}, everywhere_{everywhere} {}

    ON_OPEN(opened)
    void opened(Session session) { session.subscribe("all"); }
    ON_MESSAGE(said)
    void said(Session session, std::string_view text) {
        turnstile_.pass();
        for (int i = 0; i < 100; ++i) topics_.publish("all", text);
        everywhere_.publish("all", text);
        if (session.isOpen()) session.send(text);
        session.close();
    }

private:
    Turnstile& turnstile_;
    Topics& topics_;
    GlobalTopics& everywhere_;
};

/// Leaves it to the executor, and more that has to wait for that.
class Delegating {
    SERVER_ENDPOINT(Delegating, "/delegating")
public:
    Delegating(Turnstile& turnstile, Executor& executor) : turnstile_{turnstile}, executor_{executor} {}
    ON_MESSAGE(said)
    void said(std::string_view) {
        executor_.post([&turnstile = turnstile_] { turnstile.pass(); });
    }

private:
    Turnstile& turnstile_;
    Executor& executor_;
};

class Abandoned : public testing::TestWithParam<int> {
protected:
    void SetUp() override {
        ServerConfig config = quickConfig();
        config.server.loops = GetParam();
        config.server.drainTimeout = milliseconds{200};
        server = std::make_unique<Server>(std::move(config));
        turnstile = std::make_shared<Turnstile>(gone);
        server->provide(turnstile);
        server->deploy<Blocking>();
        server->deploy<Delegating>();
        server->handle("GET", "/slow", [turnstile = turnstile](const HttpRequest&, HttpResponse&) { turnstile->pass(); });
    }
    /// What a stop that gives up says.
    std::string giveUp() {
        testing::internal::CaptureStderr();
        const auto begin = Clock::now();
        EXPECT_FALSE(server->stop());
        EXPECT_LT(Clock::now() - begin, seconds{4});  // 1.2 s on a machine that has time
        return testing::internal::GetCapturedStderr();
    }
    /// The handlers return, long after their server has gone.
    void letThemReturn() {
        server.reset();
        const auto opened = std::move(turnstile);
        opened->open();
    }
    void expectEverythingToGo() { EXPECT_EQ(gone.get_future().wait_for(kPatience), std::future_status::ready); }

    std::promise<void> gone;
    std::shared_ptr<Turnstile> turnstile;
    std::unique_ptr<Server> server;
};

// A handler that slept for 12 s stretched a drain of 2 s to 11.7 s.
TEST_P(Abandoned, AHandlerOnALoopIsNamedAndKeepsWhatItUsesUntilItReturns) {
    server->start();
    RawWebSocket stuck{server->port(), "/blocking"};
    stuck.text("x");
    turnstile->waitUntilInside(1);
    const std::string log = giveUp();
    EXPECT_NE(log.find("a handler on loop "), std::string::npos) << log;
    EXPECT_NE(log.find(" of " + std::to_string(GetParam()) + ": "), std::string::npos) << log;
    EXPECT_NE(log.find("::Blocking::said\n"), std::string::npos) << log;
    letThemReturn();
    expectEverythingToGo();
}

TEST_P(Abandoned, EveryLoopMayBeStuck) {
    server->start();
    std::vector<RawWebSocket> stuck;
    for (int i = 0; i < GetParam(); ++i) stuck.emplace_back(server->port(), "/blocking");
    for (auto& socket : stuck) socket.text("x");
    turnstile->waitUntilInside(GetParam());
    const std::string log = giveUp();
    EXPECT_NE(log.find("a handler on loop " + std::to_string(GetParam())), std::string::npos) << log;
    letThemReturn();
    expectEverythingToGo();
}

TEST_P(Abandoned, AHandlerOnAWorkerIsNamedByItsRequest) {
    server->start();
    RawSocket slow{server->port()};
    slow.send("GET /slow?token=secret HTTP/1.1\r\nHost: h\r\n\r\n");
    turnstile->waitUntilInside(1);
    const std::string log = giveUp();
    EXPECT_NE(log.find("a worker's handler of GET /slow\n"), std::string::npos) << log;
    EXPECT_EQ(log.find("secret"), std::string::npos) << log;
    EXPECT_EQ(log.find("on loop"), std::string::npos) << log;
    letThemReturn();
    expectEverythingToGo();
}

TEST_P(Abandoned, ATaskOfTheExecutorIsNamedByWhoPostedItAndThoseThatWaitAreDropped) {
    server->start();
    RawWebSocket socket{server->port(), "/delegating"};
    socket.text("x");
    turnstile->waitUntilInside(1);
    const auto executor = server->service<Executor>();
    EXPECT_TRUE(executor->post([turnstile = turnstile] { turnstile->pass(); }));
    turnstile->waitUntilInside(2);
    std::atomic<bool> ran{false};
    const auto kept = std::make_shared<int>();
    EXPECT_TRUE(executor->post([&ran, kept] { ran = true; }));
    const std::string log = giveUp();
    EXPECT_NE(log.find("a worker's task, posted by "), std::string::npos) << log;
    EXPECT_NE(log.find("::Delegating::said\n"), std::string::npos) << log;
    EXPECT_NE(log.find("a worker's task\n"), std::string::npos) << log;
    EXPECT_EQ(log.find("on loop"), std::string::npos) << log;
    EXPECT_EQ(kept.use_count(), 1);
    EXPECT_FALSE(ran);
    EXPECT_FALSE(executor->post([] {}));
    letThemReturn();
    expectEverythingToGo();
}

TEST_P(Abandoned, TheServerCannotStartAgainAndSaysSo) {
    server->start();
    RawWebSocket stuck{server->port(), "/blocking"};
    stuck.text("x");
    turnstile->waitUntilInside(1);
    giveUp();
    EXPECT_FALSE(server->stop());
    try {
        server->start();
        FAIL() << "it started";
    } catch (const std::logic_error& refused) {
        EXPECT_NE(std::string{refused.what()}.find("cannot start again"), std::string::npos) << refused.what();
    }
    letThemReturn();
    expectEverythingToGo();
}

TEST_P(Abandoned, RunReturnsWith1) {
    std::promise<void> listens;
    auto code = std::async(std::launch::async, [&] { return server->run([&] { listens.set_value(); }); });
    listens.get_future().wait();
    RawWebSocket stuck{server->port(), "/blocking"};
    stuck.text("x");
    turnstile->waitUntilInside(1);
    server->requestStop();
    EXPECT_EQ(code.get(), 1);
    letThemReturn();
    expectEverythingToGo();
}

TEST_P(Abandoned, OneThatReturnsInTimeIsWaitedFor) {
    server->start();
    RawSocket http{server->port()};
    http.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
    RawWebSocket slow{server->port(), "/blocking"};  // last: the loop that accepts may be the one that it holds up
    slow.text("x");
    turnstile->waitUntilInside(2);
    auto stop = std::async(std::launch::async, [&] { return server->stop(); });
    turnstile->open();
    EXPECT_TRUE(stop.get());
    EXPECT_EQ(http.readAnswer().status, 200);
}

INSTANTIATE_TEST_SUITE_P(Loops, Abandoned, testing::Values(1, 2, 4));

// ------------------------------------------------------------------------------------------------ the destructor

/// The last owner of its server.
struct Owner {
    std::unique_ptr<Server> server;
};

class Parting {
    SERVER_ENDPOINT(Parting, "/parting")
public:
    Parting(Owner& owner, Turnstile& turnstile) : owner_{owner}, turnstile_{turnstile} {}
    ON_MESSAGE(said)
    void said(std::string_view) { owner_.server.reset(); }
    ON_CLOSE(closed)
    void closed() { turnstile_.open(); }

private:
    Owner& owner_;
    Turnstile& turnstile_;
};

// It hung for ever, or ended the process.
TEST(ServersDestructor, OnALoopOfItsOwnLeavesTheStopToAnotherThread) {
    std::promise<void> gone;
    const auto owner = std::make_shared<Owner>();
    owner->server = std::make_unique<Server>(quickConfig());
    owner->server->provide(owner);
    owner->server->provide(std::make_shared<Turnstile>(gone));
    owner->server->deploy<Parting>();
    owner->server->start();
    RawWebSocket socket{owner->server->port(), "/parting"};
    testing::internal::CaptureStderr();
    socket.text("part");
    EXPECT_EQ(socket.nextClose().code, 1001);
    socket.close(1001);
    EXPECT_EQ(gone.get_future().wait_for(kPatience), std::future_status::ready);
    EXPECT_NE(testing::internal::GetCapturedStderr().find("destroyed on one of its own threads"), std::string::npos);
}

TEST(ServersDestructor, InATaskOfItsExecutorLeavesTheStopToAnotherThread) {
    std::promise<void> gone;
    const auto owner = std::make_shared<Owner>();
    owner->server = std::make_unique<Server>(quickConfig());
    owner->server->provide(std::make_shared<Turnstile>(gone));
    owner->server->start();
    testing::internal::CaptureStderr();
    EXPECT_TRUE(owner->server->service<Executor>()->post([&owner] { owner->server.reset(); }));
    EXPECT_EQ(gone.get_future().wait_for(kPatience), std::future_status::ready);
    EXPECT_NE(testing::internal::GetCapturedStderr().find("destroyed on one of its own threads"), std::string::npos);
}

}  // namespace
}  // namespace patchbay::test
