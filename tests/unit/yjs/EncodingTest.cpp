// lib0's encoding, as yjs writes it and as nobody should.

#include "Vectors.hpp"

#include <gtest/gtest.h>

namespace patchbay::yjs::test {
namespace {

Rule ruleOfAny(std::string_view hex) {
    const Buffer bytes = fromHex(hex);
    Reader reader{bytes};
    reader.any();
    reader.end();
    return reader.fault().rule;
}

TEST(Encoding, WhatLib0WritesIsRead) {
    ASSERT_EQ(vectors().lib0.size(), 52U);
    for (const Named& one : vectors().lib0) {
        Reader reader{one.bytes};
        if (one.name == "varuint") {
            EXPECT_EQ(reader.varUint(), std::stoull(one.value));
            Buffer out;
            writeVarUint(out, std::stoull(one.value));
            EXPECT_EQ(toHex(out), toHex(one.bytes));
            EXPECT_EQ(sizeOfVarUint(std::stoull(one.value)), out.size());
        } else if (one.name == "varint") {
            EXPECT_EQ(ruleOfAny("7d" + toHex(one.bytes)), Rule::None) << one.value;
            continue;
        } else if (one.name == "any") {
            reader.any();
        } else {
            Buffer out;
            writeVarString(out, reader.varString());
            EXPECT_EQ(toHex(out), toHex(one.bytes));
        }
        reader.end();
        EXPECT_TRUE(reader.ok()) << one.name << " " << toHex(one.bytes) << ": " << reader.fault().text();
    }
}

TEST(Encoding, ANumberHasItsShortestFormAndAtMost53Bits) {
    const auto read = [](std::string_view hex) {
        const Buffer bytes = fromHex(hex);
        Reader reader{bytes};
        const std::uint64_t value = reader.varUint();
        return std::pair{value, reader.fault().rule};
    };
    EXPECT_EQ(read("ffffffffffffff0f"), (std::pair{kMaxInteger, Rule::None}));
    EXPECT_EQ(read("ffffffffffffff1f").second, Rule::IntegerOutOfRange);
    EXPECT_EQ(read("8080808080808010").second, Rule::IntegerOutOfRange);
    EXPECT_EQ(read("808080808080808001").second, Rule::IntegerOutOfRange);
    EXPECT_EQ(read("8000").second, Rule::OverlongInteger);
    EXPECT_EQ(read("80").second, Rule::Truncated);
    EXPECT_EQ(ruleOfAny("7dbfffffffffffff1f"), Rule::None) << "53 bits and a sign";
    EXPECT_EQ(ruleOfAny("7dbfffffffffffff3f"), Rule::IntegerOutOfRange);
    EXPECT_EQ(ruleOfAny("7d8000"), Rule::OverlongInteger);
    EXPECT_EQ(ruleOfAny("7d80"), Rule::Truncated);
}

TEST(Encoding, AValueReachesNoFurtherThanItsBytes) {
    for (const std::string_view hex : {"7c000000", "7b00000000000000", "7a00000000000000", "740201", "770261", "7501", "7601016b", "", "7d"}) {
        EXPECT_NE(ruleOfAny(hex), Rule::None) << hex;
    }
    EXPECT_EQ(ruleOfAny("7601016b7e"), Rule::None);
    EXPECT_EQ(ruleOfAny("760101ff7e"), Rule::NotUtf8) << "a key";
    EXPECT_EQ(ruleOfAny("75ffffffff0f"), Rule::CountTooLarge);
    EXPECT_EQ(ruleOfAny("7501" "00"), Rule::UnknownValue);
}

TEST(Encoding, AfterAFaultNothingIsReadAnyMore) {
    const Buffer bytes = fromHex("05610203");
    Reader reader{bytes};
    EXPECT_EQ(reader.varString(), "");
    EXPECT_EQ(reader.fault().at, 0U);
    EXPECT_EQ(reader.varUint(), 0U);
    reader.end();
    EXPECT_EQ(reader.fault().rule, Rule::Truncated) << "the first stays";
}

TEST(Encoding, TextIsUtf8) {
    const auto isText = [](std::string text) {
        Buffer bytes;
        writeVarString(bytes, text);
        Reader reader{bytes};
        reader.varString();
        return reader.ok();
    };
    for (const std::string_view good : {"", "a", "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "eight by\xC3\xA9"}) {
        EXPECT_TRUE(isText(std::string{good})) << good;
        EXPECT_TRUE(isText("12345678" + std::string{good} + "12345678")) << good;
    }
    for (const std::string_view bad : {"\x80", "\xC1\xBF", "\xC2", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xEF\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
        EXPECT_FALSE(isText(std::string{bad}));
        EXPECT_FALSE(isText("12345678" + std::string{bad} + "12345678"));
    }
}

TEST(Encoding, JsonIsWhatAClientCanParse) {
    for (const std::string_view good : {"null", "true", "false", "0", "-1.5e+3", "\"\"", R"("\"\\\u00e9\n")", "[]", "{}", "[1,[2],{}]", R"( {"a" : [1 , 2], "b":{"c":null}} )"}) {
        EXPECT_TRUE(isJson(good)) << good;
    }
    for (const std::string_view bad : {"", " ", "nul", "undefined", "NaN", "01", "1.", ".5", "1e", "+1", "-", "\"", R"("\x")", R"("\u12g4")", "\"\n\"", "[1,]", "[1 2]", "{a:1}",
                                       R"({"a"})", R"({"a":1,})", "[", "{", "1 2", "]", R"({"a":})", "'a'"}) {
        EXPECT_FALSE(isJson(bad)) << bad;
    }
    EXPECT_TRUE(isJson(std::string(kMaxDepth, '[') + std::string(kMaxDepth, ']')));
    EXPECT_FALSE(isJson(std::string(1'000'000, '[')));
}

}  // namespace
}  // namespace patchbay::yjs::test
