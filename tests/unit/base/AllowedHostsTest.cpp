#include "base/AllowedHosts.hpp"

#include "base/Origin.hpp"
#include "base/TrustedProxies.hpp"

#include <gmock/gmock.h>

namespace patchbay {
namespace {

using testing::HasSubstr;

TEST(HostName, IsInOneForm) {
    EXPECT_EQ(hostNameOf("Chat.Example:8080"), "chat.example");
    EXPECT_EQ(hostNameOf("chat.example."), "chat.example");
    EXPECT_EQ(hostNameOf("[::1]:8080"), "::1");
    EXPECT_EQ(hostNameOf("[0:0:0:0:0:0:0:1]"), "::1");
    EXPECT_EQ(hostNameOf("127.0.0.1"), "127.0.0.1");
    for (const char* no : {"[::1]evil.example", "[::1", "[::1]:x", "localhost:x.evil", "localhost:123456"}) EXPECT_EQ(hostNameOf(no), "") << no;
    EXPECT_EQ(hostNameOf(""), "");
}

TEST(HostName, OfThisMachineIsNobodyElses) {
    for (const auto* name : {"localhost", "chat.localhost", "127.0.0.1", "127.9.9.9", "::1"}) EXPECT_TRUE(isLoopbackName(name)) << name;
    for (const auto* name : {"", "localhost.evil.example", "evillocalhost", "127.0.0.1.evil.example", "0.0.0.0", "127.1", "2130706433", "evil.example", "::", "h"})
        EXPECT_FALSE(isLoopbackName(name)) << name;
}

TEST(AllowedHosts, AreNamesSubdomainsAndAddresses) {
    const AllowedHosts hosts{{"Chat.Example", "*.files.example", "2001:DB8::1", "192.0.2.7"}};
    for (const auto* name : {"chat.example", "a.files.example", "a.b.files.example", "2001:db8::1", "192.0.2.7"}) EXPECT_TRUE(hosts.names(name)) << name;
    for (const auto* name : {"", "files.example", "evilfiles.example", "chat.example.evil", "evil.chat.example", ".files.example"})
        EXPECT_FALSE(hosts.names(name)) << name;
    EXPECT_FALSE(hosts.any());
    EXPECT_TRUE((AllowedHosts{{"chat.example", "*"}}.any()));
    EXPECT_TRUE(AllowedHosts{}.empty());
    EXPECT_FALSE(AllowedHosts{{"*"}}.empty());
}

TEST(AllowedHosts, SayWhatIsWrong) {
    for (const auto* entry : {"*", "chat.example", "*.chat.example", "::1", "192.0.2.7", "localhost"}) EXPECT_EQ(AllowedHosts::problemOf(entry), "") << entry;
    EXPECT_THAT(AllowedHosts::problemOf("https://chat.example:8443/x"), HasSubstr("write the name alone: chat.example"));
    EXPECT_THAT(AllowedHosts::problemOf("chat.example:80"), HasSubstr("write the name alone: chat.example"));
    EXPECT_THAT(AllowedHosts::problemOf("[::1]"), HasSubstr("write the name alone: ::1"));
    EXPECT_THAT(AllowedHosts::problemOf("chat.*"), HasSubstr("star"));
    for (const auto* entry : {"", "a b", ".a", "a..b", "ü.example", "*."}) EXPECT_NE(AllowedHosts::problemOf(entry), "") << entry;
}

TEST(OriginOfAHost, IsWhateverItsSchemeAndPort) {
    EXPECT_TRUE(isOriginOf("https://chat.example", "chat.example"));
    EXPECT_TRUE(isOriginOf("http://chat.example:8080", "chat.example"));
    EXPECT_TRUE(isOriginOf("https://*.chat.example", "a.chat.example"));
    EXPECT_TRUE(isOriginOf("http://[2001:db8::1]:80", "2001:db8::1"));
    EXPECT_FALSE(isOriginOf("https://*.chat.example", "chat.example"));
    EXPECT_FALSE(isOriginOf("https://*.chat.example", "evilchat.example"));
    EXPECT_FALSE(isOriginOf("https://chat.example", "evil.example"));
    EXPECT_FALSE(isOriginOf("*", "evil.example"));
    EXPECT_FALSE(isOriginOf("*", ""));
}

TEST(TrustedProxies, AreAddressesRangesAndUnixSockets) {
    const TrustedProxies proxies{{"10.0.0.0/8", "::1", "rubbish"}};
    EXPECT_TRUE(proxies.trusts("10.1.2.3:4711"));
    EXPECT_TRUE(proxies.trusts("[::ffff:10.1.2.3]:4711"));
    EXPECT_TRUE(proxies.trusts("[::1]:80"));
    EXPECT_FALSE(proxies.trusts("11.0.0.0:80"));
    EXPECT_FALSE(proxies.trusts("local"));
    EXPECT_FALSE(proxies.trusts(""));
    EXPECT_TRUE(TrustedProxies{{"unix"}}.trusts("local"));
    EXPECT_FALSE(TrustedProxies{{"unix"}}.trusts("127.0.0.1:80"));
    EXPECT_TRUE(TrustedProxies{}.empty());
    EXPECT_FALSE(TrustedProxies{{"unix"}}.empty());
}

}  // namespace
}  // namespace patchbay
