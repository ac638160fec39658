// What a server says to clients of patchbay.1.   Source: framework/WIRE.md, whose examples these are

#include "wire/Writing.hpp"

#include <patchbay/json.hpp>

#include <gtest/gtest.h>

namespace patchbay::wire {
namespace {

template <class Write, class... Arguments>
std::string written(Write write, const Arguments&... arguments) {
    std::string out;
    write(out, arguments...);
    return out;
}
std::string value(std::string_view text) { return written(writeValue, text); }

TEST(WireWelcome, HasWhatThereIs) {
    EXPECT_EQ(written(writeWelcome, Welcome{.session = 9, .you = "c81d", .user = "ann", .subprotocol = "chat.v1", .ping = 25, .expires = 3600, .message = 65536, .topics = 100, .ids = 1000}),
              R"({"welcome":{"session":"9","you":"c81d","user":"ann","subprotocol":"chat.v1","ping":25,"expires":3600,"limits":{"message":65536,"topics":100,"ids":1000}}})");
    EXPECT_EQ(written(writeWelcome, Welcome{.session = 9, .you = "c81d", .ping = 25}),
              R"({"welcome":{"session":"9","you":"c81d","ping":25,"limits":{"message":0,"topics":0,"ids":0}}})");
}

TEST(WireOutcome, IsOneOfThree) {
    EXPECT_EQ(written(writeOk, std::uint64_t{12}), R"({"id":12,"ok":true})");
    EXPECT_EQ(written(writeAnswer, std::uint64_t{12}, MessageKind::Text, asBytes("{\"a\":1}")), R"({"id":12,"data":{"a":1}})");
    EXPECT_EQ(written(writeAnswer, std::uint64_t{12}, MessageKind::Binary, asBytes("a\nb")), "{\"id\":12}\na\nb");
    EXPECT_EQ(written(writeError, std::uint64_t{12}, Error{"slow-mode", "wait \"a\" bit", true}), R"({"id":12,"error":{"code":"slow-mode","text":"wait \"a\" bit","retry":true}})");
    EXPECT_EQ(written(writeError, std::uint64_t{12}, Error{"failed"}), R"({"id":12,"error":{"code":"failed","retry":false}})");
}

TEST(WireOutcome, OfARefreshSaysHowLongItHolds) {
    EXPECT_EQ(written(writeExpires, std::uint64_t{16}, std::optional<std::uint64_t>{3600}), R"({"id":16,"data":{"expires":3600}})");
    EXPECT_EQ(written(writeExpires, std::uint64_t{16}, std::optional<std::uint64_t>{}), R"({"id":16,"data":{}})");
}

