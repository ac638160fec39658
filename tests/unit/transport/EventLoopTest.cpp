#include "transport/EventLoop.hpp"

#include "Sockets.hpp"
#include "base/MemoryReserve.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <new>
#include <thread>

namespace patchbay::transport {
namespace {

using namespace std::chrono_literals;
using test::localPair;
using test::turnUntil;

TEST(EventLoopPost, TasksRunInTheOrderInWhichTheyWerePosted) {
    EventLoop loop;
    std::vector<int> ran;
    for (int i = 0; i < 5; ++i) loop.post([&, i] { ran.push_back(i); });
    loop.runOnce(0ms);
    EXPECT_EQ(ran, (std::vector{0, 1, 2, 3, 4}));
}

TEST(EventLoopPost, WhatATaskPostsRunsInTheNextTurnWithoutWaiting) {
    EventLoop loop;
    int ran = 0;
    loop.post([&] { loop.post([&] { ++ran; }); });
    loop.runOnce(0ms);
    EXPECT_EQ(ran, 0);
    loop.runOnce(10s);
    EXPECT_EQ(ran, 1);
}

/// Between two of them peers could use up what small things live on.
TEST(EventLoopWithoutMemory, LooksAfterEachHandlerAndBehindTheTasksOfATurn) {
    struct Writable final : IoHandler {
        void onEvents(std::uint32_t) noexcept override { happened->emplace_back("handler"); }
        std::vector<std::string>* happened = nullptr;
    };
    const MemoryReserve reserve;
    EventLoop loop;
    std::vector<std::string> happened;
    happened.reserve(16);
    loop.whenMemoryIsOut([&] { happened.emplace_back("look"); });
    const auto ends = localPair();
    const Socket one{ends.first}, other{ends.second};
    Writable first, second;
    first.happened = second.happened = &happened;
    ASSERT_FALSE(loop.watch(one.descriptor(), EPOLLOUT, first));
    ASSERT_FALSE(loop.watch(other.descriptor(), EPOLLOUT, second));
    loop.post([&] { happened.emplace_back("task"); });
    loop.runOnce(0ms);
    EXPECT_EQ(happened, (std::vector<std::string>{"handler", "handler", "task"}));
    happened.clear();
    std::get_new_handler()();  // an allocation has failed
    loop.post([&] { happened.emplace_back("task"); });
    loop.runOnce(0ms);
    EXPECT_EQ(happened, (std::vector<std::string>{"handler", "look", "handler", "look", "task", "look"}));
    EXPECT_TRUE(MemoryReserve::refill());
    happened.clear();
    loop.runOnce(0ms);
    EXPECT_EQ(happened, (std::vector<std::string>{"handler", "handler"}));
    loop.unwatch(one.descriptor(), first);
    loop.unwatch(other.descriptor(), second);
}

TEST(EventLoopPost, FromManyThreadsKeepsEachThreadsOrder) {
    constexpr int kThreads = 8, kTasks = 1000;
    EventLoop loop;
    std::vector<std::vector<int>> ran(kThreads);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&, thread] {
            for (int i = 0; i < kTasks; ++i) loop.post([&ran, thread, i] { ran[thread].push_back(i); });
        });
    }
    EXPECT_TRUE(turnUntil(loop, [&] {
        return std::all_of(ran.begin(), ran.end(), [](const auto& each) { return each.size() == kTasks; });
    }));
    for (std::thread& thread : threads) thread.join();
    for (const auto& each : ran) EXPECT_TRUE(std::is_sorted(each.begin(), each.end()));
}

TEST(EventLoopPost, WakesALoopThatWaits) {
    EventLoop loop;
    std::promise<void> running, woken;
    loop.post([&] { running.set_value(); });
    std::thread thread{[&] { loop.run(); }};
    running.get_future().wait();
    loop.post([&] { woken.set_value(); });
    EXPECT_EQ(woken.get_future().wait_for(10s), std::future_status::ready);
    loop.stop();
    thread.join();
}

TEST(EventLoopStop, FinishesTheTasksPostedBeforeIt) {
    EventLoop loop;
    int ran = 0;
    for (int i = 0; i < 10; ++i) loop.post([&] { ++ran; });
    loop.stop();
    loop.run();
    EXPECT_EQ(ran, 10);
}

