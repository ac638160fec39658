// Which library code belongs to, and what keeps it mapped.

#include "base/Images.hpp"

#include <patchbay/task.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <thread>

namespace patchbay::test {
namespace {

using detail::ImagePin;

const void* at(std::uintptr_t address) { return reinterpret_cast<const void*>(address); }

TEST(Images, AreFoundByAnyAddressInThem) {
    detail::Image* const one = images::add("one", {{0x1000, 0x2000}, {0x5000, 0x6000}});
    detail::Image* const two = images::add("two", {{0x2000, 0x3000}});
    EXPECT_EQ(detail::imageOf(at(0xfff)), nullptr);
    EXPECT_EQ(detail::imageOf(at(0x1000)), one);
    EXPECT_EQ(detail::imageOf(at(0x5fff)), one);
    EXPECT_EQ(detail::imageOf(at(0x2000)), two);
    EXPECT_EQ(detail::imageOf(at(0x3000)), nullptr);
    EXPECT_EQ(images::nameOf(*two), "two");
    EXPECT_TRUE(images::close(*one));
    EXPECT_EQ(images::remove(*one), 1);
    EXPECT_EQ(detail::imageOf(at(0x1000)), nullptr);
    EXPECT_EQ(detail::imageOf(at(0x2000)), two);
    images::open(*two);
    EXPECT_FALSE(images::close(*two)) << "another has it open";
    EXPECT_TRUE(images::close(*two));
    EXPECT_EQ(images::remove(*two), 2);
}

TEST(Images, ArePinnedByEachPinUntilItGoes) {
    detail::Image* const image = images::add("pinned", {{0x1000, 0x2000}});
    {
        ImagePin first{image};
        const ImagePin second = first;
        ImagePin third = std::move(first);
        EXPECT_EQ(images::pins(*image), 2u);
        third = ImagePin{};
        EXPECT_EQ(images::pins(*image), 1u);
    }
    EXPECT_EQ(images::pins(*image), 0u);
    EXPECT_TRUE(images::close(*image));
    EXPECT_EQ(images::remove(*image), 1);
}

TEST(Images, AreWaitedForUntilTheirLastPinGoes) {
    using Clock = std::chrono::steady_clock;
    detail::Image* const image = images::add("waited for", {{0x1000, 0x2000}});
    EXPECT_TRUE(images::waitUntilUnpinned(*image, Clock::now()));
    auto pin = std::make_unique<ImagePin>(image);
    EXPECT_FALSE(images::waitUntilUnpinned(*image, Clock::now() + std::chrono::milliseconds{1}));
    std::thread other{[&] { pin.reset(); }};
    EXPECT_TRUE(images::waitUntilUnpinned(*image, Clock::now() + std::chrono::hours{1}));
    other.join();
    EXPECT_TRUE(images::close(*image));
    EXPECT_EQ(images::remove(*image), 1);
}

TEST(Images, StayWhereSomebodyOpensThemAgainOrPinsThem) {
    detail::Image* const image = images::add("opened again", {{0x1000, 0x2000}});
    EXPECT_EQ(images::remove(*image), 0) << "it is open";
    EXPECT_TRUE(images::close(*image));
    images::open(*image);
    EXPECT_EQ(images::remove(*image), 0) << "again";
    EXPECT_TRUE(images::close(*image));
    {
        const ImagePin pin{image};
        EXPECT_EQ(images::remove(*image), 0);
    }
    EXPECT_EQ(detail::imageOf(at(0x1000)), image);
    EXPECT_EQ(images::remove(*image), 2);
    EXPECT_EQ(detail::imageOf(at(0x1000)), nullptr);
}

TEST(Images, ThisProgramIsNoneThatIsEverUnmapped) { EXPECT_EQ(detail::thisImage().image(), nullptr); }

}  // namespace
}  // namespace patchbay::test
