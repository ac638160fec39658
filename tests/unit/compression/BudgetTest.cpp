// How much memory sessions keep between their messages, and what they agree on when there is none left.

#include "unit/compression/Streams.hpp"

namespace patchbay::compression::testing {
namespace {

constexpr std::string_view kOffer = "permessage-deflate; client_max_window_bits";
constexpr std::size_t kWindow = 4_KiB;

class Budget : public ::testing::Test {
protected:
    static CompressionConfig of(std::size_t bytes) { return {.memoryBudget = {bytes}}; }

    std::string connect(PerMessageDeflateFactory& factory) {
        auto agreed = factory.accept(terms(kOffer));
        if (!agreed) return "declined";
        ends.push_back(std::move(agreed->extension));
        return shown(agreed->answer);
    }

    std::vector<std::unique_ptr<Extension>> ends;
};

constexpr auto kKept = "permessage-deflate; client_max_window_bits=12";
constexpr auto kNotKept =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits=12";

TEST_F(Budget, ASessionThatIsNotSpokenToHasOnlyItsReadingSetAside) {
    PerMessageDeflateFactory factory;
    EXPECT_EQ(connect(factory), kKept);
    EXPECT_EQ(factory.memoryUsed(), kWindow);
    ends.clear();
    EXPECT_EQ(factory.memoryUsed(), 0u);
}

TEST_F(Budget, TheFirstCompressedMessageTakesAWindowAndTheSessionsEndGivesItBack) {
    PerMessageDeflateFactory factory;
    connect(factory);
    encoded(*ends[0], json(100));
    EXPECT_EQ(factory.memoryUsed(), kWindow) << "a plain message needs none";
    encoded(*ends[0], json(1_KiB));
    EXPECT_EQ(factory.memoryUsed(), 2 * kWindow);
    encoded(*ends[0], json(1_KiB));
    EXPECT_EQ(factory.memoryUsed(), 2 * kWindow);
    ends.clear();
    EXPECT_EQ(factory.memoryUsed(), 0u);
}

TEST_F(Budget, BroadcastsTakeNone) {
    PerMessageDeflateFactory factory;
    connect(factory);
    EXPECT_TRUE(broadcast(*ends[0], json(1_KiB)));
    EXPECT_EQ(factory.memoryUsed(), kWindow);
}

TEST_F(Budget, ASessionWhoseEveryMessageStandsAloneTakesNone) {
    PerMessageDeflateFactory factory;
    connect(factory);
    for (int i = 0; i < 3; ++i) {
        ends[0]->forget();
        EXPECT_TRUE(encoded(*ends[0], json(1_KiB)));
        EXPECT_EQ(factory.memoryUsed(), kWindow);
    }
}

TEST_F(Budget, OverTheBudgetNoContextIsAgreedOn) {
    PerMessageDeflateFactory factory{of(3 * kWindow)};
    EXPECT_EQ(connect(factory), kKept);
    EXPECT_EQ(connect(factory), kKept);
    EXPECT_EQ(connect(factory), kNotKept);
    EXPECT_EQ(factory.memoryUsed(), 2 * kWindow);
    ends.erase(ends.begin());
    EXPECT_EQ(connect(factory), kKept) << "what was given back is there for the next";
}

TEST_F(Budget, WithoutABudgetNobodyKeepsContext) {
    PerMessageDeflateFactory factory{of(0)};
    EXPECT_EQ(connect(factory), kNotKept);
    const Encoded first = encoded(*ends[0], json(1_KiB));
    EXPECT_TRUE(first);
    EXPECT_EQ(encoded(*ends[0], json(1_KiB)), first);
    EXPECT_EQ(decoded(*ends[0], *first), json(1_KiB));
    EXPECT_EQ(factory.memoryUsed(), 0u);
}

TEST_F(Budget, WhereNothingIsLeftForAWindowMessagesStandAloneThoughContextWasAgreedOn) {
    PerMessageDeflateFactory factory{of(3 * kWindow)};
    connect(factory);
    connect(factory);
    ASSERT_TRUE(encoded(*ends[0], json(1_KiB)));
    ForeignInflater peer;
    const Encoded first = encoded(*ends[1], json(1_KiB));
    EXPECT_EQ(encoded(*ends[1], json(1_KiB)), first);
    EXPECT_EQ(factory.memoryUsed(), 3 * kWindow);
    ends[0].reset();
    EXPECT_EQ(peer.read(*first), json(1_KiB));
    EXPECT_EQ(peer.read(*encoded(*ends[1], json(1_KiB))), json(1_KiB));
    const Encoded now = encoded(*ends[1], json(1_KiB));
    EXPECT_LT(now->size(), first->size()) << "and once something is left, they refer again";
    EXPECT_EQ(peer.read(*now), json(1_KiB));
}

TEST_F(Budget, AClientKeepsWhatItsServerMayReferTo) {
    PerMessageDeflateFactory factory{of(kWindow)};
    const auto one = factory.agree(terms("permessage-deflate; server_max_window_bits=12"));
    const auto two = factory.agree(terms("permessage-deflate; server_max_window_bits=12"));
    ASSERT_TRUE(one && two);
    EXPECT_EQ(factory.memoryUsed(), 2 * kWindow);
    ForeignDeflater server{12};
    EXPECT_EQ(decoded(*two, server.message(json(1_KiB))), json(1_KiB));
    EXPECT_EQ(decoded(*two, server.message(json(1_KiB))), json(1_KiB));
}

TEST_F(Budget, SevenThousandSessionsKeepBothTheirWindowsWithinTheDefault) {
    PerMessageDeflateFactory factory;
    const std::string message = json(1_KiB);
    for (int i = 0; i < 7000; ++i) ASSERT_EQ(connect(factory), kKept);
    for (const auto& end : ends) ASSERT_TRUE(encoded(*end, message));
    EXPECT_EQ(factory.memoryUsed(), 7000 * 2 * kWindow);
}

TEST_F(Budget, LargeWindowsAreForTheFirstWhoCome) {
    PerMessageDeflateFactory factory{{.serverMaxWindowBits = 15, .clientMaxWindowBits = 15}};
    const auto answer = [&] { return connect(factory); };
    EXPECT_EQ(answer(), "permessage-deflate");
    for (int i = 0; i < 3000; ++i) answer();
    EXPECT_EQ(answer(), "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
    EXPECT_LE(factory.memoryUsed(), 56_MiB);
}

TEST_F(Budget, AnExtensionMayOutliveItsFactory) {
    {
        PerMessageDeflateFactory factory;
        connect(factory);
    }
    EXPECT_TRUE(encoded(*ends[0], json(1_KiB)));
    EXPECT_TRUE(broadcast(*ends[0], json(1_KiB)));
}

}  // namespace
}  // namespace patchbay::compression::testing
