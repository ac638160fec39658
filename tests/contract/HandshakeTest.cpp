// Who gets in: origins, the configurator, roles, places.   Source: RFC 6455 §4.2.2, §10.2; Jakarta WebSocket §3.1, §8.1

#include "contract/ContractTest.hpp"

namespace patchbay::test {
namespace {

class Members {
    SERVER_ENDPOINT(Members, "/members", .configurator = configuredBy<Doorman>, .roles = {"member"}, .maxSessions = 1)
public:
    ON_MESSAGE(said)
    std::string_view said(std::string_view text) { return text; }
};

template <class World>
class Handshakes : public ContractTest<World> {
protected:
    Handshakes() { this->world.template deploy<Members>(); }

    std::optional<Refused> refusal(std::string_view target, ConnectOptions options = {}) {
        try {
            this->world.connect(target, std::move(options));
            return std::nullopt;
        } catch (const Refused& refused) {
            return refused;
        }
    }
    /// The status of the answer: 101 or that of the refusal.
    int status(std::string_view target, ConnectOptions options = {}) {
        const auto refused = refusal(target, std::move(options));
        return refused ? refused->status() : 101;
    }
};
TYPED_TEST_SUITE(Handshakes, Worlds, WorldNames);

TYPED_TEST(Handshakes, TheServersOwnOriginAndTheListedOnesGetIn) {
    EXPECT_EQ(this->status("/scripted/a"), 101) << "no browser";
    EXPECT_EQ(this->status("/scripted/a", {.headers = {{"Origin", this->world.ownOrigin()}}}), 101);
    EXPECT_EQ(this->status("/scripted/a", {.headers = {{"Origin", "https://friend.example"}}}), 101);
}

TYPED_TEST(Handshakes, AForeignOriginIs403) {
    EXPECT_EQ(this->status("/scripted/a", {.headers = {{"Origin", "https://evil.example"}}}), 403);
    EXPECT_EQ(this->status("/scripted/a", {.headers = {{"Origin", "http://friend.example"}}}), 403) << "another scheme";
    EXPECT_EQ(this->status("/scripted/a", {.headers = {{"Origin", "null"}}}), 403);
    EXPECT_EQ(this->status("/bare", {.headers = {{"Origin", "https://friend.example"}}}), 403) << "listed elsewhere";
}

TYPED_TEST(Handshakes, AnUnknownPathIs404) {
    EXPECT_EQ(this->status("/scripted"), 404);
    EXPECT_EQ(this->status("/scripted/a/"), 404);
    EXPECT_EQ(this->status("/scripted/a/b"), 404);
}

TYPED_TEST(Handshakes, ARejectionReachesTheClientWithItsStatusHeadersAndBody) {
    const auto refused = this->refusal("/scripted/a", {.headers = {{"X-Busy", "yes"}}});
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status(), 429);
    EXPECT_EQ(findHeader(refused->headers(), "Retry-After"), "7");
    EXPECT_EQ(findHeader(refused->headers(), "X-Door"), "opened") << "the headers for every answer";
    EXPECT_EQ(refused->body(), "one at a time\n");
    EXPECT_EQ(this->journal.count("open"), 0u);
}

TYPED_TEST(Handshakes, HeadersOfTheConfiguratorAreInTheAnswer) {
    EXPECT_EQ(this->world.connect("/scripted/a").header("x-door"), "opened");
}

TYPED_TEST(Handshakes, ARoleIsNeededNotJustAName) {
    EXPECT_EQ(this->status("/members"), 401);
    EXPECT_EQ(this->status("/members", {.headers = {{"X-User", "bob"}}}), 403);
    EXPECT_EQ(this->status("/members", {.headers = {{"X-User", "ann"}}}), 101);
}

TYPED_TEST(Handshakes, OneMoreThanMaxSessionsIs503UntilAPlaceIsFree) {
    const ConnectOptions ann{.headers = {{"X-User", "ann"}}};
    auto first = this->world.connect("/members", ann);
    EXPECT_EQ(this->status("/members", ann), 503);
    first.close(1000, "");
    ASSERT_TRUE(this->world.eventually([&] { return this->world.sessionCount() == 0; }));
    EXPECT_EQ(this->status("/members", ann), 101);
}

TYPED_TEST(Handshakes, AServerThatShutsDownAnswers503) {
    auto client = this->world.connect("/scripted/a");
    this->journal.waitFor("open");
    this->world.shutDown();
    this->journal.waitFor("close ");
    EXPECT_EQ(this->status("/scripted/a"), 503);
    client.goodbye();
}

}  // namespace
}  // namespace patchbay::test
