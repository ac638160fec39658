// The gate's strict check of a request head: one test a rule, each head at once and byte by byte.

#include "http/RequestHead.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace patchbay::http {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;

class RequestHeadTest : public ::testing::TestWithParam<std::size_t> {
protected:
    /// Reads `bytes` as they arrive, in chunks of the parameter's size; stops at the first verdict.
    HeadResult read(std::string_view bytes, const HeadLimits& limits = {}) {
        std::size_t scanned = 0;
        HeadResult result;
        for (std::size_t end = 0; result.state == HeadState::Incomplete && end < bytes.size();) {
            end = std::min(end + GetParam(), bytes.size());
            result = readHead(bytes.substr(0, end), limits, head, scanned);
        }
        return result;
    }

    void expectGood(std::string_view bytes, const HeadLimits& limits = {}) {
        const HeadResult result = read(bytes, limits);
        EXPECT_EQ(result.state, HeadState::Complete) << bytes << "\n" << result.problem;
        EXPECT_EQ(result.status, 0);
    }

    void expectBad(std::string_view bytes, int status, std::string_view problem, const HeadLimits& limits = {}) {
        const HeadResult result = read(bytes, limits);
        EXPECT_EQ(result.state, HeadState::Bad) << bytes;
        EXPECT_EQ(result.status, status) << bytes;
        EXPECT_THAT(result.problem, HasSubstr(problem)) << bytes;
    }

    static std::string withField(std::string_view field) {
        return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string{field} + "\r\n\r\n";
    }
    static std::string withTarget(std::string_view target) {
        return "GET " + std::string{target} + " HTTP/1.1\r\nHost: a\r\n\r\n";
    }

    RequestHead head;
};
INSTANTIATE_TEST_SUITE_P(Chunks, RequestHeadTest, ::testing::Values(1, 2, 3, 4096),
                         ::testing::PrintToStringParamName());

TEST_P(RequestHeadTest, AHeadIsTakenApart) {
    const std::string text = "POST /a/b?c=d HTTP/1.1\r\nHost: example.com:8080\r\nX-Empty:\r\nx-two: \t v w\t \r\n\r\n";
    const std::string bytes = text + "body";
    expectGood(bytes);
    EXPECT_EQ(head.method, "POST");
    EXPECT_EQ(head.target, "/a/b?c=d");
    EXPECT_EQ(head.minorVersion, 1);
    EXPECT_EQ(head.headBytes, text.size());
    ASSERT_EQ(head.headers().size(), 3U);
    EXPECT_EQ(head.header("HOST"), "example.com:8080");
    EXPECT_EQ(head.header("X-Empty"), "");
    EXPECT_EQ(head.header("X-Two"), "v w");
    EXPECT_EQ(head.header("X-Three"), "");
    EXPECT_EQ(head.contentLength, std::nullopt);
    EXPECT_FALSE(head.wantsWebSocket);
    EXPECT_FALSE(head.hasBody());
    EXPECT_FALSE(head.expectContinue);
}

TEST_P(RequestHeadTest, AHeadWithoutItsEndIsIncomplete) {
    for (const auto* text :
         {"G", "GET / HTTP/1.1\r", "GET / HTTP/1.1\r\nHost: a\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r", "\r"})
        EXPECT_EQ(read(text).state, HeadState::Incomplete) << text;
}

TEST(EmptyLines, BeforeARequestAreNobodys) {
    EXPECT_EQ(emptyLinesBefore("GET / HTTP/1.1"), 0U);
    EXPECT_EQ(emptyLinesBefore("\r\nGET"), 2U);
    EXPECT_EQ(emptyLinesBefore("\r\n\r\n\r"), 4U);
    EXPECT_EQ(emptyLinesBefore("\n\r\n"), 0U);
    EXPECT_EQ(emptyLinesBefore(""), 0U);
}

