// The order of conditions, and which headers an answer has.   Source: RFC 9110 §13.2.2, §15.4.5, §14.4; RFC 6797 §7.2
#include "Answer.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace patchbay::web {
namespace {

constexpr HttpDate kNow{std::chrono::seconds{1'795'000'000}};
constexpr HttpDate kModified{std::chrono::seconds{784'111'777}};
constexpr const char* kDate = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr const char* kEarlier = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr const char* kTag = R"("1-a")";
constexpr const char* kOther = R"("2-b")";

Representation page() { return {"text/html; charset=utf-8", 100, kTag, kModified}; }

HttpRequest get(HeaderFields headers, std::string method = "GET") {
    HttpRequest request;
    request.method = std::move(method);
    request.target = "/";
    request.headers = std::move(headers);
    return request;
}

Answer answer(HeaderFields headers, const Representation& of = page()) { return answerTo(get(std::move(headers)), of, {}, kNow); }
std::string header(const Answer& answer, std::string_view name) { return std::string{findHeader(answer.headers, name)}; }

TEST(Answer, APlainRequestGetsAllOfIt) {
    const Answer all = answer({});
    EXPECT_EQ(all.status, 200);
    EXPECT_EQ(all.first, 0U);
    EXPECT_EQ(all.length, 100U);
    EXPECT_EQ(header(all, "Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(header(all, "ETag"), kTag);
    EXPECT_EQ(header(all, "Last-Modified"), kDate);
    EXPECT_EQ(header(all, "Accept-Ranges"), "bytes");
    EXPECT_EQ(header(all, "Cache-Control"), "no-cache");
    EXPECT_EQ(header(all, "Vary"), "");
    EXPECT_EQ(header(all, "Content-Encoding"), "");
}

TEST(Answer, ACompressedFormSaysSoAndThatOthersGetAnother) {
    Representation of = page();
    of.coding = Coding::Brotli;
    of.varies = true;
    EXPECT_EQ(header(answer({}, of), "Content-Encoding"), "br");
    EXPECT_EQ(header(answer({}, of), "Vary"), "Accept-Encoding");
    EXPECT_EQ(header(answer({{"If-None-Match", kTag}}, of), "Vary"), "Accept-Encoding");
}

struct Case {
    HeaderFields headers;
    int status;
};
class Conditions : public testing::TestWithParam<Case> {};

TEST_P(Conditions, Decide) { EXPECT_EQ(answer(GetParam().headers).status, GetParam().status); }

INSTANTIATE_TEST_SUITE_P(
    IfNoneMatch, Conditions,
    testing::Values(Case{{{"If-None-Match", kTag}}, 304}, Case{{{"If-None-Match", R"(W/"1-a")"}}, 304},
                    Case{{{"If-None-Match", "*"}}, 304}, Case{{{"If-None-Match", kOther}}, 200},
                    Case{{{"If-None-Match", kOther}, {"if-none-match", kTag}}, 304}, Case{{{"If-None-Match", ""}}, 200}));
INSTANTIATE_TEST_SUITE_P(
    IfModifiedSince, Conditions,
    testing::Values(Case{{{"If-Modified-Since", kDate}}, 304}, Case{{{"If-Modified-Since", kEarlier}}, 200},
                    Case{{{"If-Modified-Since", "Fri, 13 Nov 2026 00:00:00 GMT"}}, 304},
                    Case{{{"If-Modified-Since", "not a date"}}, 200},
                    Case{{{"If-Modified-Since", kDate}, {"If-Modified-Since", kDate}}, 200},
                    Case{{{"If-None-Match", kOther}, {"If-Modified-Since", kDate}}, 200},  // the tag is the better witness
                    Case{{{"If-None-Match", kTag}, {"If-Modified-Since", kEarlier}}, 304}));
INSTANTIATE_TEST_SUITE_P(
    IfMatch, Conditions,
    testing::Values(Case{{{"If-Match", kTag}}, 200}, Case{{{"If-Match", kOther}}, 412}, Case{{{"If-Match", "*"}}, 200},
                    Case{{{"If-Match", R"(W/"1-a")"}}, 412}, Case{{{"If-Match", kOther}, {"If-None-Match", kTag}}, 412},
                    Case{{{"If-Unmodified-Since", kDate}}, 200}, Case{{{"If-Unmodified-Since", kEarlier}}, 412},
                    Case{{{"If-Unmodified-Since", "not a date"}}, 200},
                    Case{{{"If-Match", kTag}, {"If-Unmodified-Since", kEarlier}}, 200}));
INSTANTIATE_TEST_SUITE_P(
    Range, Conditions,
    testing::Values(Case{{{"Range", "bytes=0-9"}}, 206}, Case{{{"Range", "bytes=100-"}}, 416},
                    Case{{{"Range", "bytes=0-9"}, {"Range", "bytes=20-29"}}, 200},
                    Case{{{"Range", "bytes=0-9"}, {"If-None-Match", kTag}}, 304},
                    Case{{{"Range", "bytes=100-"}, {"If-Match", kOther}}, 412},
                    Case{{{"Range", "bytes=0-9"}, {"If-Range", kTag}}, 206},
                    Case{{{"Range", "bytes=0-9"}, {"If-Range", kOther}}, 200},
                    Case{{{"Range", "bytes=100-"}, {"If-Range", kOther}}, 200},
                    Case{{{"Range", "bytes=0-9"}, {"If-Range", R"(W/"1-a")"}}, 200},
                    Case{{{"Range", "bytes=0-9"}, {"If-Range", "*"}}, 200},
                    Case{{{"Range", "bytes=0-9"}, {"If-Range", kDate}}, 206},
                    Case{{{"Range", "bytes=0-9"}, {"If-Range", kEarlier}}, 200},
                    Case{{{"Range", "bytes=0-9"}, {"If-Range", "Fri, 13 Nov 2026 00:00:00 GMT"}}, 200}));

TEST(Answer, APartSaysWhichItIs) {
    const Answer part = answer({{"Range", "bytes=90-200"}});
    EXPECT_EQ(part.first, 90U);
    EXPECT_EQ(part.length, 10U);
    EXPECT_EQ(header(part, "Content-Range"), "bytes 90-99/100");
    EXPECT_EQ(header(part, "ETag"), kTag);
}

TEST(Answer, ARangeBehindTheEndIsToldTheSize) {
    const Answer none = answer({{"Range", "bytes=100-"}});
    EXPECT_EQ(header(none, "Content-Range"), "bytes */100");
    EXPECT_EQ(none.length, 0U);
    EXPECT_EQ(header(none, "ETag"), "");
}

/// "A server MUST ignore a Range header field received with a request method that is unrecognized or for which range handling
/// is not defined. For this specification, GET is the only method for which range handling is defined."
TEST(Answer, HeadKnowsNoRange) {
    EXPECT_EQ(answerTo(get({{"Range", "bytes=0-9"}}, "HEAD"), page(), {}, kNow).status, 200);
}

TEST(Answer, WhatChangedAMomentAgoIsNoGroundForARange) {
    Representation of = page();
    of.etag = R"(W/"1-a")";
    EXPECT_EQ(answer({{"Range", "bytes=0-9"}, {"If-Range", R"(W/"1-a")"}}, of).status, 200);
    EXPECT_EQ(answer({{"Range", "bytes=0-9"}, {"If-Range", kDate}}, of).status, 200);
    EXPECT_EQ(answer({{"Range", "bytes=0-9"}}, of).status, 206);
}

TEST(Answer, WithoutADateOnlyTagsDecide) {
    Representation of = page();
    of.modified.reset();
    EXPECT_EQ(answer({{"If-Modified-Since", kDate}}, of).status, 200);
    EXPECT_EQ(answer({{"If-Unmodified-Since", kDate}}, of).status, 200);
    EXPECT_EQ(answer({{"Range", "bytes=0-9"}, {"If-Range", kDate}}, of).status, 200);
    EXPECT_EQ(header(answer({}, of), "Last-Modified"), "");
}

TEST(Answer, EveryAnswerHasTheSecurityHeaders) {
    for (const HeaderFields& headers :
         {HeaderFields{}, HeaderFields{{"If-None-Match", kTag}}, HeaderFields{{"If-Match", kOther}},
          HeaderFields{{"Range", "bytes=0-9"}}, HeaderFields{{"Range", "bytes=100-"}}}) {
        const Answer any = answer(headers);
        EXPECT_EQ(header(any, "X-Content-Type-Options"), "nosniff") << any.status;
        EXPECT_EQ(header(any, "Referrer-Policy"), "same-origin") << any.status;
        EXPECT_NE(header(any, "Content-Security-Policy").find("frame-ancestors 'none'"), std::string::npos) << any.status;
        EXPECT_EQ(header(any, "Content-Security-Policy").find("unsafe"), std::string::npos) << any.status;
    }
}

TEST(Answer, HstsGoesOverTlsOnly) {
    HttpRequest request = get({});
    EXPECT_EQ(header(answerTo(request, page(), {}, kNow), "Strict-Transport-Security"), "");
    request.secure = true;
    EXPECT_EQ(header(answerTo(request, page(), {}, kNow), "Strict-Transport-Security"), "max-age=31536000");
    Options without;
    without.strictTransportSecurity = std::chrono::seconds{0};
    EXPECT_EQ(header(answerTo(request, page(), without, kNow), "Strict-Transport-Security"), "");
}

TEST(Answer, OptionsReplaceAddAndLeaveOut) {
    Options options;
    options.contentSecurityPolicy = "default-src 'none'";
    options.referrerPolicy.clear();
    options.cacheControl = "public, max-age=60";
    options.headers = {{"Cross-Origin-Opener-Policy", "same-origin"}};
    const Answer page200 = answerTo(get({}), page(), options, kNow);
    EXPECT_EQ(header(page200, "Content-Security-Policy"), "default-src 'none'");
    EXPECT_EQ(header(page200, "Cache-Control"), "public, max-age=60");
    EXPECT_EQ(header(page200, "Cross-Origin-Opener-Policy"), "same-origin");
    EXPECT_TRUE(std::ranges::none_of(page200.headers, [](const auto& field) { return field.first == "Referrer-Policy"; }));
}

}  // namespace
}  // namespace patchbay::web
