// A request's body, in whatever pieces it comes.   Source: RFC 9112 §6.2, §7.1
#include "http/RequestBody.hpp"

#include <gmock/gmock.h>

#include <string>

namespace patchbay::http {
namespace {

using testing::HasSubstr;

/// What became of it, read in pieces of so many bytes.
struct Outcome {
    std::string body;
    std::size_t taken = 0;
    bool last = false;
    int status = 0;
    std::string problem;
};

class RequestBodyTest : public testing::TestWithParam<std::size_t> {
protected:
    static Outcome read(RequestBody body, std::string_view input) {
        Outcome outcome;
        std::size_t come = 0;
        while (!outcome.last && outcome.status == 0 && come < input.size()) {
            come = std::min(come + GetParam(), input.size());
            while (!outcome.last && outcome.status == 0 && outcome.taken < come) {
                const auto piece = body.read(input.substr(outcome.taken, come - outcome.taken));
                outcome.body.append(piece.bytes);
                outcome.taken += piece.taken;
                outcome.last = piece.last;
                outcome.status = piece.status;
                outcome.problem = piece.problem;
            }
        }
        return outcome;
    }
    static Outcome chunked(std::string_view input) { return read(RequestBody{std::nullopt}, input); }
    static void expectBad(std::string_view input, int status, std::string_view problem) {
        const Outcome outcome = chunked(input);
        EXPECT_EQ(outcome.status, status) << input;
        EXPECT_THAT(outcome.problem, HasSubstr(problem)) << input;
    }
};
INSTANTIATE_TEST_SUITE_P(Chunks, RequestBodyTest, testing::Values(1, 2, 3, 7, 100'000), testing::PrintToStringParamName());

TEST_P(RequestBodyTest, OfAKnownLengthEndsThere) {
    const Outcome outcome = read(RequestBody{4}, "bodyGET /");
    EXPECT_EQ(outcome.body, "body");
    EXPECT_EQ(outcome.taken, 4U);
    EXPECT_TRUE(outcome.last);
    EXPECT_FALSE(read(RequestBody{5}, "body").last);
}

TEST_P(RequestBodyTest, InChunksEndsBehindItsTrailers) {
    const std::string whole = "4\r\nWiki\r\n6\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\n\r\n";
    const Outcome outcome = chunked(whole + "GET /");
    EXPECT_EQ(outcome.body, "Wikipedia in \r\n\r\nchunks.");
    EXPECT_EQ(outcome.taken, whole.size());
    EXPECT_TRUE(outcome.last);
    const std::string trailed = "3;ext=\"v\"; b\r\nabc\r\n000;last\r\nTrailer: gone\r\nOther: \t\xc3\xa9\r\n\r\n";
    EXPECT_EQ(chunked(trailed + "x").body, "abc");
    EXPECT_EQ(chunked(trailed + "x").taken, trailed.size());
    EXPECT_EQ(chunked("3 \t; a\r\nabc\r\n0\r\n\r\n").body, "abc");
    EXPECT_EQ(chunked("0\r\n\r\n").body, "");
    EXPECT_TRUE(chunked("0\r\n\r\n").last);
}

TEST_P(RequestBodyTest, WhoseChunksAreMalformedIsRefused) {
    for (const char* size : {"\r\n", "x\r\n", "-1\r\n", "+1\r\n", ";a\r\n", " 1\r\n", "1x\r\n", "0x1\r\n", "0 0\r\n", "00\t0\r\n", "1 \r\n",
                             "1 x\r\n"}) {
        expectBad(size, 400, "size");
    }
    expectBad("11111111111111111\r\n", 400, "too large");
    expectBad("1\nabc", 400, "size");
    expectBad("1\rabc", 400, "CRLF");
    expectBad("1;a\nb", 400, "control");
    expectBad("1\r\nabc", 400, "longer");
    expectBad("1\r\na\rb", 400, "CRLF");
    expectBad("1\r\na\nb", 400, "longer");
    expectBad("0\r\nT: \x01\r\n", 400, "control");
    expectBad("0\r\nT: a\nU: b\r\n\r\n", 400, "control");
    expectBad("0\r\n\rx", 400, "CRLF");
    expectBad("0\r\nT\rx", 400, "CRLF");
}

TEST_P(RequestBodyTest, HasBoundsForWhatIsNotItsOwn) {
    expectBad("1;" + std::string(RequestBody::kMostLine, 'e'), 400, "too long");
    expectBad("1" + std::string(RequestBody::kMostLine, ' '), 400, "too long");
    expectBad("0\r\n" + std::string(RequestBody::kMostTrailers + 1, 't'), 431, "trailers");
    EXPECT_TRUE(chunked("0;" + std::string(RequestBody::kMostLine - 10, 'e') + "\r\n\r\n").last);
}

TEST_P(RequestBodyTest, TheLargestSizeIsASize) {
    const Outcome outcome = chunked("ffffffffffffffff\r\nabc");
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.body, "abc");
}

TEST(RequestBodyLeft, IsKnownWhereTheLengthIs) {
    RequestBody body{10};
    EXPECT_EQ(body.left(), 10U);
    body.read("abc");
    EXPECT_EQ(body.left(), 7U);
    EXPECT_EQ(RequestBody{std::nullopt}.left(), std::nullopt);
}

}  // namespace
}  // namespace patchbay::http
