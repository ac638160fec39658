// How much memory sessions keep between their messages, and what they agree on when there is none left.

#include "unit/compression/Streams.hpp"

#include <cstdlib>

namespace patchbay::compression::testing {
namespace {

constexpr std::string_view kOffer = "permessage-deflate; client_max_window_bits";
const Effort kEffort{CompressionConfig{}.level, CompressionConfig{}.memLevel};

std::size_t inflaterBytes() { return Inflater::memory(12); }
std::size_t deflaterBytes() { return Deflater::memory(12, kEffort); }

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
    EXPECT_EQ(factory.memoryUsed(), inflaterBytes());
    ends.clear();
    EXPECT_EQ(factory.memoryUsed(), 0u);
}

TEST_F(Budget, TheFirstCompressedMessageTakesADeflaterAndTheSessionsEndGivesItBack) {
    PerMessageDeflateFactory factory;
    connect(factory);
    encoded(*ends[0], json(100));
    EXPECT_EQ(factory.memoryUsed(), inflaterBytes()) << "a plain message needs none";
    encoded(*ends[0], json(1_KiB));
    EXPECT_EQ(factory.memoryUsed(), inflaterBytes() + deflaterBytes());
    encoded(*ends[0], json(1_KiB));
    EXPECT_EQ(factory.memoryUsed(), inflaterBytes() + deflaterBytes());
    ends.clear();
    EXPECT_EQ(factory.memoryUsed(), 0u);
}

TEST_F(Budget, BroadcastsTakeNone) {
    PerMessageDeflateFactory factory;
    connect(factory);
    EXPECT_TRUE(broadcast(*ends[0], json(1_KiB)));
    EXPECT_EQ(factory.memoryUsed(), inflaterBytes());
}

TEST_F(Budget, ASessionWhoseEveryMessageStandsAloneTakesNone) {
    PerMessageDeflateFactory factory;
    connect(factory);
    for (int i = 0; i < 3; ++i) {
        ends[0]->forget();
        EXPECT_TRUE(encoded(*ends[0], json(1_KiB)));
        EXPECT_EQ(factory.memoryUsed(), inflaterBytes());
    }
}

TEST_F(Budget, OverTheBudgetNoContextIsAgreedOn) {
    PerMessageDeflateFactory factory{of(inflaterBytes() + deflaterBytes() + inflaterBytes())};
    EXPECT_EQ(connect(factory), kKept);
    EXPECT_EQ(connect(factory), kKept);
    EXPECT_EQ(connect(factory), kNotKept);
    EXPECT_EQ(factory.memoryUsed(), 2 * inflaterBytes());
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

TEST_F(Budget, WhereNothingIsLeftForADeflaterMessagesStandAloneThoughContextWasAgreedOn) {
    PerMessageDeflateFactory factory{of(2 * inflaterBytes() + deflaterBytes())};
    connect(factory);
    connect(factory);
    ASSERT_TRUE(encoded(*ends[0], json(1_KiB)));
    ForeignInflater peer;
    const Encoded first = encoded(*ends[1], json(1_KiB));
    EXPECT_EQ(encoded(*ends[1], json(1_KiB)), first);
    EXPECT_EQ(factory.memoryUsed(), 2 * inflaterBytes() + deflaterBytes());
    ends[0].reset();
    EXPECT_EQ(peer.read(*first), json(1_KiB));
    EXPECT_EQ(peer.read(*encoded(*ends[1], json(1_KiB))), json(1_KiB));
    const Encoded now = encoded(*ends[1], json(1_KiB));
    EXPECT_LT(now->size(), first->size()) << "and once something is left, they refer again";
    EXPECT_EQ(peer.read(*now), json(1_KiB));
}

TEST_F(Budget, AClientKeepsWhatItsServerMayReferTo) {
    PerMessageDeflateFactory factory{of(inflaterBytes())};
    const auto one = factory.agree(terms("permessage-deflate; server_max_window_bits=12"));
    const auto two = factory.agree(terms("permessage-deflate; server_max_window_bits=12"));
    ASSERT_TRUE(one && two);
    EXPECT_EQ(factory.memoryUsed(), 2 * inflaterBytes());
    ForeignDeflater server{12};
    EXPECT_EQ(decoded(*two, server.message(json(1_KiB))), json(1_KiB));
    EXPECT_EQ(decoded(*two, server.message(json(1_KiB))), json(1_KiB));
}

TEST_F(Budget, FiveThousandSessionsThatHaveSpokenStayWithinSixtyFourMegabytes) {
    PerMessageDeflateFactory factory;
    const std::string message = json(1_KiB);
    for (int i = 0; i < 5000; ++i) ASSERT_EQ(connect(factory), kKept);
    for (const auto& end : ends) ASSERT_TRUE(encoded(*end, message));
    EXPECT_LE(factory.memoryUsed(), 60'000'000u);
    EXPECT_GT(factory.memoryUsed(), 50'000'000u);
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

/// Counts what zlib asks for.
struct Counter {
    std::size_t bytes = 0;

    static voidpf allocate(voidpf counter, uInt items, uInt size) {
        static_cast<Counter*>(counter)->bytes += std::size_t{items} * size;
        return std::calloc(items, size);
    }
    static void release(voidpf, voidpf memory) { std::free(memory); }
};

class Estimate : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(EveryWindow, Estimate, ::testing::Range(8, 16));

TEST_P(Estimate, IsWhatZlibTakesAndLittleMore) {
    for (int memLevel = 1; memLevel <= 9; ++memLevel) {
        Counter counter;
        z_stream stream{};
        stream.zalloc = Counter::allocate;
        stream.zfree = Counter::release;
        stream.opaque = &counter;
        ASSERT_EQ(deflateInit2(&stream, 1, Z_DEFLATED, -std::max(GetParam(), 9), memLevel, Z_DEFAULT_STRATEGY), Z_OK);
        deflateEnd(&stream);
        EXPECT_GE(Deflater::memory(GetParam(), {1, memLevel}), counter.bytes);
        EXPECT_LE(Deflater::memory(GetParam(), {1, memLevel}), counter.bytes + 1_KiB);
    }
    Counter counter;
    z_stream stream{};
    stream.zalloc = Counter::allocate;
    stream.zfree = Counter::release;
    stream.opaque = &counter;
    ASSERT_EQ(inflateInit2(&stream, -GetParam()), Z_OK);
    std::string message = hex("f2 48 cd c9 c9 07 00");
    std::string room(100, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(message.data());
    stream.avail_in = static_cast<uInt>(message.size());
    stream.next_out = reinterpret_cast<Bytef*>(room.data());
    stream.avail_out = static_cast<uInt>(room.size());
    inflate(&stream, Z_SYNC_FLUSH);
    inflateEnd(&stream);
    EXPECT_GE(Inflater::memory(GetParam()), counter.bytes);
    EXPECT_LE(Inflater::memory(GetParam()), counter.bytes + 1_KiB);
}

}  // namespace
}  // namespace patchbay::compression::testing
