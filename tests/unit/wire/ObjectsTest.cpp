// What clients of patchbay.1 say.   Source: framework/WIRE.md §2, §3, §5 … §8

#include "wire/Objects.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace patchbay::wire {
namespace {

using testing::ElementsAre, testing::HasSubstr, testing::IsEmpty;

/// Each object in a word and its parts, and then the message's fault.
std::vector<std::string> objectsOf(std::string_view message, MessageKind kind = MessageKind::Text) {
    struct Words {
        std::string operator()(const Ping&) const { return "ping"; }
        std::string operator()(const Hello& hello) const {
            std::string text = "hello " + hello.client + " " + std::to_string(hello.next) + (hello.token ? " token " + *hello.token : "");
            for (const auto& [topic, position] : hello.since) text += " " + topic + "@" + position.epoch + ":" + std::to_string(position.offset);
            return text;
        }
        std::string operator()(const Join& join) const {
            return "join " + std::to_string(join.id) + " " + join.topic + (join.since ? " " + join.since->epoch + ":" + std::to_string(join.since->offset) : "");
        }
        std::string operator()(const Leave& leave) const { return "leave " + std::to_string(leave.id) + " " + leave.topic; }
        std::string operator()(const History& history) const {
            return "history " + std::to_string(history.id) + " " + history.topic + (history.before ? " <" + std::to_string(*history.before) : "") + " " +
                   std::to_string(history.limit);
        }
        std::string operator()(const Auth& auth) const { return "auth " + std::to_string(auth.id) + " " + auth.token; }
        std::string operator()(const Request& request) const {
            return std::string{request.kind == MessageKind::Text ? "text " : "bytes "} + std::to_string(request.id) + " " + std::string{asText(request.data)};
        }
        std::string operator()(const Unknown& unknown) const { return "unknown " + std::to_string(unknown.id); }
        std::string operator()(const Malformed& malformed) const {
            return "malformed " + std::to_string(malformed.id) + (malformed.isHello ? " hello: " : ": ") + malformed.why;
        }
    };
    Reader reader;
    reader.begin(kind, asBytes(message));
    std::vector<std::string> words;
    while (const auto object = reader.next()) words.push_back(std::visit(Words{}, *object));
    if (!reader.fault().empty()) words.push_back("fault: " + std::string{reader.fault()});
    return words;
}
std::string objectOf(std::string_view message, MessageKind kind = MessageKind::Text) {
    const auto words = objectsOf(message, kind);
    return words.size() == 1 ? words.front() : testing::PrintToString(words);
}

constexpr std::string_view kClient = "0123456789abcdefghij_-";  // as short as one may be

std::string hello(std::string_view rest) { return "{\"hello\":{\"client\":\"" + std::string{kClient} + "\"" + std::string{rest} + "}}"; }

TEST(WireObjects, OfOneMessageAreHandedOutInTheirOrder) {
    EXPECT_THAT(objectsOf("{\"id\":1,\"data\":1}\n{}\n{\"leave\":\"x\"}"), ElementsAre("text 1 1", "ping", "leave 0 x"));
}

TEST(WireObjects, AreJoinedByOneLineFeedAndNoneAtTheEnd) {
    EXPECT_THAT(objectsOf("{}\n"), ElementsAre("ping", HasSubstr("fault: an empty line")));
    EXPECT_THAT(objectsOf("\n{}"), ElementsAre(HasSubstr("fault: an empty line")));
    EXPECT_THAT(objectsOf(""), ElementsAre(HasSubstr("fault: an empty line")));
    EXPECT_THAT(objectsOf("{\n}"), ElementsAre("fault: an object that is no JSON"));
}

TEST(WireObjects, ThatAreNoJsonAreAFaultBehindWhichNothingIsRead) {
    EXPECT_THAT(objectsOf("{}\n{\"id\":1,}\n{}"), ElementsAre("ping", "fault: an object that is no JSON"));
    EXPECT_THAT(objectOf("{} {}"), HasSubstr("fault"));
    EXPECT_THAT(objectOf("{\"data\":\"\xff\"}"), HasSubstr("fault"));
}

TEST(WireObjects, ThatAreNoObjectsAreOneToo) {
    for (const auto* text : {"[]", "1", "\"x\"", "null"}) EXPECT_EQ(objectOf(text), "fault: something that is no object") << text;
}

TEST(WireHello, HasASecretAndTheLowestIdThatIsOpen) {
    EXPECT_EQ(objectOf(hello(",\"next\":1")), "hello " + std::string{kClient} + " 1");
    EXPECT_EQ(objectOf(hello(",\"next\":9007199254740991,\"token\":\"t\",\"since\":{\"b\":{\"epoch\":\"k3\",\"offset\":0},\"a\":{\"epoch\":\"0\",\"offset\":41,\"more\":[]}},\"new\":1")),
              "hello " + std::string{kClient} + " 9007199254740991 token t a@0:41 b@k3:0");
}

TEST(WireHello, OfASecretThatIsTooShortOrLongOrOddIsMalformed) {
    const auto of = [](std::string_view client) { return objectOf("{\"hello\":{\"client\":\"" + std::string{client} + "\",\"next\":1}}"); };
    EXPECT_THAT(of(kClient.substr(1)), HasSubstr("malformed 0 hello: client"));
    EXPECT_THAT(of(std::string(64, 'x')), HasSubstr("hello xxx"));
    EXPECT_THAT(of(std::string(65, 'x')), HasSubstr("malformed 0 hello: client"));
    EXPECT_THAT(of("0123456789abcdefghij_="), HasSubstr("malformed 0 hello: client"));
    EXPECT_THAT(objectOf("{\"hello\":{\"next\":1}}"), HasSubstr("malformed 0 hello: client"));
}

TEST(WireHello, OfNumbersBeyondTheirBoundsIsMalformed) {
    for (const auto* next : {"0", "-1", "9007199254740992", "9223372036854775808", "18446744073709551616", "1.5", "\"1\"", "null"}) {
        EXPECT_THAT(objectOf(hello(",\"next\":" + std::string{next})), HasSubstr("malformed 0 hello: next")) << next;
    }
    EXPECT_THAT(objectOf(hello("")), HasSubstr("malformed 0 hello: next"));
    EXPECT_THAT(objectOf(hello(",\"next\":1,\"since\":{\"x\":{\"epoch\":\"k\",\"offset\":9007199254740992}}")), HasSubstr("malformed 0 hello: offset"));
    EXPECT_THAT(objectOf(hello(",\"next\":1,\"since\":{\"x\":{\"epoch\":\"k\",\"offset\":9223372036854775808}}")), HasSubstr("malformed 0 hello: offset"));
}

TEST(WireHello, OfAnEpochOrATopicThatIsNoneIsMalformed) {
    const auto of = [](const std::string& topic, const std::string& epoch) {
        return objectOf(hello(",\"next\":1,\"since\":{\"" + topic + "\":{\"epoch\":\"" + epoch + "\",\"offset\":1}}"));
    };
    EXPECT_THAT(of("x", std::string(16, 'z')), HasSubstr("hello 0"));
    EXPECT_THAT(of("x", std::string(17, 'z')), HasSubstr("malformed 0 hello: epoch"));
    EXPECT_THAT(of("x", ""), HasSubstr("malformed 0 hello: epoch"));
    EXPECT_THAT(of("x", "K3"), HasSubstr("malformed 0 hello: epoch"));
    EXPECT_THAT(of("", "k"), HasSubstr("malformed 0 hello: since"));
    EXPECT_THAT(of(std::string(255, 't'), "k"), HasSubstr("hello 0"));
    EXPECT_THAT(of(std::string(256, 't'), "k"), HasSubstr("malformed 0 hello: since"));
}

TEST(WireHello, OfATopicOrAMemberThatStandsTwiceIsMalformed) {
    EXPECT_THAT(objectOf(hello(",\"next\":1,\"next\":2")), HasSubstr("malformed 0 hello"));
    EXPECT_THAT(objectOf(hello(",\"next\":1,\"since\":{\"x\":{\"epoch\":\"k\",\"offset\":1},\"x\":{\"epoch\":\"k\",\"offset\":2}}")), HasSubstr("malformed 0 hello"));
    EXPECT_THAT(objectOf("{\"id\":3,\"leave\":\"x\",\"leave\":\"y\"}"), "malformed 3: leave: stands twice");
}

TEST(WireHello, OfTenThousandTopicsIsReadInOneGo) {
    std::string since;
    for (int topic = 0; topic < 10'000; ++topic) since += (since.empty() ? "\"t" : ",\"t") + std::to_string(topic) + "\":{\"epoch\":\"k\",\"offset\":1}";
    Reader reader;
    const std::string text = hello(",\"next\":1,\"since\":{" + since + "}");
    reader.begin(MessageKind::Text, asBytes(text));
    const auto object = reader.next();
    ASSERT_TRUE(object && std::holds_alternative<Hello>(*object));
    EXPECT_EQ(std::get<Hello>(*object).since.size(), 10'000U);
}

TEST(WireJoin, HasATopicAndPerhapsAPosition) {
    EXPECT_EQ(objectOf(R"({"id":13,"join":"lobby","since":{"epoch":"k3","offset":41}})"), "join 13 lobby k3:41");
    EXPECT_EQ(objectOf(R"({"join":"lobby"})"), "join 0 lobby");
    EXPECT_THAT(objectOf(R"({"id":13,"join":"lobby","since":{"epoch":"k3"}})"), HasSubstr("malformed 13: offset"));
    EXPECT_THAT(objectOf(R"({"id":13,"join":7})"), HasSubstr("malformed 13: join"));
    EXPECT_THAT(objectOf(R"({"id":13,"join":""})"), HasSubstr("malformed 13: join"));
}

TEST(WireHistory, IsOfOneToAHundredAndOfFiftyWhereNothingIsSaid) {
    EXPECT_EQ(objectOf(R"({"id":15,"history":"lobby","before":38,"limit":100})"), "history 15 lobby <38 100");
    EXPECT_EQ(objectOf(R"({"id":15,"history":"lobby"})"), "history 15 lobby 50");
    EXPECT_THAT(objectOf(R"({"id":15,"history":"lobby","limit":101})"), HasSubstr("malformed 15: limit"));
    EXPECT_THAT(objectOf(R"({"id":15,"history":"lobby","limit":0})"), HasSubstr("malformed 15: limit"));
    EXPECT_THAT(objectOf(R"({"id":15,"history":"lobby","before":9007199254740992})"), HasSubstr("malformed 15: before"));
}

TEST(WireAuth, HasAToken) {
    EXPECT_EQ(objectOf(R"({"id":16,"auth":"eyJ"})"), "auth 16 eyJ");
    EXPECT_THAT(objectOf(R"({"id":16,"auth":{}})"), HasSubstr("malformed 16: auth"));
}

TEST(WireRequest, HasItsDataAsItStands) {
    EXPECT_EQ(objectOf(R"({"id":12,"data":{"type":"Say", "text":"}],\""}})"), R"(text 12 {"type":"Say", "text":"}],\""})");
    EXPECT_EQ(objectOf(R"({"data": [1,[2,{"a":":,"}]] ,"id":1})"), R"(text 1 [1,[2,{"a":":,"}]])");
    EXPECT_EQ(objectOf(R"({"x":{"data":1},"y":[":"],"d\u0061ta":-1.5e3})"), "text 0 -1.5e3");
    EXPECT_EQ(objectOf(R"({"data":null})"), "text 0 null");
}

