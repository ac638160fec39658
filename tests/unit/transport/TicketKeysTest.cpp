#include "transport/TicketKeys.hpp"

#include <gtest/gtest.h>

namespace patchbay::transport {
namespace {

using namespace std::chrono_literals;

class TicketKeysTest : public testing::Test {
protected:
    TicketKeys::Key sealing(std::chrono::nanoseconds age) { return keys.sealing(start + age).value(); }
    /// "current", "renew" or "unknown".
    std::string opening(const TicketKeys::Key& key, std::chrono::nanoseconds age) {
        const auto found = keys.opening(key.name.data(), start + age);
        if (!found) return "unknown";
        EXPECT_EQ(found->key.cipher, key.cipher);
        EXPECT_EQ(found->key.mac, key.mac);
        return found->isCurrent ? "current" : "renew";
    }

    const TicketKeys::Time start{1000h};
    TicketKeys keys;
};

TEST_F(TicketKeysTest, AKeySealsForAnHour) {
    const auto first = sealing(0s);
    EXPECT_EQ(sealing(1h - 1ns).name, first.name);
    const auto second = sealing(1h);
    EXPECT_NE(second.name, first.name);
    EXPECT_NE(second.cipher, first.cipher);
    EXPECT_NE(second.mac, first.mac);
    EXPECT_EQ(sealing(2h - 1ns).name, second.name);
}

TEST_F(TicketKeysTest, AKeyOpensForOneHourMoreAndIsForgotten) {
    const auto first = sealing(0s);
    EXPECT_EQ(opening(first, 1h - 1ns), "current");
    EXPECT_EQ(opening(first, 1h), "renew");
    sealing(90min);
    EXPECT_EQ(opening(first, 2h - 1ns), "renew");
    EXPECT_EQ(opening(first, 2h), "unknown");
}

TEST_F(TicketKeysTest, AfterALongSilenceNothingOldIsOpened) {
    const auto first = sealing(0s);
    EXPECT_EQ(opening(first, 100h), "unknown");
    EXPECT_NE(sealing(100h).name, first.name);
}

TEST_F(TicketKeysTest, OthersKeysAreUnknown) {
    sealing(0s);
    EXPECT_EQ(opening(TicketKeys{}.sealing(start).value(), 0s), "unknown");
    EXPECT_EQ(opening(TicketKeys::Key{}, 0s), "unknown") << "also before there is a previous one";
}

}  // namespace
}  // namespace patchbay::transport
