// The plugin in a server whose clock is turned by hand: who is limited, who is banned, what a client is told.
#include "guard/Guard.hpp"
#include "integration/Memory.hpp"

#include <patchbay/annotations.hpp>
#include <patchbay/bans.hpp>
#include <patchbay/carrier.hpp>
#include <patchbay/clock.hpp>
#include <patchbay/testkit.hpp>
#include <patchbay/users.hpp>

#include <gmock/gmock.h>

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

namespace patchbay::guard {
namespace {

using namespace std::chrono_literals;

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

HandshakeRequest handshake(const std::string& target, std::string address) {
    HandshakeRequest request;
    request.uri = "ws://localhost" + target;
    request.target = target;
    request.host = "localhost";
    request.remoteAddress = std::move(address);
    return request;
}

/// Of a handshake that is judged and goes no further.
int verdictOn(testkit::TestServer& server, std::string address) {
    const Admission admission = server.admit(handshake("/hall", std::move(address)));
    return admission.isAdmitted() ? 101 : admission.refusal().status;
}

std::string dotted(std::uint32_t address) {
    std::string text;
    for (int shift = 24; shift >= 0; shift -= 8) text += std::to_string(address >> shift & 0xFF) + (shift == 0 ? "" : ".");
    return text;
}

/// The first address of a network of 64 bits.
std::string colons(std::uint64_t network) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "[%x:%x:%x:%x::1]:1", static_cast<unsigned>(network >> 48), static_cast<unsigned>(network >> 32 & 0xFFFF),
                  static_cast<unsigned>(network >> 16 & 0xFFFF), static_cast<unsigned>(network & 0xFFFF));
    return text.data();
}

