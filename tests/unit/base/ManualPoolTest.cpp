// A pool without threads: tasks run when somebody asks for one.

#include "base/ManualPool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace patchbay::test {
namespace {

using ::testing::ElementsAre, ::testing::IsEmpty;

class ManualPoolTest : public ::testing::Test {
protected:
    auto note(int name) {
        return [this, name] { notes.push_back(name); };
    }
    std::vector<int> notes;
    ManualPool pool{2};
};

TEST_F(ManualPoolTest, RunsOneAtATimeWhenItIsAskedTo) {
    pool.put(note(1));
    pool.put(note(2));
    EXPECT_THAT(notes, IsEmpty());
    EXPECT_TRUE(pool.runOne());
    EXPECT_THAT(notes, ElementsAre(1));
    EXPECT_EQ(pool.waiting(), 1u);
    EXPECT_TRUE(pool.runOne());
    EXPECT_FALSE(pool.runOne());
    EXPECT_THAT(notes, ElementsAre(1, 2));
}

TEST_F(ManualPoolTest, RunsThemInAnyOrderThatItIsAskedFor) {
    for (int name : {0, 1, 2}) pool.put(note(name));
    EXPECT_FALSE(pool.runOne(3));
    EXPECT_TRUE(pool.runOne(1));
    EXPECT_TRUE(pool.runOne(1));
    EXPECT_TRUE(pool.runOne());
    EXPECT_THAT(notes, ElementsAre(1, 2, 0));
}

TEST_F(ManualPoolTest, RefusesOneMoreThanMayWaitButPutIsNeverRefused) {
    EXPECT_TRUE(pool.tryPut(note(1)));
    EXPECT_TRUE(pool.tryPut(note(2)));
    EXPECT_FALSE(pool.tryPut(note(3)));
    EXPECT_TRUE(pool.put(note(4)));
    while (pool.runOne()) {
    }
    EXPECT_THAT(notes, ElementsAre(1, 2, 4));
}

TEST_F(ManualPoolTest, IsHereWhileATaskRuns) {
    bool here = false;
    pool.put([&] { here = pool.isHere(); });
    EXPECT_FALSE(pool.isHere());
    pool.runOne();
    EXPECT_TRUE(here);
    EXPECT_FALSE(pool.isHere());
}

TEST_F(ManualPoolTest, WhatATaskThrowsEndsThere) {
    pool.put([] { throw 42; });
    pool.put(note(1));
    testing::internal::CaptureStderr();
    EXPECT_TRUE(pool.runOne());
    EXPECT_NE(testing::internal::GetCapturedStderr().find("a task threw"), std::string::npos);
    EXPECT_TRUE(pool.runOne());
    EXPECT_THAT(notes, ElementsAre(1));
}

TEST_F(ManualPoolTest, RetiredItDropsWhatWaitsAndTakesNoMore) {
    const auto kept = std::make_shared<int>(1);
    pool.put([kept, this] { pool.put(note(1)); });
    pool.retire();
    EXPECT_EQ(kept.use_count(), 1);
    EXPECT_FALSE(pool.put(note(2)));
    EXPECT_FALSE(pool.runOne());
}

}  // namespace
}  // namespace patchbay::test
