// The public requests and answers.   Source: RFC 6265 §4, §5.4; RFC 3986 §3.4
#include <patchbay/http.hpp>

#include <gmock/gmock.h>

namespace patchbay {
namespace {

using testing::ElementsAre, testing::Pair;

HttpRequest withCookies(std::string cookies) { return {.headers = {{"Accept", "*/*"}, {"cookie", std::move(cookies)}}}; }

TEST(HttpRequest, FindsItsCookies) {
    const HttpRequest request = withCookies("a=1; session=\"x=y\";empty=; b");
    EXPECT_EQ(request.cookie("a"), "1");
    EXPECT_EQ(request.cookie("session"), "x=y");
    EXPECT_EQ(request.cookie("empty"), "");
    EXPECT_EQ(request.cookie("b"), "");
    EXPECT_EQ(request.cookie("A"), "");
    EXPECT_EQ(withCookies("a=1; a=2").cookie("a"), "1");
    EXPECT_EQ(withCookies("").cookie("a"), "");
    EXPECT_EQ(HttpRequest{}.cookie("a"), "");
}

TEST(HttpRequest, DecodesItsQuery) {
    HttpRequest request;
    request.target = "/a/b?x=1+2%33&part=100%&odd=%zz%4&x=9&%6Eame=v";
    EXPECT_EQ(request.path(), "/a/b");
    EXPECT_EQ(request.queryParameter("x"), "1 23");
    EXPECT_EQ(request.queryParameter("part"), "100%");
    EXPECT_EQ(request.queryParameter("odd"), "%zz%4");
    EXPECT_EQ(request.queryParameter("name"), "v");
    EXPECT_EQ(request.queryParameter("none"), "");
}

TEST(HttpResponse, SetsCookiesThatNoScriptSeesUnlessAsked) {
    HttpResponse response;
    response.setCookie({.name = "session", .value = "abc"});
    response.setCookie({.name = "theme", .value = "dark", .path = "/p", .maxAge = std::chrono::hours{1}, .domain = "example.com",
                        .sameSite = SameSite::Strict, .secure = false, .httpOnly = false});
    EXPECT_THAT(response.headers, ElementsAre(Pair("Set-Cookie", "session=abc; Path=/; Secure; HttpOnly; SameSite=Lax"),
                                              Pair("Set-Cookie", "theme=dark; Path=/p; Domain=example.com; Max-Age=3600; SameSite=Strict")));
}

TEST(HttpResponse, RefusesCookiesThatCannotBe) {
    HttpResponse response;
    EXPECT_THROW(response.setCookie({.name = "a b", .value = "x"}), std::invalid_argument);
    EXPECT_THROW(response.setCookie({.name = "", .value = "x"}), std::invalid_argument);
    for (const char* value : {"a;b", "a b", "a\"b", "a,b", "a\\b", "caf\xc3\xa9", "a\r\nb"}) {
        EXPECT_THROW(response.setCookie({.name = "a", .value = value}), std::invalid_argument) << value;
    }
    EXPECT_THROW(response.setCookie({.name = "a", .value = "b", .path = "/;x"}), std::invalid_argument);
    EXPECT_THAT(response.headers, testing::IsEmpty());
}

}  // namespace
}  // namespace patchbay