TEST(WireRequest, OfATextIsWhatThatSays) {
    EXPECT_EQ(objectOf(R"({"id":1,"data":"say \"hi\"\n\u00e9"})"), "text 1 say \"hi\"\n\u00e9");
    EXPECT_EQ(objectOf(R"({"data":""})"), "text 0 ");
}

TEST(WireRequest, OfAnIdThatIsNoneIsMalformedAndNobodys) {
    for (const auto* id : {"0", "-1", "9007199254740992", "18446744073709551616", "\"1\"", "1.5", "null", "[]"}) {
        EXPECT_THAT(objectOf("{\"id\":" + std::string{id} + ",\"data\":1}"), HasSubstr("malformed 0: id")) << id;
    }
    EXPECT_EQ(objectOf(R"({"id":9007199254740991,"data":1})"), "text 9007199254740991 1");
    EXPECT_THAT(objectOf(R"({"id":1,"id":2,"data":1})"), HasSubstr("stands twice"));
}

TEST(WireRequest, OfBytesIsAnObjectALineFeedAndThem) {
    using namespace std::string_view_literals;
    EXPECT_EQ(objectOf("{\"id\":5}\n\0\n{}"sv, MessageKind::Binary), "bytes 5 \0\n{}"sv);
    EXPECT_EQ(objectOf("{}\n", MessageKind::Binary), "bytes 0 ");
    EXPECT_THAT(objectOf("{\"id\":5}", MessageKind::Binary), HasSubstr("fault: a binary message without its object"));
    EXPECT_THAT(objectOf("{\"id\":5,\"data\":1}\nx", MessageKind::Binary), "malformed 5: data: stands where bytes are");
    EXPECT_THAT(objectOf("{\"id\":5,\"join\":\"x\"}\nx", MessageKind::Binary), "malformed 5: join: does not come with bytes");
    EXPECT_THAT(objectOf("{\xff}\nx", MessageKind::Binary), HasSubstr("fault: an object that is no JSON"));
}

