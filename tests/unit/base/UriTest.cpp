#include "base/Uri.hpp"

#include <gtest/gtest.h>

#include <array>

namespace patchbay {
namespace {

TEST(UriTest, AQueryParameterIsDecodedAsAFormIs) {
    EXPECT_EQ(queryParameter("/a?name=Ann+B%C3%B6ll&x=1", "name"), "Ann B\xC3\xB6ll");
    EXPECT_EQ(queryParameter("/a?x=1&na%6De=a%26b%3Dc", "name"), "a&b=c");
    EXPECT_EQ(queryParameter("/a?name=1&name=2", "name"), "1");
    EXPECT_EQ(queryParameter("/a?name", "name"), "");
    EXPECT_EQ(queryParameter("/name=1", "name"), "");
}

TEST(UriTest, ControlCharactersInAQueryAreValues) {
    EXPECT_EQ(queryParameter("/?a=x%0D%0Ay%09%7F", "a"), "x\r\ny\t\x7F");
    EXPECT_EQ(queryParameter("/?a=x%00y", "a"), std::string("x\0y", 3));
}

TEST(UriTest, APercentSignThatBeginsNoEscapeStandsForItselfInAQuery) {
    EXPECT_EQ(queryParameter("/?a=100%", "a"), "100%");
    EXPECT_EQ(queryParameter("/?a=%zz%4", "a"), "%zz%4");
    EXPECT_EQ(queryParameter("/?a=%%41", "a"), "%A");
    EXPECT_EQ(problemOfEscapes("/?a=100%"), "");
}

TEST(UriTest, AQueryValueThatIsNoUtf8IsNoValue) { EXPECT_EQ(queryParameter("/?a=%ff", "a"), ""); }

TEST(UriTest, APathSegmentIsTextWithoutControlCharacters) {
    EXPECT_EQ(percentDecode("gr%C3%BCn+"), "gr\xC3\xBCn+");
    for (const char* segment : {"%00", "%1F", "%7f", "%ff", "%C3", "a%C3b", "%ED%A0%80", "%C0%AF", "%F5%80%80%80"})
        EXPECT_EQ(percentDecode(segment), std::nullopt) << segment;
}

TEST(UriTest, APercentSignThatBeginsNoEscapeStandsForItselfInAPathToo) {
    for (const char* segment : {"%", "100%", "%4", "%zz", "%%", "%Ã¤"}) {
        EXPECT_EQ(percentDecode(segment), segment);
        EXPECT_EQ(problemOfEscapes(std::string{"/"} + segment + "/b"), "") << segment;
    }
    EXPECT_EQ(percentDecode("%%41"), "%A");
    EXPECT_EQ(percentDecode("50%%20off"), "50% off");
    EXPECT_EQ(percentDecode("%25zz%252e"), "%zz%2e");  // escaped itself it is anybody's text
}

/// Who decodes twice would find a dot, a slash or a NUL there, and who decodes once none.
TEST(UriTest, APercentSignMustNotBeginAnEscapeOnceItIsDecoded) {
    for (const char* segment : {"%%32e", "%2%65", "%%32%65", "%%32f", "%%300", "%0%30", "a%%%34%31", "%%34b%"}) {
        EXPECT_EQ(percentDecode(segment), std::nullopt) << segment;
        EXPECT_NE(problemOfEscapes(std::string{"/a/"} + segment), "") << segment;
        EXPECT_EQ(problemOfEscapes(std::string{"/?a="} + segment), "") << segment;
    }
}

/// Every sequence of two bytes, against the definition (RFC 3629 §4).
TEST(UriTest, WhatIsRefusedIsExactlyWhatIsNoUtf8) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    for (unsigned pair = 0; pair < 0x10000; ++pair) {
        const std::array<unsigned, 2> bytes{pair >> 8, pair & 0xFF};
        std::string escaped;
        for (const unsigned byte : bytes) escaped.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
        const bool ascii = bytes[0] < 0x80 && bytes[1] < 0x80;
        const bool one = bytes[0] >= 0xC2 && bytes[0] <= 0xDF && bytes[1] >= 0x80 && bytes[1] <= 0xBF;
        ASSERT_EQ(problemOfEscapes("/?" + escaped).empty(), ascii || one) << escaped;
        ASSERT_EQ(problemOfEscapes("/" + escaped).empty(), ascii || one) << escaped;
    }
}

}  // namespace
}  // namespace patchbay