TEST(EventLoopTurn, SaysWhenItBeganAndNothingWhileTheLoopWaits) {
    EventLoop loop;
    EXPECT_EQ(loop.turnBegan(), std::nullopt);
    const auto before = Clock::now();
    std::optional<Clock::time_point> first, second;
    loop.post([&] { first = loop.turnBegan(); });
    loop.runOnce(0ms);
    EXPECT_EQ(loop.turnBegan(), std::nullopt);
    loop.post([&] { second = loop.turnBegan(); });
    loop.runOnce(0ms);
    ASSERT_TRUE(first && second);
    EXPECT_LE(before, *first);
    EXPECT_LT(*first, *second);
    EXPECT_LE(*second, Clock::now());
}

// It was everybody's before it ran: threads that called at once met in its timers and its turn-end list.
TEST(EventLoopHere, IsTheThreadThatTurnsItAndNobodyBeforeAndAfter) {
    EventLoop loop;
    EXPECT_FALSE(loop.isHere());
    EXPECT_EQ(Loop::here(), nullptr);
    std::promise<void> running, checked;
    loop.post([&] {
        EXPECT_TRUE(loop.isHere());
        EXPECT_EQ(Loop::here(), &loop);
        running.set_value();
        checked.get_future().wait();
    });
    std::thread thread{[&] {
        loop.run();
        EXPECT_FALSE(loop.isHere());
    }};
    running.get_future().wait();
    EXPECT_FALSE(loop.isHere());
    checked.set_value();
    loop.stop();
    thread.join();
}

TEST(EventLoopEnd, ComesWhenTheLastTaskHasRunAndThenTakesNoMore) {
    EventLoop loop;
    int ran = 0;
    loop.post([&] {
        loop.post([&] { loop.post([&] { ++ran; }); });
        loop.stop();
    });
    loop.run();
    EXPECT_EQ(ran, 1);
    bool destroyed = false;
    const std::shared_ptr<void> held{nullptr, [&](void*) { destroyed = true; }};
    EXPECT_FALSE(loop.post([&ran, held] { ++ran; }));
    loop.reopen();
    EXPECT_TRUE(loop.post([&ran] { ++ran; }));
    loop.stop();
    loop.run();
    EXPECT_EQ(ran, 2);
}

TEST(EventLoopEnd, IsNotKeptOffByATaskThatPostsItselfForEver) {
    EventLoop loop;
    std::function<void()> again = [&] { loop.post(again); };
    loop.post(again);
    loop.stop();
    loop.run();
    EXPECT_FALSE(loop.post([] {}));
}

TEST(EventLoopEnd, GivesBackItsMemoryAndDestroysWhatItHasLeft) {
    EventLoop loop;
    const auto held = std::make_shared<int>();
    loop.post([held] {});
    loop.after(1h, [held] {});
    loop.retire();
    EXPECT_EQ(held.use_count(), 1);
    loop.retire();
}

TEST(EventLoopTimers, FireInOrderAndNotOnceCancelled) {
    EventLoop loop;
    std::vector<int> fired;
    loop.after(2ms, [&] { fired.push_back(2); });
    loop.after(1ms, [&] { fired.push_back(1); });
    loop.cancel(loop.after(1ms, [&] { fired.push_back(9); }));
    EXPECT_TRUE(turnUntil(loop, [&] { return fired.size() >= 2; }));
    EXPECT_EQ(fired, (std::vector{1, 2}));
}

TEST(EventLoopTimers, ATurnSeesOneTime) {
    EventLoop loop;
    Clock::time_point first, second;
    loop.post([&] { first = loop.now(); });
    loop.post([&] { second = loop.now(); });
    loop.runOnce(0ms);
    EXPECT_EQ(first, second);
    EXPECT_LE(first, Clock::now());
}

struct CountingTask : TurnEndTask {
    explicit CountingTask(std::function<void()> also = {}) : also{std::move(also)} {}
    void onTurnEnd() noexcept override {
        ++count;
        if (also) also();
    }
    int count = 0;
    std::function<void()> also;
};

TEST(EventLoopTurnEnd, RunsATaskOnceHoweverOftenItWasAskedFor) {
    EventLoop loop;
    CountingTask task;
    loop.post([&] {
        for (int i = 0; i < 3; ++i) loop.atTurnEnd(task);
        EXPECT_EQ(task.count, 0);
    });
    loop.runOnce(0ms);
    EXPECT_EQ(task.count, 1);
    loop.runOnce(0ms);
    EXPECT_EQ(task.count, 1);
}

