// Threads for what may block: as many as may be, with what waits for them, and their end.

#include "base/ThreadPool.hpp"

#include "support/CapturedLog.hpp"
#include "support/Gate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <set>
#include <thread>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre, ::testing::IsEmpty, ::testing::SizeIs;

constexpr auto kLong = 10s;

/// Counts how often it runs and how many of its copies are destroyed without.
struct Tally {
    std::atomic<int> ran{0};
    std::atomic<int> dropped{0};

    class Noting {
    public:
        explicit Noting(Tally& tally) noexcept : tally_{&tally} {}
        Noting(Noting&& other) noexcept : tally_{std::exchange(other.tally_, nullptr)} {}
        ~Noting() {
            if (tally_) ++tally_->dropped;
        }
        void operator()() { ++std::exchange(tally_, nullptr)->ran; }

    private:
        Tally* tally_;
    };
    Noting task() { return Noting{*this}; }
};

class ThreadPoolTest : public ::testing::Test {
protected:
    /// Waits until no thread runs a task.
    static void waitUntilIdle(const ThreadPool& pool) {
        while (pool.waiting() != 0 || !pool.busy().empty()) std::this_thread::yield();
    }

    Tally tally;
    Gate gate;
    ThreadPool pool{{.threads = 2, .waiting = 3}};
};

TEST_F(ThreadPoolTest, WhatIsPutBeforeTheStartWaitsForIt) {
    EXPECT_TRUE(pool.put(tally.task()));
    EXPECT_TRUE(pool.tryPut(tally.task()));
    EXPECT_EQ(pool.waiting(), 2u);
    EXPECT_EQ(tally.ran, 0);
    pool.start();
    EXPECT_TRUE(pool.stop(Clock::now() + kLong));
    EXPECT_EQ(tally.ran, 2);
}

TEST_F(ThreadPoolTest, WhatWasNeverStartedIsDroppedAtOnceByAStop) {
    pool.put(tally.task());
    EXPECT_TRUE(pool.stop(Clock::time_point::max()));
    EXPECT_EQ(tally.ran, 0);
    EXPECT_EQ(tally.dropped, 1);
}

TEST_F(ThreadPoolTest, RunsAsManyTasksAtOnceAsItMayHaveThreads) {
    pool.start();
    for (int i = 0; i < 2; ++i) pool.put([this] { gate.pass(); });
    gate.waitUntilInside(2);
    pool.put(tally.task());
    EXPECT_EQ(pool.waiting(), 1u);
    EXPECT_EQ(tally.ran, 0);
    gate.open();
    EXPECT_TRUE(pool.stop(Clock::now() + kLong));
    EXPECT_EQ(tally.ran, 1);
}

TEST_F(ThreadPoolTest, MakesNoThreadWhereOneIsIdle) {
    pool.start();
    std::mutex lock;
    std::set<std::thread::id> threads;
    for (int i = 0; i < 20; ++i) {
        pool.put([&] {
            const std::lock_guard guard{lock};
            threads.insert(std::this_thread::get_id());
        });
        waitUntilIdle(pool);
    }
    EXPECT_THAT(threads, SizeIs(1));
    EXPECT_EQ(threads.count(std::this_thread::get_id()), 0u);
}

TEST_F(ThreadPoolTest, RefusesOneMoreThanMayWaitAndDestroysItButPutIsNeverRefused) {
    pool.start();
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(pool.tryPut([this] { gate.pass(); }));
    gate.waitUntilInside(2);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(pool.tryPut(tally.task()));
    EXPECT_FALSE(pool.tryPut(tally.task()));
    EXPECT_EQ(tally.dropped, 1);
    EXPECT_TRUE(pool.put(tally.task()));
    EXPECT_EQ(pool.waiting(), 4u);
    gate.open();
    EXPECT_TRUE(pool.stop(Clock::now() + kLong));
    EXPECT_EQ(tally.ran, 4);
    EXPECT_EQ(tally.dropped, 1);
}

