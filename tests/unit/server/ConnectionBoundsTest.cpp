#include "server/ConnectionBounds.hpp"

#include <gtest/gtest.h>

namespace patchbay::server {
namespace {

TEST(ConnectionBounds, LeaveDescriptorsForEverythingElseAndForThoseWhoHear503) {
    const ConnectionBounds bounds = connectionBounds(0, 1024, 20);
    EXPECT_EQ(bounds.most, 1024U - 20 - 64);
    EXPECT_LE(bounds.hardMark, 1024U - 20 - 32) << "a descriptor for each newcomer, and some for files";
    EXPECT_GT(bounds.hardMark, bounds.most);
}

TEST(ConnectionBounds, AreWhatIsWantedWhereThereAreDescriptors) {
    const ConnectionBounds bounds = connectionBounds(10, 1024, 20);
    EXPECT_EQ(bounds.most, 10U);
    EXPECT_EQ(bounds.hardMark, 26U);
}

TEST(ConnectionBounds, OfAWishThatIsTooLargeAreWhatIsPossible) {
    EXPECT_EQ(connectionBounds(940, 1024, 20).most, 940U);
    EXPECT_EQ(connectionBounds(941, 1024, 20).most, 940U);
}

TEST(ConnectionBounds, KeepBackNoMoreThanAFewWhereThereIsMuch) {
    EXPECT_EQ(connectionBounds(0, 1'000'000, 20).most, 1'000'000U - 20 - 1024);
}

TEST(ConnectionBounds, AreSomeAlsoWhereNothingIsLeft) {
    EXPECT_EQ(connectionBounds(0, 50, 60).most, 8U);
}

}  // namespace
}  // namespace patchbay::server
