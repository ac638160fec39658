// Whatever was negotiated: what one end sends, the other reads, and so does zlib.

#include "unit/compression/Streams.hpp"

namespace patchbay::compression::testing {
namespace {

constexpr std::size_t kThreshold = 256;

std::vector<std::string> messages() {
    std::vector<std::string> all{
        "", "x", json(kThreshold - 1), json(kThreshold), json(kThreshold + 1), noise(kThreshold)};
    for (const std::size_t size : {1_KiB, 64_KiB, 1_MiB}) {
        all.push_back(json(size));
        all.push_back(noise(size));
        all.emplace_back(size, 'a');
    }
    all.push_back(json(1_KiB));  // once more: it is far back, or still in the window
    return all;
}

void expectRead(Extension& from, Extension& to, const std::string& message) {
    const Encoded wire = encoded(from, message);
    if (!wire) return;  // plain
    EXPECT_LT(wire->size(), message.size());
    EXPECT_GE(message.size(), kThreshold);
    EXPECT_LE(wire->size(), to.maxEncodedBytes(message.size()));
    EXPECT_TRUE(decoded(to, *wire, message.size()) == message) << message.size() << " bytes";
}

struct Windows {
    int server;
    int client;
};

class Negotiated : public ::testing::TestWithParam<std::tuple<Windows, bool, bool>> {};

TEST_P(Negotiated, EveryMessageArrivesBothWays) {
    const auto [windows, serverKeeps, clientKeeps] = GetParam();
    PerMessageDeflateFactory factory{{.serverMaxWindowBits = windows.server, .clientMaxWindowBits = windows.client}};
    ExtensionTerms offer = factory.offers().at(0);
    if (!serverKeeps) offer.parameters.push_back({"server_no_context_takeover", std::nullopt});
    if (!clientKeeps) offer.parameters.push_back({"client_no_context_takeover", std::nullopt});
    auto agreed = factory.accept(offer);
    ASSERT_TRUE(agreed);
    const auto client = factory.agree(agreed->answer);
    ASSERT_TRUE(client);
    static const std::vector<std::string> all = messages();
    for (const std::string& message : all) {
        expectRead(*agreed->extension, *client, message);
        expectRead(*client, *agreed->extension, message);
    }
}

INSTANTIATE_TEST_SUITE_P(EveryCombination, Negotiated,
                         ::testing::Combine(::testing::Values(Windows{8, 8}, Windows{8, 15}, Windows{9, 15},
                                                              Windows{12, 12}, Windows{15, 9}, Windows{15, 15}),
                                            ::testing::Bool(), ::testing::Bool()));

/// Bytes of which half are noise.
std::string halfNoise(std::size_t bytes) {
    return noise(bytes / 2, static_cast<unsigned>(bytes)) + std::string(bytes - bytes / 2, 'a');
}

/// Repetitions at every distance around the window's size, within a message and from one to the next, and whole
/// messages again.
std::vector<std::string> farReferences(int bits) {
    const std::size_t size = std::size_t{1} << bits;
    std::vector<std::string> all;
    for (std::size_t distance = size - 200; distance <= size + 40; distance += distance < size - 20 ? 40 : 1) {
        const std::string block = noise(distance, static_cast<unsigned>(distance));
        all.push_back(block + block + block);
        all.insert(all.end(), 2, halfNoise(distance));
    }
    all.insert(all.end(), 2, json(3 * size));
    return all;
}

class Window : public ::testing::TestWithParam<std::tuple<int, int>> {
protected:
    const int bits = std::get<0>(GetParam());
    PerMessageDeflateFactory factory{{.threshold = {1}, .level = std::get<1>(GetParam()), .serverMaxWindowBits = bits}};
    std::unique_ptr<Extension> server = serverEnd(factory);
};
INSTANTIATE_TEST_SUITE_P(EveryWindowAndLevel, Window,
                         ::testing::Combine(::testing::Range(8, 16), ::testing::Range(1, 4)));

TEST_P(Window, NothingRefersFurtherBackThanAgreed) {
    ForeignInflater zlib{bits};
    int compressed = 0;
    for (const std::string& message : farReferences(bits)) {
        const Encoded wire = encoded(*server, message);
        if (!wire) continue;
        ++compressed;
        ASSERT_TRUE(zlib.read(*wire) == message);
    }
    EXPECT_GT(compressed, 10);
}

TEST_P(Window, AllOfItIsReferredTo) {
    const std::string message = halfNoise((std::size_t{1} << bits) - 1);
    const Encoded first = encoded(*server, message);
    const Encoded second = encoded(*server, message);
    ASSERT_TRUE(first && second);
    EXPECT_LT(second->size(), first->size() / 2);
}

/// zlib's deflate itself has none of 8.
class ForeignWindow : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(EveryWindow, ForeignWindow, ::testing::Range(9, 16));

TEST_P(ForeignWindow, AForeignClientThatUsesAllOfItIsRead) {
    PerMessageDeflateFactory factory{{.clientMaxWindowBits = GetParam()}};
    const auto server = serverEnd(factory, "permessage-deflate; client_max_window_bits");
    ForeignDeflater zlib{GetParam()};
    for (const std::string& message : farReferences(GetParam()))
        ASSERT_TRUE(decoded(*server, zlib.message(message)) == message);
}

TEST(Sending, AMessageBelowTheThresholdGoesPlainAndLeavesTheContextAlone) {
    PerMessageDeflateFactory factory{{.threshold = {100}}};
    const auto server = serverEnd(factory);
    ForeignInflater zlib;
    EXPECT_EQ(encoded(*server, std::string(99, 'a')), std::nullopt);
    const Encoded first = encoded(*server, json(100));
    ASSERT_TRUE(first);
    EXPECT_EQ(encoded(*server, std::string(99, 'a')), std::nullopt);
    const Encoded second = encoded(*server, json(100));
    ASSERT_TRUE(second);
    EXPECT_LT(second->size(), first->size());
    EXPECT_EQ(zlib.read(*first), json(100));
    EXPECT_EQ(zlib.read(*second), json(100));
}

TEST(Sending, AnEmptyMessageGoesPlainWhateverTheThreshold) {
    PerMessageDeflateFactory factory{{.threshold = {0}}};
    const auto server = serverEnd(factory);
    EXPECT_EQ(encoded(*server, ""), std::nullopt);
    EXPECT_EQ(broadcast(*server, ""), std::nullopt);
}

TEST(Sending, WhatGetsNoSmallerGoesPlainAndLeavesTheContextAlone) {
    for (const std::size_t size : {1_KiB, 4_KiB}) {
        PerMessageDeflateFactory factory;
        const auto server = serverEnd(factory);
        ForeignInflater peer;
        const Encoded before = encoded(*server, json(1_KiB));
        ASSERT_TRUE(before);
        EXPECT_EQ(peer.read(*before), json(1_KiB));
        EXPECT_EQ(encoded(*server, noise(size)), std::nullopt);
        const Encoded after = encoded(*server, json(1_KiB));
        ASSERT_TRUE(after);
        EXPECT_LT(after->size(), before->size() / 4);
        EXPECT_EQ(peer.read(*after), json(1_KiB));
    }
}

TEST(Sending, AfterForgetTheNextMessageRefersToNoneBefore) {
    PerMessageDeflateFactory factory;
    const auto server = serverEnd(factory);
    const Encoded first = encoded(*server, json(1_KiB));
    EXPECT_LT(encoded(*server, json(1_KiB))->size(), first->size() / 4);
    server->forget();
    EXPECT_EQ(encoded(*server, json(1_KiB)), first);
    EXPECT_LT(encoded(*server, json(1_KiB))->size(), first->size() / 4) << "the one after it may refer again";
}

TEST(Broadcasting, AConnectionThatKeepsItsWindowReadsBroadcastsBetweenItsOwnMessages) {
    PerMessageDeflateFactory factory;
    const auto one = serverEnd(factory);
    const auto other = serverEnd(factory);
    ForeignInflater peerOfOne;
    ForeignInflater peerOfOther;
    for (unsigned turn = 0; turn < 20; ++turn) {
        const Encoded own = encoded(*one, json(2_KiB, turn));
        EXPECT_EQ(peerOfOne.read(*own), json(2_KiB, turn));
        const Encoded toAll = broadcast(*one, json(3_KiB, turn / 2));
        EXPECT_EQ(toAll, broadcast(*other, json(3_KiB, turn / 2))) << "it does not depend on the connection";
        one->forget();
        other->forget();
        EXPECT_EQ(peerOfOne.read(*toAll), json(3_KiB, turn / 2));
        EXPECT_EQ(peerOfOther.read(*toAll), json(3_KiB, turn / 2));
        for (int again = 0; again < 2; ++again)
            EXPECT_EQ(peerOfOther.read(*encoded(*other, json(1_KiB, turn))), json(1_KiB, turn));
    }
}

TEST(Broadcasting, HasNoLastBlock) {
    PerMessageDeflateFactory factory;
    const Encoded wire = broadcast(*serverEnd(factory), json(1_KiB));
    ASSERT_TRUE(wire);
    ForeignInflater peer;  // it stops at a last block, so that the second would be an error
    EXPECT_EQ(peer.read(*wire), json(1_KiB));
    EXPECT_EQ(peer.read(*wire), json(1_KiB));
}

TEST(Broadcasting, ConnectionsOfTheSameWindowShareAForm) {
    PerMessageDeflateFactory factory{{.serverMaxWindowBits = 15}};
    for (int bits = 8; bits <= 15; ++bits) {
        const auto end = serverEnd(factory, "permessage-deflate; server_max_window_bits=" + std::to_string(bits));
        EXPECT_EQ(end->broadcastForm(), bits);
    }
    EXPECT_EQ(serverEnd(factory)->broadcastForm(), 15);
    EXPECT_EQ(serverEnd(factory, "permessage-deflate; server_no_context_takeover")->broadcastForm(), 15);
}

TEST(Broadcasting, KeepsToTheThresholdAndToTheWindow) {
    PerMessageDeflateFactory factory{{.threshold = {256}, .level = 3, .serverMaxWindowBits = 8}};
    const auto end = serverEnd(factory);
    EXPECT_EQ(broadcast(*end, json(255)), std::nullopt);
    EXPECT_EQ(broadcast(*end, noise(10_KiB)), std::nullopt);
    EXPECT_EQ(ForeignInflater{8}.read(*broadcast(*end, json(64_KiB))), json(64_KiB));
}

}  // namespace
}  // namespace patchbay::compression::testing
