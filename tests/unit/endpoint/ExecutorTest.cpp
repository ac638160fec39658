// executor.run(f): a function elsewhere, its result here.

#include "base/TaskPool.hpp"
#include "support/HandStrand.hpp"

#include <patchbay/async.hpp>
#include <patchbay/executor.hpp>

#include <gmock/gmock.h>

#include <deque>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre, ::testing::IsEmpty;

/// Runs a task when the test says so.
class HandPool final : public TaskPool {
public:
    bool put(Task task) override {
        if (ended) return false;
        tasks_.push_back(std::move(task));
        return true;
    }
    bool tryPut(Task task) override {
        if (noMemory) throw std::bad_alloc{};
        return tasks_.size() < bound && put(std::move(task));
    }
    std::size_t waiting() const noexcept override { return tasks_.size(); }
    bool isHere() const noexcept override { return false; }

    void runNext() {
        Task task = std::move(tasks_.front());
        tasks_.pop_front();
        task();
    }
    void drop() { tasks_.clear(); }

    std::size_t bound = 100;
    bool ended = false;
    bool noMemory = false;

private:
    std::deque<Task> tasks_;
};

int five() { return 5; }

class ExecutorTest : public ::testing::Test {
protected:
    const std::shared_ptr<HandPool> pool = std::make_shared<HandPool>();
    const Executor executor{pool};
    std::vector<std::string> notes;
};

Async<void> runOne(const Executor& executor, std::vector<std::string>& notes) {
    notes.emplace_back("before");
    const int value = co_await executor.run([&notes] {
        notes.emplace_back("elsewhere");
        return 4;
    });
    notes.push_back("after " + std::to_string(value));
}

TEST_F(ExecutorTest, RunsElsewhereAndTheHandlerGoesOnWithTheResult) {
    Handler handler{runOne(executor, notes)};
    EXPECT_THAT(notes, ElementsAre("before"));
    EXPECT_EQ(executor.waiting(), 1u);
    pool->runNext();
    EXPECT_THAT(notes, ElementsAre("before", "elsewhere"));
    handler.settle();
    EXPECT_THAT(notes, ElementsAre("before", "elsewhere", "after 4"));
    EXPECT_EQ(handler.outcome(), "fine");
}

TEST_F(ExecutorTest, NothingBeginsBeforeTheAwait) {
    Handler handler{[](const Executor& where, std::vector<std::string>& out) -> Async<void> {
        {
            const auto never = where.run([&out] { out.emplace_back("never"); });
        }
        auto later = where.run([&out] { out.emplace_back("later"); });
        co_await sleepFor(1ms);
        EXPECT_EQ(where.waiting(), 0u);
        co_await later;
        EXPECT_THROW(co_await later, std::logic_error);
    }(executor, notes)};
    handler.advance(1ms);
    pool->runNext();
    handler.settle();
    EXPECT_EQ(handler.outcome(), "fine");
    EXPECT_THAT(notes, ElementsAre("later"));
}

TEST_F(ExecutorTest, ResultsOfEveryKindComeBack) {
    Handler handler{[](const Executor& where) -> Async<void> {
        const std::string text(100, 'x');
        co_await where.run([] {});
        EXPECT_EQ(*co_await where.run([] { return std::make_unique<int>(3); }), 3);
        EXPECT_EQ(co_await where.run([&text]() -> const std::string& { return text; }), text);
        std::function<int()> held = [text] { return static_cast<int>(text.size()); };
        EXPECT_EQ(co_await where.run(std::move(held)), 100);
        auto named = [owned = std::make_unique<int>(8)]() mutable { return std::move(owned); };
        EXPECT_EQ(*co_await where.run(named), 8);
        EXPECT_EQ(co_await where.run(five), 5);
    }(executor)};
    while (pool->waiting() > 0) {
        pool->runNext();
        handler.settle();
    }
    EXPECT_EQ(handler.outcome(), "fine");
}

TEST_F(ExecutorTest, WhatTheFunctionThrowsIsThrownAtTheAwait) {
    Handler handler{[](const Executor& where) -> Async<void> {
        EXPECT_THROW(co_await where.run([] { throw std::out_of_range{"row"}; }), std::out_of_range);
        co_await where.run([]() -> int { throw 42; });
    }(executor)};
    pool->runNext();
    handler.settle();
    pool->runNext();
    handler.settle();
    EXPECT_EQ(handler.outcome(), "something that is no std::exception");
}

TEST_F(ExecutorTest, AFullPoolIsQueueFullAtTheAwaitAndTheFunctionIsNotCalled) {
    pool->bound = 0;
    Handler handler{runOne(executor, notes)};
    handler.settle();
    EXPECT_EQ(handler.outcome(), "the executor has no room for another task, or has stopped");
    EXPECT_THAT(notes, ElementsAre("before"));
    Handler catching{[](const Executor& where) -> Async<void> { EXPECT_THROW(co_await where.run([] {}), QueueFull); }(executor)};
    catching.settle();
    EXPECT_EQ(catching.outcome(), "fine");
}