TEST(WireObjects, AreToldByTheFirstMemberOfTheTable) {
    EXPECT_EQ(objectOf(R"({"data":1,"leave":"x","join":"y"})"), "join 0 y");
    EXPECT_EQ(objectOf(R"({"data":1,"auth":"t","id":2})"), "auth 2 t");
}

TEST(WireObjects, ThatNobodyKnowsAreUnknownWithTheirId) {
    EXPECT_EQ(objectOf(R"({"id":7,"dance":true})"), "unknown 7");
    EXPECT_EQ(objectOf(R"({"id":7})"), "unknown 7");
    EXPECT_EQ(objectOf(R"({"state":{}})"), "unknown 0");
}

TEST(WireReader, IsUsedAgainAfterAFault) {
    Reader reader;
    reader.begin(MessageKind::Text, asBytes("{"));
    EXPECT_FALSE(reader.next());
    EXPECT_FALSE(reader.next());
    reader.begin(MessageKind::Text, asBytes("{}"));
    EXPECT_TRUE(reader.next());
    EXPECT_THAT(reader.fault(), IsEmpty());
}

/// Of NIST's example (FIPS 180-2, B.1): SHA-256 of "abc".
TEST(WirePublicName, IsTheFirstHalfOfASha256) { EXPECT_EQ(publicName("abc"), "ba7816bf8f01cfea414140de5dae2223"); }

TEST(WireEpoch, IsWrittenInDigitsOfBase36) {
    EXPECT_EQ(epochText(1), "1");
    EXPECT_EQ(epochText(35), "z");
    EXPECT_EQ(epochText(36 * 20 + 3), "k3");
    EXPECT_EQ(epochText(0xFFFF'FFFF'FFFF'FFFF), "3w5e11264sgsf");
}

}  // namespace
}  // namespace patchbay::wire
