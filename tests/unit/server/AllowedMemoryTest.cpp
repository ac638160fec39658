#include "server/AllowedMemory.hpp"

#include "support/Certificate.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace patchbay::server {
namespace {

namespace fs = std::filesystem;

class ControlGroups : public ::testing::Test {
protected:
    void limit(const char* group, const char* text) {
        fs::create_directories(groups / group);
        std::ofstream{groups / group / "memory.max"} << text << "\n";
    }
    const test::TemporaryFolder folder;
    const fs::path groups = folder.path();
};

TEST_F(ControlGroups, LimitAProcessByTheLeastOfItsOwnAndThoseAbove) {
    limit("system.slice", "500000000");
    limit("system.slice/chat.service", "max");
    EXPECT_EQ(memoryOfGroups(groups, "0::/system.slice/chat.service\n"), 500'000'000U);
    limit("system.slice/chat.service", "300000000");
    EXPECT_EQ(memoryOfGroups(groups, "0::/system.slice/chat.service\n"), 300'000'000U);
    EXPECT_EQ(memoryOfGroups(groups, "0::/system.slice/other.service\n"), 500'000'000U);
    EXPECT_EQ(memoryOfGroups(groups, "4:memory:/x\n0::/system.slice\n"), 500'000'000U) << "among older ones";
}

TEST_F(ControlGroups, OfAContainerAreAtTheRoot) {
    limit("", "200000000");
    EXPECT_EQ(memoryOfGroups(groups, "0::/\n"), 200'000'000U);
}

TEST_F(ControlGroups, ThatSayNothingAreNoLimit) {
    limit("user.slice", "max");
    EXPECT_EQ(memoryOfGroups(groups, "0::/user.slice\n"), std::nullopt);
    EXPECT_EQ(memoryOfGroups(groups, "0::/gone\n"), std::nullopt);
    EXPECT_EQ(memoryOfGroups(groups, ""), std::nullopt);
    EXPECT_EQ(memoryOfGroups(groups, "4:memory:/x\n"), std::nullopt);
}

TEST(MemoryBudgetOfAServer, IsWhatIsWantedOrHalfOfWhatTheProcessMayHave) {
    EXPECT_EQ(memoryBudget(Size{0}), 0U);
    EXPECT_EQ(memoryBudget(64_MiB), std::size_t{64} << 20);
    EXPECT_EQ(memoryBudget(std::nullopt), std::max(allowedMemory() / 2, std::size_t{16} << 20));
}

}  // namespace
}  // namespace patchbay::server