TEST_F(ExecutorTest, APoolThatHasEndedOrFindsNoMemorySaysSo) {
    pool->ended = true;
    Handler late{runOne(executor, notes)};
    late.settle();
    EXPECT_EQ(late.outcome(), "the executor has no room for another task, or has stopped");
    pool->noMemory = true;
    Handler poor{runOne(executor, notes)};
    poor.settle();
    EXPECT_EQ(poor.outcome(), "the executor has no room for another task, or has stopped");
}

TEST_F(ExecutorTest, ATaskThatThePoolDropsHangsNobody) {
    Handler handler{runOne(executor, notes)};
    pool->drop();
    handler.settle();
    EXPECT_EQ(handler.outcome(), "the executor has no room for another task, or has stopped");
}

TEST_F(ExecutorTest, AFunctionThatHasNotBegunWhenTheSessionEndsIsNotCalled) {
    Handler handler{runOne(executor, notes)};
    handler.endSession();
    EXPECT_EQ(handler.outcome(), kCancelled);
    pool->runNext();
    handler.settle();
    EXPECT_THAT(notes, ElementsAre("before"));
    EXPECT_EQ(handler.strand().goOns, 1);
}

TEST_F(ExecutorTest, AfterTheSessionsEndNothingIsPutToThePool) {
    Handler handler{[](const Executor& where, std::vector<std::string>& out) -> Async<void> {
        EXPECT_THROW(co_await sleepFor(1h), Cancelled);
        co_await runOne(where, out);
    }(executor, notes)};
    handler.endSession();
    EXPECT_EQ(handler.outcome(), kCancelled);
    EXPECT_EQ(pool->waiting(), 0u);
}

/// A handler whose function refers to a variable of its own, and during whose call something happens.
Async<void> referring(const Executor& executor, std::function<void()> meanwhile, std::vector<std::string>& notes) {
    const std::string local = "a variable of the handler that is longer than the short ones";
    try {
        co_await executor.run([&] {
            meanwhile();
            notes.push_back(local.substr(0, 10));
        });
    } catch (const Cancelled&) {
        notes.emplace_back("cancelled");
    }
}

TEST_F(ExecutorTest, WhenTheSessionEndsDuringTheCallTheHandlerGoesOnAfterIt) {
    Handler* running = nullptr;
    Handler handler{referring(executor, [&] {
        running->endSession();
        EXPECT_FALSE(running->done());
        EXPECT_FALSE(running->strand().wait()->hasEnded());
        running->endSession();  // asked again
        EXPECT_FALSE(running->done());
    }, notes)};
    running = &handler;
    pool->runNext();
    EXPECT_THAT(notes, ElementsAre("a variable"));
    handler.settle();
    EXPECT_EQ(handler.outcome(), "fine");
    EXPECT_THAT(notes, ElementsAre("a variable", "cancelled"));
    EXPECT_EQ(handler.strand().goOns, 1);
}

TEST_F(ExecutorTest, AFunctionThatItOwnsIsGoneBeforeTheHandlerGoesOn) {
    Handler handler{[](const Executor& where) -> Async<void> {
        const auto held = std::make_shared<int>(3);
        const std::weak_ptr<int> watched = held;
        std::function<int()> function = [held] { return *held; };
        EXPECT_EQ(co_await where.run(std::move(function)), 3);
        EXPECT_EQ(watched.use_count(), 1);
    }(executor)};
    pool->runNext();
    handler.settle();
    EXPECT_EQ(handler.outcome(), "fine");
}

TEST_F(ExecutorTest, AResultThatComesAfterItsCoroutineIsGoneHarmsNobody) {
    Handler* running = nullptr;
    Handler handler{[](const Executor& where, Handler*& self) -> Async<void> {
        co_await where.run([&handlerItself = self] {  // refers to what outlives the coroutine
            handlerItself->destroy();
            return std::string(100, 'x');
        });
    }(executor, running)};
    running = &handler;
    pool->runNext();
    EXPECT_EQ(handler.strand().goOns, 0);
}

TEST_F(ExecutorTest, ThatIsDestroyedBeforeTheCallIsNotCalled) {
    Handler handler{runOne(executor, notes)};
    handler.destroy();
    pool->runNext();
    EXPECT_THAT(notes, ElementsAre("before"));
    EXPECT_EQ(handler.strand().goOns, 0);
}

TEST_F(ExecutorTest, PostsWithinTheBound) {
    EXPECT_TRUE(executor.post([this] { notes.emplace_back("posted"); }));
    pool->bound = 1;
    EXPECT_FALSE(executor.post([this] { notes.emplace_back("refused"); }));
    EXPECT_EQ(executor.waiting(), 1u);
    pool->runNext();
    EXPECT_THAT(notes, ElementsAre("posted"));
}

}  // namespace
}  // namespace patchbay::test
