// Frames of coroutines: in steady state none is allocated, and what a thread keeps is bounded.

#include "support/CountedAllocations.hpp"
#include "support/HandStrand.hpp"

#include <patchbay/async.hpp>

#include <gmock/gmock.h>

#include <array>
#include <thread>
#include <vector>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;

Async<int> inner(int value) { co_return value + 1; }
Async<void> outer(int& sum) {
    sum += co_await inner(1);
    sum += co_await inner(2);
}

TEST(FramePool, CoroutinesThatNeedNotWaitAllocateNothingInSteadyState) {
    const auto strand = std::make_shared<HandStrand>();
    int sum = 0;
    const auto handle = [&] {
        EXPECT_FALSE(detail::Running::begin(outer(sum), *strand, {}, nullptr));
    };
    for (int i = 0; i < 10; ++i) handle();
    const std::size_t before = allocations();
    for (int i = 0; i < 1000; ++i) handle();
    EXPECT_EQ(allocations() - before, 0u);
    EXPECT_EQ(sum, 1010 * 5);
}

template <std::size_t Bytes>
Async<int> large() {
    std::array<char, Bytes> held{};
    held[Bytes / 2] = 1;
    co_await sleepFor(0ms);
    co_return held[Bytes / 2];
}

TEST(FramePool, FramesOfAnySizeWork) {
    Handler handler{[]() -> Async<void> {
        EXPECT_EQ(co_await large<1>() + co_await large<500>() + co_await large<1900>() + co_await large<100'000>(), 4);
    }()};
    handler.advance(0ms);
    EXPECT_EQ(handler.outcome(), "fine");
}

TEST(FramePool, KeepsNoMoreThanItsBound) {
    const auto blocksAfter = [](int frames) {
        {
            std::vector<Async<int>> many;
            for (int i = 0; i < frames; ++i) many.push_back(inner(i));
        }
        return liveBlocks();
    };
    constexpr int kMost = 16 * 1024 / 64;  // of the smallest size there is
    const auto before = blocksAfter(kMost);
    EXPECT_EQ(blocksAfter(10'000), before);
}

TEST(FramePool, FramesOfSizesThatAreMuchUsedLeaveRoomForOthers) {
    {
        std::vector<Async<int>> many;
        for (int i = 0; i < 10'000; ++i) many.push_back(large<300>());
    }
    { const auto once = large<900>(); }
    const std::size_t before = allocations();
    { const auto again = large<900>(); }
    EXPECT_EQ(allocations() - before, 0u);
}

TEST(FramePool, AFrameMayEndOnAnotherThreadAndSoMayTheThread) {
    std::vector<Async<int>> here;
    for (int i = 0; i < 100; ++i) here.push_back(inner(i));
    std::ptrdiff_t keptThere = 0;
    std::thread{[&] {
        here.clear();
        const std::size_t before = allocations();
        { const auto reused = inner(1); }
        EXPECT_EQ(allocations() - before, 0u);
        keptThere = liveBlocks();
    }}.join();
    EXPECT_LE(keptThere, 0);  // it has given back what this thread took; what it kept it gave back at its end
}

}  // namespace
}  // namespace patchbay::test
