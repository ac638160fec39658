// The head of an answer: what frames its body is written by nobody else.   Source: RFC 9112 §6, §9; RFC 9110 §8.6, §15
#include "http/AnswerHead.hpp"

#include <gmock/gmock.h>

namespace patchbay::http {
namespace {

using testing::HasSubstr, testing::IsEmpty, testing::Not, testing::StartsWith;

std::string head(int status, const HeaderFields& fields, std::optional<std::uint64_t> length, AnswerTerms terms = {.keepAlive = true}) {
    std::string out;
    writeAnswerHead(out, status, fields, length, terms);
    return out;
}

TEST(AnswerHead, BeginsWithItsStatusAndEndsWithAnEmptyLine) {
    const std::string text = head(404, {{"X-A", "b"}}, 3);
    EXPECT_THAT(text, StartsWith("HTTP/1.1 404 Not Found\r\n"));
    EXPECT_THAT(text, HasSubstr("\r\nX-A: b\r\n"));
    EXPECT_THAT(text, HasSubstr("\r\nContent-Length: 3\r\n"));
    EXPECT_THAT(text, HasSubstr("\r\nServer: Patchbay\r\n"));
    EXPECT_THAT(text, testing::ContainsRegex("\r\nDate: [A-Z][a-z][a-z], [0-9][0-9] [A-Z][a-z][a-z] [0-9]{4} [0-9:]{8} GMT\r\n"));
    EXPECT_TRUE(text.ends_with("\r\n\r\n"));
    EXPECT_THAT(head(200, {{"server", "mine"}}, 0), Not(HasSubstr("Patchbay")));
    EXPECT_THAT(head(299, {}, 0), StartsWith("HTTP/1.1 299 \r\n"));
}

TEST(AnswerHead, SaysHowTheBodyEnds) {
    EXPECT_THAT(head(200, {}, std::nullopt), HasSubstr("Transfer-Encoding: chunked\r\n"));
    EXPECT_THAT(head(200, {}, std::nullopt), Not(HasSubstr("Content-Length")));
    EXPECT_THAT(head(200, {}, std::nullopt, {.minorVersion = 0}), Not(HasSubstr("chunked")));
    for (const int status : {204, 304}) {
        EXPECT_THAT(head(status, {}, 5), Not(HasSubstr("Content-Length"))) << status;
        EXPECT_THAT(head(status, {}, std::nullopt), Not(HasSubstr("chunked"))) << status;
    }
}

TEST(AnswerHead, SaysWhetherTheConnectionGoesOn) {
    EXPECT_THAT(head(200, {}, 0), Not(HasSubstr("Connection")));
    EXPECT_THAT(head(200, {}, 0, {.keepAlive = false}), HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(head(200, {}, 0, {.minorVersion = 0, .keepAlive = true}), HasSubstr("Connection: keep-alive\r\n"));
    EXPECT_THAT(head(426, {{"Upgrade", "websocket"}}, 0), HasSubstr("Connection: Upgrade\r\n"));
    EXPECT_THAT(head(426, {{"Upgrade", "websocket"}}, 0, {}), HasSubstr("Connection: Upgrade, close\r\n"));
}

TEST(AnswerHead, FramingIsTheServersChoice) {
    EXPECT_EQ(framingOf(200, 5, {}), Framing::Length);
    EXPECT_EQ(framingOf(200, std::nullopt, {}), Framing::Chunked);
    EXPECT_EQ(framingOf(200, std::nullopt, {.minorVersion = 0}), Framing::UntilEnd);
    EXPECT_EQ(framingOf(200, 5, {.toHead = true}), Framing::None);
    EXPECT_EQ(framingOf(200, std::nullopt, {.toHead = true, .minorVersion = 0}), Framing::None);
    EXPECT_EQ(framingOf(204, 0, {}), Framing::None);
    EXPECT_EQ(framingOf(304, 7, {}), Framing::None);
}

TEST(AnswerMistakes, AreWhatBelongsToTheServerOrToNobody) {
    for (const char* name : {"Content-Length", "transfer-encoding", "CONNECTION", "Upgrade", "Date", "Keep-Alive", "TE", "Trailer",
                             "Sec-WebSocket-Accept", "sec-websocket-"}) {
        EXPECT_THAT(mistakeIn({{name, "x"}}), HasSubstr("the server's")) << name;
    }
    for (const char* name : {"", "a b", "a:", "a\r\n", "caf\xc3\xa9", "a\"b"}) EXPECT_THAT(mistakeIn({{name, "x"}}), HasSubstr("token")) << name;
    for (const char* value : {"a\r\nb: c", "a\nb", "a\x01", "\x7f"}) EXPECT_THAT(mistakeIn({{"X", value}}), HasSubstr("control")) << value;
    EXPECT_THAT(mistakeIn({{"X", std::string("a\0b", 3)}}), HasSubstr("control"));
    EXPECT_THAT(mistakeIn({{"X-A", "caf\xc3\xa9\tb"}, {"Set-Cookie", "a=b"}, {"Dated", "x"}}), IsEmpty());
}

TEST(AnswerMistakes, AStatusIsFrom200To599) {
    for (const int status : {0, -5, 99, 100, 101, 199, 600, 99999}) EXPECT_THAT(mistakeIn(status, {}), HasSubstr("status")) << status;
    for (const int status : {200, 204, 404, 599}) EXPECT_THAT(mistakeIn(status, {}), IsEmpty()) << status;
}

}  // namespace
}  // namespace patchbay::http
