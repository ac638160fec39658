// Post and timers, from everywhere.
#include "anomalies/World.hpp"

#include <gmock/gmock.h>

#include <numeric>
#include <patchbay/hooks.hpp>

namespace patchbay::test {
namespace {

using testing::ElementsAre, testing::IsEmpty;

TEST_P(Post, FromAnotherThreadRunsOnceInTheOrderOfItsCallsAndNeverBesideAHandler) {
    constexpr int kThreads = 3, kTasks = 100;
    Guest ann = guest();
    int inside = 0, beside = 0;  // the loop's alone: the thread sanitizer sees whoever else touches them
    const auto once = [&] {
        beside += inside++ == 0 ? 0 : 1;
        --inside;
    };
    at("go", [&](const Session&, Topics&) { once(); });
    std::vector<std::vector<int>> ran(kThreads);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&once, &mine = ran[static_cast<std::size_t>(t)], session = ann.session] {
            for (int i = 0; i < kTasks; ++i) {
                session.post([&, i] {
                    once();
                    mine.push_back(i);
                });
            }
            session.send("done");
        });
    }
    for (int i = 0; i < kTasks; ++i) ask(ann, "go");
    for (auto& thread : threads) thread.join();
    for (int t = 0; t < kThreads; ++t) EXPECT_EQ(ann.peer.nextText(), "done");
    std::promise<void> seen;
    ann.session.post([&] {
        EXPECT_EQ(beside, 0);
        std::vector<int> expected(kTasks);
        std::iota(expected.begin(), expected.end(), 0);
        for (const auto& mine : ran) EXPECT_EQ(mine, expected);
        seen.set_value();
    });
    seen.get_future().wait();
}

TEST_P(Post, FromAnotherThreadHasRunWhenWhatIsSentAfterwardsArrives) {
    Guest ann = guest();
    std::atomic<int> ran{0};
    for (int i = 1; i <= 50; ++i) {
        ann.session.post([&] { ++ran; });
        ann.session.send("x");
        EXPECT_EQ(ann.peer.nextText(), "x");
        EXPECT_EQ(ran, i);
    }
}

TEST_P(Post, FromAnotherThreadIsDroppedWhenTheSessionHasClosed) {
    Guest ann = guest();
    ann.session.close();
    std::promise<void> destroyed;
    ann.session.post([gone = AtDestruction{[&] { destroyed.set_value(); }}] { ADD_FAILURE() << "it has closed"; });
    EXPECT_EQ(destroyed.get_future().wait_for(kPatience), std::future_status::ready);
}

TEST_P(Post, FromAHandlerRunsBehindTheHandlerAndBeforeWhatTheHandlerSendsAfterwardsHasGone) {
    std::atomic<bool> returned{false};
    at("go", [&](const Session& session, Topics&) {
        session.send("1");
        session.post(
            [&, mine = std::make_unique<int>(7)] { note(returned ? "behind the handler" : "inside the handler"); });
        session.send("2");
        returned = true;
    });
    for (Guest& each : guests()) {
        returned = false;
        ask(each, "go");
        EXPECT_EQ(each.peer.nextText(), "1");
        EXPECT_EQ(each.peer.nextText(), "2");
        EXPECT_EQ(journal().lines().back(), "behind the handler");
    }
    EXPECT_EQ(journal().count("behind"), static_cast<std::size_t>(2 * GetParam()));
}

TEST_P(Post, FromAHandlerLeavesTheOrderOfWhatIsSentThatOfTheCalls) {
    at("go", [](const Session& session, Topics&) {
        session.post([session] { session.send("2"); });
        session.send("1");  // called first: a task's calls have their own place
    });
    for (Guest& each : guests()) {
        ask(each, "go");
        EXPECT_EQ(each.peer.nextText(), "1");
        EXPECT_EQ(each.peer.nextText(), "2");
    }
}

