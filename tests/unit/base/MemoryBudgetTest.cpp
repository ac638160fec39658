// What peers have a server hold: counted by loops, told in pieces, and never in another server's budget.

#include "base/ManualLoop.hpp"
#include "base/MemoryBudget.hpp"

#include <patchbay/message_buffer.hpp>

#include <gtest/gtest.h>

#include <new>
#include <thread>
#include <utility>

namespace patchbay {
namespace {

constexpr auto kGrain = static_cast<std::size_t>(MemoryBudget::kGrain);

/// A server of two loops.
class MemoryBudgetTest : public ::testing::Test {
protected:
    MemoryBudgetTest() {
        first->memory().setBudget(*budget);
        second->memory().setBudget(*budget);
    }
    ~MemoryBudgetTest() override {
        first->memory().merge();
        second->memory().merge();
        EXPECT_EQ(budget->used(), 0U) << "something is not given back";
    }
    static void on(const OwnLoop& loop, auto action) { loop->turnWith(std::move(action)); }

    const std::shared_ptr<MemoryBudget> budget = MemoryBudget::make(0);
    const OwnLoop first, second;
};

TEST_F(MemoryBudgetTest, IsToldByALoopEach64KiBOfAKind) {
    on(first, [&] {
        HeldBytes<Held::Bodies> body;
        body.set(kGrain - 1);
        HeldBytes<Held::Answers> answer;
        answer.set(kGrain - 1);
        EXPECT_EQ(budget->used(), 0U);
        body.set(kGrain);
        EXPECT_EQ(budget->of(Held::Bodies), kGrain);
        EXPECT_EQ(budget->of(Held::Answers), 0U);
        EXPECT_EQ(budget->used(), kGrain);
    });
}

TEST_F(MemoryBudgetTest, IsToldAtOnceByThreadsThatTurnNoneOfItsLoops) {
    HeldBytes<Held::Answers> answer{*budget};
    std::thread{[&] { answer.set(1); }}.join();
    EXPECT_EQ(budget->of(Held::Answers), 1U);
    const OwnLoop another;
    on(another, [&] { answer.set(3); });
    EXPECT_EQ(budget->of(Held::Answers), 3U);
}

TEST_F(MemoryBudgetTest, GoesWithAnObjectFromLoopToLoop) {
    HeldBytes<Held::Messages> held;
    on(first, [&] { held.set(3 * kGrain); });
    EXPECT_EQ(budget->used(), 3 * kGrain);
    on(second, [&] { const HeldBytes<Held::Messages> last{std::move(held)}; });
    EXPECT_EQ(held.bytes(), 0U);
    EXPECT_EQ(budget->used(), 0U);
}

TEST_F(MemoryBudgetTest, IsNeverLessThanNothing) {
    HeldBytes<Held::Queues> held;
    on(first, [&] { held.set(kGrain - 1); });  // not told
    on(second, [&] { HeldBytes<Held::Queues>{std::move(held)}.set(0); });
    second->memory().merge();
    EXPECT_EQ(budget->of(Held::Queues), 0U);
    EXPECT_EQ(budget->used(), 0U);
}

TEST_F(MemoryBudgetTest, CountsTheCapacityOfAMessageAndNotWhatIsInIt) {
    on(first, [&] {
        MessageBuffer message{4 * kGrain};
        ASSERT_TRUE(message.reserve(2 * kGrain));
        EXPECT_EQ(message.size(), 0U);
        EXPECT_EQ(budget->of(Held::Messages), 2 * kGrain);
        MessageBuffer other = std::exchange(message, MessageBuffer{1});
        EXPECT_EQ(budget->of(Held::Messages), 2 * kGrain);
        ASSERT_TRUE(other.reserve(2 * kGrain + 1));
        EXPECT_EQ(budget->of(Held::Messages), 4 * kGrain) << "doubled";
        other.reset(1);
        EXPECT_EQ(budget->of(Held::Messages), 0U);
    });
}

TEST(MemoryBudget, OfAServerIsNotAnothers) {
    const auto one = MemoryBudget::make(0), other = MemoryBudget::make(0);
    HeldBytes<Held::Bodies> held{*one};
    held.set(5);
    EXPECT_EQ(one->used(), 5U);
    EXPECT_EQ(other->used(), 0U);
}

TEST(MemoryBudget, IsAnothersWhenNothingIsLeftInIt) {
    auto one = MemoryBudget::make(7);
    MemoryBudget* const address = one.get();
    auto left = std::make_unique<HeldBytes<Held::Bodies>>(*one);
    left->set(5);
    one.reset();
    EXPECT_NE(MemoryBudget::make(0).get(), address) << "an answer that outlives its server is still counted there";
    left.reset();
    one = MemoryBudget::make(0);
    EXPECT_EQ(one->limit(), 0U);
    EXPECT_EQ(one->used(), 0U);
}

TEST(MemoryBudget, HasRoomUpToItsLimitAndNotForAByteMore) {
    const auto budget = MemoryBudget::make(2 * kGrain);
    HeldBytes<Held::Messages> held{*budget};
    held.set(2 * kGrain - 5);
    EXPECT_NO_THROW(budget->require(5));
    EXPECT_THROW(budget->require(6), std::bad_alloc);
    EXPECT_THROW(budget->require(SIZE_MAX), std::bad_alloc);
    held.set(2 * kGrain);
    EXPECT_NO_THROW(budget->require(0));
    held.set(2 * kGrain + 1);
    EXPECT_THROW(budget->require(0), std::bad_alloc);
}

TEST(MemoryBudget, OfNoLimitHasAlwaysRoom) {
    const auto budget = MemoryBudget::make(0);
    HeldBytes<Held::Messages> held{*budget};
    held.set(std::size_t{1} << 50);
    EXPECT_NO_THROW(budget->require(SIZE_MAX));
}

TEST(MemoryBudget, ThatIsUsedUpHasNoRoomForALargeMessageButForASmallOne) {
    const auto budget = MemoryBudget::make(kGrain);
    HeldBytes<Held::Queues> held{*budget};
    held.set(kGrain - 1);
    const OwnLoop loop;
    loop->memory().setBudget(*budget);
    loop->turnWith([] {
        MessageBuffer message{MessageBuffer::kNoLimit};
        EXPECT_TRUE(message.reserve(4096));
        EXPECT_THROW(static_cast<void>(message.reserve(4097)), std::bad_alloc);
        EXPECT_EQ(message.capacity(), 4096U) << "what it has it keeps";
    });
    loop->memory().merge();
}

}  // namespace
}  // namespace patchbay