// A tenth of them; with PATCHBAY_LONG 100 000 addresses and a million networks.
TEST(GuardTest, KeepsASourceAtItsLimitWithin32MiBWhileOthersRotate) {
    const std::uint32_t share = std::getenv("PATCHBAY_LONG") ? 1 : 10;
    const auto serve = [](testkit::TestServer& server) {
        server.install(std::make_unique<Guard>(Config{.handshakesPerMinute = 6, .handshakesAtOnce = 20, .messagesPerSecond = 100, .bytesPerSecond = {100'000}}));
        server.deploy<Hall>();
        verdictOn(server, "192.0.2.1:1");
    };
    { testkit::TestServer warm; warm.deploy<Hall>(); verdictOn(warm, "192.0.2.1:1"); }
    const std::size_t before = test::residentBytes();
    testkit::TestServer server;
    serve(server);
    const std::vector<std::string> limited{"192.0.2.7:1", "[2001:db8:1:2::7]:1"};
    for (const std::string& each : limited) {
        while (verdictOn(server, each) == 101) {}
    }
    std::size_t come = 0, escaped = 0;
    struct Verdicts {
        std::size_t admitted = 0, refused = 0;
    };
    const auto comes = [&](std::string address, Verdicts& verdicts) {
        ++(verdictOn(server, std::move(address)) == 101 ? verdicts.admitted : verdicts.refused);
        if (++come % 1000 != 0) return;
        server.advance(4ms);  // four seconds and a half in all, of the ten that one takes to come
        for (const std::string& each : limited) escaped += verdictOn(server, each) == 101 ? 1 : 0;
    };
    std::map<std::uint32_t, Verdicts> fours;  // by their /24, of each of which 36 come
    Verdicts sixes;                           // each of a /48 of its own
    for (std::uint32_t i = 0; i < 100'000 / share; ++i) comes(dotted(0x0A00'0000 + i * 7) + ":1", fours[(0x0A00'0000 + i * 7) >> 8]);
    for (std::uint64_t i = 0; i < 1'000'000 / share; ++i) comes(colons(0x2a00'0000'0000'0000 + i * 0x1'0003), sixes);
    EXPECT_EQ(escaped, 0U);
    EXPECT_EQ(sixes.refused, 0U) << "who has done nothing may come: one in eight finds no place, and has that of its /48";
    std::size_t refused = 0;
    for (const auto& [network, verdicts] : fours) {
        refused += verdicts.refused;
        EXPECT_TRUE(verdicts.refused == 0 || verdicts.admitted >= 20) << "but for those of a /24 one of which has found no place: they share its bucket, of 20";
    }
    EXPECT_LE(refused, 1'000U / share) << "one in 600 finds no place: some seventy networks";
    EXPECT_LE(test::residentBytes(), before + (std::size_t{32} << 20));
    server.advance(10s);
    for (const std::string& each : limited) EXPECT_EQ(verdictOn(server, each), 101) << "one has come";
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

TEST_F(GuardedClub, BansNetworksOfAnyLength) {
    guard({.bans = {"address 2001:db8::/32 because it is for examples"}});
    auto &inside = enter("ann", "192.0.2.7:1"), &outside = enter("bob", "192.0.3.7:1");
    EXPECT_EQ(bans().ban({Ban::Of::Address, "192.0.2.0/24", in(60s)}), 1U);
    server.settle();
    expectBanned(inside);
    EXPECT_FALSE(outside.closed());
    EXPECT_EQ(statusOf("ann", "192.0.2.200:1"), 403);
    EXPECT_EQ(statusOf("ann", "192.0.3.200:1"), 101);
    EXPECT_EQ(statusOf("ann", "[2001:db8:ffff:1::1]:1"), 403);
    EXPECT_EQ(statusOf("ann", "[2001:db9::1]:1"), 101);
    EXPECT_FALSE(bans().lift(Ban::Of::Address, "192.0.2.7")) << "not by itself";
    EXPECT_TRUE(bans().lift(Ban::Of::Address, "192.0.2.0/24"));
    EXPECT_EQ(statusOf("ann", "192.0.2.200:1"), 101);
}

/// Lets handshakes wait until the test says so.
class Slow final : public HandshakeInterceptor {
public:
    void onHandshake(const HandshakeRequest&, HandshakeResponse& response) override { waiting.push_back(response.defer()); }
    std::vector<HandshakeCompletion> waiting;
};

TEST_F(GuardedClub, DoesNotMissWhoIsBannedWhileHisHandshakeIsJudged) {
    guard({});
    const auto slow = std::make_shared<Slow>();
    server.addInterceptor(slow);
    std::vector<int> statuses;
    const auto comes = [&](std::string user) {
        HandshakeRequest request = handshake("/club", "192.0.2.7:1");
        request.headers = {{"X-User", std::move(user)}};
        server.admit(std::move(request), WhenAdmitted{[&](const Admission& admission) { statuses.push_back(admission.isAdmitted() ? 101 : admission.refusal().status); }});
    };
    comes("ann");
    comes("bob");
    server.settle();
    ASSERT_EQ(slow->waiting.size(), 2U);
    EXPECT_EQ(bans().ban({.of = Ban::Of::User, .whom = "bob"}), 0U) << "he has no session yet";
    for (const auto& each : slow->waiting) each.finish({});
    server.settle();
    EXPECT_THAT(statuses, testing::ElementsAre(101, 403));
}

/// Takes its time for a verdict; meanwhile the address is banned.
class Slanderer final : public HandshakeInterceptor {
public:
    explicit Slanderer(Bans& bans) : bans_{bans} {}
    void onHandshake(const HandshakeRequest& request, HandshakeResponse& response) override {
        const auto waiting = response.defer();
        EXPECT_EQ(bans_.ban({.of = Ban::Of::Address, .whom = request.remoteAddress}), 0U) << "it has no session yet";
        waiting.finish({});
    }

private:
    Bans& bans_;
};

TEST_F(GuardedClub, RefusesAnAddressThatIsBannedWhileItsHandshakeIsJudged) {
    guard({});
    server.addInterceptor(std::make_shared<Slanderer>(bans()));
    EXPECT_EQ(statusOf("ann", "192.0.2.7:1"), 403);
    EXPECT_EQ(statusOf("", "192.0.2.8:1"), 403) << "nobody in particular";
    EXPECT_EQ(status([&] { enterAsStranger("[2001:db8::1]:1"); }), 403);
    EXPECT_EQ(server.sessionCount(), 0U);
}

/// As guard's neighbour that stands behind it: bans who is just let in.
class Hasty final : public SessionListener {
public:
    explicit Hasty(Bans& bans) : bans_{bans} {}
    void opened(const Session& session) override { bans_.ban({.of = Ban::Of::Address, .whom = session.remoteAddress()}); }
    void closed(const Session&, const CloseReason&) override {}

private:
    Bans& bans_;
};

TEST_F(GuardedClub, EndsASessionOfAnAddressThatIsBannedAsItOpens) {
    guard({});
    server.addListener(std::make_shared<Hasty>(bans()));
    auto& ann = enter("ann");
    server.settle();
    expectBanned(ann);
    EXPECT_EQ(statusOf("ann"), 403);
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

TEST_F(GuardedClub, TakesNothingOfWhoIsClosedMeanwhileAndForgetsNothing) {
    guard({.messagesPerSecond = 10});
    const auto users = server.service<Users>();
    auto& one = enter("ann", "192.0.2.1:1");
    EXPECT_EQ(answered(one, 10), 10U);
    EXPECT_EQ(users->close("ann", CloseCause::Expired), 1U);
    EXPECT_EQ(answered(one, 30), 0U) << "it closes: what comes then is not read, and costs nothing";
    server.settle();
    auto& two = enter("ann", "192.0.2.2:1");
    EXPECT_EQ(answered(two, 15), 11U) << "ten are paid already";
    EXPECT_EQ(two.waiting(), 4U);
    users->close("ann", CloseCause::Expired);  // while it waits until it is read again
    server.settle();
    EXPECT_EQ(server.sessionCount(), 0U);
    auto& three = enter("ann", "192.0.2.3:1");
    EXPECT_EQ(answered(three, 3), 1U);
    server.advance(200ms - 1ns);
    EXPECT_EQ(three.waiting(), 2U) << "the four that nobody has read are not paid";
    server.advance(1ns);
    EXPECT_EQ(three.waiting(), 1U);
    three.vanish();
    server.advance(10s);
    EXPECT_EQ(server.sessionCount(), 0U);
    EXPECT_EQ(answered(enter("ann", "192.0.2.4:1"), 25), 21U) << "all is paid";
}

TEST(GuardTest, IsNotConfiguredToLetNobodyIn) { EXPECT_THROW(Guard{Config{.handshakesPerMinute = 0}}, std::invalid_argument); }

}  // namespace
}  // namespace patchbay::guard
