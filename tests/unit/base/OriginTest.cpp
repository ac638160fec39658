// Origins that may connect.   Source: RFC 6454
#include "base/Origin.hpp"

#include <gmock/gmock.h>

namespace patchbay {
namespace {

using ::testing::HasSubstr;

bool allows(std::string_view entry, std::string_view origin) { return allowsOrigin(normalOrigin(entry), normalOrigin(origin)); }

TEST(Origins, AreComparedInWhateverCaseAndWithOrWithoutTheirDefaultPort) {
    EXPECT_TRUE(allows("https://chat.example", "https://chat.example"));
    EXPECT_TRUE(allows("HTTPS://Chat.Example:443", "https://chat.example"));
    EXPECT_TRUE(allows("https://chat.example", "https://chat.example:443"));
    EXPECT_TRUE(allows("http://[::1]:80", "http://[::1]"));
    EXPECT_FALSE(allows("https://chat.example", "http://chat.example"));
    EXPECT_FALSE(allows("https://chat.example:80", "https://chat.example"));
    EXPECT_FALSE(allows("http://chat.example:443", "http://chat.example"));
    EXPECT_FALSE(allows("https://chat.example", "https://chat.example.evil"));
    EXPECT_FALSE(allows("https://chat.example", "null"));
}

TEST(Origins, AStarStandsForSubdomainsAndNothingElse) {
    EXPECT_TRUE(allows("https://*.chat.example", "https://a.chat.example"));
    EXPECT_TRUE(allows("https://*.chat.example", "https://A.B.Chat.Example:443"));
    EXPECT_TRUE(allows("https://*.chat.example:8443", "https://a.chat.example:8443"));
    for (const char* origin : {"https://chat.example", "https://.chat.example", "https://evilchat.example", "http://a.chat.example",
                               "https://a.chat.example:8443", "https://evil.example/.chat.example", "https://evil.example#.chat.example",
                               "https://evil@a.chat.example", "null", "https://a.chat.example.evil", ""})
        EXPECT_FALSE(allows("https://*.chat.example", origin)) << origin;
}

TEST(Origins, AStarAloneIsEverybody) {
    EXPECT_TRUE(allows("*", "https://whoever.example"));
    EXPECT_TRUE(allows("*", "null"));
}

TEST(Origins, WhatIsNoneIsToldWithWhatToWrite) {
    for (const char* good : {"*", "https://chat.example", "http://127.0.0.1:3000", "http://[::1]:3000", "https://*.chat.example", "http://*.localhost",
                             "chrome-extension://abcdef", "capacitor://localhost", "HTTPS://CHAT.EXAMPLE:443"})
        EXPECT_EQ(originProblem(good), "") << good;
    EXPECT_EQ(originProblem("chat.example"), "has no scheme; write e.g. https://chat.example");
    EXPECT_EQ(originProblem("https://chat.example/"), "has more than scheme, host and port; write https://chat.example");
    EXPECT_THAT(originProblem("wss://chat.example"), HasSubstr("write https://chat.example"));
    EXPECT_THAT(originProblem("ws://chat.example"), HasSubstr("write http://chat.example"));
    EXPECT_EQ(originProblem("https://"), "has no host");
    EXPECT_EQ(originProblem("https://*."), "has no host");
    EXPECT_THAT(originProblem("https://*"), HasSubstr("star"));
    EXPECT_THAT(originProblem("https://a.*.example"), HasSubstr("star"));
    EXPECT_THAT(originProblem("https://*.com"), HasSubstr("domain of yours"));
    for (const char* port : {"https://a.example:", "https://a.example:0", "https://a.example:65536", "https://a.example:x"})
        EXPECT_EQ(originProblem(port), "has no port that there is") << port;
    EXPECT_THAT(originProblem("https://a b.example"), HasSubstr("no host"));
    EXPECT_THAT(originProblem("null"), HasSubstr("no scheme"));
}

}  // namespace
}  // namespace patchbay
