// Bodies that are collected.
#include "http/BodyMemory.hpp"

#include <gtest/gtest.h>

namespace patchbay::http {
namespace {

TEST(BodyMemory, GivesBackWhatCameWhateverThePieces) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{4095}, BodyMemory::kSmall, BodyMemory::kBlock - 1, BodyMemory::kBlock + 1}) {
        BodyMemory memory;
        std::string expected;
        for (char c = 'a'; c <= (piece == 1 ? 'z' : 'g'); ++c) {
            memory.append(std::string(piece, c));
            expected.append(piece, c);
            EXPECT_EQ(memory.size(), expected.size());
        }
        EXPECT_EQ(memory.take(), expected) << piece;
        EXPECT_EQ(memory.size(), 0U);
        memory.append("again");
        EXPECT_EQ(memory.take(), "again");
    }
}

}  // namespace
}  // namespace patchbay::http
