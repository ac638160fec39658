// Who is one source, how often each may, who stays limited however many come, and what messages are paid out of.
#include "guard/Buckets.hpp"
#include "guard/Census.hpp"
#include "guard/HalfOpen.hpp"

#include <gmock/gmock.h>

#include <limits>

namespace patchbay::guard {
namespace {

using namespace std::chrono_literals;

constexpr HashKey kKey{0x0706050403020100, 0x0f0e0d0c0b0a0908};

Source v4(std::uint32_t address) { return {address, Source::Kind::V4}; }
Source v6(std::uint64_t network) { return {network, Source::Kind::V6}; }

TEST(SourceTest, IsAnAddressOrANetworkOf64Bits) {
    EXPECT_EQ(Source::of("192.0.2.7"), v4(0xC000'0207));
    EXPECT_EQ(Source::of("192.0.2.7:50312"), v4(0xC000'0207));
    EXPECT_EQ(Source::of("[::ffff:192.0.2.7]:50312"), v4(0xC000'0207)) << "the same client";
    EXPECT_EQ(Source::of("[2001:db8:1:2:3:4:5:6]:50312"), v6(0x2001'0db8'0001'0002));
    EXPECT_EQ(Source::of("2001:db8:1:2::"), v6(0x2001'0db8'0001'0002));
    EXPECT_EQ(Source::of("[fe80::1%eth0]:1"), v6(0xfe80'0000'0000'0000));
    for (const std::string_view none : {"", "local", "[", "[]", ":", "1.2.3", "1.2.3.", "1.2.3.256", "1.2.3.0004", "1.2.3.04", "1.2.3.4.5", "1.2.3.4x", "host:80"}) EXPECT_EQ(Source::of(none), std::nullopt) << none;
    EXPECT_EQ(v4(0xC000'0207).neighbours().bits, 0xC000'0200U);
    EXPECT_EQ(v6(0x2001'0db8'0001'0002).neighbours().bits, 0x2001'0db8'0001'0000U);
}

TEST(SourceTest, OfAUserIsByItsNameAndOfNoNetwork) {
    EXPECT_EQ(Source::ofUser("ann", kKey), Source::ofUser("ann", kKey));
    EXPECT_NE(Source::ofUser("ann", kKey), Source::ofUser("anna", kKey));
    EXPECT_NE(Source::ofUser("ann", kKey), Source::ofUser("ann", {1, 2})) << "the hash is keyed";
    EXPECT_EQ(Source::ofUser("ann", kKey).neighbours().bits & 0xFFFF, 0xFFFFU) << "no /48";
}

TEST(NetworkTest, IsAnAddressOrAPrefix) {
    EXPECT_EQ(Network::of("192.0.2.7:50312"), (Network{32, v4(0xC000'0207)}));
    EXPECT_EQ(Network::of("192.0.2.0/24"), (Network{24, v4(0xC000'0200)}));
    EXPECT_EQ(Network::of("128.0.0.0/1"), (Network{1, v4(0x8000'0000)}));
    EXPECT_EQ(Network::of("2001:db8:1:2:3::4"), (Network{64, v6(0x2001'0db8'0001'0002)}));
    EXPECT_EQ(Network::of("2001:db8::/32"), (Network{32, v6(0x2001'0db8'0000'0000)}));
    for (const std::string_view none : {"", "bob", "192.0.2.0/", "192.0.2.0/0", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/24x", "2001:db8::/65", "::/0", "192.0.2.7/24",
                                        "2001:db8:1::/32", "192.0.2.0/24/24"}) {
        EXPECT_THROW(Network::of(none), std::invalid_argument) << none;
    }
    try {
        Network::of("192.0.2.7/24");
        FAIL();
    } catch (const std::invalid_argument& error) {
        EXPECT_STREQ(error.what(), "\"192.0.2.7/24\" has bits behind its prefix; write 192.0.2.0/24");
    }
}

TEST(NetworkTest, HoldsWhatBeginsSoAndIsOfItsKind) {
    const Network network = Network::of("192.0.2.0/25");
    EXPECT_TRUE(network.holds(v4(0xC000'0200)));
    EXPECT_TRUE(network.holds(v4(0xC000'027F)));
    EXPECT_FALSE(network.holds(v4(0xC000'0280)));
    EXPECT_FALSE(network.holds(v6(0xC000'0200)));
    EXPECT_TRUE(Network::of("8000::/1").holds(v6(0xffff'ffff'ffff'ffff)));
    EXPECT_FALSE(Network::of("8000::/1").holds(v6(0x7fff'ffff'ffff'ffff)));
}

TEST(NetworkTest, IsShownAsItIsRead) {
    for (const std::string_view text : {"192.0.2.7", "192.0.2.0/24", "2001:db8:1:2::/64", "2001:db8::/32", "::/64"}) EXPECT_EQ(Network::of(text).text(), text);
    EXPECT_EQ(Network::of("2001:db8:1:2::5").text(), "2001:db8:1:2::/64");
    EXPECT_EQ(Network::of("192.0.2.7/32").text(), "192.0.2.7");
}

TEST(SipHashTest, IsThatOfItsAuthors) {
    std::string bytes;
    EXPECT_EQ(sipHash(kKey, bytes), 0x726f'db47'dd0e'0e31U);
    for (char each = 0; each < 15; ++each) bytes.push_back(each);
    EXPECT_EQ(sipHash(kKey, bytes), 0xa129'ca61'49be'45e5U) << "their paper, appendix A";
}

// As CPython hashes bytes: PYTHONHASHSEED=0 python3.11 -c 'print(hex(hash(bytes(range(9))) % 2**64))'
TEST(SipHashTest, OfAPlaceIsThatOfNineBytesByOneRoundAndThree) {
    EXPECT_EQ(placeHash({0, 0}, 0x0706'0504'0302'0100, 8), 0x7592'7f9d'9512'4362U);
    EXPECT_EQ(placeHash({0, 0}, 0x0f0e'0d0c'0b0a'0908, 16), 0x6b32'e681'1308'2ae8U);
    EXPECT_NE(placeHash(kKey, 0, 0), placeHash(kKey, 0, 1));
}

TEST(BucketsTest, GiveSoManyAtOnceAndThenOneForEachThatHasCome) {
    Buckets buckets{{.rate = 4, .burst = 10}};
    Clock::time_point now{1h};
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 10; ++i) EXPECT_EQ(buckets.take(v4(7), now), 0s);
        EXPECT_EQ(buckets.take(v4(7), now), 250ms);
        EXPECT_EQ(buckets.take(v4(7), now + 250ms - 1ns), 1ns);
        EXPECT_EQ(buckets.take(v4(7), now + 250ms), 0s);
        EXPECT_EQ(buckets.take(v4(7), now + 250ms), 250ms);
        EXPECT_EQ(buckets.take(v4(8), now), 0s) << "another's is its own";
        now += 1h;
    }
}

/// All that may come at once, and nothing after it.
void exhaust(Buckets& buckets, const Source& source, Clock::time_point now) {
    while (buckets.take(source, now) == 0s) {}
}

TEST(BucketsTest, OfASourceAtItsLimitStayThereWhileAHundredThousandAndAMillionRotate) {
    Buckets buckets{{.rate = 0.1, .burst = 20}};
    Clock::time_point now{1h};
    const Source limited4 = v4(0xC000'0207), limited6 = v6(0x2001'0db8'0001'0002);
    exhaust(buckets, limited4, now);
    exhaust(buckets, limited6, now);
    for (std::uint32_t i = 0; i < 100'000; ++i) buckets.take(v4(0x0A00'0000 + i), now);
    for (std::uint64_t i = 0; i < 1'000'000; ++i) buckets.take(v6(0x2a00'0000'0000'0000 + i), now);
    EXPECT_GT(buckets.take(limited4, now), 0s);
    EXPECT_GT(buckets.take(limited6, now), 0s);
    EXPECT_EQ(buckets.take(v4(0xC633'6401), now), 0s) << "who has done nothing may come";
    now += 10s;
    EXPECT_EQ(buckets.take(limited4, now), 0s) << "one has come";
    EXPECT_GT(buckets.take(limited4, now), 0s);
}

TEST(BucketsTest, AreSharedByNeighboursWhereThereIsNoRoomAndAFullOneIsForgotten) {
    Buckets buckets{{.rate = 1, .burst = 2}};
    Clock::time_point now{1h};
    for (std::uint64_t i = 0; i < 2'000'000; ++i) buckets.take(v6(i << 16), now);  // more than there is room for, none a neighbour of another
    // Somebody for whom there is none: his bucket is that of his neighbours.
    int limited = 0;
    for (std::uint64_t i = 0; i < 100; ++i) {
        const std::uint64_t network = 0x2001'0000'0000'0000 + (i << 16);
        for (std::uint64_t host = 0; host < 8; ++host) limited += buckets.take(v6(network + host), now) > 0s;
    }
    EXPECT_GT(limited, 0);
    now += 2s;  // all are full again
    for (std::uint64_t i = 0; i < 100; ++i) EXPECT_EQ(buckets.take(v6(0x2001'0000'0000'0000 + i), now), 0s);
}

TEST(PlacesTest, AreKeptWhileTheirSourcesOwe) {
    Places<Owed> places{Room::ForSome};
    const Clock::time_point now{1h};
    Owed& seven = places.of(v4(7), now);
    EXPECT_LE(seven.full(), now);
    seven.messages = now + 3s;
    for (std::uint32_t i = 0; i < 100'000; ++i) places.of(v4(0x0A00'0000 + i), now).bytes = now + 1s;
    EXPECT_EQ(places.of(v4(7), now).messages, now + 3s) << "of who owes";
    EXPECT_EQ(places.of(v4(7), now).full(), now + 3s);
    EXPECT_EQ(&places.of(v4(7), now + 4s), &seven);
    EXPECT_LE(places.of(v4(8), now).full(), now) << "another has his own";
}

TEST(PlacesTest, TakeLessThan32MiBAllTogether) {
    EXPECT_LE(Census::kBytes + Buckets::kBytes, std::size_t{30} << 20) << "two are left for bans: 8192, of 256 bytes at most";
}

TEST(PriceTest, IsExactAndNothingOverflows) {
    const Prices prices{4, 1000};
    const Clock::time_point now{1h};
    const auto paidUntil = [](Purse& purse, Price price, Clock::time_point when) {
        return Clock::time_point{Clock::duration{purse.take(price, when.time_since_epoch().count())}};
    };
    Purse purse{prices, {}, {}};
    EXPECT_EQ(paidUntil(purse, prices.of(100), now), now + 250ms) << "the message costs more than its bytes";
    EXPECT_EQ(paidUntil(purse, prices.of(900), now), now + 1s) << "now the bytes do";
    EXPECT_EQ(paidUntil(purse, prices.of(0), now + 1s), now + 1s + 250ms);
    EXPECT_EQ(purse.pay(1000, now + 1s), 0s);
    EXPECT_EQ(purse.pay(1000, now + 1s), 0s) << "what may come at once";
    EXPECT_EQ(purse.pay(1, now + 1s), 1ms);
    Purse slow{Prices{1, 1}, {}, {}};
    for (int i = 0; i < 1000; ++i) {
        const auto wait = slow.pay(std::numeric_limits<std::ptrdiff_t>::max(), now);
        EXPECT_GT(wait, 24h);
        EXPECT_LE(wait, 24h * 366) << "nobody waits for ever";
    }
    Purse none{Prices{0, 0}, now, now};
    EXPECT_EQ(none.pay(1'000'000, now), 0s);
}

TEST(PriceTest, IsPaidBySourceAndUserOnceEach) {
    const Prices prices{10, 0};
    const Clock::time_point now{1h};
    const auto source = std::make_shared<Purse>(prices, now, now), user = std::make_shared<Purse>(prices, now + 1s, now);
    Toll toll{source, user};
    EXPECT_EQ(toll.pay(1, now), 0s);
    EXPECT_EQ(source->messages(), now + 100ms);
    EXPECT_EQ(user->messages(), now + 1100ms);
    for (int i = 0; i < 9; ++i) EXPECT_EQ(toll.pay(1, now), 0s);
    EXPECT_EQ(toll.pay(1, now), 100ms) << "the user is beyond, the source not";
}

TEST(PriceTest, OfAClockThatJumpsIsWhatTheClockSays) {
    Purse purse{Prices{1, 0}, {}, {}};
    Clock::time_point now{1h};
    for (int i = 0; i < 2; ++i) EXPECT_EQ(purse.pay(0, now), 0s);
    EXPECT_EQ(purse.pay(0, now), 1s);
    now += 24h * 300;
    for (int i = 0; i < 2; ++i) EXPECT_EQ(purse.pay(0, now), 0s) << "no more than may come at once has been saved";
    EXPECT_EQ(purse.pay(0, now), 1s);
    now -= 1h;
    EXPECT_EQ(purse.pay(0, now), 1h + 2s) << "what is paid stays paid";
}

TEST(HalfOpenTest, AreSoManyInAllAndOfASource) {
    HalfOpen connections{4, 2};
    EXPECT_TRUE(connections.accepted("[2001:db8::1]:1"));
    EXPECT_TRUE(connections.accepted("[2001:db8::2]:1"));
    EXPECT_FALSE(connections.accepted("[2001:db8::3]:1"));
    EXPECT_TRUE(connections.accepted("192.0.2.7:1"));
    EXPECT_TRUE(connections.accepted("local")) << "nobody in particular";
    EXPECT_FALSE(connections.accepted("192.0.2.7:2")) << "there are four";
    connections.asked("[2001:db8::1]:1");
    EXPECT_TRUE(connections.accepted("[2001:db8::3]:1"));
}

}  // namespace
}  // namespace patchbay::guard
