// What a message handler returns is sent back to the peer.   Source: Jakarta WebSocket §4.7

#include "support/Conversation.hpp"

#include <gmock/gmock.h>

#include <array>
#include <cstdint>
#include <span>
#include <variant>

namespace patchbay::test {
namespace {

using testing::ElementsAre, testing::IsEmpty;

struct Point {
    int x, y;
};
struct Text {
    std::string text;
};

/// Returns `value` for every text.
template <class Result>
class Returner {
    SERVER_ENDPOINT(Returner, "/")
public:
    std::remove_cvref_t<Result> value{};
    std::vector<std::string> errors;

    ON_MESSAGE(answer)
    Result answer(std::string_view) { return value; }
    ON_ERROR(failed)
    void failed(const std::exception& error) { errors.emplace_back(error.what()); }
};

template <class Result>
Received answersWith(const std::remove_cvref_t<Result>& value) {
    Conversation<Returner<Result>> conversation;
    conversation.instance().value = value;
    conversation.text("?");
    EXPECT_THAT(conversation.instance().errors, IsEmpty());
    return conversation.peer();
}
template <class Result>
std::string textOf(const std::remove_cvref_t<Result>& value) {
    const Received received = answersWith<Result>(value);
    EXPECT_THAT(received.binaries, IsEmpty());
    EXPECT_EQ(received.texts.size(), 1U);
    return received.texts.empty() ? "" : received.texts.front();
}
template <class Result>
std::string binaryOf(const std::remove_cvref_t<Result>& value) {
    const Received received = answersWith<Result>(value);
    EXPECT_THAT(received.texts, IsEmpty());
    EXPECT_EQ(received.binaries.size(), 1U);
    return received.binaries.empty() ? "" : received.binaries.front();
}

TEST(ReturnValues, TextIsSentAsItIs) {
    EXPECT_EQ(textOf<std::string>("say \"hi\""), "say \"hi\"");
    EXPECT_EQ(textOf<const std::string&>("x"), "x");
    EXPECT_EQ(textOf<std::string_view>(""), "");
    EXPECT_EQ(textOf<const char*>("literal"), "literal");
}

TEST(ReturnValues, BytesAreSentAsABinaryMessage) {
    EXPECT_EQ(binaryOf<std::vector<std::byte>>({std::byte{1}, std::byte{0}}), std::string("\1\0", 2));
    EXPECT_EQ(binaryOf<Bytes>({}), "");
    EXPECT_EQ((binaryOf<std::array<std::byte, 1>>({std::byte{'a'}})), "a");
    EXPECT_EQ(binaryOf<std::vector<std::uint8_t>>({7, 0}), std::string("\7\0", 2));
    EXPECT_EQ(binaryOf<std::span<const std::uint8_t>>({}), "");
    EXPECT_EQ((binaryOf<std::array<std::uint8_t, 2>>({'a', 'b'})), "ab");
}

TEST(ReturnValues, NumbersAndBoolsAreSentAsText) {
    EXPECT_EQ(textOf<int>(-42), "-42");
    EXPECT_EQ(textOf<double>(0.5), "0.5");
    EXPECT_EQ(textOf<std::uint64_t>(18446744073709551615U), "18446744073709551615");
    EXPECT_EQ(textOf<bool>(true), "true");
    EXPECT_EQ(textOf<bool>(false), "false");
}

TEST(ReturnValues, StructsAndListsAreSentAsJson) {
    EXPECT_EQ(textOf<std::vector<Point>>({{1, 2}, {3, 4}}), R"([{"x":1,"y":2},{"x":3,"y":4}])");
    EXPECT_EQ(textOf<std::vector<std::int8_t>>({1, 2}), "[1,2]");
    EXPECT_EQ(textOf<Point>({1, 2}), R"({"type":"Point","x":1,"y":2})");
    EXPECT_EQ(textOf<const Text&>({"hi"}), R"({"type":"Text","text":"hi"})");
}

TEST(ReturnValues, AVariantSaysWhichOfItsStructsItIs) {
    using Either = std::variant<Point, Text>;
    EXPECT_EQ(textOf<Either>(Text{"hi"}), R"({"type":"Text","text":"hi"})");
    EXPECT_EQ(textOf<Either>(Point{1, 2}), R"({"type":"Point","x":1,"y":2})");
}

TEST(ReturnValues, AFullOptionalSendsWhatIsInIt) {
    EXPECT_EQ(textOf<std::optional<Point>>(Point{1, 2}), R"({"type":"Point","x":1,"y":2})");
    EXPECT_EQ(textOf<std::optional<std::string>>("text"), "text");
    EXPECT_EQ(textOf<std::optional<int>>(0), "0");
    EXPECT_EQ(textOf<std::optional<bool>>(false), "false");
    EXPECT_EQ(binaryOf<std::optional<std::vector<std::byte>>>(std::vector{std::byte{'b'}}), "b");
}

template <class Inner>
void expectSilence() {
    const Received received = answersWith<std::optional<Inner>>(std::nullopt);
    EXPECT_THAT(received.texts, IsEmpty());
    EXPECT_THAT(received.binaries, IsEmpty());
}

TEST(ReturnValues, AnEmptyOptionalSendsNothing) {
    expectSilence<Point>();
    expectSilence<std::string>();
    expectSilence<std::string_view>();
    expectSilence<int>();
    expectSilence<std::vector<std::byte>>();
    expectSilence<std::variant<Point, Text>>();
}

TEST(ReturnValues, WhatCannotBeWrittenGoesToTheErrorHandler) {
    Conversation<Returner<Text>> conversation;
    conversation.instance().value.text = "\xff";
    conversation.text("?");
    EXPECT_THAT(conversation.peer().texts, IsEmpty());
    EXPECT_THAT(conversation.instance().errors, ElementsAre("text: the text is not valid UTF-8"));
    EXPECT_TRUE(conversation.session().isOpen());
}

class Closer {
    SERVER_ENDPOINT(Closer, "/")
public:
    std::vector<std::string> errors;

