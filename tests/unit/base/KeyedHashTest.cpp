// SipHash-1-3. The expected values are those of the reference implementation (and of Rust's), with its key of 0 to 15.
#include "base/KeyedHash.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace patchbay {
namespace {

constexpr HashKey kReference{0x0706050403020100, 0x0F0E0D0C0B0A0908};

TEST(KeyedHash, IsSipHash13) {
    const std::pair<std::size_t, std::uint64_t> rows[] = {
        {0, 0xabac0158050fc4dc}, {1, 0xc9f49bf37d57ca93},  {7, 0xd3927d989bb11140},  {8, 0x369095118d299a8e},
        {15, 0xd320d86d2a519956}, {16, 0xcc4fdd1a7d908b66}, {63, 0x9d199062b7bbb3a8}};
    for (const auto& [size, hash] : rows) {
        std::string text;
        for (std::size_t i = 0; i < size; ++i) text += static_cast<char>(i);
        EXPECT_EQ(keyedHash(text, kReference), hash) << size;
    }
}

TEST(KeyedHash, GoesByTheKey) {
    EXPECT_NE(keyedHash("lobby", kReference), keyedHash("lobby", {1, 2}));
    EXPECT_NE(hashKey().first, 0u);
    EXPECT_EQ(&hashKey(), &hashKey());
    EXPECT_EQ(KeyedTextHash{}("lobby"), keyedHash("lobby", hashKey()));
}

}  // namespace
}  // namespace patchbay
