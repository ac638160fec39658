// RFC 6455 §5.6 and §8.1: text is UTF-8, checked as it arrives.

#include "Wire.hpp"

namespace patchbay::protocol::testing {
namespace {

class Text : public ChunkedTest {};
PATCHBAY_IN_CHUNKS(Text);

const std::string kRule = "text that is not UTF-8 (RFC 6455 §8.1)";

const std::vector<std::string> kGood{
    "",
    "κόσμε",
    hex("7f c2 80 df bf e0 a0 80 ed 9f bf ee 80 80 ef bf bf f0 90 80 80 f4 8f bf bf"),  // first and last of each length
    hex("f1 80 80 80 f3 bf bf bf ec 80 80 ee bf bf"),                                   // the middle of the ranges
    std::string(200, 'a') + "é" + std::string(200, 'b') + "😀",
};

const std::vector<std::string> kBad{
    hex("80"),           // a continuation byte alone
    hex("c0 af"),        // "/" in two bytes
    hex("c1 bf"),        // overlong
    hex("e0 80 af"),     // "/" in three bytes
    hex("e0 9f bf"),     // overlong
    hex("ed a0 80"),     // a surrogate
    hex("ed bf bf"),     // a surrogate
    hex("f0 80 80 af"),  // "/" in four bytes
    hex("f0 8f bf bf"),  // overlong
    hex("f4 90 80 80"),  // beyond U+10FFFF
    hex("f5 80 80 80"),  // beyond U+10FFFF
    hex("fe"),           //
    hex("ff"),           //
    hex("c3 28"),        // a character broken off by the next
    hex("e2 82 28"),     //
    hex("f0 9f 98 28"),  //
};

const std::vector<std::string> kUnfinished{hex("c3"),    hex("e2 82"),    hex("e0 a0"),   hex("ed 9f"),
                                           hex("f0 90"), hex("f0 9f 98"), hex("f4 8f bf")};

TEST_P(Text, GoodTextArrivesInOneFrame) {
    for (const auto& text : kGood) EXPECT_EQ(server(clientFrame(0x81, text)), Events{"text:" + text});
}

TEST_P(Text, GoodTextArrivesHoweverItIsFragmented) {
    for (const auto& text : kGood)
        for (std::size_t cut = 0; cut <= text.size(); ++cut)
            EXPECT_EQ(server(clientFrame(0x01, text.substr(0, cut)) + clientFrame(0x80, text.substr(cut))),
                      Events{"text:" + text});
}

TEST_P(Text, BadTextFailsTheConnectionWith1007) {
    for (const auto& bad : kBad)
        for (const auto& before : {""s, "κόσμε"s, std::string(100, 'a')})
            EXPECT_EQ(server(clientFrame(0x81, before + bad + "tail")), failure(1007, kRule)) << toHex(bad);
}

TEST_P(Text, BadTextFailsTheConnectionWith1007HoweverItIsFragmented) {
    for (const auto& bad : kBad)
        for (std::size_t cut = 0; cut <= bad.size(); ++cut)
            EXPECT_EQ(server(clientFrame(0x01, "κ" + bad.substr(0, cut)) + clientFrame(0x80, bad.substr(cut) + "!")),
                      failure(1007, kRule))
                << toHex(bad) << " cut at " << cut;
}

TEST_P(Text, TextThatEndsInsideACharacterFailsTheConnectionWith1007) {
    for (const auto& bad : kUnfinished) {
        EXPECT_EQ(server(clientFrame(0x81, "κ" + bad)), failure(1007, kRule)) << toHex(bad);
        EXPECT_EQ(server(clientFrame(0x01, "κ" + bad) + clientFrame(0x80, "")), failure(1007, kRule)) << toHex(bad);
    }
}

TEST_P(Text, BadTextFailsInTheVeryFragmentThatBringsIt) {
    for (const auto& bad : kBad)
        EXPECT_EQ(server(clientFrame(0x01, "κόσμε" + bad)), failure(1007, kRule)) << toHex(bad);
}

TEST_P(Text, BadTextFailsBeforeItsFrameIsWhole) {
    const std::string frame = clientFrame(0x81, "κόσμε" + hex("f4 90") + std::string(1000, 'x'));
    EXPECT_EQ(server(frame.substr(0, frame.size() - 990)), failure(1007, kRule));
}

TEST_P(Text, BinaryMayBeAnything) {
    for (const auto& bad : kBad) EXPECT_EQ(server(clientFrame(0x82, bad)), Events{"binary:" + bad});
}

TEST_P(Text, TheNextTextIsCheckedAfresh) {
    EXPECT_EQ(
        server(clientFrame(0x01, "é") + clientFrame(0x80, "é") + clientFrame(0x81, "ok") + clientFrame(0x81, "\x80")),
        (Events{"text:éé", "text:ok"} + failure(1007, kRule)));
}

TEST(TextAnywhere, ABadByteAtAnyPlaceOfALongTextIsFoundForAnyChunk) {
    for (std::size_t place = 0; place < 200; place += 7) {
        std::string text(200, 'a');
        text[place] = '\xc3';
        for (const std::size_t chunk : {1, 5, 16, 64, 100, 4096})
            EXPECT_EQ(Peer{Role::Server}.receive(clientFrame(0x81, text), chunk), failure(1007, kRule));
    }
}

}  // namespace
}  // namespace patchbay::protocol::testing