    ON_MESSAGE(answer)
    std::string answer(Session session, std::string_view text) {
        session.close();
        return std::string{text};
    }
    ON_ERROR(failed)
    void failed(const SessionClosed& error) { errors.emplace_back(error.what()); }
};

// Jakarta's containers differ here: the handler has closed the session, so its result cannot be sent any more.
TEST(ReturnValues, AfterTheHandlerClosedTheSessionTheFailedSendGoesToTheErrorHandler) {
    Conversation<Closer> conversation;
    conversation.text("too late");
    EXPECT_THAT(conversation.peer().texts, IsEmpty());
    EXPECT_THAT(conversation.instance().errors, ElementsAre("send: the session is closed"));
}

// ------------------------------------------------------------------------------------------------ send() is the same

class Silent {
    SERVER_ENDPOINT(Silent, "/")
public:
    ON_MESSAGE(ignore)
    void ignore(std::string_view) {}
};

TEST(SendingOptionals, AnEmptyOneIsNoMessageAndAFullOneIsWhatIsInIt) {
    Conversation<Silent> conversation;
    const Session session = conversation.session();
    conversation.loop().turnWith([&] {
        session.send(std::optional<Point>{});
        session.send(std::optional<std::string>{});
        session.send(std::optional<std::vector<std::uint8_t>>{});
        EXPECT_EQ(session.trySend(std::optional<int>{}), SendStatus::Queued);
    });
    EXPECT_THAT(conversation.peer().texts, IsEmpty());
    EXPECT_THAT(conversation.peer().binaries, IsEmpty());
    conversation.loop().turnWith([&] {
        session.send(std::optional{Point{1, 2}});
        session.send(std::optional<std::string>{"text"});
        session.send(std::optional{std::vector<std::uint8_t>{'b'}});
    });
    EXPECT_THAT(conversation.peer().texts, ElementsAre(R"({"type":"Point","x":1,"y":2})", "text"));
    EXPECT_THAT(conversation.peer().binaries, ElementsAre("b"));
    conversation.leave();
    EXPECT_EQ(session.trySend(std::optional<int>{}), SendStatus::Closed);
}

TEST(SendingOctets, TheyAreABinaryMessage) {
    Conversation<Silent> conversation;
    const std::vector<std::uint8_t> octets{1, 255};
    const Session session = conversation.session();
    conversation.loop().turnWith([&] {
        session.send(octets);
        session.send(std::span{octets}.first(1));
        EXPECT_EQ(session.trySend(octets), SendStatus::Queued);
        session.basicRemote().sendBinary(octets);
    });
    EXPECT_THAT(conversation.peer().binaries, ElementsAre("\1\xff", "\1", "\1\xff", "\1\xff"));
    EXPECT_THAT(conversation.peer().texts, IsEmpty());
}

struct Row {
    std::string type, text;
};

// The member was left out without a word.
TEST(SendingStructs, AMemberCalledLikeTheKeyOfNamesIsAnErrorThatSaysSo) {
    Conversation<Silent> conversation;
    try {
        conversation.session().send(Row{"a", "b"});
        FAIL() << "sent";
    } catch (const json::EncodeError& error) {
        EXPECT_EQ(std::string{error.what()},
                  "type: is a member of Row, and the key under which its name would stand; rename it, or choose another typeKey");
    }
    EXPECT_THAT(conversation.peer().texts, IsEmpty());
}

class Rows {
    SERVER_ENDPOINT(Rows, "/", .typeTags = Never)
public:
    ON_MESSAGE(echo)
    Row echo(const Row& row) { return row; }
};

TEST(SendingStructs, WithoutNamesAMemberMayBeCalledAnything) {
    Conversation<Rows> conversation;
    conversation.text(R"({"type":"a","text":"b"})");
    EXPECT_THAT(conversation.peer().texts, ElementsAre(R"({"type":"a","text":"b"})"));
}

}  // namespace
}  // namespace patchbay::test
