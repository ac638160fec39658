// RFC 7692 §7.2.3: the examples, byte by byte; and a message as Python's zlib writes it.

#include "unit/compression/Streams.hpp"

namespace patchbay::compression::testing {
namespace {

class Rfc7692Examples : public ::testing::Test {
protected:
    std::string read(std::string_view message) { return decoded(*end, hex(message)); }

    PerMessageDeflateFactory factory;
    std::unique_ptr<Extension> end = serverEnd(factory);
};

TEST_F(Rfc7692Examples, OneCompressedBlock) { EXPECT_EQ(read("f2 48 cd c9 c9 07 00"), "Hello"); }

TEST_F(Rfc7692Examples, TheSecondMessageRefersToTheFirst) {
    EXPECT_EQ(read("f2 48 cd c9 c9 07 00"), "Hello");
    EXPECT_EQ(read("f2 00 11 00 00"), "Hello");
}

TEST_F(Rfc7692Examples, WithoutContextTheSecondMessageIsLikeTheFirst) {
    end = serverEnd(factory, "permessage-deflate; client_no_context_takeover");
    EXPECT_EQ(read("f2 48 cd c9 c9 07 00"), "Hello");
    EXPECT_EQ(read("f2 48 cd c9 c9 07 00"), "Hello");
    EXPECT_EQ(read("f2 00 11 00 00"), "<Broken>");
}

TEST_F(Rfc7692Examples, ABlockWithoutCompression) { EXPECT_EQ(read("00 05 00 fa ff 48 65 6c 6c 6f 00"), "Hello"); }

TEST_F(Rfc7692Examples, ALastBlockAndAnEmptyOneBehindIt) { EXPECT_EQ(read("f3 48 cd c9 c9 07 00 00"), "Hello"); }

TEST_F(Rfc7692Examples, TwoBlocksInOneMessage) { EXPECT_EQ(read("f2 48 05 00 00 00 ff ff ca c9 c9 07 00"), "Hello"); }

TEST_F(Rfc7692Examples, TheEmptyMessage) {
    EXPECT_EQ(read("00"), "");
    EXPECT_EQ(read("02 00"), "");
}

TEST_F(Rfc7692Examples, MessagesOfAllKindsFollowEachOther) {
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(read("f3 48 cd c9 c9 07 00 00"), "Hello");
        EXPECT_EQ(read("f2 00 11 00 00"), "Hello") << "a last block does not end the window";
        EXPECT_EQ(read("00"), "");
        EXPECT_EQ(read("f2 48 05 00 00 00 ff ff ca c9 c9 07 00"), "Hello");
    }
}

// c = zlib.compressobj(3, zlib.DEFLATED, -12, 5); (c.compress(message) + c.flush(zlib.Z_SYNC_FLUSH))[:-4], twice
constexpr std::string_view kMessage = R"({"type":"Said","from":"Ann","text":"Hello, hello, hello!"})";
constexpr std::string_view kFirst =
    "aa 56 2a a9 2c 48 55 b2 52 0a 4e cc 4c 51 d2 51 4a 2b ca cf 05 f2 1c f3 f2 80 9c 92 d4 8a 12 20 c7 23 35 27 27 5f "
    "47 21 03 89 52 54 aa 05 00";
constexpr std::string_view kSecond = "aa 26 5b 27 00";

TEST(PythonsZlib, IsRead) {
    PerMessageDeflateFactory factory;
    const auto end = serverEnd(factory);
    EXPECT_EQ(decoded(*end, hex(kFirst)), kMessage);
    EXPECT_EQ(decoded(*end, hex(kSecond)), kMessage);
}

}  // namespace
}  // namespace patchbay::compression::testing
