// Which template serves a path.   Source: Jakarta WebSocket §3.1.1

#include "endpoint/PathRouter.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace patchbay::endpoint {
namespace {

using testing::ElementsAre, testing::IsEmpty;

PathRouter routerOf(const std::vector<std::string>& templates) {
    PathRouter router;
    for (std::size_t i = 0; i < templates.size(); ++i) {
        EXPECT_EQ(router.add(templates[i], i), std::nullopt) << templates[i];
    }
    return router;
}

/// The template that serves `path`; "none" when none does.
std::string serves(const std::vector<std::string>& templates, std::string_view path) {
    const auto match = routerOf(templates).match(path);
    return match ? templates[match->target] : "none";
}

std::vector<std::string> valuesOf(const std::string& pathTemplate, std::string_view path) {
    const auto match = routerOf({pathTemplate}).match(path);
    return match ? match->values : std::vector<std::string>{"none"};
}

/// The three-level template of a bit pattern: bit 2 is the first level, set for a variable.
std::string templateOf(int pattern) {
    std::string text;
    const char* const exact[] = {"/a", "/b", "/c"};
    const char* const variable[] = {"/{x}", "/{y}", "/{z}"};
    for (int level = 0; level < 3; ++level) text += ((pattern >> (2 - level)) & 1 ? variable : exact)[level];
    return text;
}

// With the first level as the highest bit, "from left to right an exact segment beats a variable" is: the lower number.
TEST(PathMatching, OfEveryPairOfThreeLevelTemplatesTheOneThatIsExactFurtherLeftWins) {
    for (int one = 0; one < 8; ++one) {
        for (int other = 0; other < 8; ++other) {
            if (one == other) continue;
            EXPECT_EQ(serves({templateOf(one), templateOf(other)}, "/a/b/c"), templateOf(std::min(one, other)))
                << templateOf(one) << " and " << templateOf(other);
        }
    }
}

// Whatever the path differs in, of each pair that one serves it whose exact segments it has, from left to right.
TEST(PathMatching, OfEveryPairOnlyTemplatesWhoseExactSegmentsAreThereServe) {
    for (int one = 0; one < 8; ++one) {
        for (int other = 0; other < 8; ++other) {
            for (int differs = 0; differs < 8; ++differs) {
                if (one == other) continue;
                std::string path;
                for (int level = 0; level < 3; ++level) {
                    path += '/';
                    path += (differs >> (2 - level)) & 1 ? 'q' : static_cast<char>('a' + level);
                }
                const auto fits = [&](int pattern) { return (differs & ~pattern) == 0; };
                const int best = fits(one) && fits(other) ? std::min(one, other) : fits(one) ? one : other;
                const std::string expected = fits(one) || fits(other) ? templateOf(best) : "none";
                EXPECT_EQ(serves({templateOf(one), templateOf(other)}, path), expected)
                    << templateOf(one) << " and " << templateOf(other) << " for " << path;
            }
        }
    }
}

TEST(PathMatching, AllEightTemplatesLiveTogether) {
    std::vector<std::string> all;
    for (int pattern = 0; pattern < 8; ++pattern) all.push_back(templateOf(pattern));
    EXPECT_EQ(serves(all, "/a/b/c"), "/a/b/c");
    EXPECT_EQ(serves(all, "/a/b/q"), "/a/b/{z}");
    EXPECT_EQ(serves(all, "/a/q/c"), "/a/{y}/c");
    EXPECT_EQ(serves(all, "/a/q/q"), "/a/{y}/{z}");
    EXPECT_EQ(serves(all, "/q/b/c"), "/{x}/b/c");
    EXPECT_EQ(serves(all, "/q/q/q"), "/{x}/{y}/{z}");
}

// The specification's own example.
TEST(PathMatching, BdGoesToBVAndNotToVD) { EXPECT_EQ(serves({"/{v}/d", "/b/{v}"}, "/b/d"), "/b/{v}"); }

TEST(PathMatching, WhereTheExactWayLeadsNowhereTheVariableIsTried) {
    EXPECT_EQ(serves({"/a/b", "/{x}/c"}, "/a/c"), "/{x}/c");
    EXPECT_EQ(serves({"/a/b/c", "/a/{y}/d", "/{x}/b/e"}, "/a/b/e"), "/{x}/b/e");
    EXPECT_EQ(serves({"/a/b/c", "/a/{y}/d", "/{x}/b/e"}, "/a/b/d"), "/a/{y}/d");
    EXPECT_EQ(serves({"/a/b/c", "/a/{y}/d", "/{x}/b/e"}, "/a/b/f"), "none");
}

TEST(PathMatching, AWayThatLedNowhereLeavesNoValuesBehind) {
    const auto match = routerOf({"/{x}/{y}/c", "/{p}/b/d"}).match("/1/b/d");
    ASSERT_TRUE(match);
    EXPECT_EQ(match->target, 1U);
    EXPECT_THAT(match->values, ElementsAre("1"));
}

TEST(PathMatching, SegmentCountsMustBeEqual) {
    EXPECT_EQ(serves({"/a/{x}"}, "/a"), "none");
    EXPECT_EQ(serves({"/a/{x}"}, "/a/b/c"), "none");
    EXPECT_EQ(serves({"/{x}"}, "/"), "none");
}

TEST(PathMatching, ATrailingSlashMatters) {
    EXPECT_EQ(serves({"/a"}, "/a/"), "none");
    EXPECT_EQ(serves({"/a/"}, "/a"), "none");
    EXPECT_EQ(serves({"/a", "/a/"}, "/a/"), "/a/");
    EXPECT_EQ(serves({"/a", "/a/"}, "/a"), "/a");
    EXPECT_EQ(serves({"/{x}/"}, "/a/"), "/{x}/");
    EXPECT_EQ(serves({"/a/{x}"}, "/a/"), "none");  // a variable stands for something
}

TEST(PathMatching, TheRootIsAPathOfItsOwn) {
    EXPECT_EQ(serves({"/"}, "/"), "/");
    EXPECT_EQ(serves({"/"}, "/a"), "none");
    EXPECT_EQ(serves({"/"}, ""), "none");
    EXPECT_EQ(serves({"/"}, "a"), "none");
}

TEST(PathMatching, LettersAreComparedAsTheyAre) { EXPECT_EQ(serves({"/Chat"}, "/chat"), "none"); }

TEST(PathValues, AreDecodedAndInOrder) {
    EXPECT_THAT(valuesOf("/{a}/x/{b}", "/1/x/2"), ElementsAre("1", "2"));
    EXPECT_THAT(valuesOf("/{a}", "/caf%C3%A9%20au%20lait"), ElementsAre("caf\xc3\xa9 au lait"));
    EXPECT_THAT(valuesOf("/{a}", "/a+b"), ElementsAre("a+b"));  // '+' is a space in queries only
    EXPECT_THAT(valuesOf("/x", "/x"), IsEmpty());
}

TEST(PathValues, AnEscapedSlashIsPartOfItsSegment) {
    EXPECT_THAT(valuesOf("/{a}", "/1%2F2"), ElementsAre("1/2"));
    EXPECT_THAT(valuesOf("/{a}/{b}", "/1%2F2"), ElementsAre("none"));
}

TEST(PathMatching, ExactSegmentsAreComparedDecoded) {
    EXPECT_EQ(serves({"/chat"}, "/%63hat"), "/chat");
    EXPECT_EQ(serves({"/gr\xc3\xbc\xc3\x9f\x65"}, "/gr%c3%bc%C3%9Fe"), "/gr\xc3\xbc\xc3\x9f\x65");
}

TEST(PathMatching, DotSegmentsAreRefusedEscapedOrNot) {
    for (const char* path : {"/.", "/..", "/a/../b", "/%2e%2E", "/.%2e", "/a/.", "/%2e"}) {
        EXPECT_EQ(serves({"/{x}", "/{x}/{y}", "/{x}/{y}/{z}", "/b"}, path), "none") << path;
    }
    EXPECT_EQ(serves({"/{x}"}, "/..."), "/{x}");
}

TEST(PathMatching, APercentSignBeforeNoEscapeStandsForItself) {
    for (const char* path : {"/%", "/%2", "/%zz", "/a%", "/%0"}) EXPECT_EQ(serves({"/{x}"}, path), "/{x}") << path;
    EXPECT_EQ(serves({"/100%"}, "/100%25"), "/100%");
}

TEST(PathMatching, ControlsAndWhatIsNoTextAreRefused) {
    for (const char* path : {"/%00", "/%0a", "/%7F", "/%ff", "/%C3"}) {
        EXPECT_EQ(serves({"/{x}"}, path), "none") << path;
    }
}

TEST(PathMatching, EmptySegmentsMatchNothing) {
    EXPECT_EQ(serves({"/", "/{x}", "/{x}/{y}", "/a"}, "//"), "none");
    EXPECT_EQ(serves({"/", "/{x}", "/{x}/{y}", "/a"}, "//a"), "none");
}

TEST(PathMatching, APathOfVeryManySegmentsMatchesNothingAndEndsAtOnce) {
    std::string path;
    for (int i = 0; i < 100000; ++i) path += "/a";
    EXPECT_EQ(serves({"/{x}", "/{x}/{y}"}, path), "none");
}

TEST(PathRest, TakesWhatFollowsTheLastSlashOfItsTemplate) {
    EXPECT_THAT(valuesOf("/files/{path...}", "/files/a/b.txt"), ElementsAre("a/b.txt"));
    EXPECT_THAT(valuesOf("/files/{path...}", "/files/"), ElementsAre(""));
    EXPECT_THAT(valuesOf("/files/{path...}", "/files"), ElementsAre("none"));
    EXPECT_THAT(valuesOf("/{user}/{path...}", "/ann/a/b/"), ElementsAre("ann", "a/b/"));
    EXPECT_THAT(valuesOf("/{path...}", "/"), ElementsAre(""));
    EXPECT_THAT(valuesOf("/{path...}", "//a"), ElementsAre("/a"));
}

TEST(PathRest, IsDecodedAndHasNoSlashesButThoseOfThePath) {
    EXPECT_THAT(valuesOf("/{path...}", "/caf%C3%A9/%31"), ElementsAre("caf\xc3\xa9/1"));
    for (const char* path : {"/a%2Fb", "/a/b%2f", "/a/../b", "/a/%2e%2e/b", "/a%00"})
        EXPECT_THAT(valuesOf("/{path...}", path), ElementsAre("none")) << path;
}

TEST(PathRest, IsTriedWhenNothingElseLeadsAnywhere) {
    const std::vector<std::string> templates{"/{path...}", "/a/{path...}", "/a/{x}", "/a/b", "/{x}/c/d"};
    EXPECT_EQ(serves(templates, "/a/b"), "/a/b");
    EXPECT_EQ(serves(templates, "/a/c"), "/a/{x}");
    EXPECT_EQ(serves(templates, "/a/c/d/e"), "/a/{path...}");
    EXPECT_EQ(serves(templates, "/a/c/d"), "/a/{path...}");  // what is exact further left wins
    EXPECT_EQ(serves(templates, "/b/c/d"), "/{x}/c/d");
    EXPECT_EQ(serves(templates, "/b/c/e"), "/{path...}");
}

TEST(PathRest, AWayThatLedNowhereLeavesNoValuesBehind) {
    const auto match = routerOf({"/{x}/{y}/c", "/{path...}"}).match("/a/b/d");
    ASSERT_TRUE(match);
    EXPECT_THAT(match->values, ElementsAre("a/b/d"));
}

TEST(PathDeployment, ARestAndATemplateLiveTogetherAndTwoRestsDoNot) {
    PathRouter router;
    EXPECT_EQ(router.add("/a/{x...}", 1), std::nullopt);
    EXPECT_EQ(router.add("/a/{y...}", 2), 1U);
    EXPECT_EQ(router.add("/a/", 3), std::nullopt);
    EXPECT_EQ(router.match("/a/")->target, 3U);
}

TEST(PathDeployment, TheSameTemplateTwiceIsRefusedWithTheTargetThatHasIt) {
    PathRouter router;
    EXPECT_EQ(router.add("/chat/{room}", 7), std::nullopt);
    EXPECT_EQ(router.add("/chat/{room}", 8), 7U);
    EXPECT_EQ(router.match("/chat/x")->target, 7U);
}

TEST(PathDeployment, TemplatesThatMatchTheSamePathsAreEquivalent) {
    PathRouter router;
    EXPECT_EQ(router.add("/a/{x}/c", 1), std::nullopt);
    EXPECT_EQ(router.add("/a/{y}/c", 2), 1U);
    EXPECT_EQ(router.add("/a/{x}/{y}", 3), std::nullopt);
    EXPECT_EQ(router.add("/a/{y}/{x}", 4), 3U);
    EXPECT_EQ(router.add("/a/{x}/c/", 5), std::nullopt);
    EXPECT_EQ(router.add("/a", 6), std::nullopt);
}

}  // namespace
}  // namespace patchbay::endpoint
