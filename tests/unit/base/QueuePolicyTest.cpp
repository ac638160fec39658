// The policies of a send queue, without a queue.
#include "base/QueuePolicy.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>

namespace patchbay {
namespace {

/// What a queue holds: sizes on the wire.
struct Waiting {
    SendStatus admit(SendQueue limit, MessageSize message) {
        const SendStatus status = QueuePolicy{limit}.admit(
            message, [this] { return bytes(); },
            [this] {
                if (sizes.size() <= kept) return false;
                sizes.erase(sizes.begin() + static_cast<std::ptrdiff_t>(kept));
                return true;
            });
        if (status == SendStatus::Queued) sizes.push_back(message.onWire);
        return status;
    }
    std::size_t bytes() const {
        std::size_t sum = 0;
        for (const std::size_t size : sizes) sum += size;
        return sum;
    }
    std::deque<std::size_t> sizes;
    std::size_t kept = 0;  ///< so many at the front may not go: partly on the wire
};

using Sizes = std::deque<std::size_t>;

constexpr SendQueue kClose{.bytes = 10, .whenFull = WhenFull::Close};
constexpr SendQueue kOldest{.bytes = 10, .whenFull = WhenFull::DropOldest};
constexpr SendQueue kNewest{.bytes = 10, .whenFull = WhenFull::DropNewest};
constexpr MessageSize bare(std::size_t bytes) { return {bytes, bytes}; }

class QueuePolicyOfEachKind : public testing::TestWithParam<SendQueue> {};
INSTANTIATE_TEST_SUITE_P(Policies, QueuePolicyOfEachKind, testing::Values(kClose, kOldest, kNewest));

TEST_P(QueuePolicyOfEachKind, TakesWhatFitsToTheLastByte) {
    Waiting queue;
    for (const std::size_t size : {5u, 0u, 4u, 1u}) EXPECT_EQ(queue.admit(GetParam(), bare(size)), SendStatus::Queued);
    EXPECT_EQ(queue.sizes, (Sizes{5, 0, 4, 1}));
}

TEST_P(QueuePolicyOfEachKind, AnEmptyQueueTakesAPayloadOfTheLimitWithItsHeaderOnTop) {
    Waiting queue;
    EXPECT_EQ(queue.admit(GetParam(), {.onWire = 14, .payload = 10}), SendStatus::Queued);
    EXPECT_EQ(queue.bytes(), 14u);
}

TEST_P(QueuePolicyOfEachKind, NoQueueTakesAPayloadBeyondTheLimit) {
    Waiting queue;
    EXPECT_NE(queue.admit(GetParam(), {.onWire = 13, .payload = 11}), SendStatus::Queued);
    EXPECT_TRUE(queue.sizes.empty());
}

TEST_P(QueuePolicyOfEachKind, BehindOthersTheHeaderCounts) {
    const QueuePolicy policy{GetParam()};
    EXPECT_TRUE(policy.fits({.onWire = 9, .payload = 7}, 1));
    EXPECT_FALSE(policy.fits({.onWire = 10, .payload = 8}, 1));
    EXPECT_FALSE(policy.fits({.onWire = 12, .payload = 10}, 1));
}

TEST_P(QueuePolicyOfEachKind, BehindMoreThanTheLimitNothingFits) {
    EXPECT_FALSE(QueuePolicy{GetParam()}.fits(bare(0), 11));
    EXPECT_FALSE(QueuePolicy{GetParam()}.fits(bare(1), SIZE_MAX));
    EXPECT_FALSE(QueuePolicy{GetParam()}.fits(bare(SIZE_MAX), 1));
}

TEST(QueuePolicyClose, RefusesAndLeavesTheOthers) {
    Waiting queue{{6, 4}};
    EXPECT_EQ(queue.admit(kClose, bare(1)), SendStatus::Full);
    EXPECT_EQ(queue.sizes, (Sizes{6, 4}));
}

TEST(QueuePolicyDropNewest, DropsTheNewOneAndLeavesTheOthers) {
    Waiting queue{{6, 3}};
    EXPECT_EQ(queue.admit(kNewest, bare(2)), SendStatus::Dropped);
    EXPECT_EQ(queue.admit(kNewest, bare(1)), SendStatus::Queued);
    EXPECT_EQ(queue.sizes, (Sizes{6, 3, 1}));
}

TEST(QueuePolicyDropOldest, DropsAsManyAsTheNewOneNeedsAndNoMore) {
    Waiting queue{{3, 3, 3}};
    EXPECT_EQ(queue.admit(kOldest, bare(4)), SendStatus::Queued);
    EXPECT_EQ(queue.sizes, (Sizes{3, 3, 4}));
    EXPECT_EQ(queue.admit(kOldest, bare(5)), SendStatus::Queued);
    EXPECT_EQ(queue.sizes, (Sizes{4, 5}));
}

TEST(QueuePolicyDropOldest, DropsAllForOneThatNeedsAnEmptyQueue) {
    Waiting queue{{3, 3, 3}};
    EXPECT_EQ(queue.admit(kOldest, {.onWire = 12, .payload = 10}), SendStatus::Queued);
    EXPECT_EQ(queue.sizes, (Sizes{12}));
}

TEST(QueuePolicyDropOldest, DropsNothingForOneThatCannotFit) {
    Waiting queue{{3, 3}};
    EXPECT_EQ(queue.admit(kOldest, bare(11)), SendStatus::Dropped);
    EXPECT_EQ(queue.sizes, (Sizes{3, 3}));
}

TEST(QueuePolicyDropOldest, DropsTheNewOneWhereWhatMayNotGoIsInItsWay) {
    Waiting queue{{8, 1}, 1};
    EXPECT_EQ(queue.admit(kOldest, bare(3)), SendStatus::Dropped);
    EXPECT_EQ(queue.admit(kOldest, bare(2)), SendStatus::Queued);
    EXPECT_EQ(queue.sizes, (Sizes{8, 2}));
}

TEST(QueuePolicyFramed, CountsTheHeaderOfAServersFrame) {
    EXPECT_EQ(framed(0).onWire, 2u);
    EXPECT_EQ(framed(125).onWire, 127u);
    EXPECT_EQ(framed(126).onWire, 130u);
    EXPECT_EQ(framed(65535).onWire, 65539u);
    EXPECT_EQ(framed(65536).onWire, 65546u);
    EXPECT_EQ(framed(65536).payload, 65536u);
}

}  // namespace
}  // namespace patchbay
