// How a message becomes the parameter of its handler, and which handler it goes to.

#include "support/CapturedLog.hpp"
#include "support/Conversation.hpp"

#include <gmock/gmock.h>

#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <variant>

namespace patchbay::test {
namespace {

using testing::AllOf, testing::ElementsAre, testing::HasSubstr, testing::IsEmpty;

struct Say {
    std::string text;
};
struct Move {
    int x, y;
};
struct Renamed {
    static constexpr std::string_view messageType = "rename-to";
    std::string name;
};

/// Keeps what handlers wrote down, and the errors.
class Notes {
public:
    std::vector<std::string> notes;
    std::vector<std::string> errors;
    std::string path;  // of the last DecodeError

protected:
    void note(std::string text) { notes.push_back(std::move(text)); }
    void noteError(const std::exception& error) {
        errors.emplace_back(error.what());
        if (const auto* decode = dynamic_cast<const DecodeError*>(&error)) path = decode->path();
    }
};

// ------------------------------------------------------------------------------------------------ one untyped handler

template <class Message>
class Taker : public Notes {
    SERVER_ENDPOINT(Taker, "/", .maxMessageSize = 64_KiB)
public:
    std::vector<std::decay_t<Message>> taken;

    ON_MESSAGE(got, .maxMessageSize = 4_KiB)
    void got(Message message) { taken.push_back(message); }
    ON_ERROR(failed)
    void failed(const std::exception& error) { noteError(error); }
};

TEST(MessageBinding, TextArrivesAsItIsOwnedOrNot) {
    Conversation<Taker<std::string>> owned;
    owned.text("a\"b");
    owned.text("");
    EXPECT_THAT(owned.instance().taken, ElementsAre("a\"b", ""));

    Conversation<Taker<const std::string&>> byReference;
    byReference.text("{not json");
    EXPECT_THAT(byReference.instance().taken, ElementsAre("{not json"));
}

TEST(MessageBinding, BytesArriveAsTheyAre) {
    Conversation<Taker<const std::vector<std::byte>&>> conversation;
    conversation.binary(std::string_view{"\0\xff", 2});
    conversation.binary("");
    using Vector = std::vector<std::byte>;
    EXPECT_THAT(conversation.instance().taken, ElementsAre(Vector{std::byte{0}, std::byte{0xff}}, Vector{}));
}

// A vector of them was a JSON list, and a span of them no message.
TEST(MessageBinding, OctetsArriveAsBytes) {
    Conversation<Taker<std::vector<std::uint8_t>>> owned;
    owned.binary(std::string_view{"\0\xff", 2});
    owned.text("[1,2]");
    EXPECT_THAT(owned.instance().taken, ElementsAre(std::vector<std::uint8_t>{0, 255}));
    EXPECT_THAT(owned.instance().errors, ElementsAre(HasSubstr("no handler for text messages")));
    Conversation<Taker<std::span<const std::uint8_t>>> shown;
    shown.binary("ab");
    ASSERT_EQ(shown.instance().taken.size(), 1U);
    EXPECT_EQ(shown.instance().taken[0].size(), 2U);
}

TEST(MessageBinding, NumbersAndBoolsAreReadFromText) {
    Conversation<Taker<int>> whole;
    whole.text("-42");
    EXPECT_THAT(whole.instance().taken, ElementsAre(-42));
    Conversation<Taker<double>> fraction;
    fraction.text("2.5e3");
    EXPECT_THAT(fraction.instance().taken, ElementsAre(2500));
    Conversation<Taker<bool>> boolean;
    boolean.text("true");
    boolean.text("false");
    EXPECT_THAT(boolean.instance().taken, ElementsAre(true, false));
}

TEST(MessageBinding, WhatIsNoNumberOfTheTypeIsADecodeErrorAndTheSessionStays) {
    Conversation<Taker<std::uint8_t>> conversation;
    for (const char* text : {"", " 1", "1 ", "1.5", "0x10", "-1", "abc", "256"}) conversation.text(text);
    EXPECT_THAT(conversation.instance().taken, IsEmpty());
    EXPECT_EQ(conversation.instance().errors.size(), 8U);
    EXPECT_EQ(conversation.instance().errors[6], "the message: 'abc' is not a whole number");
    EXPECT_EQ(conversation.instance().errors[7], "the message: '256' is not a number in the range of its type");
    EXPECT_TRUE(conversation.session().isOpen());
    conversation.text("255");
    EXPECT_THAT(conversation.instance().taken, ElementsAre(255));
}

TEST(MessageBinding, ABoolIsTrueOrFalseAndNothingElse) {
    Conversation<Taker<bool>> conversation;
    for (const char* text : {"1", "True", ""}) conversation.text(text);
    EXPECT_THAT(conversation.instance().errors,
                ElementsAre("the message: '1' is not true or false", "the message: 'True' is not true or false",
                            "the message: '' is not true or false"));
}

TEST(MessageBinding, ALongTextIsCutInTheError) {
    Conversation<Taker<int>> conversation;
    conversation.text(std::string(1000, 'x'));
    EXPECT_THAT(conversation.instance().errors, ElementsAre("the message: '" + std::string(40, 'x') + "…' is not a whole number"));
}

// What is shown of it was cut inside a character, and an error handler that sent it failed for that.
TEST(MessageBinding, ALongTextIsCutBetweenCharacters) {
    const std::string half(39, 'x');
    Conversation<Taker<int>> conversation;
    conversation.text(half + "é");
    EXPECT_THAT(conversation.instance().errors, ElementsAre("the message: '" + half + "…' is not a whole number"));
}

TEST(MessageBinding, ListsAndMapsAreReadFromJson) {
    Conversation<Taker<const std::vector<int>&>> list;
    list.text("[1,2,3]");
    EXPECT_THAT(list.instance().taken, ElementsAre(std::vector{1, 2, 3}));
    Conversation<Taker<std::map<std::string, int>>> map;
    map.text(R"({"a":1})");
    EXPECT_THAT(map.instance().taken, ElementsAre(std::map<std::string, int>{{"a", 1}}));
}

TEST(MessageBinding, AStructThatIsTheOnlyOneNeedsNoName) {
    Conversation<Taker<const Move&>> conversation;
    conversation.text(R"({"x":1,"y":2})");
    ASSERT_EQ(conversation.instance().taken.size(), 1U);
    EXPECT_EQ(conversation.instance().taken[0].y, 2);
    EXPECT_THAT(conversation.instance().errors, IsEmpty());
}

TEST(MessageBinding, AKindWithoutHandlerIsADecodeError) {
    Conversation<Taker<std::string>> texts;
    texts.binary("x");
    EXPECT_THAT(texts.instance().errors, ElementsAre("the endpoint has no handler for binary messages"));
    Conversation<Taker<std::vector<std::byte>>> bytes;
    bytes.text("x");
    EXPECT_THAT(bytes.instance().errors, ElementsAre("the endpoint has no handler for text messages"));
    EXPECT_TRUE(bytes.session().isOpen());
}

// ------------------------------------------------------------------------------------------------ path parameters

template <class Value>
class Seats : public Notes {
    SERVER_ENDPOINT(Seats, "/{room}/{seat}")
public:
    std::vector<Value> seats;

