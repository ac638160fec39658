// Waits that end on one thread while they begin, are cancelled or are left on another.

#include "base/TaskPool.hpp"
#include "support/HandStrand.hpp"

#include <patchbay/async.hpp>
#include <patchbay/executor.hpp>

#include <gtest/gtest.h>

#include <array>
#include <barrier>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;
using End = detail::Wait::End;

constexpr int kRounds = 3000;

/// Two or more threads that do one thing each, at once, as often as asked.
class Race {
public:
    /// Each of `runners` is called once in a round, on a thread of its own; `between` before each round, when all rest.
    static void run(int rounds, const std::function<void()>& between, const std::vector<std::function<void()>>& runners) {
        std::barrier meet{static_cast<std::ptrdiff_t>(runners.size()) + 1};
        std::vector<std::thread> threads;
        threads.reserve(runners.size());
        for (const auto& runner : runners) {
            threads.emplace_back([&meet, &runner, rounds] {
                for (int round = 0; round < rounds; ++round) {
                    meet.arrive_and_wait();
                    runner();
                    meet.arrive_and_wait();
                }
            });
        }
        for (int round = 0; round < rounds; ++round) {
            between();
            meet.arrive_and_wait();
            meet.arrive_and_wait();
        }
        for (auto& thread : threads) thread.join();
    }
};

TEST(WaitRaces, WhicheverOfBeginAndTwoEndsIsFirstItGoesOnOnce) {
    const auto strand = std::make_shared<HandStrand>();
    std::shared_ptr<detail::Wait> wait;
    std::atomic<int> counted{0};
    int rounds = 0;
    Race::run(
        kRounds,
        [&] {
            ASSERT_EQ(strand->goOns, rounds);
            ASSERT_EQ(counted, rounds);
            ++rounds;
            wait = std::make_shared<detail::Wait>();
        },
        {[&] { wait->begin(strand); }, [&] { counted += wait->end(End::Done); }, [&] { counted += wait->end(End::Cancelled); }});
    EXPECT_EQ(strand->goOns, kRounds);
    EXPECT_EQ(counted, kRounds);
    EXPECT_EQ(strand.use_count(), 1);
}

TEST(WaitRaces, WhichEndsWhileItIsLeftLetsGoOfItsStrand) {
    const auto strand = std::make_shared<HandStrand>();
    std::shared_ptr<detail::Wait> wait;
    int rounds = 0;
    Race::run(
        kRounds,
        [&] {
            ++rounds;
            wait = std::make_shared<detail::Wait>();
            wait->begin(strand);
        },
        {[&] { wait->leave(); }, [&] { wait->end(End::Done); }});
    EXPECT_LE(strand->goOns, kRounds);
    EXPECT_EQ(strand.use_count(), 1);
}

Async<void> awaitOne(Completion<std::string> done, std::string& outcome) {
    try {
        outcome = co_await done;
    } catch (const Cancelled&) {
        outcome = "cancelled";
    } catch (const BrokenCompletion&) {
        outcome = "broken";
    }
}

TEST(CompletionRaces, OfManyThatSetOneCounts) {
    std::unique_ptr<Handler> handler;
    std::string outcome;
    std::array<std::function<void()>, 3> setters;
    int good = 0;
    const auto settle = [&] {
        if (!handler) return;
        handler->complete();
        good += outcome == std::string(40, 'a') || outcome == std::string(40, 'b') || outcome == std::string(40, 'c');
    };
    const auto setOnce = [&](std::size_t index) { std::exchange(setters[index], nullptr)(); };
    Race::run(
        kRounds,
        [&] {
            settle();
            const Completion<std::string> made;
            for (std::size_t i = 0; i < 3; ++i) {
                setters[i] = [made, i] { made.set(std::string(40, static_cast<char>('a' + i))); };
            }
            handler = std::make_unique<Handler>(awaitOne(made, outcome));
        },
        {[&] { setOnce(0); }, [&] { setOnce(1); }, [&] { setOnce(2); }});
    settle();
    EXPECT_EQ(good, kRounds);
}

/// The handler's own copy is the only other: what the library does with its copy races with the await.
Async<void> askAndAwait(std::function<void(std::string)>& library, std::string& outcome, std::barrier<>& asked) {
    const Completion<std::string> done;
    library = [done](std::string value) { done.set(std::move(value)); };
    asked.arrive_and_wait();
    try {
        outcome = co_await done;
    } catch (const BrokenCompletion&) {
        outcome = "broken";
    }
}

TEST(CompletionRaces, WhoeverDropsTheLastCopyWhileItIsAwaitedBreaksIt) {
    std::function<void(std::string)> library;
    std::barrier<> asked{2};
    std::thread dropping{[&] {
        for (int i = 0; i < kRounds; ++i) {
            asked.arrive_and_wait();
            if (i % 2 == 0) library("set");
            library = nullptr;
            asked.arrive_and_wait();
        }
    }};
    int good = 0;
    for (int i = 0; i < kRounds; ++i) {
        std::string outcome;
        Handler handler{askAndAwait(library, outcome, asked)};
        handler.complete();
        good += outcome == (i % 2 == 0 ? "set" : "broken");
        asked.arrive_and_wait();
    }
    dropping.join();
    EXPECT_EQ(good, kRounds);
}

