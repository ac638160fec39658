// Level-1 path templates.   Source: Jakarta WebSocket §3.1.1

#include <patchbay/detail/PathTemplate.hpp>

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace patchbay::detail {
namespace {

static_assert(checkPath("/chat/{room}") == PathProblem::None, "it is checked when compiling");
static_assert(variableIndex("/{a}/x/{b}", "b") == 1);

struct Row {
    std::string_view path;
    PathProblem problem;

    friend std::ostream& operator<<(std::ostream& out, const Row& row) { return out << '\'' << row.path << '\''; }
};

const Row kRows[] = {
    {"/", PathProblem::None},
    {"/chat", PathProblem::None},
    {"/chat/", PathProblem::None},
    {"/{room}", PathProblem::None},
    {"/{room}/", PathProblem::None},
    {"/{a}/{b}/{c}", PathProblem::None},
    {"/{_a-b.c9}", PathProblem::None},
    {"/a.b/..c/c..", PathProblem::None},
    {"/gr\xc3\xbc\xc3\x9f""e", PathProblem::None},
    {"/~user/!$&'()*+,;=:@", PathProblem::None},
    {"", PathProblem::NoLeadingSlash},
    {"chat", PathProblem::NoLeadingSlash},
    {"{room}", PathProblem::NoLeadingSlash},
    {"//", PathProblem::EmptySegment},
    {"/a//b", PathProblem::EmptySegment},
    {"/a//", PathProblem::EmptySegment},
    {"/.", PathProblem::DotSegment},
    {"/a/./b", PathProblem::DotSegment},
    {"/a/../b", PathProblem::DotSegment},
    {"/a/..", PathProblem::DotSegment},
    {"/{}", PathProblem::BadVariable},
    {"/{", PathProblem::BadVariable},
    {"/}", PathProblem::BadVariable},
    {"/{a", PathProblem::BadVariable},
    {"/a}", PathProblem::BadVariable},
    {"/a{b}", PathProblem::BadVariable},
    {"/{a}b", PathProblem::BadVariable},
    {"/{a}{b}", PathProblem::BadVariable},
    {"/{a{b}}", PathProblem::BadVariable},
    {"/{9}", PathProblem::BadVariable},
    {"/{a,b}", PathProblem::BadVariable},
    {"/{+a}", PathProblem::BadVariable},
    {"/{a*}", PathProblem::BadVariable},
    {"/{a}/{a}", PathProblem::VariableTwice},
    {"/{a}/b/{c}/{a}", PathProblem::VariableTwice},
    {"/a?b=c", PathProblem::BadCharacter},
    {"/a#b", PathProblem::BadCharacter},
    {"/a%20b", PathProblem::BadCharacter},
    {"/a b", PathProblem::BadCharacter},
    {"/a\n", PathProblem::BadCharacter},
    {"/a\x7f", PathProblem::BadCharacter},
};

class PathTemplate : public testing::TestWithParam<Row> {};

TEST_P(PathTemplate, HasTheProblemThatItHas) {
    EXPECT_EQ(checkPath(GetParam().path), GetParam().problem) << GetParam().path;
}

INSTANTIATE_TEST_SUITE_P(Table, PathTemplate, testing::ValuesIn(kRows));

TEST(PathTemplateRest, IsARoutesLastSegmentOnly) {
    EXPECT_EQ(checkPath("/{path...}", Rest::Last), PathProblem::None);
    EXPECT_EQ(checkPath("/files/{user}/{path...}", Rest::Last), PathProblem::None);
    EXPECT_EQ(checkPath("/files/{path...}"), PathProblem::BadVariable);
    for (const char* path : {"/{path...}/a", "/{path...}/", "/{...}", "/a{path...}", "/{9...}", "/{path...}...}"})
        EXPECT_NE(checkPath(path, Rest::Last), PathProblem::None) << path;
    EXPECT_EQ(checkPath("/{a}/{a...}", Rest::Last), PathProblem::VariableTwice);
    EXPECT_EQ(variableIndex("/{a}/{path...}", "path"), 1);
}

TEST(PathTemplateVariables, CountFromLeftToRight) {
    EXPECT_EQ(variableIndex("/{a}/x/{b}/", "a"), 0);
    EXPECT_EQ(variableIndex("/{a}/x/{b}/", "b"), 1);
    EXPECT_EQ(variableIndex("/{a}/x/{b}/", "x"), -1);
    EXPECT_EQ(variableIndex("/", ""), -1);
}

TEST(PathTemplateVariables, ATrailingSlashIsAnEmptyLastSegment) {
    const auto segments = [](std::string_view path) {
        std::vector<std::string> all;
        forEachSegment(path, [&](std::string_view segment) { all.emplace_back(segment); });
        return all;
    };
    EXPECT_EQ(segments("/"), (std::vector<std::string>{""}));
    EXPECT_EQ(segments("/a/b"), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(segments("/a/b/"), (std::vector<std::string>{"a", "b", ""}));
}

TEST(PathTemplateProblems, EachHasItsWords) {
    std::vector<std::string_view> words;
    for (int i = 0; i <= static_cast<int>(PathProblem::BadCharacter); ++i) {
        const auto text = describe(static_cast<PathProblem>(i));
        for (const auto other : words) EXPECT_NE(text, other);
        words.push_back(text);
    }
}

}  // namespace
}  // namespace patchbay::detail