    ON_MESSAGE(got)
    void got(std::string_view, PathParam<"seat", Value> seat) { seats.push_back(seat); }
    ON_ERROR(failed)
    void failed(const std::exception& error) { noteError(error); }
};

TEST(PathParameters, ConvertToTheTypeAskedFor) {
    const auto seat = []<class Value>(Value expected, const std::string& text) {
        Conversation<Seats<Value>> conversation{{"lobby", text}};
        conversation.text("");
        EXPECT_THAT(conversation.instance().seats, ElementsAre(expected));
    };
    seat(std::string{"a/b c"}, "a/b c");
    seat(std::string_view{""}, "");
    seat(7, "7");
    seat(std::numeric_limits<std::int64_t>::min(), "-9223372036854775808");
    seat(std::numeric_limits<std::uint64_t>::max(), "18446744073709551615");
    seat(-0.25, "-0.25");
    seat(true, "true");
}

TEST(PathParameters, AValueThatDoesNotConvertIsADecodeErrorWithTheParametersName) {
    Conversation<Seats<int>> conversation{{"lobby", "seven"}};
    conversation.text("");
    EXPECT_THAT(conversation.instance().seats, IsEmpty());
    EXPECT_THAT(conversation.instance().errors, ElementsAre("seat: 'seven' is not a whole number"));
    EXPECT_EQ(conversation.instance().path, "seat");
    EXPECT_TRUE(conversation.session().isOpen());
}

TEST(PathParameters, NanAndInfinityAreNoNumbers) {
    for (const char* text : {"nan", "NAN", "inf", "-inf", "infinity"}) {
        Conversation<Seats<double>> seats{{"lobby", text}};
        seats.text("");
        EXPECT_THAT(seats.instance().errors, ElementsAre("seat: '" + std::string{text} + "' is not a number"));
        Conversation<Taker<float>> message;
        message.text(text);
        EXPECT_THAT(message.instance().taken, IsEmpty()) << text;
    }
}

TEST(PathParameters, AnEmptyOrTooLargeNumberDoesNotConvert) {
    Conversation<Seats<std::uint16_t>> large{{"lobby", "65536"}};
    large.text("");
    EXPECT_THAT(large.instance().errors, ElementsAre("seat: '65536' is not a number in the range of its type"));
    Conversation<Seats<double>> empty{{"lobby", ""}};
    empty.text("");
    EXPECT_THAT(empty.instance().errors, ElementsAre("seat: '' is not a number"));
    Conversation<Seats<bool>> one{{"lobby", "1"}};
    one.text("");
    EXPECT_THAT(one.instance().errors, ElementsAre("seat: '1' is not true or false"));
}

// ------------------------------------------------------------------------------------------------ several types

class Board : public Notes {
    SERVER_ENDPOINT(Board, "/")
public:
    ON_MESSAGE(said)
    void said(const Say& say) { note("say " + say.text); }
    ON_MESSAGE(moved)
    void moved(const Move& move) { note("move " + std::to_string(move.x) + "," + std::to_string(move.y)); }
    ON_MESSAGE(renamed)
    void renamed(const Renamed& renamed) { note("rename " + renamed.name); }
    ON_ERROR(failed)
    void failed(const std::exception& error) { noteError(error); }
};

TEST(TypedMessages, GoToTheHandlerThatTheyName) {
    Conversation<Board> conversation;
    conversation.text(R"({"type":"Move","x":1,"y":2})");
    conversation.text(R"({"text":"hi","type":"Say"})");
    conversation.text(R"({"type":"rename-to","name":"Ann"})");
    EXPECT_THAT(conversation.instance().notes, ElementsAre("move 1,2", "say hi", "rename Ann"));
    EXPECT_THAT(conversation.instance().errors, IsEmpty());
}

TEST(TypedMessages, AnUnknownTypeIsADecodeErrorThatListsTheKnown) {
    Conversation<Board> conversation;
    conversation.text(R"({"type":"Shout","text":"hi"})");
    conversation.text(R"({"type":"Renamed","name":"Ann"})");
    EXPECT_THAT(conversation.instance().errors,
                ElementsAre("type: no message is called 'Shout'; known are Say, Move, rename-to",
                            "type: no message is called 'Renamed'; known are Say, Move, rename-to"));
    EXPECT_EQ(conversation.instance().path, "type");
    EXPECT_TRUE(conversation.session().isOpen());
}

TEST(TypedMessages, WithoutATypeOrWithAWrongOneAreDecodeErrors) {
    Conversation<Board> conversation;
    for (const char* text : {R"({"x":1,"y":2})", R"({"type":7})", "[]", "{", R"({"type":"Move","x":1})"}) {
        conversation.text(text);
    }
    EXPECT_THAT(conversation.instance().errors,
                ElementsAre(HasSubstr("type: is missing"), HasSubstr("type: "), testing::_, HasSubstr("not JSON"),
                            HasSubstr("y: ")));
    EXPECT_THAT(conversation.instance().notes, IsEmpty());
}

TEST(TypedMessages, AMemberThatAnEarlierMessageHadDoesNotStay) {
    Conversation<Board> conversation;
    conversation.text(R"({"type":"Say","text":"first"})");
    conversation.text(R"({"type":"Say"})");
    EXPECT_THAT(conversation.instance().notes, ElementsAre("say first"));
    EXPECT_THAT(conversation.instance().errors, ElementsAre(HasSubstr("text")));
}

class Keyed : public Notes {
    SERVER_ENDPOINT(Keyed, "/", .typeKey = "kind", .allowUnknown = true)
public:
    ON_MESSAGE(said)
    Say said(const Say& say) { return say; }
    ON_MESSAGE(moved)
    void moved(const Move& move) { note("move " + std::to_string(move.x)); }
    ON_ERROR(failed)
    void failed(const std::exception& error) { noteError(error); }
};

TEST(TypedMessages, AnotherKeyHoldsInBothDirections) {
    Conversation<Keyed> conversation;
    conversation.text(R"({"kind":"Say","text":"hi"})");
    conversation.text(R"({"type":"Say","text":"hi"})");
    EXPECT_THAT(conversation.peer().texts, ElementsAre(R"({"kind":"Say","text":"hi"})"));
    EXPECT_THAT(conversation.instance().errors, ElementsAre(HasSubstr("kind: is missing")));
}

TEST(TypedMessages, UnknownMembersAreSkippedWhereTheEndpointAllowsThem) {
    Conversation<Keyed> conversation;
    conversation.text(R"({"kind":"Move","x":4,"y":5,"z":6})");
    EXPECT_THAT(conversation.instance().notes, ElementsAre("move 4"));
}

class Fallback : public Notes {
    SERVER_ENDPOINT(Fallback, "/")
public:
    ON_MESSAGE(said)
    void said(const Say& say) { note("say " + say.text); }
    ON_MESSAGE(other)
    void other(std::string_view text) { note("text " + std::string{text}); }
    ON_MESSAGE(bytes)
    void bytes(Bytes bytes) { note("bytes " + std::to_string(bytes.size())); }
    ON_ERROR(failed)
    void failed(const std::exception& error) { noteError(error); }
};

TEST(TypedMessages, WhatNamesNoTypeGoesToTheUntypedHandlerAsItCame) {
    Conversation<Fallback> conversation;
    for (const char* text : {"hello", "", R"({"text":"x"})", R"({"type":"Move"})", R"({"type":7})", "{broken", " [1]"}) {
        conversation.text(text);
    }
    EXPECT_THAT(conversation.instance().notes,
                ElementsAre("text hello", "text ", R"(text {"text":"x"})", R"(text {"type":"Move"})", R"(text {"type":7})",
                            "text {broken", "text  [1]"));
    EXPECT_THAT(conversation.instance().errors, IsEmpty());
}

TEST(TypedMessages, WhatNamesATypeGoesToItsHandlerAlsoWhenItDoesNotDecode) {
    Conversation<Fallback> conversation;
    conversation.text(R"( {"type":"Say","text":"hi"})");
    conversation.text(R"({"type":"Say","text":7})");
    conversation.binary("abc");
    EXPECT_THAT(conversation.instance().notes, ElementsAre("say hi", "bytes 3"));
    EXPECT_THAT(conversation.instance().errors, ElementsAre(HasSubstr("text: ")));
}

class Variants : public Notes {
    SERVER_ENDPOINT(Variants, "/")
public:
    ON_MESSAGE(got)
    std::variant<Say, Move> got(const std::variant<Say, Move>& message) { return message; }
    ON_MESSAGE(renamed)
    void renamed(const Renamed& renamed) { note("rename " + renamed.name); }
    ON_ERROR(failed)
    void failed(const std::exception& error) { noteError(error); }
};

TEST(TypedMessages, AVariantTakesEachOfItsStructs) {
    Conversation<Variants> conversation;
    conversation.text(R"({"type":"Move","x":1,"y":2})");
    conversation.text(R"({"type":"Say","text":"hi"})");
    conversation.text(R"({"type":"rename-to","name":"Ann"})");
    conversation.text(R"({"type":"Shout"})");
    EXPECT_THAT(conversation.peer().texts, ElementsAre(R"({"type":"Move","x":1,"y":2})", R"({"type":"Say","text":"hi"})"));
    EXPECT_THAT(conversation.instance().notes, ElementsAre("rename Ann"));
    EXPECT_THAT(conversation.instance().errors,
                ElementsAre("type: no message is called 'Shout'; known are Say, Move, rename-to"));
}

// ------------------------------------------------------------------------------------------------ TypeTags

class Single : public Notes {
    SERVER_ENDPOINT(Single, "/")
public:
    ON_MESSAGE(said)
    Say said(const Say& say) { return say; }
    ON_ERROR(failed)
    void failed(const std::exception& error) { noteError(error); }
};

// {"type":"Say"} was an unknown member, and the answer had no name until a second handler came.
TEST(TypeTagsOption, ASingleStructMayBeNamedAndIsAnsweredWithAName) {
    Conversation<Single> conversation;
    conversation.text(R"({"text":"plain"})");
    conversation.text(R"({"text":"named","type":"Say"})");
    EXPECT_THAT(conversation.peer().texts, ElementsAre(R"({"type":"Say","text":"plain"})", R"({"type":"Say","text":"named"})"));
    EXPECT_THAT(conversation.instance().errors, IsEmpty());
}

TEST(TypeTagsOption, ASingleStructIsNotTakenForAnother) {
    Conversation<Single> conversation;
    for (const char* text : {R"({"type":"Move","text":"x"})", R"({"type":7,"text":"x"})", R"({"type":"Say","type":"Say","text":"x"})"}) {
        conversation.text(text);
    }
    EXPECT_THAT(conversation.peer().texts, IsEmpty());
    EXPECT_THAT(conversation.instance().errors, ElementsAre("type: no message is called 'Move'; known are Say",
                                                            "type: expected text, got the number 7", "type: is there twice"));
}

TEST(TypeTagsOption, ALongNameIsCutBetweenCharacters) {
    const std::string half(39, 'x');
    Conversation<Single> single;
    single.text(R"({"type":")" + half + R"(é","text":"x"})");
    EXPECT_THAT(single.instance().errors, ElementsAre("type: no message is called '" + half + "…'; known are Say"));
    Conversation<Board> several;
    several.text(R"({"type":")" + half + R"(é"})");
    EXPECT_THAT(several.instance().errors, ElementsAre("type: no message is called '" + half + "…'; known are Say, Move, rename-to"));
}

class Lenient : public Notes {
    SERVER_ENDPOINT(Lenient, "/", .typeTags = Never, .allowUnknown = true)
public:
    ON_MESSAGE(said)
    Say said(const Say& say) { return say; }
};

TEST(TypeTagsOption, WhereUnknownMembersAreSkippedSoIsAnotherName) {
    Conversation<Lenient> conversation;
    conversation.text(R"({"type":"Move","text":"a"})");
    conversation.text(R"({"type":7,"text":"b"})");
    conversation.text(R"({"type":"Say","text":"c"})");
    EXPECT_THAT(conversation.peer().texts, ElementsAre(R"({"text":"a"})", R"({"text":"b"})", R"({"text":"c"})"));
}

class Always : public Notes {
    SERVER_ENDPOINT(Always, "/", .typeTags = TypeTags::Always)
public:
    ON_MESSAGE(said)
    Say said(const Say& say) { return say; }
    ON_ERROR(failed)
    void failed(const std::exception& error) { noteError(error); }
};

TEST(TypeTagsOption, AlwaysNamesTheOnlyStructToo) {
    Conversation<Always> conversation;
    conversation.text(R"({"type":"Say","text":"hi"})");
    conversation.text(R"({"text":"hi"})");
    conversation.text(R"({"type":"Move","text":"hi"})");
    EXPECT_THAT(conversation.peer().texts, ElementsAre(R"({"type":"Say","text":"hi"})"));
    EXPECT_THAT(conversation.instance().errors,
                ElementsAre(HasSubstr("type: is missing"), "type: no message is called 'Move'; known are Say"));
}

class Never : public Notes {
    SERVER_ENDPOINT(Never, "/", .typeTags = TypeTags::Never)
public:
    ON_MESSAGE(said)
    Say said(const Say& say) { return say; }
    ON_MESSAGE(moved)
    std::variant<Say, Move> moved(const Move& move) { return move; }
};

TEST(TypeTagsOption, NeverSendsStructsWithoutNamesAndStillTellsHandlersApart) {
    Conversation<Never> conversation;
    conversation.text(R"({"type":"Say","text":"hi"})");
    conversation.text(R"({"type":"Move","x":1,"y":2})");
    EXPECT_THAT(conversation.peer().texts, ElementsAre(R"({"text":"hi"})", R"({"type":"Move","x":1,"y":2})"));
}

// ------------------------------------------------------------------------------------------------ sizes

TEST(MessageSizes, WithTheirUnitAreOfAClassTemplateToo) {  // Clang 14 did not link it
    EXPECT_EQ(detail::makeModel<Taker<int>>().maxHandlerMessageBytes, 4096U);
    EXPECT_EQ(detail::makeModel<Taker<int>>().options.maxMessageSize, 65536U);
}

class Limited : public Notes {
    SERVER_ENDPOINT(Limited, "/")
public:
    ON_MESSAGE(said, .maxMessageSize = 32)
    void said(const Say& say) { note(say.text); }
    ON_MESSAGE(moved)
    void moved(const Move&) { note("move"); }
    ON_MESSAGE(text, .maxMessageSize = 4_B)
    void text(std::string_view text) { note(std::string{text}); }
    ON_MESSAGE(bytes, .maxMessageSize = 2)
    void bytes(Bytes) { note("bytes"); }
    ON_ERROR(tooBig)
    void tooBig(const MessageTooBig& error) { errors.emplace_back(std::string{"too big: "} + error.what()); }
    ON_ERROR(failed)
    void failed(const std::exception& error) { noteError(error); }
};

TEST(MessageSizes, AtTheLimitOfItsHandlerAMessageIsDelivered) {
    Conversation<Limited> conversation;
    conversation.text("four");
    conversation.binary("12");
    conversation.text(R"({"type":"Say","text":"1234567"})");
    conversation.text(R"({"type":"Move","x":1,"y":2                           })");
    EXPECT_THAT(conversation.instance().notes, ElementsAre("four", "bytes", "1234567", "move"));
    EXPECT_TRUE(conversation.session().isOpen());
}

TEST(MessageSizes, OverItTheErrorHandlerGetsMessageTooBigAndTheSessionClosesWith1009) {
    struct Row {
        MessageKind kind;
        const char* text;
        const char* error;
    };
    const Row rows[] = {
        {MessageKind::Text, "fives", "too big: a message of 5 bytes; its handler takes at most 4"},
        {MessageKind::Binary, "123", "too big: a message of 3 bytes; its handler takes at most 2"},
        {MessageKind::Text, R"({"type":"Say","text":"123456789"})",
         "too big: a message of 33 bytes; its handler takes at most 32"},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.text);
        Conversation<Limited> conversation;
        row.kind == MessageKind::Text ? conversation.text(row.text) : conversation.binary(row.text);
        EXPECT_THAT(conversation.instance().notes, IsEmpty());
        EXPECT_THAT(conversation.instance().errors, ElementsAre(row.error));
        EXPECT_EQ(conversation.peer().closed, CloseCode::TooBig);
    }
}

class Uneven : public Notes {
    SERVER_ENDPOINT(Uneven, "/")
public:
    ON_MESSAGE(picture, .maxMessageSize = 1_MiB)
    void picture(Bytes) { note("picture"); }
    ON_MESSAGE(said)
    void said(std::string_view) { note("said"); }
    ON_ERROR(failed)
    void failed(const std::exception& error) { noteError(error); }
};

// The connection takes what the largest handler takes; that was all that a handler without a limit was held to.
TEST(MessageSizes, AHandlerWithoutALimitOfItsOwnIsHeldToTheEndpointsAndNotToItsNeighbours) {
    const std::string most(64_KiB, 'x');
    Conversation<Uneven> conversation;
    conversation.binary(most + "x");
    conversation.text(most);
    EXPECT_THAT(conversation.instance().notes, ElementsAre("picture", "said"));
    conversation.text(most + "x");
    EXPECT_THAT(conversation.instance().notes, ElementsAre("picture", "said"));
    EXPECT_THAT(conversation.instance().errors, ElementsAre(HasSubstr("65537 bytes; its handler takes at most 65536")));
    EXPECT_EQ(conversation.peer().closed, CloseCode::TooBig);
}

TEST(MessageSizes, ATooBigMessageThatWouldNotDecodeIsTooBig) {
    Conversation<Limited> conversation;
    conversation.text(R"({"type":"Say","txt":"12345678901234567890"})");
    EXPECT_THAT(conversation.instance().errors, ElementsAre(HasSubstr("too big: a message of 43 bytes")));
}

TEST(MessageSizes, TheModelKnowsTheLargestAndWhetherEveryHandlerSetsOne) {
    EXPECT_EQ(detail::makeModel<Limited>().maxHandlerMessageBytes, 32U);
    EXPECT_FALSE(detail::makeModel<Limited>().everyHandlerSetsMaxMessage);
    EXPECT_EQ(detail::makeModel<Board>().maxHandlerMessageBytes, 0U);
}

}  // namespace
}  // namespace patchbay::test
