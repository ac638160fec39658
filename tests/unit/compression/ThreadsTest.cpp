// Broadcasts come from any thread, while each connection reads on its loop and writes under its lock.

#include "unit/compression/Streams.hpp"

#include <thread>

namespace patchbay::compression::testing {
namespace {

void inThreads(int count, const auto& work) {
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) threads.emplace_back([&, i] { work(static_cast<unsigned>(i)); });
    for (std::thread& thread : threads) thread.join();
}

TEST(Threads, EncodeOneBroadcastAtTheSameTimeToTheSameBytes) {
    PerMessageDeflateFactory factory;
    const auto end = serverEnd(factory);
    const Encoded expected = broadcast(*end, json(4_KiB));
    std::atomic<int> same{0};
    inThreads(4, [&](unsigned) {
        for (int i = 0; i < 50; ++i) same += broadcast(*end, json(4_KiB)) == expected ? 1 : 0;
    });
    EXPECT_EQ(same, 200);
}

TEST(Threads, ReadWriteAndBroadcastOnOneConnection) {
    PerMessageDeflateFactory factory;
    const auto end = serverEnd(factory);
    const Encoded toAll = broadcast(*end, json(1_KiB, 7));
    std::atomic<int> wrong{0};
    std::thread reader{[&] {
        ForeignDeflater peer;
        for (unsigned i = 0; i < 100; ++i)
            wrong += decoded(*end, peer.message(json(1_KiB, i))) == json(1_KiB, i) ? 0 : 1;
    }};
    std::thread broadcaster{[&] {
        for (int i = 0; i < 100; ++i) wrong += broadcast(*end, json(1_KiB, 7)) == toAll ? 0 : 1;
    }};
    ForeignInflater peer;
    for (unsigned i = 0; i < 100; ++i) wrong += peer.read(*encoded(*end, json(1_KiB, i))) == json(1_KiB, i) ? 0 : 1;
    reader.join();
    broadcaster.join();
    EXPECT_EQ(wrong, 0);
}

TEST(Threads, ComeAndGoWithinOneBudget) {
    PerMessageDeflateFactory factory{{.memoryBudget = {3 * (32_KiB + 4_KiB)}}};
    std::atomic<int> wrong{0};
    inThreads(4, [&](unsigned seed) {
        for (unsigned i = 0; i < 50; ++i) {
            const auto one = serverEnd(factory);
            const auto two = serverEnd(factory);
            ForeignInflater peer;
            for (const std::string& message : {json(1_KiB, seed), json(2_KiB, i)}) {
                wrong += peer.read(*encoded(*one, message)) == message ? 0 : 1;
                wrong += decoded(*two, *broadcast(*one, message)) == message ? 0 : 1;
            }
        }
    });
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(factory.memoryUsed(), 0u);
}

}  // namespace
}  // namespace patchbay::compression::testing
