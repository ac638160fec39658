#include "transport/FreeList.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace patchbay::transport {
namespace {

TEST(FreeList, TakesAgainWhatWasGivenLast) {
    using List = FreeList<64, 4>;
    void* first = List::take();
    void* second = List::take();
    List::give(first);
    List::give(second);
    EXPECT_EQ(List::take(), second);
    EXPECT_EQ(List::take(), first);
    EXPECT_EQ(List::kept(), 0u);
    List::give(first);
    List::give(second);
}

TEST(FreeList, KeepsNoMoreThanItsBound) {
    using List = FreeList<32, 4>;
    std::vector<void*> blocks(10);
    for (void*& block : blocks) block = List::take();
    for (void* block : blocks) List::give(block);
    EXPECT_EQ(List::kept(), 4u);
}

TEST(FreeList, EachThreadKeepsItsOwn) {
    using List = FreeList<48, 4>;
    void* block = List::take();
    std::thread{[&] {
        List::give(block);
        EXPECT_EQ(List::kept(), 1u);
    }}.join();
    EXPECT_EQ(List::kept(), 0u);
}

}  // namespace
}  // namespace patchbay::transport
