#include <gtest/gtest.h>
#include <patchbay/annotations.hpp>
#include <patchbay/detail/Reflect.hpp>

namespace patchbay::detail {
namespace {

consteval AttributeProblem problemOf(std::string_view written) { return attributeProblem("first, second, third", written); }

template <class T>
std::string joinedNames() {
    std::string all;
    for (const std::string_view name : kFieldNames<T>) all.append(all.empty() ? "" : ", ").append(name);
    return all;
}

TEST(Attributes, AreTheMembersOfTheirStructsInTheirOrder) {
    EXPECT_EQ(PATCHBAY_ATTRIBUTES, joinedNames<ServerEndpointOptions>());
    EXPECT_EQ(PATCHBAY_MESSAGE_ATTRIBUTES, joinedNames<MessageOptions>());
}

TEST(Attributes, StandInTheOrderOfTheirStructAndOnce) {
    EXPECT_EQ(problemOf(""), AttributeProblem::None);
    EXPECT_EQ(problemOf(".first = 1, .second = 2, .third = 3"), AttributeProblem::None);
    EXPECT_EQ(problemOf(".first{1},.third=3"), AttributeProblem::None);
    EXPECT_EQ(problemOf(".second = 1, .first = 2"), AttributeProblem::Order);
    EXPECT_EQ(problemOf(".third = 1, .second = 2"), AttributeProblem::Order);
    EXPECT_EQ(problemOf(".second = 1, .second = 2"), AttributeProblem::Order);
}

TEST(Attributes, AreKnownByTheirWholeName) {
    for (const AttributeProblem problem : {problemOf(".firs = 1"), problemOf(".firstt = 1"), problemOf(".irst = 1"), problemOf(".second, = 1"),
                                           problemOf(".first = 1, .fourth{2}"), problemOf(". first = 1"), problemOf(".")}) {
        EXPECT_EQ(problem, AttributeProblem::Unknown);
    }
}

TEST(Attributes, AreNotLookedForInAValue) {
    for (const AttributeProblem problem : {
             problemOf(R"(.second = {.first = 1, .x = 2}, .third = 3)"), problemOf(R"(.second = f(.1, .first), .third = 3)"),
             problemOf(R"(.second = ", .first = {", .third = 3)"), problemOf(R"(.second = "\", .first = ", .third = 3)"),
             problemOf(R"(.second = ',', .third = '"')"), problemOf(R"(.second = 1'000, .third = 0xA'B)"),
             problemOf(R"(.second = f<a, b>, .third = x[1, .first])"), problemOf(R"(1, 2)")}) {
        EXPECT_EQ(problem, AttributeProblem::None);
    }
    EXPECT_EQ(problemOf(R"(.second = 1'000, .first = "x")"), AttributeProblem::Order);
    EXPECT_EQ(problemOf(R"(.second = {1, "}"}, .x = 3)"), AttributeProblem::Unknown);
}

TEST(Attributes, ThatNeverEndAreTheCompilersToRefuse) {
    for (const AttributeProblem problem : {problemOf(R"(.first = ", .x)"), problemOf(R"(.first = "\)"), problemOf(".first = {{, .x"),
                                           problemOf(".first = ,"), problemOf(",,,"), problemOf("'")}) {
        EXPECT_EQ(problem, AttributeProblem::None);
    }
}

}  // namespace
}  // namespace patchbay::detail
