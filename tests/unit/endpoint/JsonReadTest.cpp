// JSON to structs: every rule of patchbay/json.hpp that a peer's text can meet or break.

#include <gmock/gmock.h>

#include <array>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "patchbay/errors.hpp"
#include "patchbay/json.hpp"

namespace patchbay::json {
namespace {

using testing::ElementsAre, testing::HasSubstr, testing::IsEmpty, testing::Pair, testing::UnorderedElementsAre;

enum class Side : std::uint8_t { Buy, Sell };

struct Item {
    std::string name;
    double price;
};

struct Order {
    std::uint32_t id;
    Side side;
    std::vector<Item> items;
    std::optional<std::string> note;
    std::map<std::string, int> counts;
};

struct Text {
    std::string text;
};

struct Move {
    int x;
    int y;
};

struct Empty {};

struct Drawn {
    std::variant<Text, Move, Empty> shape;
};

struct Node {
    std::string name;
    std::vector<Node> children;
};

template <class T>
std::string errorOf(std::string_view text, const Format& format = {}) {
    try {
        read<T>(text, format);
    } catch (const DecodeError& error) {
        return error.what();
    }
    return "no error";
}

constexpr std::string_view kOrder =
    R"({"id":7,"side":"Sell","items":[{"name":"nut","price":0.5},{"name":"bolt","price":2}],"note":"soon","counts":{"a":1}})";

TEST(JsonRead, FillsNestedStructsListsMapsEnumsAndOptionals) {
    const auto order = read<Order>(kOrder);
    EXPECT_EQ(order.id, 7u);
    EXPECT_EQ(order.side, Side::Sell);
    ASSERT_EQ(order.items.size(), 2u);
    EXPECT_EQ(order.items[1].name, "bolt");
    EXPECT_EQ(order.items[1].price, 2.0);
    EXPECT_EQ(order.note, "soon");
    EXPECT_THAT(order.counts, ElementsAre(Pair("a", 1)));
}

TEST(JsonRead, MembersMayComeInAnyOrder) {
    EXPECT_EQ(read<Move>(R"({"y":2,"x":1})").x, 1);
    EXPECT_EQ(read<Move>(R"({"y":2,"x":1})").y, 2);
}

TEST(JsonRead, TakesListLikesOfEveryKind) {
    EXPECT_THAT(read<std::deque<int>>("[1,2]"), ElementsAre(1, 2));
    EXPECT_THAT(read<std::list<std::string>>(R"(["a"])"), ElementsAre("a"));
    EXPECT_THAT(read<std::vector<bool>>("[true,false]"), ElementsAre(true, false));
    EXPECT_THAT((read<std::array<int, 2>>("[3,4]")), ElementsAre(3, 4));
    EXPECT_THAT((read<std::unordered_map<std::string, int>>(R"({"a":1,"b":2})")),
                UnorderedElementsAre(Pair("a", 1), Pair("b", 2)));
    EXPECT_THAT(read<std::vector<std::optional<int>>>("[1,null]"), ElementsAre(1, std::nullopt));
}

TEST(JsonRead, AnArrayOfAnotherLengthIsAnError) {
    EXPECT_EQ((errorOf<std::array<int, 2>>("[1]")), "expected 2 elements, got 1");
    EXPECT_EQ((errorOf<std::array<int, 2>>("[1,2,3]")), "expected 2 elements, got 3");
}

TEST(JsonRead, StructsThatContainThemselvesAreRead) {
    const auto tree = read<Node>(R"({"name":"a","children":[{"name":"b","children":[]}]})");
    EXPECT_EQ(tree.children.at(0).name, "b");
}

struct Keyword {
    std::string class_;
    int value__ = 0;
};

TEST(JsonRead, OneTrailingUnderscoreOfAFieldNameIsDropped) {
    EXPECT_EQ(read<Keyword>(R"({"class":"x","value_":3})").class_, "x");
    EXPECT_EQ(read<Keyword>(R"({"class":"x","value_":3})").value__, 3);
    EXPECT_THAT(errorOf<Keyword>(R"({"class_":"x"})"), HasSubstr("class_: is no member of Keyword"));
}

TEST(JsonRead, ErrorsNameThePathOfTheirPlace) {
    EXPECT_EQ(errorOf<Order>(R"({"id":7,"side":"Sell","items":[{"name":"a","price":1},{"name":"b","price":"2"}]})"),
              "items[1].price: expected a number, got the text \"2\"");
    EXPECT_EQ((errorOf<std::map<std::string, Order>>(R"({"order":{"id":1,"counts":{"a b":true}}})")),
              "order.counts[\"a b\"]: expected an integer, got true");
    EXPECT_EQ(errorOf<Order>("[]"), "expected an object, got an array");
}

TEST(JsonRead, AMissingMemberIsAnError) { EXPECT_EQ(errorOf<Move>(R"({"x":1})"), "y: is missing"); }

TEST(JsonRead, AMemberTwiceIsAnError) {
    EXPECT_EQ(errorOf<Move>(R"({"x":1,"y":2,"x":1})"), "x: is there twice");
    EXPECT_EQ((errorOf<std::map<std::string, int>>(R"({"a":1,"a":1})")), "a: is there twice");
}

TEST(JsonRead, AnUnknownMemberIsAnErrorWithASuggestion) {
    EXPECT_EQ(errorOf<Order>(R"({"id":1,"itmes":[]})"), "itmes: is no member of Order — did you mean \"items\"?");
    EXPECT_EQ(errorOf<Move>(R"({"x":1,"y":2,"colour":0})"), "colour: is no member of Move (known: x, y)");
}

struct Open {
    static constexpr bool allowUnknown = true;
    int x;
};

TEST(JsonRead, UnknownMembersAreIgnoredWhereTheFormatOrTheStructSaysSo) {
    EXPECT_EQ(read<Move>(R"({"x":1,"y":2,"z":{"deep":[1]}})", {.allowUnknown = true}).y, 2);
    EXPECT_EQ(read<Open>(R"({"x":1,"z":2,"z":3})").x, 1);
}

TEST(JsonRead, NullIsAnEmptyOptionalAndNothingElse) {
    EXPECT_EQ(read<std::optional<int>>("null"), std::nullopt);
    EXPECT_EQ(errorOf<Move>(R"({"x":null,"y":2})"), "x: expected an integer, got null");
    EXPECT_EQ(errorOf<Text>(R"({"text":null})"), "text: expected text, got null");
}

TEST(JsonRead, AnUnknownEnumeratorNamesTheKnownOnes) {
    EXPECT_EQ(errorOf<Side>(R"("buy")"), "\"buy\" is no Side — did you mean \"Buy\"?");
    EXPECT_EQ(errorOf<Side>(R"("Hold")"), "\"Hold\" is no Side (known: Buy, Sell)");
    EXPECT_EQ(errorOf<Side>("0"), "expected text, got the number 0");
}

enum class Temperature { Cold = -128, Mild = 0, Hot = 255 };

TEST(JsonRead, EnumeratorsFromMinus128To255HaveNames) {
    EXPECT_EQ(read<Temperature>(R"("Cold")"), Temperature::Cold);
    EXPECT_EQ(read<Temperature>(R"("Hot")"), Temperature::Hot);
}

TEST(JsonRead, IntegersMustFitTheirField) {
    EXPECT_EQ(read<std::int8_t>("-128"), -128);
    EXPECT_EQ(errorOf<std::int8_t>("128"), "the number 128 is not between -128 and 127");
    EXPECT_EQ(read<std::uint8_t>("255"), 255);
    EXPECT_EQ(errorOf<std::uint8_t>("-1"), "the number -1 is not between 0 and 255");
    EXPECT_EQ(read<std::int64_t>("-9223372036854775808"), INT64_MIN);
    EXPECT_EQ(read<std::uint64_t>("18446744073709551615"), UINT64_MAX);
    EXPECT_THAT(errorOf<std::int64_t>("9223372036854775808"), HasSubstr("is not between"));
    EXPECT_THAT(errorOf<std::uint64_t>("18446744073709551616"), HasSubstr("is not between"));
    EXPECT_THAT(errorOf<std::int64_t>("1e19"), HasSubstr("is not between"));
}

TEST(JsonRead, AFractionIsNoIntegerButAWholeNumberIs) {
    EXPECT_EQ(errorOf<int>("1.5"), "expected an integer, got the number 1.5");
    EXPECT_EQ(read<int>("5.0"), 5);
    EXPECT_EQ(read<unsigned>("1e3"), 1000u);
    EXPECT_EQ(errorOf<int>("\"5\""), "expected an integer, got the text \"5\"");
}

TEST(JsonRead, FloatsTakeIntegersAndMustFit) {
    EXPECT_EQ(read<double>("3"), 3.0);
    EXPECT_EQ(read<float>("0.5"), 0.5f);
    EXPECT_THAT(errorOf<float>("1e300"), HasSubstr("is too large"));
}

TEST(JsonRead, AsTextTakesTextAndNumbersAndNothingElse) {
    EXPECT_EQ(read<AsText<std::uint64_t>>(R"("18446744073709551615")").value, UINT64_MAX);
    EXPECT_EQ(read<AsText<std::int64_t>>("-5").value, -5);
    EXPECT_EQ(errorOf<AsText<std::uint8_t>>(R"("256")"), "\"256\" is no integer that fits");
    EXPECT_EQ(errorOf<AsText<int>>(R"("1x")"), "\"1x\" is no integer that fits");
    EXPECT_EQ(errorOf<AsText<int>>(R"("")"), "\"\" is no integer that fits");
}

TEST(JsonRead, EscapesAndCharactersBeyondAsciiArrive) {
    EXPECT_EQ(read<std::string>(R"("a\n\"\\\/\u00e9\ud83d\ude00é")"), "a\n\"\\/\u00e9\U0001F600\u00e9");
}

TEST(JsonRead, AVariantIsChosenByItsType) {
    const auto drawn = read<Drawn>(R"({"shape":{"x":1,"type":"Move","y":2}})");
    EXPECT_EQ(std::get<Move>(drawn.shape).y, 2);
    EXPECT_TRUE(std::holds_alternative<Empty>(read<Drawn>(R"({"shape":{"kind":"Empty"}})", {.typeKey = "kind"}).shape));
}

TEST(JsonRead, AVariantOfAnUnknownTypeNamesTheKnownOnes) {
    EXPECT_EQ(errorOf<Drawn>(R"({"shape":{"type":"Circle"}})"),
              "shape.type: \"Circle\" is none of the known types (known: Text, Move, Empty)");
    EXPECT_EQ(errorOf<Drawn>(R"({"shape":{"x":1}})"), "shape.type: is missing: it says which message this is");
    EXPECT_EQ(errorOf<Drawn>(R"({"shape":{"type":1}})"), "shape.type: expected text, got the number 1");
    EXPECT_EQ(errorOf<Drawn>(R"({"shape":{"type":"Empty","type":"Empty"}})"), "shape.type: is there twice");
}

TEST(JsonRead, TheTypeIsReadBeforeTheStructIsChosen) {
    Document document;
    const auto root = document.parse(R"({"text":"hi","type":"Text"})");
    EXPECT_EQ(readType(root), "Text");
    Text text;
    readTagged(root, text);
    EXPECT_EQ(text.text, "hi");
    EXPECT_THROW(read(root, text), DecodeError);  // untagged, "type" is an unknown member
}

struct Event {
    std::string type;
    int n;
};

TEST(JsonRead, AFieldNamedLikeTheTypeKeyReceivesTheType) {
    Document document;
    Event event{};
    readTagged(document.parse(R"({"type":"Event","n":1})"), event);
    EXPECT_EQ(event.type, "Event");
}

TEST(JsonRead, SyntaxErrorsSayWhatAndWhere) {
    EXPECT_EQ(errorOf<Move>(""), "not JSON: it is empty");
    EXPECT_EQ(errorOf<Move>("{\"x\":1,\n \"y\" 2}"),
              "not JSON: a value, comma, colon or bracket is missing or wrong (line 2, column 6)");
    EXPECT_THAT(errorOf<Move>(R"({"x":1)"), HasSubstr("not JSON"));
    EXPECT_THAT(errorOf<Move>(R"({"x":01,"y":2})"), HasSubstr("not JSON"));
    EXPECT_THAT(errorOf<Text>("{\"text\":\"\xff\"}"), HasSubstr("not JSON: it is not valid UTF-8"));
    EXPECT_THAT(errorOf<Text>(R"({"text":"\ud800"})"), HasSubstr("not JSON"));
    EXPECT_THAT(errorOf<Text>("{\"text\":\"a"), HasSubstr("not JSON: a text is not closed"));
    EXPECT_THAT(errorOf<Move>(R"({"x":1,"y":2} {})"), HasSubstr("not JSON"));
}

// The search for the place of the mistake threw an error of the parser's own instead.
TEST(JsonRead, AWordThatOnlyBeginsLikeNullIsADecodeError) {
    for (const std::string_view text : {R"({"x":n,"y":2})", R"({"x":nul,"y":2})", R"({"x":nulls,"y":2})", R"({"x":[n":1]})"})
        EXPECT_THAT(errorOf<Move>(text), HasSubstr("not JSON")) << text;
}

TEST(JsonRead, NestingDeeperThanTheBoundIsAnError) {
    EXPECT_EQ(errorOf<Open>(R"({"x":1,"z":)" + std::string(127, '[') + std::string(127, ']') + "}"), "no error");
    EXPECT_EQ(errorOf<Open>(R"({"x":1,"z":)" + std::string(128, '[') + std::string(128, ']') + "}"),
              "not JSON: it is nested too deeply");
    EXPECT_THAT(errorOf<Open>(std::string(100'000, '[')), HasSubstr("not JSON"));
}

TEST(JsonRead, TextWithReadableSlackIsParsedWhereItLies) {
    std::string buffer = std::string{kOrder} + std::string(kReadableSlack, '}');
    Document document;
    Order order{};
    read(document.parse(std::string_view{buffer}.substr(0, kOrder.size()), kReadableSlack), order);
    EXPECT_EQ(order.id, 7u);
}

TEST(JsonRead, LongTextsInErrorsAreCutBetweenCharacters) {
    const std::string text = std::string(39, 'a') + "é" + std::string(40, 'b');
    EXPECT_EQ(errorOf<Side>('"' + text + '"'), '"' + std::string(39, 'a') + "…\" is no Side (known: Buy, Sell)");
}

}  // namespace
}  // namespace patchbay::json