TEST(EventLoopTurnEnd, WhatIsAskedForAtTheEndRunsAtTheNextWithoutWaiting) {
    EventLoop loop;
    CountingTask task;
    task.also = [&] {
        if (task.count < 2) loop.atTurnEnd(task);
    };
    loop.post([&] { loop.atTurnEnd(task); });
    loop.runOnce(0ms);
    EXPECT_EQ(task.count, 1);
    loop.runOnce(10s);
    EXPECT_EQ(task.count, 2);
}

TEST(EventLoopTurnEnd, ATaskDestroyedByAnotherDoesNotRun) {
    EventLoop loop;
    auto second = std::make_unique<CountingTask>([] { ADD_FAILURE(); });
    CountingTask first{[&] { second.reset(); }};
    loop.post([&] {
        loop.atTurnEnd(first);
        loop.atTurnEnd(*second);
    });
    loop.runOnce(0ms);
    EXPECT_EQ(first.count, 1);
}

/// Or ten thousand channels, each written to by another thread while the loop was busy, would all hold a chunk at once.
TEST(EventLoopTurnEnd, ComesInBetweenWhereMuchWaits) {
    constexpr std::size_t kMany = 5000, kMost = 256;
    EventLoop loop;
    std::size_t linked = 0, most = 0;
    std::vector<std::size_t> written;
    std::vector<std::unique_ptr<CountingTask>> tasks;
    for (std::size_t i = 0; i < kMany; ++i) {
        tasks.push_back(std::make_unique<CountingTask>([&, i] {
            --linked;
            written.push_back(i);
        }));
        loop.post([&, i] {
            loop.atTurnEnd(*tasks[i]);
            most = std::max(most, ++linked);
        });
    }
    loop.runOnce(0ms);
    EXPECT_EQ(most, kMost);
    EXPECT_EQ(written.size(), kMany) << "in this turn";
    EXPECT_TRUE(std::ranges::is_sorted(written));
}

TEST(EventLoopTurnEnd, ComesAfterSoManyEntriesAndNotOneBefore) {
    constexpr int kMost = 256;
    EventLoop loop;
    int ran = 0, atTheWrite = 0;
    CountingTask task{[&] { atTheWrite = ran; }};
    loop.post([&] {
        ++ran;
        loop.atTurnEnd(task);
    });
    for (int i = 1; i < kMost + 1; ++i) loop.post([&] { ++ran; });
    loop.runOnce(0ms);
    EXPECT_EQ(atTheWrite, kMost);
    EXPECT_EQ(ran, kMost + 1);
}

TEST(EventLoopDiscard, DestroysOnTheLoopsThread) {
    struct Retiree : TurnEndTask {
        explicit Retiree(std::promise<std::thread::id>& died) : died{died} {}
        ~Retiree() override { died.set_value(std::this_thread::get_id()); }
        void onTurnEnd() noexcept override {}
        std::promise<std::thread::id>& died;
    };
    EventLoop loop;
    std::promise<std::thread::id> died;
    std::thread thread{[&] { loop.run(); }};
    const auto id = thread.get_id();
    loop.discard(std::make_unique<Retiree>(died));
    EXPECT_EQ(died.get_future().get(), id);
    loop.stop();
    thread.join();
}

TEST(EventLoopWatch, AHandlerUnwatchedInTheSameTurnGetsNoEvents) {
    struct Handler : IoHandler {
        void onEvents(std::uint32_t) noexcept override {
            ++count;
            if (also) also();
        }
        int count = 0;
        std::function<void()> also;
    };
    EventLoop loop;
    const auto [near1, far1] = localPair();
    const auto [near2, far2] = localPair();
    test::Peer one{far1}, two{far2};
    const Socket first{near1}, second{near2};
    Handler a, b;
    a.also = [&] { loop.unwatch(second.descriptor(), b); };
    b.also = [&] { loop.unwatch(first.descriptor(), a); };
    ASSERT_FALSE(loop.watch(first.descriptor(), EPOLLIN, a));
    ASSERT_FALSE(loop.watch(second.descriptor(), EPOLLIN, b));
    one.write("x");
    two.write("x");
    loop.runOnce(0ms);
    EXPECT_EQ(a.count + b.count, 1);
}

TEST(EventLoopWatch, ADescriptorThatCannotBeWatchedIsAnError) {
    struct Handler : IoHandler {
        void onEvents(std::uint32_t) noexcept override {}
    } handler;
    EventLoop loop;
    EXPECT_EQ(loop.watch(-1, EPOLLIN, handler), std::errc::bad_file_descriptor);
}

}  // namespace
}  // namespace patchbay::transport