/// Begins something for each session that opens.
class Beginning final : public SessionListener {
public:
    explicit Beginning(std::function<void(const Session&)> begin) : begin_{std::move(begin)} {}
    void opened(const Session& session) override { begin_(session); }
    void closed(const Session&, const CloseReason&) override {}

private:
    const std::function<void(const Session&)> begin_;
};

TEST_P(Post, FromAHookRunsBehindTheOpenHandler) {
    server()->addListener(std::make_shared<Beginning>(
        [](const Session& session) { session.post([session] { session.send("posted"); }); }));
    at("open", [](const Session& session, Topics&) { session.send("opened"); });
    Guest ann = guest();
    EXPECT_EQ(heard(ann).size(), 2u);
}

TEST_P(Post, FromADestructorIsDroppedAndItsTaskDestroyedAtOnce) {
    at("destroyed", [this](const Session& session, Topics&) {
        session.post([gone = AtDestruction{[this] { note("task destroyed"); }}] { ADD_FAILURE() << "it has ended"; });
        note("instance destroyed");
    });
    Guest ann = guest();
    ann.peer.close(1000);
    journal().waitFor("instance destroyed");
    const auto lines = journal().lines();
    EXPECT_LT(std::ranges::find(lines, "task destroyed"), std::ranges::find(lines, "instance destroyed"));
}

TEST_P(Post, AfterTheStopIsDroppedAndItsTaskDestroyedAtOnce) {
    Guest ann = guest();
    int destroyed = 0;
    afterTheStop(
        [&] { ann.session.post([gone = AtDestruction{[&] { ++destroyed; }}] { ADD_FAILURE() << "it has stopped"; }); });
    EXPECT_EQ(destroyed, 2);
}

// ------------------------------------------------------------------------------------------------ timers

TEST_P(Timer, FromAnotherThreadRunsOnItsLoopAndNotAgainOnceItIsCancelled) {
    Guest ann = guest();
    int runs = 0;  // the loop's alone
    const patchbay::Timer timer =
        ann.session.every(1ms, [&runs, session = ann.session] { session.send(std::to_string(++runs)); });
    for (const auto* text : {"1", "2", "3"}) EXPECT_EQ(ann.peer.nextText(), text);
    EXPECT_TRUE(timer.active());
    timer.cancel();
    EXPECT_FALSE(timer.active());
    (void)heard(ann);  // behind what ran meanwhile
    std::promise<int> then;
    ann.session.post([&] { then.set_value(runs); });
    const int before = then.get_future().get();
    ann.session.after(20ms, [&] { ann.session.send("runs: " + std::to_string(runs)); });
    EXPECT_EQ(ann.peer.nextText(), "runs: " + std::to_string(before));
}

TEST_P(Timer, FromAnotherThreadThatClosesThenCancelsDoesNotHoldTheLoop) {
    for (Guest& each : guests()) {
        const patchbay::Timer once = each.session.after(1h, [] {});
        const patchbay::Timer often = each.session.every(1h, [] {});
        (void)heard(each);  // they count
        std::promise<void> inside, go;
        each.session.post([&] {
            inside.set_value();
            go.get_future().wait();
        });
        inside.get_future().wait();  // so that what follows comes to the loop at once
        each.session.close();
        once.cancel();
        often.cancel();
        go.set_value();
        EXPECT_EQ(each.peer.nextClose().code, 1000);
        each.peer.close(1000);
        EXPECT_TRUE(each.peer.socket().ends());
    }
    EXPECT_TRUE(eventually([&] { return server()->sessionCount() == 0; }));
}

