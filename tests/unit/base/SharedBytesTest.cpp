#include "base/SharedBytes.hpp"

#include <gtest/gtest.h>

namespace patchbay {
namespace {

TEST(SharedBytes, HoldTheHeadAndThenTheBody) {
    const SharedBytes both = SharedBytes::concat(asBytes("head "), asBytes("body"));
    EXPECT_EQ(asText(both.bytes()), "head body");
    EXPECT_EQ(both.size(), 9u);
}

TEST(SharedBytes, ACopyIsTheSameMemoryAndOutlivesTheOriginal) {
    SharedBytes original = SharedBytes::concat({}, asBytes("x"));
    const SharedBytes copy = original;
    EXPECT_EQ(copy.bytes().data(), original.bytes().data());
    original = {};
    EXPECT_EQ(asText(copy.bytes()), "x");
}

TEST(SharedBytes, NoneAreEmptyAndFalseButNoBytesAreTrue) {
    EXPECT_FALSE(SharedBytes{});
    EXPECT_TRUE(SharedBytes{}.bytes().empty());
    EXPECT_TRUE(SharedBytes::concat({}, {}));
}

}  // namespace
}  // namespace patchbay
