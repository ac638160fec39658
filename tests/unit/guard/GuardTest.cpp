// How often a source may, with a clock turned by hand; who stays limited however many come; who is banned; what a client is told.
#include "guard/BanList.hpp"
#include "guard/Buckets.hpp"
#include "guard/Census.hpp"
#include "guard/Guard.hpp"
#include "guard/HalfOpen.hpp"

#include <patchbay/annotations.hpp>
#include <patchbay/bans.hpp>
#include <patchbay/clock.hpp>
#include <patchbay/testkit.hpp>
#include <patchbay/users.hpp>

#include <gmock/gmock.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
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
    EXPECT_EQ(v4(0xC000'0207).neighbours(), 0xC000'0200U);
    EXPECT_EQ(v6(0x2001'0db8'0001'0002).neighbours(), 0x2001'0db8'0001'0000U);
}

TEST(SourceTest, OfAUserIsByItsNameAndOfNoNetwork) {
    EXPECT_EQ(Source::ofUser("ann", kKey), Source::ofUser("ann", kKey));
    EXPECT_NE(Source::ofUser("ann", kKey), Source::ofUser("anna", kKey));
    EXPECT_NE(Source::ofUser("ann", kKey), Source::ofUser("ann", {1, 2})) << "the hash is keyed";
    EXPECT_EQ(Source::ofUser("ann", kKey).neighbours() & 0xFFFF, 0xFFFFU) << "no /48";
}

TEST(SourceTest, IsShownAsItIsCounted) {
    EXPECT_EQ(v4(0xC000'0207).text(), "192.0.2.7");
    EXPECT_EQ(v6(0x2001'0db8'0001'0002).text(), "2001:db8:1:2::/64");
}

TEST(SipHashTest, IsThatOfItsAuthors) {
    std::string bytes;
    EXPECT_EQ(sipHash(kKey, bytes), 0x726f'db47'dd0e'0e31U);
    for (char each = 0; each < 15; ++each) bytes.push_back(each);
    EXPECT_EQ(sipHash(kKey, bytes), 0xa129'ca61'49be'45e5U) << "their paper, appendix A";
    bytes.push_back(15);
    EXPECT_EQ(sipHash(kKey, 0x0706'0504'0302'0100, 0x0f0e'0d0c'0b0a'0908), sipHash(kKey, bytes));
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

TEST(BucketsTest, KeepWhatIsCountedElsewhereUntilItIsFull) {
    Buckets buckets{{}, kKey, Buckets::Room::ForSome};
    const Clock::time_point now{1h};
    EXPECT_EQ(buckets.full(v4(7), now), now);
    buckets.keep(v4(7), now + 3s, now);
    EXPECT_EQ(buckets.full(v4(7), now), now + 3s);
    EXPECT_EQ(buckets.full(v4(8), now), now);
    buckets.keep(v4(7), now + 2s, now);
    EXPECT_EQ(buckets.full(v4(7), now), now + 3s) << "nothing is forgiven";
    for (std::uint32_t i = 0; i < 100'000; ++i) buckets.keep(v4(0x0A00'0000 + i), now + 1s, now);
    EXPECT_EQ(buckets.full(v4(7), now), now + 3s);
    EXPECT_EQ(buckets.full(v4(7), now + 3s), now + 3s);
}

TEST(CensusTest, WithAllItsTablesTakesLessThan32MiB) {
    const Census census{{}, Prices{1, 1}};
    EXPECT_GT(census.bytes(), 0U);
    EXPECT_LE(census.bytes() + Buckets::kMostBytes, std::size_t{30} << 20) << "two are left for bans: 8192, of 256 bytes at most";
    EXPECT_EQ((Census{{}, Prices{0, 0}}.bytes()), 0U);
}

TEST(PriceTest, IsExactAndNothingOverflows) {
    const Prices prices{4, 1000};
    Purse purse{{}, {}};
    const Clock::time_point now{1h};
    EXPECT_EQ(purse.pay(prices, 100, now), 250ms) << "the message costs more than its bytes";
    EXPECT_EQ(purse.pay(prices, 900, now), 1s) << "now the bytes do";
    EXPECT_EQ(purse.pay(prices, 0, now + 1s), 250ms);
    EXPECT_LE(purse.pay(Prices{1, 1}, std::numeric_limits<std::size_t>::max(), now), 24h * 366) << "nobody waits for ever";
    EXPECT_GT(purse.pay(Prices{1, 1}, std::numeric_limits<std::size_t>::max(), now), 24h);
    Toll none{Prices{0, 0}, std::make_shared<Purse>(now, now), nullptr};
    EXPECT_EQ(none.pay(1'000'000, now), 0s);
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

TEST(BanListTest, ReadsALine) {
    const auto at = [](int hours) { return std::chrono::sys_days{std::chrono::year{2026} / 12 / 24} + std::chrono::hours{hours}; };
    EXPECT_EQ(readBan("address 192.0.2.7"), (Ban{Ban::Of::Address, "192.0.2.7"}));
    EXPECT_EQ(readBan("  user  Ann Smith until 2026-12-24T18:00:00Z \r"), (Ban{Ban::Of::User, "Ann Smith", at(18)}));
    EXPECT_EQ(readBan("address 2001:db8:1:2::/64 until 2026-12-24"), (Ban{Ban::Of::Address, "2001:db8:1:2::/64", at(0)}));
    for (const std::string_view none : {"", "bob", "users bob", "user bob until tomorrow", "user bob until 2026-13-01", "user bob until 2026-02-29",
                                        "user bob until 2026-12-24T24:00:00Z", "user bob until 2026-12-24T18:00:00+01:00"}) {
        EXPECT_THROW(readBan(none), std::invalid_argument) << none;
    }
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
        EXPECT_EQ(findHeader(refused.headers(), "Retry-After"), "60");
    }
    server.advance(60s - 1ns);
    EXPECT_EQ(statusFrom(server, "192.0.2.7:9"), 429);
    server.advance(1ns);
    EXPECT_EQ(statusFrom(server, "192.0.2.7:9"), 101);
    EXPECT_EQ(statusFrom(server, "192.0.2.7:9"), 429);
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

/// `X-User: ann` is ann; `X-Later` may say so by a message, `iam ann`.
class Usher : public Configurator {
public:
    void modifyHandshake(const HandshakeRequest& request, HandshakeResponse& response) override {
        response.principal.name = request.header("X-User");
        if (!request.header("X-Later").empty()) response.authenticateWithin = 5s;
    }
};

class Introduction final : public MessageInterceptor {
public:
    Verdict received(const Session& session, InterceptedMessage& message) override {
        const std::string_view text = asText(message.payload());
        if (!text.starts_with("iam ")) return Verdict::Pass;
        session.setPrincipal({.name = std::string{text.substr(4)}, .roles = {"member"}});
        return Verdict::Drop;
    }
};

class Club {
    SERVER_ENDPOINT(Club, "/club", .configurator = configuredBy<Usher>)
public:
    ON_MESSAGE(said)
    std::string said(std::string_view text) { return std::string{text}; }
};

class Members {
    SERVER_ENDPOINT(Members, "/members", .configurator = configuredBy<Usher>, .roles = {"member"})
public:
    ON_MESSAGE(said)
    std::string said(std::string_view text) { return std::string{text}; }
};

class GuardedClub : public testing::Test {
protected:
    void guard(Config config) {
        server.install(std::make_unique<Guard>(std::move(config)));
        server.addInterceptor(std::make_shared<Introduction>());
        server.deploy<Club>();
        server.deploy<Members>();
    }
    testkit::Peer& enter(std::string user, std::string address = "192.0.2.7:1") {
        return server.connect("/club", {.headers = {{"X-User", std::move(user)}}, .remoteAddress = std::move(address)});
    }
    testkit::Peer& enterAsStranger(std::string address = "192.0.2.7:1") {
        return server.connect("/members", {.headers = {{"X-Later", "yes"}}, .remoteAddress = std::move(address)});
    }
    template <class Enter>
    static int status(Enter enter) {
        try {
            enter();
            return 101;
        } catch (const testkit::Refused& refused) {
            return refused.status();
        }
    }
    int statusOf(const std::string& user, const std::string& address = "192.0.2.7:1") {
        return status([&] { enter(user, address); });
    }
    Bans& bans() { return *server.service<Bans>(); }
    std::chrono::system_clock::time_point in(std::chrono::seconds time) { return server.service<ServerClock>()->timeOfDay() + time; }
    static void expectBanned(const testkit::Peer& peer) {
        const auto goodbye = peer.closed();
        ASSERT_TRUE(goodbye);
        EXPECT_EQ(goodbye->code, CloseCode::PolicyViolation);
        EXPECT_EQ(goodbye->text, "banned");
    }
    testkit::TestServer server;
};

TEST_F(GuardedClub, EndsTheSessionsOfABannedUserAndLetsHimInWhenItsTimeIsOver) {
    guard({});
    auto &first = enter("bob"), &second = enter("bob", "192.0.2.8:1"), &other = enter("ann");
    EXPECT_EQ(bans().ban({Ban::Of::User, "bob", in(60s)}), 2U);
    server.settle();
    expectBanned(first);
    expectBanned(second);
    EXPECT_FALSE(other.closed());
    EXPECT_EQ(server.closedFor(CloseCause::Banned), 2U);
    EXPECT_EQ(statusOf("bob"), 403);
    EXPECT_EQ(statusOf("bobby"), 101);
    server.advance(60s - 1ns);
    EXPECT_EQ(statusOf("bob"), 403);
    server.advance(1ns);
    EXPECT_EQ(statusOf("bob"), 101);
    EXPECT_TRUE(bans().list().empty());
}

TEST_F(GuardedClub, EndsTheSessionsOfABannedAddressAndNetwork) {
    guard({});
    auto &four = enter("ann", "192.0.2.7:1"), &six = enter("bob", "[2001:db8::1]:1"), &other = enter("eve", "192.0.2.8:1");
    EXPECT_EQ(bans().ban({.of = Ban::Of::Address, .whom = "192.0.2.7:50312"}), 1U);
    EXPECT_EQ(bans().ban({.of = Ban::Of::Address, .whom = "2001:db8::2"}), 1U);
    server.settle();
    expectBanned(four);
    expectBanned(six);
    EXPECT_FALSE(other.closed());
    EXPECT_EQ(statusOf("ann", "192.0.2.7:9"), 403);
    EXPECT_EQ(statusOf("bob", "[2001:db8::3]:1"), 403);
    EXPECT_THAT(bans().list(), testing::UnorderedElementsAre(Ban{Ban::Of::Address, "192.0.2.7"}, Ban{Ban::Of::Address, "2001:db8::/64"}));
    EXPECT_TRUE(bans().lift(Ban::Of::Address, "2001:db8::/64"));
    EXPECT_FALSE(bans().lift(Ban::Of::Address, "2001:db8::/64"));
    EXPECT_EQ(statusOf("bob", "[2001:db8::3]:1"), 101);
}

TEST_F(GuardedClub, ClosesAStrangerWhoTurnsOutToBeBannedBeforeAnyHandlerOfHis) {
    guard({});
    bans().ban({.of = Ban::Of::User, .whom = "bob"});
    auto& bob = enterAsStranger();
    bob.send("iam bob");
    expectBanned(bob);
    EXPECT_TRUE(bob.received().empty());
    auto& ann = enterAsStranger();
    ann.send("iam ann");
    ann.send("hello");
    EXPECT_EQ(ann.takeText(), "hello");
}

TEST_F(GuardedClub, RefusesABanOfNobody) {
    guard({});
    EXPECT_THROW(bans().ban({.of = Ban::Of::User, .whom = ""}), std::invalid_argument);
    EXPECT_THROW(bans().ban({.of = Ban::Of::User, .whom = std::string(257, 'x')}), std::invalid_argument);
    EXPECT_THROW(bans().ban({.of = Ban::Of::Address, .whom = "bob"}), std::invalid_argument);
    EXPECT_EQ(bans().ban({.of = Ban::Of::User, .whom = std::string(256, 'x')}), 0U);
}

TEST_F(GuardedClub, HasRoomForSoManyBansAndThenTheOneThatEndsFirstMakesSome) {
    guard({});
    bans().ban({Ban::Of::User, "first", in(1h)});
    for (int i = 1; i < 4096; ++i) bans().ban({Ban::Of::User, "user" + std::to_string(i), in(2h)});
    EXPECT_EQ(bans().list().size(), 4096U);
    EXPECT_EQ(statusOf("first"), 403);
    bans().ban({.of = Ban::Of::Address, .whom = "192.0.2.99"});
    EXPECT_EQ(bans().list().size(), 4096U);
    EXPECT_EQ(statusOf("first"), 101);
    EXPECT_EQ(statusOf("user1"), 403);
    EXPECT_EQ(statusOf("ann", "192.0.2.99:1"), 403);
}

TEST_F(GuardedClub, TakesTheOperatorsBansFromItsConfigurationAndItsFile) {
    const std::filesystem::path file = std::filesystem::path{testing::TempDir()} / ("guard-bans-" + std::to_string(::getpid()));
    const auto write = [&](std::string_view text) { std::ofstream{file} << text; };
    write("# nobody else\n\n user bob\r\n");
    guard({.bans = {"user eve"}, .banFile = file.string()});
    EXPECT_EQ(statusOf("eve"), 403);
    EXPECT_EQ(statusOf("bob"), 403);
    EXPECT_FALSE(bans().lift(Ban::Of::User, "bob")) << "it is the operator's";
    auto& ann = enter("ann");
    write("user ann");
    server.advance(1s);
    expectBanned(ann);
    EXPECT_EQ(statusOf("bob"), 101) << "no longer in it";
    EXPECT_EQ(statusOf("eve"), 403);
    write("user bob\nbob");
    server.advance(1s);
    EXPECT_EQ(statusOf("ann"), 403) << "what has a mistake changes nothing";
    std::filesystem::remove(file);
    server.advance(1s);
    EXPECT_EQ(statusOf("ann"), 403);
}

TEST_F(GuardedClub, DoesNotStartWithBansThatAreNone) {
    EXPECT_THROW(guard({.bans = {"bob"}}), std::invalid_argument);
    EXPECT_THROW(guard({.bans = {"address bob"}}), std::invalid_argument);
    EXPECT_THROW(guard({.banFile = "/nowhere/bans"}), std::invalid_argument);
}

TEST_F(GuardedClub, LimitsTheSessionsAndHandshakesOfAUserFromWhereverHeComes) {
    guard({.handshakesPerMinute = 60, .handshakesAtOnce = 4, .sessionsPerUser = 2});
    auto &first = enter("ann", "192.0.2.1:1"), &second = enter("ann", "192.0.2.2:1");
    EXPECT_EQ(statusOf("ann", "192.0.2.3:1"), 429) << "has two sessions";
    EXPECT_EQ(statusOf("bob", "192.0.2.3:1"), 101);
    first.close();
    EXPECT_EQ(statusOf("ann", "192.0.2.4:1"), 101);
    second.close();
    EXPECT_EQ(statusOf("ann", "192.0.2.5:1"), 429) << "comes too often";
    server.advance(1s);
    EXPECT_EQ(statusOf("ann", "192.0.2.5:1"), 101);
    EXPECT_EQ(statusOf("bob", "192.0.2.5:1"), 101);
}

TEST_F(GuardedClub, LimitsStrangersInAllAndOfAnAddressUntilTheySayWhoTheyAre) {
    guard({.strangers = 3, .strangersPerAddress = 2});
    auto& first = enterAsStranger();
    enterAsStranger();
    EXPECT_EQ(status([&] { enterAsStranger(); }), 429);
    EXPECT_EQ(statusOf("ann"), 101) << "who is known";
    EXPECT_EQ(statusOf(""), 101) << "and who need not be";
    first.send("iam ann");
    EXPECT_EQ(status([&] { enterAsStranger(); }), 101);
    EXPECT_EQ(status([&] { enterAsStranger("192.0.2.8:1"); }), 101);
    EXPECT_EQ(status([&] { enterAsStranger("192.0.2.9:1"); }), 503);
    server.advance(5s);  // their time to say so
    EXPECT_EQ(status([&] { enterAsStranger("192.0.2.9:1"); }), 101);
}

TEST_F(GuardedClub, ClosesAStrangerWhoTurnsOutToHaveTooManySessions) {
    guard({.sessionsPerUser = 1});
    enter("ann");
    auto& again = enterAsStranger();
    again.send("iam ann");
    const auto goodbye = again.closed();
    ASSERT_TRUE(goodbye);
    EXPECT_EQ(goodbye->code, CloseCode::TryAgainLater);
}

/// Sends `count` messages and says how many of them were answered.
std::size_t answered(testkit::Peer& peer, int count, std::string_view text = "x") {
    const std::size_t before = peer.received().size();
    for (int i = 0; i < count; ++i) peer.send(text);
    return peer.received().size() - before;
}

TEST_F(GuardedClub, ReadsAUserMoreSlowlyWhoSendsFasterThanAllHisSessionsMay) {
    guard({.messagesPerSecond = 10});
    auto &one = enter("ann", "192.0.2.1:1"), &two = enter("ann", "192.0.2.2:1"), &other = enter("bob", "192.0.2.3:1");
    EXPECT_EQ(answered(one, 15), 15U);
    EXPECT_EQ(answered(two, 10), 6U) << "twenty may come at once; the next is read, and none behind it";
    EXPECT_EQ(two.waiting(), 4U);
    EXPECT_EQ(answered(other, 20), 20U);
    server.advance(100ms - 1ns);
    EXPECT_EQ(two.waiting(), 4U);
    server.advance(1ns);
    EXPECT_EQ(two.waiting(), 3U);
    server.advance(300ms);
    EXPECT_EQ(two.waiting(), 0U) << "nothing is lost";
}

TEST_F(GuardedClub, RemembersWhatASourceHasSentWhenItComesAnew) {
    guard({.bytesPerSecond = 100});
    const std::string text(100, 'x');
    auto& first = enter("", "192.0.2.1:1");
    EXPECT_EQ(answered(first, 2, text), 2U) << "two hundred bytes may come at once";
    first.vanish();
    server.settle();
    EXPECT_EQ(server.sessionCount(), 0U);
    auto& again = enter("", "192.0.2.1:2");
    EXPECT_EQ(answered(again, 2, text), 1U) << "which is read, and none behind it";
    server.advance(1s);
    EXPECT_EQ(again.waiting(), 0U);
    server.advance(2s);
    EXPECT_EQ(answered(again, 10, "0123456789"), 10U);
}

TEST(GuardTest, IsNotConfiguredToLetNobodyIn) { EXPECT_THROW(Guard{Config{.handshakesPerMinute = 0}}, std::invalid_argument); }

}  // namespace
}  // namespace patchbay::guard
