// Structs to JSON. What is expected is written out, so that reader and writer cannot agree on a mistake.

#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "patchbay/json.hpp"

namespace patchbay::json {
namespace {

enum class Side { Buy, Sell };

struct Item {
    std::string name;
    double price;
};

struct Order {
    std::string class_;
    std::vector<Item> items;
    std::optional<int> count;
    std::map<std::string, bool> flags;
    Side side;
};

struct Said {
    std::string_view text;
};
struct Typing {};

struct Node {
    std::vector<Node> children;
};

template <class T>
std::string errorOf(const T& value) {
    std::string out = "kept";
    try {
        write(out, value);
    } catch (const EncodeError& error) {
        EXPECT_EQ(out, "kept");
        return error.what();
    }
    return "no error";
}

TEST(JsonWrite, WritesFieldsInTheirOrder) {
    EXPECT_EQ(write(Order{"a", {{"x", 1.5}, {"y", 2}}, 3, {{"k", true}}, Side::Sell}),
              R"({"class":"a","items":[{"name":"x","price":1.5},{"name":"y","price":2}],"count":3,)"
              R"("flags":{"k":true},"side":"Sell"})");
}

TEST(JsonWrite, LeavesOutEmptyOptionalMembersButNotElements) {
    EXPECT_EQ(write(Order{}), R"({"class":"","items":[],"flags":{},"side":"Buy"})");
    EXPECT_EQ(write(std::vector<std::optional<int>>{1, std::nullopt}), "[1,null]");
}

TEST(JsonWrite, EscapesWhatMustBeEscapedAndNothingElse) {
    EXPECT_EQ(write(std::string("\"\\/\b\f\n\r\t\x01\x1f\x7f\0", 12)),
              "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\\u0000\"");
    EXPECT_EQ(write(std::string{"é€😀"}), "\"é€😀\"");
    EXPECT_EQ(write(std::map<std::string, int>{{"a\"b", 1}}), R"({"a\"b":1})");
}

// Texts are looked at eight bytes at a time.
TEST(JsonWrite, FindsWhatMustBeEscapedAndWhatIsNotUtf8AtEveryPlace) {
    for (std::size_t place = 0; place < 20; ++place) {
        for (int c = 0; c < 256; ++c) {
            std::string text(20, 'x');
            text[place] = static_cast<char>(c);
            if (c >= 0x80) {
                EXPECT_NE(errorOf(text), "no error") << place << ' ' << c;
                continue;
            }
            const std::string written = write(text);
            const bool escaped = c < 0x20 || c == '"' || c == '\\';
            EXPECT_EQ(written.size() > 22, escaped) << written;
            if (!escaped) {
                EXPECT_EQ(written, '"' + text + '"');
            }
        }
    }
}

TEST(JsonWrite, TextThatIsNotUtf8IsAnError) {
    EXPECT_EQ(errorOf(std::string{"\xff"}), "the text is not valid UTF-8");
    EXPECT_EQ(errorOf(std::vector<Item>{{"ok", 1}, {"\xc3", 1}}), "[1].name: the text is not valid UTF-8");
    EXPECT_EQ(errorOf(std::map<std::string, int>{{"\xc3\n", 1}}).substr(0, 2), "[\"");
}

TEST(JsonWrite, NumbersAreTheShortestThatReadBackTheSame) {
    EXPECT_EQ(write(0.1), "0.1");
    EXPECT_EQ(write(0.1f), "0.1");
    EXPECT_EQ(write(1e22), "1e+22");
    EXPECT_EQ(write(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
    EXPECT_EQ(write(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
    EXPECT_EQ(write(std::int8_t{-5}), "-5");
    EXPECT_EQ(write(std::vector<std::uint8_t>{65}), "[65]");
}

// It was written as -0, which is an integer to those who tell them apart, and came back as 0.
TEST(JsonWrite, ANegativeZeroKeepsItsSign) {
    EXPECT_EQ(write(-0.0), "-0.0");
    EXPECT_EQ(write(-0.0F), "-0.0");
    EXPECT_TRUE(std::signbit(read<double>(write(-0.0))));
    EXPECT_EQ(write(0.0), "0");
}

// It was written as 563971845201639800000, which could not be read again.
TEST(JsonWrite, ADoubleBeyondEveryIntegerHasAnExponent) {
    EXPECT_EQ(write(563971845201639781.5e3), "5.639718452016398e+20");
    EXPECT_EQ(read<double>(write(-563971845201639781.5e3)), -563971845201639781.5e3);
}

TEST(JsonWrite, NaNAndInfinitiesAreErrors) {
    EXPECT_EQ(errorOf(std::vector<double>{1, std::nan("")}), "[1]: NaN and infinities have no JSON form");
    EXPECT_EQ(errorOf(std::numeric_limits<float>::infinity()), "NaN and infinities have no JSON form");
}

TEST(JsonWrite, AnEnumWithoutANameIsAnError) { EXPECT_EQ(errorOf(static_cast<Side>(9)), "9 is no enumerator of Side"); }

TEST(JsonWrite, AsTextQuotesItsNumber) {
    EXPECT_EQ(write(AsText<std::uint64_t>{9007199254740993u}), "\"9007199254740993\"");
}

TEST(JsonWrite, ListLikesOfEveryKind) {
    EXPECT_EQ(write(std::list<std::string>{"a"}), R"(["a"])");
    EXPECT_EQ(write(std::array<int, 2>{1, 2}), "[1,2]");
    EXPECT_EQ(write(std::vector<bool>{true, false}), "[true,false]");
}

TEST(JsonWrite, AVariantSaysWhichStructItIs) {
    using Message = std::variant<Typing, Said>;
    EXPECT_EQ(write(Message{Said{"hi"}}), R"({"type":"Said","text":"hi"})");
    EXPECT_EQ(write(Message{}), R"({"type":"Typing"})");
}

TEST(JsonWrite, ATaggedStructBeginsWithItsType) {
    std::string out;
    writeTagged(out, Said{"hi"}, {.typeKey = "kind"});
    EXPECT_EQ(out, R"({"kind":"Said","text":"hi"})");
}

struct Event {
    std::string type;
    int n;
};

// Written twice, or left out, it would be lost to whoever reads it.
TEST(JsonWrite, AFieldNamedLikeTheTypeKeyIsRefusedWhereTheNameStands) {
    const std::string why = "is a member of Event, and the key under which its name would stand; rename it, or choose another typeKey";
    using Either = std::variant<Said, Event>;
    EXPECT_EQ(errorOf(Either{Event{"open", 1}}), "type: " + why);
    EXPECT_EQ(errorOf(std::vector<Either>{Said{"hi"}, Event{"open", 1}}), "[1].type: " + why);
    std::string out;
    EXPECT_THROW(writeTagged(out, Event{"open", 1}), EncodeError);
    EXPECT_EQ(out, "");
    EXPECT_EQ(write(Either{Said{"hi"}}), R"({"type":"Said","text":"hi"})");
    EXPECT_EQ(write(Event{"open", 1}), R"({"type":"open","n":1})") << "without a name it is a member as any other";
}

TEST(JsonWrite, NestingDeeperThanTheBoundIsAnError) {
    Node tree;
    for (int i = 0; i < 200; ++i) {
        Node outer;
        outer.children.push_back(std::move(tree));
        tree = std::move(outer);
    }
    EXPECT_NE(errorOf(tree).find("nested too deeply"), std::string::npos);
}

TEST(JsonWrite, AppendsToWhatIsThere) {
    std::string out = "data: ";
    write(out, 1);
    EXPECT_EQ(out, "data: 1");
}

}  // namespace
}  // namespace patchbay::json
