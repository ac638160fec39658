// Boundaries of RFC 6455 §5.2; the bytes are those of its examples in §5.7.

#include "wire/Frames.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

namespace bench {
namespace {

std::vector<std::byte> bytes(std::initializer_list<int> values) {
    std::vector<std::byte> all;
    for (const int value : values) all.push_back(static_cast<std::byte>(value));
    return all;
}

TEST(Frames, TheHeadersOfTheExamplesAreRead) {
    const auto hello = readHeader(bytes({0x81, 0x05, 0x48}));
    ASSERT_TRUE(hello);
    EXPECT_EQ(hello->first, kFinalText);
    EXPECT_EQ(hello->frameBytes(), 7U);
    EXPECT_FALSE(hello->masked);
    const auto masked = readHeader(bytes({0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d}));
    ASSERT_TRUE(masked);
    EXPECT_TRUE(masked->masked);
    EXPECT_EQ(masked->headerBytes, 6U);
    EXPECT_EQ(readHeader(bytes({0x82, 0x7e, 0x01, 0x00}))->payloadBytes, 256U);
    EXPECT_EQ(readHeader(bytes({0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0}))->payloadBytes, 65536U);
}

TEST(Frames, AHeaderIsNoneUntilItsLastByteIsThere) {
    for (const auto& whole : {bytes({0x81, 0x85, 1, 2, 3, 4}), bytes({0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0})}) {
        for (std::size_t size = 0; size < whole.size(); ++size)
            EXPECT_FALSE(readHeader(std::span{whole}.first(size))) << size;
        EXPECT_TRUE(readHeader(whole));
    }
}

TEST(Frames, LengthsAreWrittenInTheShortestForm) {
    std::array<std::byte, kLongestHeader> room{};
    for (const auto& [payload, header] :
         {std::pair<std::size_t, std::size_t>{0, 2}, {125, 2}, {126, 4}, {65535, 4}, {65536, 10}}) {
        EXPECT_EQ(writeHeader(room.data(), kFinalBinary, payload), header);
        EXPECT_EQ(readHeader(room)->payloadBytes, payload);
        EXPECT_EQ(readHeader(room)->headerBytes, header);
    }
}

TEST(Frames, TheMaskedExampleUnmasksInPlace) {
    auto payload = bytes({0x7f, 0x9f, 0x4d, 0x51, 0x58});
    applyMask(payload.data(), payload.data(), payload.size(),
              {std::byte{0x37}, std::byte{0xfa}, std::byte{0x21}, std::byte{0x3d}});
    EXPECT_EQ(payload, bytes({'H', 'e', 'l', 'l', 'o'}));
}

TEST(Frames, MaskingTwiceChangesNothingWhateverTheLength) {
    for (std::size_t size = 0; size < 100; ++size) {
        std::vector<std::byte> payload(size, std::byte{0x5a}), masked(size);
        const Mask mask{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
        applyMask(masked.data(), payload.data(), size, mask);
        for (std::size_t index = 0; index < size; ++index) ASSERT_EQ(masked[index], payload[index] ^ mask[index % 4]);
        applyMask(masked.data(), masked.data(), size, mask);
        EXPECT_EQ(masked, payload);
    }
}

}  // namespace
}  // namespace bench