TEST(CompletionRaces, SetWhileTheSessionEndsIsOneOrTheOther) {
    std::optional<Completion<std::string>> done;
    std::unique_ptr<Handler> handler;
    std::string outcome;
    int good = 0;
    const auto settle = [&] {
        if (!handler) return;
        handler->complete();
        good += outcome == "set" || outcome == "cancelled";
        EXPECT_EQ(handler->strand().goOns, 1);
    };
    Race::run(
        kRounds,
        [&] {
            settle();
            done.emplace();
            handler = std::make_unique<Handler>(awaitOne(*done, outcome));
        },
        {[&] { done->set("set"); }, [&] { handler->strand().end(); }});
    settle();
    EXPECT_EQ(good, kRounds);
}

TEST(CompletionRaces, SetWhileItsCoroutineIsDestroyedHarmsNobody) {
    std::optional<Completion<std::string>> done;
    std::unique_ptr<Handler> handler;
    std::string outcome;
    Race::run(
        kRounds,
        [&] {
            done.emplace();
            handler = std::make_unique<Handler>(awaitOne(*done, outcome));
        },
        {[&] { done->set(std::string(40, 'x')); }, [&] { handler->destroy(); }});
    EXPECT_EQ(outcome, "");
}

// ------------------------------------------------------------------------------------------------ the pool's threads

class Threads final : public TaskPool {
public:
    explicit Threads(int count) {
        for (int i = 0; i < count; ++i) {
            threads_.emplace_back([this] { work(); });
        }
    }
    ~Threads() override {
        {
            const std::lock_guard guard{lock_};
            ended_ = true;
        }
        came_.notify_all();
        for (auto& thread : threads_) thread.join();
    }
    bool put(Task task) override {
        {
            const std::lock_guard guard{lock_};
            if (ended_) return false;
            tasks_.push_back(std::move(task));
        }
        came_.notify_one();
        return true;
    }
    bool tryPut(Task task) override { return put(std::move(task)); }
    std::size_t waiting() const noexcept override { return 0; }
    bool isHere() const noexcept override { return false; }

private:
    void work() {
        std::unique_lock guard{lock_};
        for (;;) {
            came_.wait(guard, [this] { return ended_ || !tasks_.empty(); });
            if (tasks_.empty()) return;
            {
                Task task = std::move(tasks_.front());
                tasks_.pop_front();
                guard.unlock();
                task();
            }
            guard.lock();
        }
    }

    std::mutex lock_;
    std::condition_variable came_;
    std::deque<Task> tasks_;
    bool ended_ = false;
    std::vector<std::thread> threads_;
};

Async<int> addElsewhere(const Executor& executor, int a, std::string b) {
    co_return co_await executor.run([&] { return a + static_cast<int>(b.size()); });
}
Async<void> addUp(const Executor& executor, int times, int& sum) {
    for (int i = 0; i < times; ++i) sum += co_await addElsewhere(executor, 1, std::string(40, 'x'));
}

TEST(ExecutorRaces, HandlersOnSeveralThreadsGetEveryResultFromTheirPool) {
    const Executor executor{std::make_shared<Threads>(2)};
    std::vector<std::thread> strands;
    std::array<int, 3> sums{};
    for (int& sum : sums) {
        strands.emplace_back([&executor, &sum] {
            Handler handler{addUp(executor, 1000, sum)};
            handler.complete();
            EXPECT_EQ(handler.outcome(), "fine");
        });
    }
    for (auto& strand : strands) strand.join();
    for (const int sum : sums) EXPECT_EQ(sum, 41'000);
}

/// The function reads a variable of the handler's, so the handler must outlive its call.
Async<void> referring(const Executor& executor, std::string& outcome) {
    const std::string local(40, 'l');
    try {
        outcome = co_await executor.run([&local] { return local + "!"; });
    } catch (const Cancelled&) {
        outcome = "cancelled";
    }
}

TEST(ExecutorRaces, ASessionThatEndsAroundTheCallWaitsForIt) {
    const Executor executor{std::make_shared<Threads>(1)};
    int results = 0;
    int cancelled = 0;
    for (int i = 0; i < kRounds; ++i) {
        std::string outcome;
        Handler handler{referring(executor, outcome)};
        for (std::atomic<int> spin{i % 200 * 10}; spin > 0; --spin) {  // so that it ends before, within and after the call
        }
        handler.strand().end();
        handler.complete();
        EXPECT_EQ(handler.strand().goOns, 1);
        results += outcome == std::string(40, 'l') + "!";
        cancelled += outcome == "cancelled";
    }
    EXPECT_EQ(results + cancelled, kRounds);
}

TEST(ExecutorRaces, ACoroutineThatIsDestroyedAroundTheCallHarmsNobody) {
    std::atomic<int> calls{0};
    {
        const Executor executor{std::make_shared<Threads>(1)};
        for (int i = 0; i < kRounds; ++i) {
            Handler handler{[](const Executor& where, std::atomic<int>& count) -> Async<void> {
                auto* const outside = &count;
                co_await where.run([outside] {
                    ++*outside;
                    return std::string(40, 'x');
                });
            }(executor, calls)};
        }
    }
    EXPECT_LE(calls, kRounds);
}

Async<int> frame(int value) { co_return value; }

TEST(FrameRaces, FramesThatEndOnOtherThreadsAreUsedAgainThere) {
    std::vector<Async<int>> handedOver;
    int round = 0;
    Race::run(
        300, [&] { ++round; },
        {[&] {
             if (round % 2 == 1)
                 for (int i = 0; i < 50; ++i) handedOver.push_back(frame(i));
             else
                 for (int i = 0; i < 50; ++i) static_cast<void>(frame(i));
         },
         [&] {
             if (round % 2 == 0) handedOver.clear();
         }});
    EXPECT_TRUE(handedOver.empty());
}

}  // namespace
}  // namespace patchbay::test