TEST(WireData, OfTextThatIsJsonIsThatAndOfOtherTextATextOfJson) {
    for (const auto* json : {"{\"a\":[1]}", "[]", "-1.5", "true", "null", "\"x\""}) EXPECT_EQ(value(json), json);
    EXPECT_EQ(value("hello"), "\"hello\"");
    EXPECT_EQ(value(""), "\"\"");
    EXPECT_EQ(value("{\"a\":"), R"("{\"a\":")");
    EXPECT_EQ(value("{} {}"), R"("{} {}")");
    EXPECT_EQ(value("2 o'clock"), R"("2 o'clock")");
    EXPECT_EQ(value(" \n"), R"(" \n")");
    EXPECT_EQ(value("1,2"), R"("1,2")");
    EXPECT_EQ(value("[1],[2]"), R"("[1],[2]")");
    EXPECT_EQ(value("1],[2"), R"("1],[2")");
    EXPECT_EQ(value(" {} "), "{}");
}

TEST(WireData, HasNoLineFeedWhateverTheApplicationHasWritten) {
    EXPECT_EQ(value("{\n  \"a\": \"\\n\"\n}"), "{   \"a\": \"\\n\" }");
    EXPECT_EQ(value("a\nb"), "\"a\\nb\"");
}

TEST(WireData, ThatIsNestedAsDeeplyAsItMayBeWithinAnObjectIsJsonAndOneLevelMoreAText) {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_EQ(value(nested(json::kMaxDepth - 1)), nested(json::kMaxDepth - 1));
    EXPECT_EQ(value(nested(json::kMaxDepth)).front(), '"');
}

TEST(WireData, OfALongTextIsTheSame) {
    const std::string text = "[\"" + std::string(70'000, 'x') + "\"]";
    EXPECT_EQ(value(text), text);
    EXPECT_EQ(value(text.substr(0, text.size() - 1)).front(), '"');
}

TEST(WireData, OfNoTopicAndNoRequestStandsAlone) {
    EXPECT_EQ(written(writeData, MessageKind::Text, asBytes("5")), R"({"data":5})");
    EXPECT_EQ(written(writeData, MessageKind::Binary, asBytes("5")), "{}\n5");
}

TEST(WirePublication, HasItsHeadBeforeItsData) {
    EXPECT_EQ(written(writePublication, "lobby", Head{.offset = 58, .client = "c81d", .request = 12}, MessageKind::Text, asBytes("{}")),
              R"({"topic":"lobby","offset":58,"by":["c81d",12],"data":{}})");
    EXPECT_EQ(written(writePublication, "l\"b", Head{.offset = 60, .key = "k", .amends = 41}, MessageKind::Text, asBytes("x")),
              R"({"topic":"l\"b","offset":60,"key":"k","amends":41,"data":"x"})");
    EXPECT_EQ(written(writePublication, "lobby", Head{}, MessageKind::Binary, asBytes("\n")), "{\"topic\":\"lobby\"}\n\n");
}

std::string history(const HistoryPage& page, std::size_t most) { return written(writeHistory, std::uint64_t{15}, page, most); }

TEST(WireHistoryPage, HasItsPublicationsInTheirOrderAndBytesInBase64) {
    const HistoryPage page{"k3",
                           {{{.offset = 36, .client = "c81d", .request = 2}, MessageKind::Text, asBytes("{}")},
                            {{.offset = 37}, MessageKind::Binary, asBytes("a")},
                            {{.offset = 38}, MessageKind::Binary, asBytes("ab")},
                            {{.offset = 39}, MessageKind::Binary, asBytes("\xff\xfe\xfd")},
                            {{.offset = 40}, MessageKind::Binary, {}}},
                           false};
    EXPECT_EQ(history(page, 65536), R"({"id":15,"data":{"epoch":"k3","list":[{"offset":36,"by":["c81d",2],"data":{}},{"offset":37,"bytes":"YQ=="},)"
                                    R"({"offset":38,"bytes":"YWI="},{"offset":39,"bytes":"//79"},{"offset":40,"bytes":""}],"more":false}})");
    EXPECT_EQ(history({"k3", {}, true}, 65536), R"({"id":15,"data":{"epoch":"k3","list":[],"more":true}})");
}

TEST(WireHistoryPage, HasTheNewestThatFitAndAtLeastOne) {
    const std::string data(100, '7');
    const HistoryPage page{"k3", {{{.offset = 1}, MessageKind::Text, asBytes(data)}, {{.offset = 2}, MessageKind::Text, asBytes(data)}}, false};
    EXPECT_EQ(history(page, 100), "{\"id\":15,\"data\":{\"epoch\":\"k3\",\"list\":[{\"offset\":2,\"data\":" + data + "}],\"more\":true}}");
    EXPECT_EQ(history(page, 1000), "{\"id\":15,\"data\":{\"epoch\":\"k3\",\"list\":[{\"offset\":1,\"data\":" + data + "},{\"offset\":2,\"data\":" + data + "}],\"more\":false}}");
}

TEST(WireJoined, SaysWhereItBegins) {
    EXPECT_EQ(written(writeJoined, Joined{.topic = "lobby", .epoch = 723, .offset = 57, .from = 41, .recovered = true}),
              R"({"joined":"lobby","epoch":"k3","offset":57,"from":41,"recovered":true})");
    EXPECT_EQ(written(writeJoined, Joined{.topic = "lobby", .epoch = 723, .offset = 0, .latest = true}),
              R"({"joined":"lobby","epoch":"k3","offset":0,"from":0,"latest":true})");
}

TEST(WireLeft, MaySayWhy) {
    const Error error{"forbidden"};
    EXPECT_EQ(written(writeLeft, "lobby", nullptr), R"({"left":"lobby"})");
    EXPECT_EQ(written(writeLeft, "lobby", &error), R"({"left":"lobby","error":{"code":"forbidden","retry":false}})");
}

TEST(WireAt, HasEachTopicWithItsOffset) {
    EXPECT_EQ(written(writeAt, std::map<std::string, std::uint64_t>{{"a", 1}, {"b", 58}}), R"({"at":{"a":1,"b":58}})");
}

}  // namespace
}  // namespace patchbay::wire