TEST_P(RequestHeadTest, ABareLineFeedIsRefused) {
    expectBad("GET / HTTP/1.1\nHost: a\r\n\r\n", 400, "line feed");
    expectBad("GET / HTTP/1.1\r\nHost: a\n\r\n", 400, "line feed");
    expectBad("GET / HTTP/1.1\r\nHost: a\r\n\n", 400, "line feed");
    expectBad("\nGET / HTTP/1.1\r\n", 400, "line feed");
}

TEST_P(RequestHeadTest, ABareCarriageReturnIsRefused) {
    expectBad("GET / HTTP/1.1\rHost: a\r\n\r\n", 400, "carriage return");
    expectBad(withField("X: a\rb"), 400, "carriage return");
    expectBad("GET / HTTP/1.1\r\r\n", 400, "carriage return");
}

TEST_P(RequestHeadTest, ControlCharactersAreRefusedAsSoonAsTheyCome) {
    for (const char c : {'\0', '\x01', '\x0b', '\x1f', '\x7f'}) {
        expectBad(withField("X: a"s + c + "b"), 400, "control character");
        expectBad("GET /"s + c, 400, "control character");
    }
    expectBad(std::string("\x16\x03\x01\x02\x00\x01", 6), 400, "control character");  // TLS on a plain port
}

TEST_P(RequestHeadTest, BytesBeyondAsciiMayStandInAValueOnly) {
    expectGood(withField("X: caf\xc3\xa9"));
    expectBad(withField("caf\xc3\xa9: x"), 400, "token");
    expectBad(withTarget("/caf\xc3\xa9"), 400, "escaped");
}

TEST_P(RequestHeadTest, ARequestLineHasThreePartsAndSingleSpaces) {
    for (const auto* line : {"GET", "GET /", "GET  HTTP/1.1", "GET /  HTTP/1.1", "GET / x HTTP/1.1", " GET / HTTP/1.1",
                             "GET / HTTP/1.1 ", "GET\t/ HTTP/1.1", "GET /\tHTTP/1.1"})
        expectBad(line + "\r\nHost: a\r\n\r\n"s, 400, "");
}

