// What runs where, by name.

#include "base/ManualLoop.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace patchbay::test {
namespace {

using detail::internLabel, detail::Labelled, detail::runningHere;

TEST(LabelsTest, TheSameTextIsTheSameLabelAndOutlivesItsSource) {
    std::string text = "chat::ChatRoom::said";
    const char* const first = internLabel(text);
    const char* const again = internLabel(std::string{text});
    EXPECT_EQ(first, again);
    EXPECT_NE(first, internLabel("chat::ChatRoom::left"));
    text.assign(text.size(), '?');
    EXPECT_STREQ(first, "chat::ChatRoom::said");
}

TEST(LabelsTest, LabelsOfManyThreadsStayWhereTheyAre) {
    std::vector<std::thread> threads;
    std::vector<std::vector<const char*>> labels(4);
    for (auto& mine : labels) {
        threads.emplace_back([&mine] {
            for (int i = 0; i < 500; ++i) mine.push_back(internLabel("label " + std::to_string(i)));
        });
    }
    for (auto& thread : threads) thread.join();
    for (const auto& mine : labels) EXPECT_EQ(mine, labels.front());
    EXPECT_STREQ(labels.front()[123], "label 123");
}

TEST(LabelsTest, ALoopSaysWhatRunsOnItAndWhatRanBeforeRunsOnAfterwards) {
    ManualLoop loop;
    loop.post([&] {
        EXPECT_EQ(loop.running(), nullptr);
        const Labelled outer{runningHere(), "outer"};
        EXPECT_STREQ(loop.running(), "outer");
        try {
            const Labelled inner{runningHere(), "inner"};
            EXPECT_STREQ(loop.running(), "inner");
            throw 42;
        } catch (int) {
            EXPECT_STREQ(loop.running(), "outer");
        }
    });
    loop.settle();
    EXPECT_EQ(loop.running(), nullptr);
}

TEST(LabelsTest, AThreadThatTurnsNothingHasASlotTooAndNoLoopShowsIt) {
    ManualLoop loop;
    const Labelled outside{runningHere(), "outside"};
    EXPECT_STREQ(runningHere().load(), "outside");
    EXPECT_EQ(loop.running(), nullptr);
    loop.turnWith([&] { EXPECT_EQ(runningHere().load(), nullptr); });
    EXPECT_STREQ(runningHere().load(), "outside");
}

TEST(LabelsTest, ALoopWithinAnotherHasItsOwn) {
    ManualLoop outer;
    ManualLoop inner;
    outer.turnWith([&] {
        const Labelled first{runningHere(), "first"};
        inner.turnWith([&] {
            const Labelled second{runningHere(), "second"};
            EXPECT_STREQ(outer.running(), "first");
            EXPECT_STREQ(inner.running(), "second");
        });
        EXPECT_STREQ(outer.running(), "first");
        EXPECT_EQ(inner.running(), nullptr);
    });
}

}  // namespace
}  // namespace patchbay::test
