// Completion: somebody's callback, awaited.

#include "support/HandStrand.hpp"

#include <patchbay/async.hpp>

#include <gmock/gmock.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;

const std::string kBroken = BrokenCompletion{}.what();

/// What a library keeps until it has an answer.
template <class T>
using Callback = std::function<void(T)>;

/// Awaits, and notes the value.
template <class T>
Async<void> awaitInto(Completion<T> done, T& out) {
    out = co_await done;
}

/// A handler that hands its Completion to a library: only the library's copy can set it.
Async<void> ask(Callback<int>& library, int& answer) {
    const Completion<int> done;
    library = [done](int value) { done.set(value); };
    answer = co_await done;
}

TEST(CompletionTest, ThatIsSetBeforeItIsAwaitedIsNotWaitedFor) {
    const Completion<int> done;
    done.set(5);
    int value = 0;
    Handler handler{awaitInto(done, value)};
    EXPECT_EQ(handler.outcome(), "fine");
    EXPECT_EQ(value, 5);
    EXPECT_EQ(handler.strand().suspensions, 0);
}

TEST(CompletionTest, ThatIsSetAfterwardsGoesOn) {
    Callback<int> library;
    int answer = 0;
    Handler handler{ask(library, answer)};
    EXPECT_FALSE(handler.done());
    library(7);
    EXPECT_FALSE(handler.done());  // on its strand, not within set()
    handler.settle();
    EXPECT_EQ(handler.outcome(), "fine");
    EXPECT_EQ(answer, 7);
}

TEST(CompletionTest, ThatIsSetOnAnotherThreadGoesOnHere) {
    Callback<int> library;
    int answer = 0;
    Handler handler{ask(library, answer)};
    std::thread{[&] { std::exchange(library, nullptr)(9); }}.join();
    handler.settle();
    EXPECT_EQ(handler.outcome(), "fine");
    EXPECT_EQ(answer, 9);
}

TEST(CompletionTest, WhatIsSetFirstCounts) {
    const Completion<int> done;
    done.set(1);
    done.set(2);
    done.fail(std::make_exception_ptr(std::runtime_error{"late"}));
    int value = 0;
    Handler handler{awaitInto(done, value)};
    EXPECT_EQ(handler.outcome(), "fine");
    EXPECT_EQ(value, 1);
}

TEST(CompletionTest, ThatFailsThrowsWhatItWasGiven) {
    const Completion<int> done;
    int value = 0;
    Handler handler{awaitInto(done, value)};
    done.fail(std::make_exception_ptr(std::runtime_error{"no answer"}));
    done.set(3);
    handler.settle();
    EXPECT_EQ(handler.outcome(), "no answer");
    EXPECT_EQ(value, 0);
}

TEST(CompletionTest, ThatFailsWithoutAnExceptionSaysSo) {
    const Completion<> done;
    done.fail(nullptr);
    Handler handler{[](Completion<> awaited) -> Async<void> { co_await awaited; }(done)};
    EXPECT_EQ(handler.outcome(), "Completion::fail: there is no exception");
}

TEST(CompletionTest, OfVoidGoesOn) {
    const Completion<> done;
    Handler handler{[](Completion<> awaited) -> Async<void> { co_await awaited; }(done)};
    EXPECT_FALSE(handler.done());
    done.set();
    handler.settle();
    EXPECT_EQ(handler.outcome(), "fine");
}

TEST(CompletionTest, CarriesWhatCanOnlyBeMoved) {
    const Completion<std::unique_ptr<int>> done;
    std::unique_ptr<int> value;
    Handler handler{awaitInto(done, value)};
    done.set(std::make_unique<int>(4));
    handler.settle();
    EXPECT_EQ(*value, 4);
}

struct Reply {
    std::string text;
    int number = 0;
};

TEST(CompletionTest, TakesABracedValue) {
    const Completion<Reply> done;
    done.set({"text", 2});
    Reply value;
    Handler handler{awaitInto(done, value)};
    EXPECT_EQ(value.text, "text");
    EXPECT_EQ(value.number, 2);
}

struct Heavy {
    Heavy() = default;
    Heavy(const Heavy&) { throw std::runtime_error{"too heavy"}; }
};

TEST(CompletionTest, AValueThatCannotBeCopiedInIsThrownWhereItIsAwaited) {
    const Completion<Heavy> done;
    const Heavy heavy;
    done.set(heavy);
    Handler handler{[](Completion<Heavy> awaited) -> Async<void> { co_await awaited; }(done)};
    EXPECT_EQ(handler.outcome(), "too heavy");
}

// ------------------------------------------------------------------------------------------------ nobody left

