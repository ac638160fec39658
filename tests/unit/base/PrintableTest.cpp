// What a peer sends reaches no terminal raw.
#include "base/Log.hpp"
#include "base/Printable.hpp"
#include "support/CapturedLog.hpp"

#include <gmock/gmock.h>

namespace patchbay {
namespace {

using ::testing::ElementsAre;

TEST(Printable, ControlCharactersAreWrittenOut) {
    EXPECT_EQ(printable("a\x1b[31mb\x07\x7f\r\t"), "a\\x1b[31mb\\x07\\x7f\\x0d\\x09");
    EXPECT_EQ(printable(std::string_view{"a\0b", 3}), "a\\x00b");
    EXPECT_EQ(printable("one\ntwo"), "one\\ntwo");
}

TEST(Printable, SoIsWhatATerminalObeysInUnicode) {
    EXPECT_EQ(printable("\xC2\x9B" "2J"), "\\u{9b}2J") << "a CSI in one character";
    EXPECT_EQ(printable("\xE2\x80\xAE" "evil"), "\\u{202e}evil") << "right to left from here";
    EXPECT_EQ(printable("a\xE2\x80\x8B" "b\xEF\xBB\xBF\xF3\xA0\x81\x81"), "a\\u{200b}b\\u{feff}\\u{e0041}");
}

TEST(Printable, WhatIsNoUtf8IsWrittenOutByteByByte) {
    EXPECT_EQ(printable("caf\xE9"), "caf\\xe9");
    EXPECT_EQ(printable("\x9B\xC3\xA9\xC3"), "\\x9b\xC3\xA9\\xc3");
    EXPECT_EQ(printable("\xED\xA0\x80\xC0\xAF"), "\\xed\\xa0\\x80\\xc0\\xaf");
}

TEST(Printable, WhatPeopleReadStaysAsItIs) {
    for (const char* text : {"plain ASCII ~", "gr\xC3\xBC\xC3\x9F" "e", "\xE6\x9D\x8E\xE9\x9B\xB7", "\xF0\x9F\x98\x80", ""}) EXPECT_EQ(printable(text), text);
}

/// Whatever bytes: what comes out holds no control character in any reading, and is UTF-8.
TEST(Printable, NoByteAndNoPairOfBytesGetsThroughRaw) {
    for (unsigned pair = 0; pair < 0x10000; ++pair) {
        const char bytes[] = {static_cast<char>(pair >> 8), static_cast<char>(pair & 0xFF)};
        const std::string out = printable({bytes, 2});
        for (std::size_t i = 0; i < out.size(); ++i) {
            const auto byte = static_cast<unsigned char>(out[i]);
            ASSERT_FALSE(byte < 0x20 || byte == 0x7F || (byte == 0xC2 && static_cast<unsigned char>(out[i + 1]) < 0xA0)) << pair;
        }
        ASSERT_EQ(printable(out), out) << pair;
    }
}

TEST(Log, ShowsWhateverLineAndSourcePrintably) {
    const test::CapturedLog log;
    log::info("/a\x1b", "refused \xE2\x80\xAE\xFF\nand more");
    log::info("room\n2026-01-01T00:00:00.000Z Error server: forged", "entered");
    EXPECT_THAT(log.lines(), ElementsAre("/a\\x1b: refused \\u{202e}\\xff\nand more", testing::Not(testing::HasSubstr("\n"))));
}

}  // namespace
}  // namespace patchbay
