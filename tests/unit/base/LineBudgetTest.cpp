// What peers cause to be logged is bounded.
#include "base/LineBudget.hpp"

#include <gmock/gmock.h>

#include <string>

namespace patchbay::log {
namespace {

using namespace std::chrono_literals;

struct LineBudgetTest : testing::Test {
    std::uint32_t admittedOf(std::uint32_t lines, const std::string& source = "/echo") {
        std::uint32_t admitted = 0;
        for (std::uint32_t i = 0; i < lines; ++i) admitted += budget.ask(source, now).admitted ? 1 : 0;
        return admitted;
    }
    LineBudget budget;
    LineBudget::Clock::time_point now{1h};
};

TEST_F(LineBudgetTest, ASourceHasSoManyLinesASecondAndNoMore) {
    EXPECT_EQ(admittedOf(1000), LineBudget::kLinesPerSecond);
    now += 999ms;
    EXPECT_EQ(admittedOf(1000), 0U);
    now += 1ms;
    EXPECT_EQ(admittedOf(1000), LineBudget::kLinesPerSecond);
}

TEST_F(LineBudgetTest, WhatWasLeftOutIsToldOnceWithTheNextLine) {
    admittedOf(LineBudget::kLinesPerSecond + 7);
    now += 1s;
    EXPECT_EQ(budget.ask("/echo", now).leftOut, 7U);
    EXPECT_EQ(budget.ask("/echo", now).leftOut, 0U);
}

/// But for the few whose hash is that of the same place; which these are differs from process to process.
TEST_F(LineBudgetTest, OneSourceDoesNotSilenceOthers) {
    admittedOf(1000);
    std::uint32_t admitted = 0;
    for (int i = 0; i < 64; ++i) admitted += admittedOf(1, "/chat/" + std::to_string(i));
    EXPECT_GE(admitted, 48U);
}

}  // namespace
}  // namespace patchbay::log
