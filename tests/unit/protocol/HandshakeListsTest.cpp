// RFC 6455 §9.1: the grammar of Sec-WebSocket-Extensions, with the examples of that section.

#include "protocol/HandshakeLists.hpp"

#include <gtest/gtest.h>

namespace patchbay::protocol {
namespace {

using Terms = std::vector<ExtensionTerms>;

TEST(ExtensionList, TheExamplesOfTheRfcAreRead) {
    EXPECT_EQ(parseExtensions("deflate-stream"), (Terms{{"deflate-stream", {}}}));
    EXPECT_EQ(parseExtensions("mux; max-channels=4; flow-control, deflate-stream"),
              (Terms{{"mux", {{"max-channels", "4"}, {"flow-control", std::nullopt}}}, {"deflate-stream", {}}}));
    EXPECT_EQ(parseExtensions("private-extension"), (Terms{{"private-extension", {}}}));
}

TEST(ExtensionList, AQuotedValueIsTheTokenInIt) {
    EXPECT_EQ(parseExtensions(R"(foo; a="10"; b="x\y")"), (Terms{{"foo", {{"a", "10"}, {"b", "xy"}}}}));
}

TEST(ExtensionList, AQuotedValueThatIsNoTokenBreaksTheGrammar) {
    for (const auto text : {R"(foo; a="1 0")", R"(foo; a="")", R"(foo; a="1,0")", R"(foo; a="10)", R"(foo; a="10\)"})
        EXPECT_EQ(parseExtensions(text), std::nullopt) << text;
}

TEST(ExtensionList, BlanksAndEmptyElementsAreSkipped) {
    EXPECT_EQ(parseExtensions(" ,\tfoo ;a = 1 ,, bar , "), (Terms{{"foo", {{"a", "1"}}}, {"bar", {}}}));
    EXPECT_EQ(parseExtensions(""), Terms{});
}

TEST(ExtensionList, TheSameNameMayComeTwice) {
    EXPECT_EQ(parseExtensions("foo; a, foo"), (Terms{{"foo", {{"a", std::nullopt}}}, {"foo", {}}}));
}

TEST(ExtensionList, WhatBreaksTheGrammarIsRefused) {
    for (const auto text :
         {"foo bar", "foo;", "foo; ;a", "; a", "foo; a=", "foo; =1", "foo; a=1 2", "f(oo", "foo; a==1", "\"foo\""})
        EXPECT_EQ(parseExtensions(text), std::nullopt) << text;
}

TEST(ExtensionList, IsWrittenAsItIsRead) {
    const Terms terms{{"mux", {{"max-channels", "4"}, {"flow-control", std::nullopt}}}, {"deflate-stream", {}}};
    EXPECT_EQ(formatExtensions(terms), "mux; max-channels=4; flow-control, deflate-stream");
    EXPECT_EQ(formatExtensions({}), "");
}

TEST(SubprotocolList, IsWrittenWithCommas) {
    EXPECT_EQ(formatSubprotocols(std::vector<std::string>{"chat", "superchat"}), "chat, superchat");
}

}  // namespace
}  // namespace patchbay::protocol