TEST(CompletionTest, ThatItsLibraryDropsBreaksInsteadOfHanging) {
    Callback<int> library;
    int answer = 0;
    Handler handler{ask(library, answer)};
    library = nullptr;
    handler.settle();
    EXPECT_EQ(handler.outcome(), kBroken);
}

TEST(CompletionTest, ThatWasDroppedBeforeTheAwaitBreaksAtOnce) {
    Handler handler{[]() -> Async<void> {
        const Completion<int> done;
        {
            const Callback<int> dropped = [done](int value) { done.set(value); };
        }
        co_await done;
    }()};
    EXPECT_EQ(handler.outcome(), kBroken);
    EXPECT_EQ(handler.strand().suspensions, 0);
}

TEST(CompletionTest, ThatWasSetAndDroppedIsFine) {
    Callback<int> library;
    int answer = 0;
    Handler handler{ask(library, answer)};
    std::exchange(library, nullptr)(3);
    handler.settle();
    EXPECT_EQ(handler.outcome(), "fine");
    EXPECT_EQ(answer, 3);
}

TEST(CompletionTest, BreaksWithTheLastOfSeveralCopies) {
    std::optional<Completion<>> kept[3];
    Handler handler{[](std::optional<Completion<>>* copies) -> Async<void> {
        const Completion<> done;
        copies[0] = copies[1] = copies[2] = done;
        co_await done;
    }(kept)};
    kept[1].reset();
    kept[0] = kept[2];  // an assignment drops what was there
    handler.settle();
    EXPECT_FALSE(handler.done());
    kept[0].reset();
    handler.settle();
    EXPECT_FALSE(handler.done());
    kept[2].reset();
    handler.settle();
    EXPECT_EQ(handler.outcome(), kBroken);
}

TEST(CompletionTest, IsAwaitedAsATemporary) {
    std::optional<Completion<int>> kept;
    int value = 0;
    Handler handler{[](std::optional<Completion<int>>& copy, int& out) -> Async<void> {
        const auto begin = [&copy] {
            Completion<int> done;
            copy = done;
            return done;
        };
        out = co_await begin();
        co_await begin();
    }(kept, value)};
    kept->set(6);
    handler.settle();
    EXPECT_EQ(value, 6);
    EXPECT_FALSE(handler.done());
    kept.reset();
    handler.settle();
    EXPECT_EQ(handler.outcome(), kBroken);
}

// ------------------------------------------------------------------------------------------------ twice, and cancelled

TEST(CompletionTest, ThatIsAwaitedTwiceThrowsLogicError) {
    Handler handler{[]() -> Async<void> {
        const Completion<int> done;
        const Completion<int> copy = done;
        copy.set(1);
        EXPECT_EQ(co_await done, 1);
        EXPECT_THROW(co_await done, std::logic_error);
        EXPECT_THROW(co_await copy, std::logic_error);
    }()};
    EXPECT_EQ(handler.outcome(), "fine");
}

TEST(CompletionTest, ThatIsSetAfterTheSessionsEndDoesNothing) {
    Callback<int> library;
    int answer = 0;
    Handler handler{ask(library, answer)};
    handler.endSession();
    EXPECT_EQ(handler.outcome(), kCancelled);
    library(7);
    EXPECT_EQ(handler.strand().goOns, 1);
    library = nullptr;
    EXPECT_EQ(handler.strand().goOns, 1);
    EXPECT_EQ(answer, 0);
}

TEST(CompletionTest, ThatIsSetAfterItsCoroutineIsGoneDoesNothing) {
    Callback<int> library;
    int answer = 0;
    std::weak_ptr<HandStrand> strand;
    {
        Handler handler{ask(library, answer)};
        strand = handler.weakStrand();
        handler.destroy();
        library(7);
        EXPECT_EQ(handler.strand().goOns, 0);
    }
    EXPECT_TRUE(strand.expired());  // though the library still has its copy
    library(8);
    EXPECT_EQ(answer, 0);
}

TEST(CompletionTest, AfterTheSessionsEndIsNotWaitedForButWhatIsThereIsTaken) {
    Handler handler{[]() -> Async<void> {
        const Completion<int> never;
        const Completion<int> holder = never;
        EXPECT_THROW(co_await sleepFor(1h), Cancelled);
        EXPECT_THROW(co_await never, Cancelled);
        const Completion<int> there;
        there.set(2);
        EXPECT_EQ(co_await there, 2);
    }()};
    handler.endSession();
    EXPECT_EQ(handler.outcome(), "fine");
}

}  // namespace
}  // namespace patchbay::test
