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

std::string listOf(std::size_t count, const std::string& separator, const std::string& name) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : separator) + name + std::to_string(i);
    return text;
}

TEST(ExtensionList, AsManyAsAreMeantAreReadAndNotOneMore) {
    EXPECT_EQ(parseExtensions(listOf(kMostExtensions, ",", "x")).value().size(), kMostExtensions);
    EXPECT_EQ(parseExtensions(listOf(kMostExtensions + 1, ",", "x")), std::nullopt);
    EXPECT_EQ(parseExtensions("x;" + listOf(kMostParameters, ";", "p")).value()[0].parameters.size(), kMostParameters);
    EXPECT_EQ(parseExtensions("x;" + listOf(kMostParameters + 1, ";", "p")), std::nullopt);
    const std::string half = listOf(kMostExtensions / 2 + 1, ",", "x");
    const HeaderField fields[] = {{"Sec-WebSocket-Extensions", half}, {"Sec-WebSocket-Extensions", half}};
    EXPECT_EQ(parseExtensions(fields), std::nullopt) << "over all fields";
}

// 5 397 of them were compared with each other: 65 ms of a loop.
TEST(SubprotocolList, AsManyAsAreMeantAreReadAndNotOneMore) {
    const auto read = [](const std::string& text) {
        const HeaderField field{"Sec-WebSocket-Protocol", text};
        return parseSubprotocols({&field, 1});
    };
    EXPECT_EQ(read(listOf(kMostSubprotocols, ",", "p")).value().size(), kMostSubprotocols);
    EXPECT_EQ(read(listOf(kMostSubprotocols + 1, ",", "p")), std::nullopt);
    EXPECT_EQ(read("a, a"), std::nullopt);
}

TEST(SubprotocolList, IsWrittenWithCommas) {
    EXPECT_EQ(formatSubprotocols(std::vector<std::string>{"chat", "superchat"}), "chat, superchat");
}

}  // namespace
}  // namespace patchbay::protocol
