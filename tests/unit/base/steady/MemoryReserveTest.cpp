// What is left when there is nothing left.
#include "base/MemoryReserve.hpp"

#include "base/MemoryBudget.hpp"
#include "integration/Memory.hpp"
#include "support/CountedAllocations.hpp"

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <memory>
#include <new>
#include <thread>
#include <vector>

namespace patchbay::test {
namespace {

bool isRefused(std::size_t bytes) {
    try {
        ::operator delete(::operator new(bytes));
        return false;
    } catch (const std::bad_alloc&) {
        return true;
    }
}

class MemoryReserveTest : public ::testing::Test {
protected:
    MemoryReserveTest() { suffersShortages(); }
    const MemoryReserve reserve;
};

TEST_F(MemoryReserveTest, IsGivenUpForAnAllocationThatFails) {
    const auto budget = MemoryBudget::make(1000);
    EXPECT_FALSE(MemoryReserve::isOut());
    {
        const Shortage once{{.after = 0, .count = 1, .least = 0}};
        EXPECT_FALSE(isRefused(100));
    }
    EXPECT_TRUE(MemoryReserve::isOut());
    EXPECT_THROW(budget->require(1), std::bad_alloc) << "nobody gets memory of a size that he sets";
    EXPECT_TRUE(MemoryReserve::refill());
    EXPECT_FALSE(MemoryReserve::isOut());
    EXPECT_NO_THROW(budget->require(1));
}

/// Or the first message that is too large would cost everybody theirs.
TEST_F(MemoryReserveTest, IsTakenBackAtOnceWhereItDoesNotHelp) {
    {
        const NoMemory none;
        EXPECT_TRUE(isRefused(100));
    }
    EXPECT_FALSE(MemoryReserve::isOut());
    const Shortage again{{.after = 0, .count = 1, .least = 0}};
    EXPECT_FALSE(isRefused(100));
}

/// The second of two that fail together took from the first what that had not come to yet, and threw where nothing may be thrown.
TEST_F(MemoryReserveTest, GivesEachThreadATryForEachTimeThatItIsGivenBack) {
    const auto failed = std::get_new_handler();
    failed();
    std::thread{[&] {
        EXPECT_NO_THROW(failed());
        EXPECT_TRUE(MemoryReserve::isOut()) << "the first lives on it";
        EXPECT_THROW(failed(), std::bad_alloc);
    }}.join();
    EXPECT_EQ(MemoryReserve::heldBytes(), MemoryReserve::kBytes);
    EXPECT_NO_THROW(failed());
    EXPECT_EQ(MemoryReserve::heldBytes(), 0U);
}

/// A page or more for each small piece is what a thread gets whose arena is full: what it keeps is cut from that arena.
TEST_F(MemoryReserveTest, LeavesAThreadWhatItKeepsForItselfBeforeAnythingIsShort) {
    std::thread{[] {
        const auto failed = std::get_new_handler();
        MemoryReserve::keepSome();
        EXPECT_EQ(MemoryReserve::heldBytes(), MemoryReserve::kBytes + MemoryReserve::kKept);
        EXPECT_NO_THROW(failed());
        EXPECT_EQ(MemoryReserve::heldBytes(), 0U);
        EXPECT_TRUE(MemoryReserve::isOut());
        EXPECT_THROW(failed(), std::bad_alloc) << "it was too large";
        EXPECT_FALSE(MemoryReserve::isOut());
        EXPECT_GE(MemoryReserve::heldBytes(), MemoryReserve::kBytes + MemoryReserve::kKept) << "and is there for the next";
        EXPECT_NO_THROW(failed());
        EXPECT_TRUE(MemoryReserve::refill());
        EXPECT_GE(MemoryReserve::heldBytes(), MemoryReserve::kBytes + MemoryReserve::kKept);
        MemoryReserve::letGo();
    }}.join();
    EXPECT_EQ(MemoryReserve::heldBytes(), MemoryReserve::kBytes);
}

#ifndef PATCHBAY_ADDRESS_SANITIZER  // whose heap asks the kernel

/// In an address space that is used up what is given back stays in the heap, in holes: there a whole reserve is never had again.
TEST_F(MemoryReserveTest, IsGatheredFromTheHeapWhereTheKernelGivesNothing) {
    std::vector<std::unique_ptr<char[]>> blocks;
    for (int i = 0; i < 300; ++i) blocks.push_back(std::make_unique<char[]>(100'000));
    for (std::size_t i = 0; i < blocks.size(); ++i)
        if (i % 5 != 4) blocks[i].reset();
    const auto failed = std::get_new_handler();
    failed();
    rlimit before{};
    ::getrlimit(RLIMIT_AS, &before);
    const rlimit none{.rlim_cur = 1, .rlim_max = before.rlim_max};
    ::setrlimit(RLIMIT_AS, &none);
    const bool isThere = MemoryReserve::refill(), isOut = MemoryReserve::isOut();
    const std::size_t size = MemoryReserve::heldBytes();
    bool isOutElsewhere = false;
    failed();  // and it is had again
    const bool isOutThen = MemoryReserve::isOut();
    ::setrlimit(RLIMIT_AS, &before);
    std::thread{[&] { isOutElsewhere = MemoryReserve::isOut(); }}.join();
    EXPECT_TRUE(isThere);
    EXPECT_FALSE(isOut);
    EXPECT_GE(size, MemoryReserve::kGathered);
    EXPECT_LT(size, MemoryReserve::kGathered + MemoryReserve::kPiece);
    EXPECT_TRUE(isOutThen);
    EXPECT_TRUE(isOutElsewhere) << "each has its own";
    EXPECT_TRUE(MemoryReserve::refill());
    EXPECT_EQ(MemoryReserve::heldBytes(), MemoryReserve::kBytes);
}

#endif

TEST_F(MemoryReserveTest, IsOneForTheWholeProcessUntilItsLastServerGoes) {
    auto second = std::make_unique<MemoryReserve>();
    const auto handler = std::get_new_handler();
    second.reset();
    EXPECT_EQ(std::get_new_handler(), handler);
}

TEST(MemoryReserveOfNobody, IsNone) {
    suffersShortages();
    { const MemoryReserve reserve; }
    EXPECT_EQ(std::get_new_handler(), nullptr);
    const Shortage once{{.after = 0, .count = 1, .least = 0}};
    EXPECT_TRUE(isRefused(100));
    EXPECT_FALSE(MemoryReserve::isOut());
}

int asked = 0;
void giveUp() {
    ++asked;
    throw std::bad_alloc{};
}

/// It has been there first: it is asked where the reserve does not help, and is there again afterwards.
TEST(MemoryReserveBesideAnApplicationsHandler, AsksThatBeforeItGivesUp) {
    std::set_new_handler(&giveUp);
    {
        const MemoryReserve reserve;
        const NoMemory none;
        EXPECT_TRUE(isRefused(100));
    }
    EXPECT_EQ(asked, 1);
    EXPECT_EQ(std::set_new_handler(nullptr), &giveUp);
}

}  // namespace
}  // namespace patchbay::test
