// Whom a proxy speaks for.   Source: RFC 7239, whose examples these are
#include "http/Client.hpp"

#include <gtest/gtest.h>

namespace patchbay::http {
namespace {

constexpr std::string_view kPeer = "10.0.0.1:40000";

class ClientTest : public testing::Test {
protected:
    Client from(std::string fields, ForwardedBy by = ForwardedBy::XForwarded) {
        bytes_ = "GET / HTTP/1.1\r\nHost: inner:8080\r\n" + std::move(fields) + "\r\n";
        std::size_t scanned = 0;
        EXPECT_EQ(readHead(bytes_, {}, head_, scanned).state, HeadState::Complete) << bytes_;
        return clientOf(head_, kPeer, false, {TrustedProxies{{"10.0.0.0/8", "2001:db8:1::/48"}}, by});
    }
    std::string addressOf(const std::string& list) { return from("X-Forwarded-For: " + list + "\r\n").address; }
    Client forwarded(const std::string& value) { return from("Forwarded: " + value + "\r\n", ForwardedBy::Forwarded); }

private:
    std::string bytes_;
    RequestHead head_;
};

TEST_F(ClientTest, IsThePeerWhereNothingIsSaid) {
    const Client client = from("");
    EXPECT_EQ(client.address, kPeer);
    EXPECT_EQ(client.host, "");
    EXPECT_FALSE(client.secure);
    EXPECT_TRUE(client.proxied);
}

TEST_F(ClientTest, IsTheFirstFromTheRightThatIsNoProxy) {
    EXPECT_EQ(addressOf("203.0.113.9"), "203.0.113.9");
    EXPECT_EQ(addressOf("203.0.113.9, 10.0.0.2"), "203.0.113.9");
    EXPECT_EQ(addressOf("203.0.113.9, 10.0.0.2, 2001:db8:1::5"), "203.0.113.9");
    EXPECT_EQ(addressOf("127.0.0.1, 1.1.1.1, 203.0.113.9, 10.0.0.2"), "203.0.113.9");
    EXPECT_EQ(addressOf("10.0.0.3, 10.0.0.2"), "10.0.0.3");
}

TEST_F(ClientTest, IsReadOverSeveralFieldsInTheirOrder) {
    EXPECT_EQ(from("X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 203.0.113.9\r\nx-forwarded-for: 10.0.0.2\r\n").address, "203.0.113.9");
}

TEST_F(ClientTest, IsInOneFormWithAPortOrWithout) {
    EXPECT_EQ(addressOf("203.0.113.9:4711"), "203.0.113.9:4711");
    EXPECT_EQ(addressOf("2001:DB8::9"), "[2001:db8::9]");
    EXPECT_EQ(addressOf("[2001:db8::9]:4711"), "[2001:db8::9]:4711");
    EXPECT_EQ(addressOf("::ffff:203.0.113.9"), "203.0.113.9");
}

TEST_F(ClientTest, BehindWhatIsNoAddressIsTheLastThatIsKnown) {
    for (const std::string hidden : {"unknown", "_hidden", "", "x y", "203.0.113.9:65536", "fe80::1%eth0", "1.1.1.1:"}) {
        EXPECT_EQ(addressOf("9.9.9.9, " + hidden), kPeer) << hidden;
        EXPECT_EQ(addressOf("9.9.9.9, " + hidden + ", 10.0.0.2"), "10.0.0.2") << hidden;
    }
}

TEST_F(ClientTest, HasTheSchemeAndHostThatItsProxySays) {
    const Client client = from("X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: chat.example:8443\r\n");
    EXPECT_TRUE(client.secure);
    EXPECT_EQ(client.host, "chat.example:8443");
    EXPECT_FALSE(from("X-Forwarded-Proto: http\r\n").secure);
    EXPECT_TRUE(from("X-Forwarded-Proto: WSS\r\n").secure);
    EXPECT_FALSE(from("X-Forwarded-Proto: gopher\r\n").secure);
    EXPECT_EQ(from("X-Forwarded-Host: no host\r\n").host, "");
}

TEST_F(ClientTest, HasThePortThatItsHostDoesNotName) {
    EXPECT_EQ(from("X-Forwarded-Host: chat.example\r\nX-Forwarded-Port: 8443\r\n").host, "chat.example:8443");
    EXPECT_EQ(from("X-Forwarded-Host: chat.example:1\r\nX-Forwarded-Port: 8443\r\n").host, "chat.example:1");
    EXPECT_EQ(from("X-Forwarded-Host: [2001:db8::1]\r\nX-Forwarded-Port: 8443\r\n").host, "[2001:db8::1]:8443");
    EXPECT_EQ(from("X-Forwarded-Host: chat.example\r\nX-Forwarded-Port: 8443x\r\n").host, "chat.example");
    EXPECT_EQ(from("X-Forwarded-Port: 8443\r\n").host, "") << "its Host has one";
    EXPECT_EQ(from("X-Forwarded-Host: chat.example\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\n").host, "chat.example");
    EXPECT_EQ(from("X-Forwarded-Host: chat.example\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Port: 443\r\n").host, "chat.example:443");
}

TEST_F(ClientTest, HasWhatTheProxyNextToItSaysNotWhatItSaysItself) {
    const Client client = from(
        "X-Forwarded-For: 1.1.1.1, 203.0.113.9, 10.0.0.2\r\n"
        "X-Forwarded-Proto: http, https, http\r\nX-Forwarded-Host: evil.example, chat.example, inner\r\n");
    EXPECT_EQ(client.address, "203.0.113.9");
    EXPECT_TRUE(client.secure);
    EXPECT_EQ(client.host, "chat.example");
}

TEST_F(ClientTest, IsReadFromForwarded) {
    EXPECT_EQ(forwarded("for=192.0.2.43").address, "192.0.2.43");
    EXPECT_EQ(forwarded("For=\"[2001:db8:cafe::17]:4711\"").address, "[2001:db8:cafe::17]:4711");
    const Client client = forwarded("for=192.0.2.60;proto=https;by=203.0.113.43;host=\"chat.example:8443\"");
    EXPECT_EQ(client.address, "192.0.2.60");
    EXPECT_TRUE(client.secure);
    EXPECT_EQ(client.host, "chat.example:8443");
    EXPECT_EQ(forwarded("for=192.0.2.43, for=198.51.100.17").address, "198.51.100.17");
    EXPECT_EQ(forwarded("for=1.1.1.1, for=198.51.100.17;proto=https , for=10.0.0.2;proto=http").address, "198.51.100.17");
    EXPECT_TRUE(forwarded("for=1.1.1.1, for=198.51.100.17;proto=https , for=10.0.0.2;proto=http").secure);
    EXPECT_EQ(forwarded(R"(for="192.0.2\.43")").address, "192.0.2.43");
}

TEST_F(ClientTest, WhomForwardedHidesIsTheLastThatIsKnown) {
    for (const std::string hidden : {"unknown", "_gazonk", "\"_SEVKISEK:80\"", "\"unknown:_x\"", "\"\"", "\"[fe80::1%25eth0]:80\""}) {
        EXPECT_EQ(forwarded("for=1.1.1.1, for=" + hidden).address, kPeer) << hidden;
        EXPECT_EQ(forwarded("for=1.1.1.1, for=" + hidden + ", for=10.0.0.2").address, "10.0.0.2") << hidden;
    }
    EXPECT_EQ(forwarded("proto=https").address, kPeer);
    EXPECT_TRUE(forwarded("proto=https").secure);
}

// By an open quote a client would make what its proxy adds a part of its own text, and come from the proxy's address.
TEST_F(ClientTest, AForwardedFieldThatIsNoneIsAProblem) {
    for (const std::string value : {"for", "for=", "for=192.0.2.43;", "for=\"192.0.2.43", "for=192.0.2.43 proto=https", "=x", "for=[2001:db8::1]",
                                    "for=\", for=192.0.2.43", "for=\"192.0.2.43\\", "for=192.0.2.43;;proto=https", "for=192.0.2.43;,for=1.1.1.1"}) {
        EXPECT_NE(forwarded(value).problem, "") << value;
    }
    EXPECT_NE(from("Forwarded: for=\"\r\nForwarded: for=1.1.1.1\r\n", ForwardedBy::Forwarded).problem, "");
}

TEST_F(ClientTest, EmptyElementsOfForwardedDoNotCount) {
    for (const std::string value : {"for=192.0.2.43,", ",for=192.0.2.43", " , for=192.0.2.43 , ,"}) {
        EXPECT_EQ(forwarded(value).address, "192.0.2.43") << value;
        EXPECT_EQ(forwarded(value).problem, "") << value;
    }
    EXPECT_EQ(forwarded("").address, kPeer);
    EXPECT_EQ(forwarded("").problem, "");
}

TEST_F(ClientTest, OnlyOneOfBothWaysIsRead) {
    const std::string both = "X-Forwarded-For: 1.1.1.1\r\nForwarded: for=2.2.2.2\r\n";
    EXPECT_EQ(from(both).address, "1.1.1.1");
    EXPECT_EQ(from(both, ForwardedBy::Forwarded).address, "2.2.2.2");
}

TEST_F(ClientTest, ALongListCostsItsLength) {
    std::string list = "1.1.1.1";
    for (int i = 0; i < 900; ++i) list += ",10.0.0.2";
    EXPECT_EQ(addressOf(list), "1.1.1.1");
}

}  // namespace
}  // namespace patchbay::http
