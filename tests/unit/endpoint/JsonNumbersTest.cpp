// Numbers: what other languages write is read, nothing is rounded unasked, and what is written reads back the same.
// Source: RFC 8259 §6; ECMA-262 §6.1.6.1.20 (Number::toString: without an exponent up to 21 digits)

#include <gmock/gmock.h>

#include <bit>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "patchbay/errors.hpp"
#include "patchbay/json.hpp"

namespace patchbay::json {
namespace {

using testing::ElementsAre, testing::HasSubstr;

template <class T>
std::string errorOf(std::string_view text) {
    try {
        read<T>(text);
        return "no error";
    } catch (const DecodeError& error) {
        return error.what();
    }
}

struct Counted {
    static constexpr bool allowUnknown = true;
    int count;
};
struct Two {
    static constexpr bool allowUnknown = true;
    std::int64_t large;
    std::uint64_t exact;
};
struct Pair {
    double large;
    std::uint64_t exact;
};

TEST(JsonNumbers, WhatJavaScriptWritesWithoutAnExponentIsANumber) {
    EXPECT_EQ(read<double>("100000000000000000000"), 1e20);        // JSON.stringify(1e20)
    EXPECT_EQ(read<double>("-123456789012345680000"), -123456789012345680000.0);
    EXPECT_EQ(read<double>(std::string(300, '9')), 1e300);
    EXPECT_EQ(read<double>("18446744073709551616"), 0x1p64);
    const auto pair = read<Pair>(R"({"large":100000000000000000000,"exact":18446744073709551615})");
    EXPECT_EQ(pair.large, 1e20);
    EXPECT_EQ(pair.exact, UINT64_MAX);
}

TEST(JsonNumbers, ALargeIntegerInAnIgnoredMemberIsIgnored) {
    EXPECT_EQ(read<Counted>(R"({"x":[100000000000000000000,-9223372036854775809],"s":"\"18446744073709551616","count":3})").count, 3);
}

TEST(JsonNumbers, WhatNoDoubleHoldsIsRefusedAlsoWhereItIsIgnored) {
    EXPECT_THAT(errorOf<Counted>(R"({"x":1e400,"count":3})"), HasSubstr("a number is malformed or too large"));
    EXPECT_THAT(errorOf<double>(std::string(400, '9')), HasSubstr("a number is malformed or too large"));
    for (const char* text : {"NaN", "nan", "Infinity", "-Infinity", "inf", "1e999", "-1e999"})
        EXPECT_THAT(errorOf<double>(text), HasSubstr("not JSON")) << text;
}

TEST(JsonNumbers, AMistakeBehindALargeIntegerIsFoundAtItsPlace) {
    EXPECT_EQ(errorOf<Counted>("{\"x\":100000000000000000000,\n \"count\" 3}"),
              "not JSON: a value, comma, colon or bracket is missing or wrong (line 2, column 10)");
    EXPECT_EQ(errorOf<Counted>("{\"x\":100000000000000000000,\"y\":100000000000000000000,\"count\":3,}"),
              "not JSON: a value, comma, colon or bracket is missing or wrong (line 1, column 64)");
}

TEST(JsonNumbers, AnIntegerFieldRefusesWhatItWouldRound) {
    for (const char* text : {"9007199254740992.5", "1e-400", "-1e-400", "0.99999999999999999999", "4.99999999999999999999999",
                             "12345678901234567.1e0", "1.5e-0", "15e-1", "0.0000000000000000000000000000000000001"}) {
        EXPECT_THAT(errorOf<std::int64_t>(text), HasSubstr(std::string{"expected an integer, got the number "} + text)) << text;
        EXPECT_THAT(errorOf<std::uint64_t>(text), HasSubstr("expected an integer")) << text;
    }
}

TEST(JsonNumbers, AWholeNumberInWhateverSpellingIsExact) {
    EXPECT_EQ(read<std::int64_t>("9007199254740993.0"), 9007199254740993) << "which no double holds";
    EXPECT_EQ(read<std::int64_t>("-9223372036854775808.000"), INT64_MIN);
    EXPECT_EQ(read<std::uint64_t>("1844674407370955161.5e1"), UINT64_MAX);
    EXPECT_EQ(read<std::int64_t>("0.00000000000000000000000000005e29"), 5);
    EXPECT_EQ(read<std::int64_t>("1e18"), 1'000'000'000'000'000'000);
    EXPECT_EQ(read<std::int64_t>("5000e-3"), 5);
    EXPECT_EQ(read<std::uint64_t>("-0.0"), 0u);
    EXPECT_EQ(read<std::int64_t>("0e99999999999999999999999"), 0);
    EXPECT_EQ(read<std::int64_t>("0.0e-99999999999999999999999"), 0);
}

TEST(JsonNumbers, AWholeNumberBeyondItsFieldIsOutOfRangeAsItWasWritten) {
    EXPECT_EQ(errorOf<std::uint8_t>("2.56e2"), "the number 2.56e2 is not between 0 and 255");
    EXPECT_EQ(errorOf<std::int8_t>("-129.0"), "the number -129.0 is not between -128 and 127");
    EXPECT_EQ(errorOf<std::uint64_t>("-1.0"), "the number -1.0 is not between 0 and 18446744073709551615");
    EXPECT_THAT(errorOf<std::int64_t>("9223372036854775808.0"), HasSubstr("is not between"));
    EXPECT_EQ(errorOf<std::uint64_t>("18446744073709551616"),
              "the number 18446744073709551616 is not between 0 and 18446744073709551615");
    EXPECT_THAT(errorOf<std::uint64_t>("1e300"), HasSubstr("is not between"));
}

TEST(JsonNumbers, NumbersAreToldApartByTheirPlaces) {
    EXPECT_THAT(read<std::vector<std::int64_t>>(R"([1.0, 2, 30e-1, 9007199254740993.0, -5.0, 6])"),
                ElementsAre(1, 2, 3, 9007199254740993, -5, 6));
    Document document;
    const Value both = document.parse(R"({"a":"1.5","b 2.5e\"":[1.5,7,[2.0]],"large":9007199254740993.0,"exact":3.0})");
    Two two{};
    for (int again = 0; again < 2; ++again) {
        read(both, two);
        EXPECT_EQ(two.large, 9007199254740993);
        EXPECT_EQ(two.exact, 3u);
    }
}

/// Each literal was looked for from the beginning of the text once: 65 536 of them would take minutes.
TEST(JsonNumbers, ManyWholeNumbersWithAPointCostAsMuchEach) {
    std::string text = "[0.0";
    for (int i = 1; i < 65'536; ++i) text += ",1.0";
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(read<std::vector<int>>(text + "]").size(), 65'536u);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{5}) << "some milliseconds, but who knows what else runs";
}

TEST(JsonNumbers, TheLargestAndTheSmallestFloatsReadBack) {
    using Float = std::numeric_limits<float>;
    using Double = std::numeric_limits<double>;
    for (const float number : {Float::max(), Float::lowest(), Float::min(), Float::denorm_min(), -Float::denorm_min(), 0.1F, 16777216.F})
        EXPECT_EQ(read<float>(write(number)), number) << write(number);
    for (const double number : {Double::max(), Double::lowest(), Double::min(), Double::denorm_min(), 0.1, 1e20, 1e21, 9007199254740993.0})
        EXPECT_EQ(read<double>(write(number)), number) << write(number);
    EXPECT_THAT(errorOf<float>("3.4028236e38"), HasSubstr("is too large"));
    EXPECT_THAT(errorOf<float>("-1e300"), HasSubstr("is too large"));
}

TEST(JsonNumbers, AFloatOfAnyKindReadsBack) {
    std::uint32_t bits = 1;
    for (int i = 0; i < 200'000; ++i) {
        bits = bits * 1664525U + 1013904223U;
        const auto number = std::bit_cast<float>(bits);
        if (!std::isfinite(number)) continue;
        ASSERT_EQ(std::bit_cast<std::uint32_t>(read<float>(write(number))), bits) << write(number);
    }
}

/// A decimal that is a little more than half way between two floats; its double is exactly half way, and would go to the even one.
TEST(JsonNumbers, AFloatIsRoundedOnce) {
    EXPECT_EQ(read<float>("1.00000005960464477540"), 1.00000011920928955078125F);
    EXPECT_EQ(read<float>("1.000000059604644775390625"), 1.F);
    EXPECT_EQ(read<float>("1.00000005960464477539"), 1.F);
}

}  // namespace
}  // namespace patchbay::json