TEST_F(ThreadPoolTest, TasksOfOneThreadRunInTheirOrder) {
    ThreadPool one{{.threads = 1, .waiting = 10}};
    std::vector<int> ran;
    for (int i = 0; i < 5; ++i) one.put([&ran, i] { ran.push_back(i); });
    one.start();
    EXPECT_TRUE(one.stop(Clock::now() + kLong));
    EXPECT_THAT(ran, ElementsAre(0, 1, 2, 3, 4));
}

TEST_F(ThreadPoolTest, WhatATaskThrowsIsLoggedAndTheThreadGoesOn) {
    ThreadPool one{{.threads = 1, .waiting = 10}};
    const CapturedLog log;
    one.put([] { throw std::runtime_error{"oh"}; });
    one.put([] { throw 42; });
    one.put(tally.task());
    one.start();
    EXPECT_TRUE(one.stop(Clock::now() + kLong));
    EXPECT_EQ(tally.ran, 1);
    EXPECT_THAT(log.lines(), ElementsAre("patchbay: a task threw oh",
                                         "patchbay: a task threw something that is no std::exception"));
}

TEST_F(ThreadPoolTest, IsHereWhileATaskRunsAndWhileItIsDestroyedAndNowhereElse) {
    ThreadPool other{{.threads = 1, .waiting = 10}};
    std::vector<bool> here;
    const auto askAtItsEnd = [&](int* value) {
        here.push_back(pool.isHere());
        delete value;
    };
    pool.start();
    other.start();
    pool.put([&, asking = std::unique_ptr<int, decltype(askAtItsEnd)>{new int{}, askAtItsEnd}] {
        here.push_back(pool.isHere());
        here.push_back(other.isHere());
    });
    EXPECT_TRUE(pool.stop(Clock::now() + kLong));
    EXPECT_THAT(here, ElementsAre(true, false, true));
    EXPECT_FALSE(pool.isHere());
}

TEST_F(ThreadPoolTest, SaysWhatRunsAndWhoPutIt) {
    const char* const label = detail::internLabel("Room::said");
    pool.start();
    {
        detail::RunningSlot slot{nullptr};
        const RunningHere here{slot};
        const detail::Labelled labelled{slot, label};
        pool.put([this] { gate.pass(); });
    }
    gate.waitUntilInside(1);
    pool.put([this, label] {
        const detail::Labelled labelled{detail::runningHere(), label};
        gate.pass();
    });
    gate.waitUntilInside(2);
    const auto busy = pool.busy();
    ASSERT_THAT(busy, SizeIs(2));
    EXPECT_EQ(busy[0].label, nullptr);
    EXPECT_EQ(busy[0].postedBy, label);
    EXPECT_EQ(busy[1].label, label);
    EXPECT_EQ(busy[1].postedBy, nullptr);
    gate.open();
    waitUntilIdle(pool);
    EXPECT_THAT(pool.busy(), IsEmpty());
}

// ------------------------------------------------------------------------------------------------ the end

TEST_F(ThreadPoolTest, AStopRunsWhatWaitsAndThenTakesNothing) {
    pool.start();
    for (int i = 0; i < 100; ++i) pool.put(tally.task());
    EXPECT_TRUE(pool.stop(Clock::now() + kLong));
    EXPECT_EQ(tally.ran, 100);
    EXPECT_FALSE(pool.put(tally.task()));
    EXPECT_FALSE(pool.tryPut(tally.task()));
    EXPECT_EQ(tally.dropped, 2);
    EXPECT_EQ(tally.ran, 100);
}

TEST_F(ThreadPoolTest, ThreadsThatAreIdleEndAlsoWhereTheTimeIsOver) {
    pool.start();
    for (int i = 0; i < 2; ++i) pool.put([this] { gate.pass(); });
    gate.open();
    waitUntilIdle(pool);
    EXPECT_TRUE(pool.stop(Clock::now() - 1s));
}

