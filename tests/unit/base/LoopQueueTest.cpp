// The one way to a loop: in order, bounded where it carries messages, and at an end when it is closed.

#include "base/ManualLoop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

class LoopQueueTest : public ::testing::Test {
protected:
    class Noting final : public LoopEntry {
    public:
        Noting(std::vector<int>& notes, int name) : notes_{notes}, name_{name} {}
        ~Noting() override { notes_.push_back(-name_); }
        void run() noexcept override { notes_.push_back(name_); }

    private:
        std::vector<int>& notes_;
        const int name_;
    };
    std::unique_ptr<LoopEntry> note(int name) { return std::make_unique<Noting>(notes, name); }

    std::vector<int> notes;
    ManualLoop loop;
    LoopQueue& queue = loop.queue();
};

TEST_F(LoopQueueTest, RunsEntriesInTheirOrderAndDestroysEachBehindItsRun) {
    for (int name : {1, 2}) EXPECT_TRUE(queue.put(note(name)));
    loop.settle();
    EXPECT_THAT(notes, ElementsAre(1, -1, 2, -2));
}

TEST_F(LoopQueueTest, WhatIsPutWhileItRunsWaitsForTheNextTurn) {
    loop.post([this] { queue.put(note(2)); });
    queue.put(note(1));
    {
        const Loop::Turning turning{loop};
        queue.runWaiting();
    }
    EXPECT_THAT(notes, ElementsAre(1, -1));
    EXPECT_FALSE(queue.idle());
    loop.settle();
    EXPECT_THAT(notes, ElementsAre(1, -1, 2, -2));
}

TEST_F(LoopQueueTest, RunsWhatWasTakenInSteps) {
    for (int name : {1, 2, 3}) queue.put(note(name));
    const Loop::Turning turning{loop};
    queue.take();
    queue.put(note(4));
    EXPECT_TRUE(queue.runTaken(2));
    EXPECT_THAT(notes, ElementsAre(1, -1, 2, -2));
    EXPECT_FALSE(queue.runTaken(1)) << "what was put meanwhile waits for the next take()";
    EXPECT_THAT(notes, ElementsAre(1, -1, 2, -2, 3, -3));
    EXPECT_FALSE(queue.runTaken(1));
    EXPECT_FALSE(queue.idle());
    queue.take();
    EXPECT_FALSE(queue.runTaken(2));
    EXPECT_EQ(notes.back(), -4);
}

TEST_F(LoopQueueTest, ATaskMayTurnItsLoopAndWhatIsDueComesFirst) {
    loop.post([this] {
        queue.put(note(2));
        loop.settle();
        notes.push_back(0);
    });
    queue.put(note(1));
    loop.settle();
    EXPECT_THAT(notes, ElementsAre(1, -1, 2, -2, 0));
}

TEST_F(LoopQueueTest, IsIdleWhenNothingWaitsBehindWhatRuns) {
    bool first = true, second = false;
    EXPECT_TRUE(queue.idle());
    loop.post([&] { first = queue.idle(); });
    EXPECT_FALSE(queue.idle());
    loop.post([&] { second = queue.idle(); });
    loop.settle();
    EXPECT_FALSE(first) << "the other waits behind it";
    EXPECT_TRUE(second);
}

TEST_F(LoopQueueTest, TakesAnEntryOutThatWaits) {
    auto made = note(2);
    LoopEntry& second = *made;
    queue.put(note(1));
    queue.put(std::move(made));
    EXPECT_EQ(queue.last(), &second);
    {
        LoopQueue::Access access{queue};
        EXPECT_EQ(access.remove(second).get(), &second);
    }
    EXPECT_NE(queue.last(), &second);
    queue.put(note(3));
    loop.settle();
    EXPECT_THAT(notes, ElementsAre(-2, 1, -1, 3, -3));
}

TEST_F(LoopQueueTest, HasRoomUpToItsLimitAndAgainWhenSomethingIsGivenBack) {
    queue.setLimit(100);
    EXPECT_TRUE(queue.hasRoom(100));
    EXPECT_FALSE(queue.hasRoom(101));
    EXPECT_FALSE(queue.waitForRoom(101, Clock::time_point::max())) << "there never will be";
    queue.charge(60);
    EXPECT_FALSE(queue.hasRoom(41));
    EXPECT_FALSE(queue.waitForRoom(41, Clock::now()));
    std::thread waiting{[&] { EXPECT_TRUE(queue.waitForRoom(41, Clock::time_point::max())); }};
    queue.release(60);
    waiting.join();
}

TEST_F(LoopQueueTest, WhoWaitsForRoomIsToldOfTheEnd) {
    queue.setLimit(100);
    queue.charge(100);
    std::thread waiting{[&] { EXPECT_FALSE(queue.waitForRoom(1, Clock::time_point::max())); }};
    queue.close();
    waiting.join();
}

TEST_F(LoopQueueTest, TakesNothingWhenItIsClosedAndDestroysWhatWaits) {
    queue.put(note(1));
    queue.close();
    EXPECT_THAT(notes, ElementsAre(-1));
    auto late = note(2);
    EXPECT_FALSE(queue.put(late));
    EXPECT_TRUE(late) << "it stays with who has it";
    queue.open();
    EXPECT_TRUE(queue.put(late));
    loop.settle();
    EXPECT_THAT(notes, ElementsAre(-1, 2, -2));
}

TEST_F(LoopQueueTest, IsClosedOnlyWhenNothingWaits) {
    queue.put(note(1));
    EXPECT_FALSE(queue.closeIfEmpty());
    loop.settle();
    EXPECT_TRUE(queue.closeIfEmpty());
    EXPECT_FALSE(queue.put(note(2)));
}

// Two loops of one thread, the inner turned within the outer.
TEST_F(LoopQueueTest, HereIsTheInnermostLoop) {
    ManualLoop inner;
    loop.turnWith([&] {
        inner.turnWith([&] { EXPECT_EQ(Loop::here(), &inner); });
        EXPECT_EQ(Loop::here(), &loop);
    });
}

TEST_F(LoopQueueTest, ManyThreadsKeepEachItsOwnOrder) {
    constexpr int kThreads = 8, kEntries = 1'000;
    std::vector<int> last(kThreads, -1);
    std::atomic<int> ran{0};
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&, thread] {
            for (int i = 0; i < kEntries; ++i) {
                loop.post([&, thread, i] {
                    EXPECT_EQ(last[static_cast<std::size_t>(thread)] + 1, i);
                    last[static_cast<std::size_t>(thread)] = i;
                    ++ran;
                });
            }
        });
    }
    while (ran < kThreads * kEntries) loop.settle();
    for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace patchbay::test
