#include "base/IpAddress.hpp"

#include <gmock/gmock.h>

namespace patchbay {
namespace {

using testing::HasSubstr;

std::string normal(std::string_view text) {
    const auto address = IpAddress::parse(text);
    return address ? address->text() : "none";
}

/// The examples of RFC 4291 §2.2 and RFC 5952 §4.
TEST(IpAddress, HasOneForm) {
    EXPECT_EQ(normal("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(normal("2001:DB8:0:0:8:800:200C:417A"), "2001:db8::8:800:200c:417a");
    EXPECT_EQ(normal("FF01:0:0:0:0:0:0:101"), "ff01::101");
    EXPECT_EQ(normal("0:0:0:0:0:0:0:1"), "::1");
    EXPECT_EQ(normal("0:0:0:0:0:0:0:0"), "::");
    EXPECT_EQ(normal("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");
    EXPECT_EQ(normal("2001:0:0:1:0:0:0:1"), "2001:0:0:1::1");
    EXPECT_EQ(normal("2001:db8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");
    EXPECT_EQ(normal("1::"), "1::");
    EXPECT_EQ(normal("64:ff9b::192.0.2.33"), "64:ff9b::c000:221");
}

TEST(IpAddress, OfIpv4IsTheSameWrittenAsIpv6) {
    EXPECT_EQ(IpAddress::parse("::ffff:192.0.2.1"), IpAddress::parse("192.0.2.1"));
    EXPECT_EQ(normal("::ffff:c000:201"), "192.0.2.1");
}

TEST(IpAddress, IsNothingElse) {
    for (const auto* text : {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.+4", "1.2.3.4 ", " 1.2.3.4", "1..2.3", "0x1.2.3.4",
                             ":", ":::", "1:::2", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8::",
                             "12345::", "g::", "::1%lo", "fe80::1%25eth0", "1.2.3.4::", "::1.2.3", ":1::", "1:", "::1:", "[::1]", "::-1", "localhost"}) {
        EXPECT_EQ(normal(text), "none") << text;
    }
}

TEST(IpAddress, IsOfThisMachineIn127AndAsOne) {
    for (const auto* text : {"127.0.0.1", "127.255.0.3", "::1", "::ffff:127.0.0.1"}) EXPECT_TRUE(IpAddress::parse(text)->isLoopback()) << text;
    for (const auto* text : {"126.0.0.1", "0.0.0.0", "::", "::2", "1::1"}) EXPECT_FALSE(IpAddress::parse(text)->isLoopback()) << text;
}

std::string endpoint(std::string_view text) {
    const auto found = IpEndpoint::parse(text);
    return found ? found->text() : "none";
}

TEST(IpEndpoint, HasAPortOrNot) {
    EXPECT_EQ(endpoint("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(endpoint("192.0.2.1:0"), "192.0.2.1:0");
    EXPECT_EQ(endpoint("192.0.2.1:65535"), "192.0.2.1:65535");
    EXPECT_EQ(endpoint("2001:DB8::1"), "[2001:db8::1]");
    EXPECT_EQ(endpoint("[2001:db8::1]"), "[2001:db8::1]");
    EXPECT_EQ(endpoint("[2001:db8::1]:80"), "[2001:db8::1]:80");
}

TEST(IpEndpoint, IsNothingElse) {
    for (const auto* text : {"", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:8x", "192.0.2.1:-1", "[2001:db8::1", "[2001:db8::1]80", "[2001:db8::1]:",
                             "[192.0.2.1]:80", "[fe80::1%eth0]:80", "unknown", "_hidden", "host:80", "[]"}) {
        EXPECT_EQ(endpoint(text), "none") << text;
    }
}

TEST(AddressRange, HoldsWhatBeginsAsItDoes) {
    const auto holds = [](std::string_view range, std::string_view address) {
        return AddressRange::parse(range)->contains(*IpAddress::parse(address));
    };
    EXPECT_TRUE(holds("10.0.0.0/8", "10.255.255.255"));
    EXPECT_FALSE(holds("10.0.0.0/8", "11.0.0.0"));
    EXPECT_TRUE(holds("192.168.4.0/22", "192.168.7.255"));
    EXPECT_FALSE(holds("192.168.4.0/22", "192.168.8.0"));
    EXPECT_TRUE(holds("10.0.0.0/8", "::ffff:10.1.2.3"));
    EXPECT_TRUE(holds("192.0.2.7", "192.0.2.7"));
    EXPECT_FALSE(holds("192.0.2.7", "192.0.2.6"));
    EXPECT_TRUE(holds("0.0.0.0/0", "203.0.113.9"));
    EXPECT_FALSE(holds("0.0.0.0/0", "2001:db8::1"));
    EXPECT_TRUE(holds("::/0", "2001:db8::1"));
    EXPECT_TRUE(holds("2001:db8::/33", "2001:db8:7fff::1"));
    EXPECT_FALSE(holds("2001:db8::/33", "2001:db8:8000::1"));
}

TEST(AddressRange, SaysWhatIsWrong) {
    EXPECT_EQ(AddressRange::problemOf("10.0.0.0/8"), "");
    EXPECT_THAT(AddressRange::problemOf("proxy.example"), HasSubstr("is no address"));
    EXPECT_THAT(AddressRange::problemOf("10.0.0.0/33"), HasSubstr("from 0 to 32"));
    EXPECT_THAT(AddressRange::problemOf("10.0.0.0/"), HasSubstr("from 0 to 32"));
    EXPECT_THAT(AddressRange::problemOf("::/129"), HasSubstr("from 0 to 128"));
    EXPECT_THAT(AddressRange::problemOf("10.0.0.5/8"), HasSubstr("within a range"));
    EXPECT_THAT(AddressRange::problemOf("fe80::1%eth0"), HasSubstr("has a zone"));
}

}  // namespace
}  // namespace patchbay