TEST_P(Timer, FromAHandlerMayCancelItselfAndEndsWithTheSession) {
    at("go", [this](const Session& session, Topics&) {
        const auto own = std::make_shared<patchbay::Timer>();
        *own = session.every(1ms, [own, session] {
            own->cancel();
            session.send("once");
        });
        session.after(1h, [gone = AtDestruction{[this] { note("late destroyed"); }}] { ADD_FAILURE() << "an hour"; });
        session.after(std::chrono::milliseconds::max(), [] { ADD_FAILURE() << "never"; });
    });
    Guest ann = guest();
    ask(ann, "go");
    EXPECT_EQ(ann.peer.nextText(), "once");
    ann.session.after(5ms, [session = ann.session] { session.send("later"); });
    EXPECT_EQ(ann.peer.nextText(), "later");
    ann.peer.close(1000);
    journal().waitFor("late destroyed");
}

TEST_P(Timer, FromAHookLivesAsLongAsTheSession) {
    patchbay::Timer timer;
    server()->addListener(std::make_shared<Beginning>(
        [&](const Session& session) { timer = session.every(1ms, [session] { session.send("tick"); }); }));
    Guest ann = guest();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(ann.peer.nextText(), "tick");
    EXPECT_TRUE(timer.active());
    ann.peer.close(1000);
    EXPECT_TRUE(eventually([&] { return !timer.active(); }));
}

TEST_P(Timer, FromADestructorNeverBegins) {
    at("destroyed", [this](const Session& session, Topics&) {
        const patchbay::Timer once =
            session.after(0ms, [gone = AtDestruction{[this] { note("task destroyed"); }}] { ADD_FAILURE(); });
        const patchbay::Timer often =
            session.every(1ms, [gone = AtDestruction{[this] { note("task destroyed"); }}] { ADD_FAILURE(); });
        note(once.active() || often.active() ? "active" : "inactive");
    });
    Guest ann = guest();
    ann.peer.close(1000);
    journal().waitFor("inactive");
    EXPECT_EQ(journal().count("task destroyed"), 2u);
}

TEST_P(Timer, AfterTheStopHasEndedAndItsTaskIsDestroyed) {
    std::atomic<int> destroyed{0}, ticks{0};
    const auto gone = [&] { return AtDestruction{[&] { ++destroyed; }}; };
    const patchbay::Timer ofServer = server()->every(1ms, [&, gone = gone()] { ++ticks; });
    Guest ann = guest();
    const patchbay::Timer ofSession = ann.session.every(1h, [gone = gone()] {});
    EXPECT_TRUE(eventually([&] { return ticks > 2; }));
    (void)server()->stop();
    EXPECT_FALSE(ofSession.active());
    EXPECT_EQ(destroyed, 1);
    const int last = ticks;
    destroyServer();
    EXPECT_EQ(ticks, last);
    EXPECT_FALSE(ofServer.active());
    EXPECT_EQ(destroyed, 2);
    ofServer.cancel();
    ofSession.cancel();
    EXPECT_FALSE(ann.session.after(0ms, [gone = gone()] { ADD_FAILURE(); }).active());
    EXPECT_EQ(destroyed, 3);
}

TEST_P(Timer, AfterTheStopTicksAgainWhenTheServerStartsAgain) {
    std::atomic<int> ticks{0};
    server()->every(1ms, [&] { ++ticks; });
    (void)guest();
    EXPECT_TRUE(eventually([&] { return ticks > 1; }));
    EXPECT_TRUE(server()->stop());
    const int last = ticks;
    server()->start();
    EXPECT_TRUE(eventually([&] { return ticks > last + 1; }));
    destroyServer();
}

TEST_P(Timer, AfterTheStopThatIsAskedForWhileNothingTurnsTicksWhenTheServerStartsAgain) {
    std::atomic<int> ticks{0};
    (void)guest();
    EXPECT_TRUE(server()->stop());
    const patchbay::Timer timer = server()->every(1ms, [&] { ++ticks; });
    EXPECT_TRUE(timer.active());
    server()->start();
    EXPECT_TRUE(eventually([&] { return ticks > 1; }));
    destroyServer();
}

}  // namespace
}  // namespace patchbay::test