TEST_F(ThreadPoolTest, AStopThatGivesUpDropsWhatWaitsAndLeavesWhatRunsToBeJoined) {
    pool.start();
    for (int i = 0; i < 2; ++i) pool.put([this] { gate.pass(); });
    gate.waitUntilInside(2);
    pool.put(tally.task());
    EXPECT_FALSE(pool.stop(Clock::now() + 5ms));
    EXPECT_EQ(tally.dropped, 1);
    EXPECT_EQ(tally.ran, 0);
    EXPECT_FALSE(pool.put(tally.task()));
    EXPECT_THAT(pool.busy(), SizeIs(2));
    gate.open();
    pool.join();
    EXPECT_THAT(pool.busy(), IsEmpty());
    EXPECT_TRUE(pool.stop(Clock::now()));
}

TEST_F(ThreadPoolTest, AStopEndsWithTheLastTaskLongBeforeItsTime) {
    pool.start();
    pool.put([this] { gate.pass(); });
    gate.waitUntilInside(1);
    pool.put(tally.task());
    auto stop = std::async(std::launch::async, [this] { return pool.stop(Clock::now() + 1h); });
    EXPECT_EQ(stop.wait_for(20ms), std::future_status::timeout);
    gate.open();
    ASSERT_EQ(stop.wait_for(kLong), std::future_status::ready);
    EXPECT_TRUE(stop.get());
}

TEST_F(ThreadPoolTest, TakesAndRunsTasksAgainWhenItIsOpenedAgain) {
    for (int round = 1; round <= 3; ++round) {
        pool.put(tally.task());
        EXPECT_EQ(pool.waiting(), 1u) << "it has not started yet";
        pool.start();
        pool.put(tally.task());
        EXPECT_TRUE(pool.stop(Clock::now() + kLong));
        EXPECT_EQ(tally.ran, 2 * round);
        EXPECT_FALSE(pool.put([] {}));
        pool.reopen();
    }
}

/// Puts another task when it is destroyed.
class Successor {
public:
    Successor(ThreadPool& pool, Tally& tally) noexcept : pool_{&pool}, tally_{&tally} {}
    Successor(Successor&& other) noexcept : pool_{std::exchange(other.pool_, nullptr)}, tally_{other.tally_} {}
    ~Successor() {
        if (pool_) pool_->put(tally_->task());
    }
    void operator()() const noexcept {}

private:
    ThreadPool* pool_;
    Tally* tally_;
};

TEST_F(ThreadPoolTest, TheDestructorOfATaskMayPutAnother) {
    pool.start();
    pool.put(Successor{pool, tally});
    while (tally.ran != 1) std::this_thread::yield();
    for (int i = 0; i < 2; ++i) pool.put([this] { gate.pass(); });
    gate.waitUntilInside(2);
    pool.put(Successor{pool, tally});
    EXPECT_FALSE(pool.stop(Clock::now()));
    EXPECT_EQ(tally.dropped, 1) << "the successor of the one that was dropped came too late";
    gate.open();
    pool.join();
}

TEST_F(ThreadPoolTest, EachTaskOfManyThreadsRunsOnceOrIsDroppedOnceOverStopsAndStarts) {
    constexpr int kThreads = 4;
    constexpr int kTasks = 2000;
    std::vector<std::thread> threads;
    std::atomic<int> taken{0};
    for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&] {
            for (int i = 0; i < kTasks; ++i) taken += (i % 2 != 0 ? pool.put(tally.task()) : pool.tryPut(tally.task())) ? 1 : 0;
        });
    }
    for (int round = 0; round < 20; ++round) {
        pool.start();
        EXPECT_TRUE(pool.stop(Clock::now() + kLong));
        pool.reopen();
    }
    for (auto& thread : threads) thread.join();
    pool.start();
    EXPECT_TRUE(pool.stop(Clock::now() + kLong));
    EXPECT_EQ(tally.ran, taken);
    EXPECT_EQ(tally.ran + tally.dropped, kThreads * kTasks);
}

}  // namespace
}  // namespace patchbay::test
