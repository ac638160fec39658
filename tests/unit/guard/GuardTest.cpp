// How often a source may, with a clock turned by hand; who stays limited however many come; what a client is told.
#include "guard/Buckets.hpp"
#include "guard/Guard.hpp"

#include <patchbay/annotations.hpp>
#include <patchbay/testkit.hpp>

#include <gmock/gmock.h>

namespace patchbay::guard {
namespace {

using namespace std::chrono_literals;

constexpr Buckets::Key kKey{0x0706050403020100, 0x0f0e0d0c0b0a0908};

Source v4(std::uint32_t address) { return {address, Source::Kind::V4}; }
Source v6(std::uint64_t network) { return {network, Source::Kind::V6}; }

TEST(SourceTest, IsAnAddressOrANetworkOf64Bits) {
    EXPECT_EQ(Source::of("192.0.2.7"), v4(0xC000'0207));
    EXPECT_EQ(Source::of("192.0.2.7:50312"), v4(0xC000'0207));
    EXPECT_EQ(Source::of("[::ffff:192.0.2.7]:50312"), v4(0xC000'0207)) << "the same client";
    EXPECT_EQ(Source::of("[2001:db8:1:2:3:4:5:6]:50312"), v6(0x2001'0db8'0001'0002));
    EXPECT_EQ(Source::of("2001:db8:1:2::"), v6(0x2001'0db8'0001'0002));
    EXPECT_EQ(Source::of("[fe80::1%eth0]:1"), v6(0xfe80'0000'0000'0000));
    for (const std::string_view none : {"", "local", "[", "[]", ":", "1.2.3", "host:80"}) EXPECT_EQ(Source::of(none), std::nullopt) << none;
    EXPECT_EQ(v4(0xC000'0207).neighbours(), 0xC000'0200U);
    EXPECT_EQ(v6(0x2001'0db8'0001'0002).neighbours(), 0x2001'0db8'0001'0000U);
}

TEST(BucketsTest, GiveSoManyAtOnceAndThenOneForEachThatHasCome) {
    Buckets buckets{{.rate = 4, .burst = 10}, kKey};
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
    Buckets buckets{{.rate = 0.1, .burst = 20}, kKey};
    EXPECT_LE(buckets.bytes(), Buckets::kMostBytes);
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
    Buckets buckets{{.rate = 1, .burst = 2}, kKey};
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

class Hall {
    SERVER_ENDPOINT(Hall, "/hall")
public:
    ON_MESSAGE(said)
    void said(std::string_view) {}
};

int statusFrom(testkit::TestServer& server, std::string address) {
    try {
        server.connect("/hall", {.remoteAddress = std::move(address)});
        return 101;
    } catch (const testkit::Refused& refused) {
        return refused.status();
    }
}

TEST(GuardTest, TellsWhoComesTooOftenWhenToComeAgain) {
    testkit::TestServer server;
    server.install(std::make_unique<Guard>(Config{.handshakesPerMinute = 1, .handshakesAtOnce = 3}));
    server.deploy<Hall>();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(statusFrom(server, "192.0.2.7:" + std::to_string(i + 1)), 101);
    try {
        server.connect("/hall", {.remoteAddress = "192.0.2.7:9"});
        FAIL();
    } catch (const testkit::Refused& refused) {
        EXPECT_EQ(refused.status(), 429);
        const int seconds = std::stoi(std::string{findHeader(refused.headers(), "Retry-After")});
        EXPECT_TRUE(seconds > 50 && seconds <= 60) << seconds;
    }
    EXPECT_EQ(statusFrom(server, "192.0.2.8:1"), 101);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(statusFrom(server, "local"), 101) << "nobody in particular";
}

TEST(GuardTest, CountsOpenSessionsOfASourceAndInAll) {
    testkit::TestServer server;
    server.install(std::make_unique<Guard>(Config{.handshakesAtOnce = 1000, .sessions = 4, .sessionsPerAddress = 2}));
    server.deploy<Hall>();
    auto& first = server.connect("/hall", {.remoteAddress = "[2001:db8::1]:1"});
    EXPECT_EQ(statusFrom(server, "[2001:db8::2]:1"), 101);
    EXPECT_EQ(statusFrom(server, "[2001:db8::3]:1"), 429) << "the same network";
    first.close();
    EXPECT_EQ(statusFrom(server, "[2001:db8::3]:1"), 101);
    EXPECT_EQ(statusFrom(server, "192.0.2.7:1"), 101);
    EXPECT_EQ(statusFrom(server, "192.0.2.8:1"), 101);
    EXPECT_EQ(statusFrom(server, "192.0.2.9:1"), 503) << "there are four";
}

TEST(GuardTest, IsNotConfiguredToLetNobodyIn) { EXPECT_THROW(Guard{Config{.handshakesPerMinute = 0}}, std::invalid_argument); }

}  // namespace
}  // namespace patchbay::guard
