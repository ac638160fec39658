// Entity tags and ranges.   Source: RFC 9110 §8.8.3, §14.1.2
#include "ByteRange.hpp"
#include "EntityTag.hpp"

#include <gtest/gtest.h>

namespace patchbay::web {
namespace {

struct Tags {
    const char *list, *tag;
    bool strong, weak;
};
class EntityTags : public testing::TestWithParam<Tags> {};

TEST_P(EntityTags, Match) {
    const auto& [list, tag, strong, weak] = GetParam();
    EXPECT_EQ(matches(list, tag, Comparison::Strong), strong) << list << " and " << tag;
    EXPECT_EQ(matches(list, tag, Comparison::Weak), weak) << list << " and " << tag;
}

INSTANTIATE_TEST_SUITE_P(
    OfTheRfc, EntityTags,
    testing::Values(Tags{R"(W/"1")", R"(W/"1")", false, true}, Tags{R"(W/"1")", R"(W/"2")", false, false},
                    Tags{R"(W/"1")", R"("1")", false, true}, Tags{R"("1")", R"("1")", true, true}));
INSTANTIATE_TEST_SUITE_P(
    InLists, EntityTags,
    testing::Values(Tags{"*", R"("1")", true, true}, Tags{"", R"("1")", false, false},
                    Tags{R"("a", "b" ,"1")", R"("1")", true, true}, Tags{R"(,, "1",)", R"("1")", true, true},
                    Tags{R"("a,b", "1")", R"("1")", true, true}, Tags{R"("a,b")", R"("b")", false, false},
                    Tags{R"("")", R"("")", true, true}, Tags{R"("1" "2")", R"("2")", false, false},
                    Tags{R"(1)", R"("1")", false, false}, Tags{R"("1)", R"("1")", false, false},
                    Tags{R"(w/"1")", R"("1")", false, false}, Tags{R"("a b", "1")", R"("1")", false, false},
                    Tags{R"("x", *)", R"("1")", false, false}, Tags{R"(bad, "1")", R"("1")", false, false}));

struct Cut {
    const char* field;
    std::uint64_t size;
    ByteRange range;
};
class ByteRanges : public testing::TestWithParam<Cut> {};

TEST_P(ByteRanges, AreCut) { EXPECT_EQ(parseRange(GetParam().field, GetParam().size), GetParam().range) << GetParam().field; }

constexpr ByteRange part(std::uint64_t first, std::uint64_t length) { return {ByteRange::Kind::Part, first, length}; }
constexpr ByteRange kWhole{};
constexpr ByteRange kNone{ByteRange::Kind::Unsatisfiable};

INSTANTIATE_TEST_SUITE_P(
    OfTheRfc, ByteRanges,
    testing::Values(Cut{"bytes=0-499", 10'000, part(0, 500)}, Cut{"bytes=500-999", 10'000, part(500, 500)},
                    Cut{"bytes=-500", 10'000, part(9'500, 500)}, Cut{"bytes=9500-", 10'000, part(9'500, 500)},
                    Cut{"bytes=0-0,-1", 10'000, kWhole}));
INSTANTIATE_TEST_SUITE_P(
    AtTheirEdges, ByteRanges,
    testing::Values(Cut{"bytes=0-", 1, part(0, 1)}, Cut{"bytes=0-0", 1, part(0, 1)}, Cut{"bytes=1-", 1, kNone},
                    Cut{"bytes=1-1", 1, kNone}, Cut{"bytes=9-20", 10, part(9, 1)}, Cut{"bytes=10-20", 10, kNone},
                    Cut{"bytes=-0", 10, kNone}, Cut{"bytes=-10", 10, part(0, 10)}, Cut{"bytes=-11", 10, part(0, 10)},
                    Cut{"bytes=0-", 0, kNone}, Cut{"bytes=-1", 0, kWhole}, Cut{"bytes=5-4", 10, kWhole},
                    Cut{"bytes=0-18446744073709551616", 10, part(0, 10)}, Cut{"bytes=18446744073709551616-", 10, kNone},
                    Cut{"bytes=-99999999999999999999999", 10, part(0, 10)}, Cut{"BYTES=2-3", 10, part(2, 2)},
                    Cut{"bytes=, 2-3 ,", 10, part(2, 2)}));
INSTANTIATE_TEST_SUITE_P(
    ThatAreNone, ByteRanges,
    testing::Values(Cut{"", 10, kWhole}, Cut{"bytes", 10, kWhole}, Cut{"bytes=", 10, kWhole}, Cut{"bytes=-", 10, kWhole},
                    Cut{"bytes=5", 10, kWhole}, Cut{"bytes=a-5", 10, kWhole}, Cut{"bytes=0-b", 10, kWhole},
                    Cut{"bytes=+1-2", 10, kWhole}, Cut{"bytes=0 -2", 10, kWhole}, Cut{"bytes=0--2", 10, kWhole},
                    Cut{"bytes =0-2", 10, kWhole}, Cut{"lines=0-2", 10, kWhole}, Cut{"bytes=0-2, bytes=3-4", 10, kWhole},
                    Cut{"bytes=--5", 10, kWhole}));

}  // namespace
}  // namespace patchbay::web
