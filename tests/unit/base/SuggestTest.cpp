#include "base/Suggest.hpp"

#include <gtest/gtest.h>

#include <array>

namespace patchbay {
namespace {

constexpr std::array<std::string_view, 3> kKnown{"workers", "listen", "loops"};

TEST(Suggest, TheNearestNameWithinAThirdOfTheLetters) {
    EXPECT_EQ(nearest("workres", kKnown), "workers");
    EXPECT_EQ(nearest("Listen", kKnown), "listen");
    EXPECT_EQ(nearest("loop", kKnown), "loops");
    EXPECT_EQ(nearest("threads", kKnown), "");
    EXPECT_EQ(nearest("", kKnown), "");
}

TEST(Suggest, AVeryLongWordIsNotCompared) { EXPECT_EQ(nearest(std::string(100'000, 'l'), kKnown), ""); }

TEST(Suggest, NamesTheNearOneOrElseAllOrElseNothing) {
    EXPECT_EQ(suggestion("lopps", kKnown), " — did you mean \"loops\"?");
    EXPECT_EQ(suggestion("threads", kKnown), " (known: workers, listen, loops)");
    EXPECT_EQ(suggestion("threads", {}), "");
}

}  // namespace
}  // namespace patchbay
