// One wait: whichever of its beginning and its end comes first, the strand goes on once.

#include "support/HandStrand.hpp"

#include <gmock/gmock.h>

namespace patchbay::test {
namespace {

using End = detail::Wait::End;

class WaitTest : public ::testing::Test {
protected:
    const std::shared_ptr<HandStrand> strand = std::make_shared<HandStrand>();
    detail::Wait wait;
};

TEST_F(WaitTest, ThatHasBegunGoesOnWhenItEnds) {
    wait.begin(strand);
    EXPECT_EQ(strand->goOns, 0);
    EXPECT_TRUE(wait.end(End::Done));
    EXPECT_EQ(strand->goOns, 1);
    EXPECT_FALSE(wait.wasCancelled());
}

TEST_F(WaitTest, ThatHasEndedGoesOnWhenItBegins) {
    EXPECT_TRUE(wait.end(End::Done));
    EXPECT_EQ(strand->goOns, 0);
    wait.begin(strand);
    EXPECT_EQ(strand->goOns, 1);
}

TEST_F(WaitTest, EndsOnceAndTheFirstEndCounts) {
    wait.begin(strand);
    EXPECT_FALSE(wait.hasEnded());
    EXPECT_TRUE(wait.end(End::Cancelled));
    EXPECT_FALSE(wait.end(End::Done));
    EXPECT_FALSE(wait.end(End::Cancelled));
    EXPECT_EQ(strand->goOns, 1);
    EXPECT_TRUE(wait.hasEnded());
    EXPECT_TRUE(wait.wasCancelled());
}

TEST_F(WaitTest, WhoseCoroutineIsGoneNeverGoesOn) {
    wait.begin(strand);
    wait.leave();
    EXPECT_FALSE(wait.end(End::Done));
    EXPECT_EQ(strand->goOns, 0);
}

TEST_F(WaitTest, HoldsItsStrandFromBeginToEnd) {
    EXPECT_EQ(strand.use_count(), 1);
    wait.begin(strand);
    EXPECT_EQ(strand.use_count(), 2);
    wait.end(End::Done);
    EXPECT_EQ(strand.use_count(), 1);
    detail::Wait left;
    left.begin(strand);
    left.leave();
    EXPECT_EQ(strand.use_count(), 1);
    detail::Wait late;
    late.end(End::Done);
    late.begin(strand);
    EXPECT_EQ(strand.use_count(), 1);
}

}  // namespace
}  // namespace patchbay::test