TEST_P(RequestHeadTest, AMethodIsAToken) {
    expectGood("M-SEARCH / HTTP/1.1\r\nHost: a\r\n\r\n");
    expectBad("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "method");
    expectGood(std::string(32, 'M') + " / HTTP/1.1\r\nHost: a\r\n\r\n");
    expectBad(std::string(33, 'M') + " / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "method");
}

TEST_P(RequestHeadTest, AnotherVersionOfHttpIsAnsweredWith505) {
    for (const auto* version : {"HTTP/2.0", "HTTP/1.2", "HTTP/0.9"})
        expectBad("GET / "s + version + "\r\nHost: a\r\n\r\n", 505, "HTTP/1.1");
    expectBad("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "HTTP/1.1");
}

TEST_P(RequestHeadTest, WhatIsNoVersionIsAnsweredWith400) {
    for (const auto* version : {"http/1.1", "HTTP/1", "HTTP/1.10", "HTTP/x.1", "HTTP/1,1", "HTTPS/1.1"})
        expectBad("GET / "s + version + "\r\nHost: a\r\n\r\n", 400, "version");
}

TEST_P(RequestHeadTest, Http10NeedsNoHost) {
    expectGood("GET / HTTP/1.0\r\n\r\n");
    EXPECT_EQ(head.minorVersion, 0);
}

TEST_P(RequestHeadTest, Http11NeedsExactlyOneHost) {
    expectBad("GET / HTTP/1.1\r\n\r\n", 400, "no Host");
    expectBad(withField("host: b"), 400, "more than one Host");
    expectBad("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400, "more than one Host");
}

TEST_P(RequestHeadTest, AHostIsANameOrAnAddress) {
    for (const auto* host : {"a", "example.com", "127.0.0.1:80", "[::1]:8080", ""})
        expectGood("GET / HTTP/1.1\r\nHost: "s + host + "\r\n\r\n");
    for (const auto* host : {"a b", "a/b", "user@a", "a, b/", "a?b", "a#b", "a\\b", "<a>"})
        expectBad("GET / HTTP/1.1\r\nHost: "s + host + "\r\n\r\n", 400, "Host");
}

TEST_P(RequestHeadTest, AFoldedLineIsRefused) {
    expectBad(withField("X: a\r\n b"), 400, "folded");
    expectBad(withField("X: a\r\n\tb"), 400, "folded");
    expectBad("GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, "folded");
}

TEST_P(RequestHeadTest, AHeaderLineHasANameAndAColon) {
    expectBad(withField("NoColon"), 400, "colon");
    expectBad(withField(": x"), 400, "token");
    expectBad(withField("X : x"), 400, "token");
    expectBad(withField("X\t: x"), 400, "token");
    expectBad(withField("X Y: x"), 400, "token");
    expectBad(withField("X\"Y: x"), 400, "token");
}

TEST_P(RequestHeadTest, AContentLengthIsReadAsANumber) {
    expectGood(withField("Content-Length: 0"));
    EXPECT_EQ(head.contentLength, 0U);
    expectGood(withField("content-length: 18446744073709551615"));
    EXPECT_EQ(head.contentLength, 18446744073709551615U);
}

TEST_P(RequestHeadTest, AContentLengthIsDigitsOnly) {
    for (const auto* value : {"", "-1", "+1", "0x10", "1 0", "1,1", "1, 1", "1.0", "18446744073709551616", "ten"})
        expectBad(withField("Content-Length: "s + value), 400, "Content-Length");
}

TEST_P(RequestHeadTest, ARepeatedContentLengthIsRefusedEvenIfEqual) {
    expectBad(withField("Content-Length: 1\r\ncontent-length: 1"), 400, "more than one Content-Length");
}

TEST_P(RequestHeadTest, BothLengthsAreRefused) {
    expectBad(withField("Content-Length: 1\r\nTransfer-Encoding: chunked"), 400, "both");
    expectBad(withField("Transfer-Encoding: chunked\r\nContent-Length: 1"), 400, "both");
}

TEST_P(RequestHeadTest, AChunkedBodyHasNoLength) {
    expectGood(withField("Transfer-Encoding: chunked"));
    EXPECT_TRUE(head.chunked);
    EXPECT_TRUE(head.hasBody());
    EXPECT_EQ(head.contentLength, std::nullopt);
    expectGood(withField("transfer-encoding: CHUNKED"));
    EXPECT_TRUE(head.chunked);
}

TEST_P(RequestHeadTest, AnotherTransferEncodingIsAnsweredWith501) {
    for (const auto* coding : {"identity", "gzip, chunked", "chunked, gzip", "chunked, chunked", "", "chunked;q=1"})
        expectBad(withField("Transfer-Encoding: "s + coding), 501, "chunked");
}

TEST_P(RequestHeadTest, TransferEncodingTwiceOrIn10IsRefused) {
    expectBad(withField("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), 400, "more than one");
    expectBad("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "HTTP/1.0");
}

TEST_P(RequestHeadTest, PathsAndAbsoluteAddressesAreTargets) {
    for (const auto* target : {"/", "/a/b?c=d&e=/../f", "//a", "/a.b/..c/...", "/a%20b?c=%C3%A9", "http://a",
                               "http://a/b", "HTTPS://a:8443?x", "http://[::1]:80/"})
        expectGood(withTarget(target));
}

TEST_P(RequestHeadTest, OtherTargetsAreRefused) {
    for (const auto* target :
         {"a", "?a", "ftp://a/", "http://", "http:///a", "http://u@a/", "a:443", "/a#b", "http:/a"})
        expectBad(withTarget(target), 400, "target");
}

TEST_P(RequestHeadTest, TheStarIsForOptionsOnly) {
    expectGood("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    expectBad(withTarget("*"), 400, "OPTIONS");
}

/// Node takes what follows for the tunnel's bytes; a body or a request there would be one to one reader only.
TEST_P(RequestHeadTest, ATunnelIsRefusedWhateverItsTarget) {
    for (const char* target : {"a:443", "/", "http://a/"})
        expectBad("CONNECT "s + target + " HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n", 400, "tunnel");
}

/// Other parsers drop it, or take it for another protocol's beginning.
TEST_P(RequestHeadTest, TheMethodOfHttp2sPrefaceIsRefused) {
    for (const char* target : {"*", "/", "http://a/"}) expectBad("PRI "s + target + " HTTP/1.1\r\nHost: a\r\n\r\n", 400, "HTTP/2");
}

TEST_P(RequestHeadTest, DotSegmentsAreRefusedInEverySpelling) {
    for (const auto* target : {"/..", "/../a", "/a/..", "/a/../b", "/.", "/a/./b", "/%2e%2e/a", "/.%2E/a", "/%2e",
                               "/a%2f..%2fb", "/a\\..\\b", "/a%5c..", "http://a/../b", "/a/..?b"})
        expectBad(withTarget(target), 400, "segment");
}

TEST_P(RequestHeadTest, APercentSignThatBeginsNoEscapeStandsForItselfAsInBrowsers) {
    for (const auto* target : {"/?a=100%", "/?a=%zz", "/?%", "/?a=%4", "/%", "/100%", "/%2", "/%zz/b", "/a%2gb", "/%%41", "/%2./a", "/%/%"})
        expectGood(withTarget(target));
}

/// Who decodes twice would read what nobody has looked at.
TEST_P(RequestHeadTest, APercentSignMustNotBeginAnEscapeOnceItIsDecoded) {
    for (const auto* target : {"/%%32e%%32e/a", "/%2%65/a", "/a%%32f..", "/%0%30", "http://a/%%32e"})
        expectBad(withTarget(target), 400, "percent");
    for (const auto* target : {"/%00", "/%%00", "/a/%2e%2e/%", "/%/..", "/%2F..%2F%"}) expectBad(withTarget(target), 400, "path");
}

TEST_P(RequestHeadTest, ControlCharactersInTheQueryAreValues) {
    for (const auto* target : {"/?a=%00", "/?a=x%0Ay", "/?a=%7f", "/?a=%C2%9B"}) expectGood(withTarget(target));
}

TEST_P(RequestHeadTest, WhatDecodesToNoUtf8IsRefused) {
    for (const auto* target : {"/%ff", "/a%C3/b", "/%ED%A0%80", "/?name=%ff", "/?%C0%80", "/?a=%F4%90%80%80", "/?a=%C3&b=%A9"})
        expectBad(withTarget(target), 400, "UTF-8");
    for (const auto* target : {"/gr%C3%BC%C3%9Fe", "/?name=%F0%9F%98%80", "/?a=%E2%80%AE"}) expectGood(withTarget(target));
}

TEST_P(RequestHeadTest, ATargetWithSchemeAndHostSaysWhoIsAsked) {
    const auto asked = [&](std::string_view target) {
        const std::string bytes = withTarget(target);
        expectGood(bytes);
        return std::string{head.host} + " " + head.originTarget();
    };
    EXPECT_EQ(asked("http://example.com:81/a?b"), "example.com:81 /a?b");
    EXPECT_EQ(asked("HTTPS://b?c"), "b /?c");
    EXPECT_EQ(asked("http://b"), "b /");
    EXPECT_EQ(asked("/a?http://x/y"), "a /a?http://x/y");
}

TEST_P(RequestHeadTest, AnEscapedNulInThePathIsRefused) { expectBad(withTarget("/a%00.html"), 400, "NUL"); }

TEST_P(RequestHeadTest, ALongRequestLineIsAnsweredWith414) {
    const HeadLimits limits{.maxRequestLine = 30};
    expectGood("GET /" + std::string(16, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", limits);
    expectBad("GET /" + std::string(17, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414, "server.requestLine is 30 bytes", limits);
}

/// A cookie of single sign-on.
TEST_P(RequestHeadTest, AFieldMayBeAsLongAsTheHead) {
    expectGood(withField("Cookie: s=" + std::string(9 * 1024, 'a')));
    const std::string whole = withField("Cookie: s=" + std::string(60 * 1024, 'a'));
    expectGood(whole, {.maxHeadBytes = whole.size()});
    expectBad(whole, 431, "server.headBytes is " + std::to_string(whole.size() - 1), {.maxHeadBytes = whole.size() - 1});
}


TEST_P(RequestHeadTest, TooManyHeaderLinesAreAnsweredWith431) {
    expectGood(withField("X: 1\r\nX: 2"), {.maxFields = 3});
    expectBad(withField("X: 1\r\nX: 2\r\nX: 3"), 431, "too many header lines (RFC 6585 §5); server.headFields is 3", {.maxFields = 3});
}

TEST_P(RequestHeadTest, AHeadOverTheLimitIsRefusedBeforeItIsWhole) {
    const std::string whole = withField("X: y");
    expectGood(whole + "body", {.maxHeadBytes = whole.size()});
    expectBad(whole, 431, "head is too long", {.maxHeadBytes = whole.size() - 1});
    expectBad(whole.substr(0, 20), 431, "head is too long", {.maxHeadBytes = 20});
    expectBad("GET /" + std::string(100, 'a'), 414, "request line", {.maxHeadBytes = 100});
}

TEST_P(RequestHeadTest, AWebSocketIsWantedByUpgradeAndItsConnectionOption) {
    for (const auto* fields : {"Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket", "connection: upgrade\r\nUpgrade: h2c, websocket"}) {
        expectGood(withField(fields));
        EXPECT_TRUE(head.wantsWebSocket) << fields;
    }
    for (const auto* fields : {"Connection: Upgrade", "Connection: Upgrade\r\nUpgrade: h2c", "Upgrade: websocket"}) {
        expectGood(withField(fields));
        EXPECT_FALSE(head.wantsWebSocket) << fields;
    }
    expectGood("GET / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    EXPECT_FALSE(head.wantsWebSocket) << "RFC 9110 §7.8: in HTTP/1.0 it is ignored";
}

TEST_P(RequestHeadTest, KeepAliveFollowsTheVersionAndTheConnectionField) {
    const auto keepAlive = [&](const std::string& version, const std::string& fields) {
        expectGood("GET / " + version + "\r\nHost: a\r\n" + fields + "\r\n");
        return head.keepAlive;
    };
    EXPECT_TRUE(keepAlive("HTTP/1.1", ""));
    EXPECT_FALSE(keepAlive("HTTP/1.1", "Connection: Close\r\n"));
    EXPECT_FALSE(keepAlive("HTTP/1.0", ""));
    EXPECT_TRUE(keepAlive("HTTP/1.0", "Connection: Keep-Alive\r\n"));
    EXPECT_FALSE(keepAlive("HTTP/1.0", "Connection: keep-alive, close\r\n"));
}

TEST_P(RequestHeadTest, AnExpectationOf100IsSeenIn11Only) {
    expectGood(withField("Expect: 100-Continue"));
    EXPECT_TRUE(head.expectContinue);
    expectGood("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_FALSE(head.expectContinue);
    EXPECT_FALSE(head.expectsOther);
    expectGood(withField("Expect: tea"));
    EXPECT_FALSE(head.expectContinue);
    EXPECT_TRUE(head.expectsOther);
}

TEST_P(RequestHeadTest, TheNextHeadStartsAfresh) {
    expectGood(withField("Content-Length: 5\r\nConnection: close"));
    expectGood("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(head.contentLength, std::nullopt);
    EXPECT_TRUE(head.keepAlive);
    EXPECT_EQ(head.headers().size(), 1U);
}

TEST(RequestHeadScan, NoByteIsScannedTwice) {
    const std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n";
    RequestHead head;
    std::size_t scanned = 0;
    readHead(bytes, {}, head, scanned);
    EXPECT_EQ(scanned, bytes.size());
}

}  // namespace
}  // namespace patchbay::http
