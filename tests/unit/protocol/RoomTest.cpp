// The rest of a large frame is read to where its message is collected.   Source: RFC 6455 §5.2, §5.4, §8.1

#include "Wire.hpp"

namespace patchbay::protocol::testing {
namespace {

constexpr std::string_view kKey{"\x37\xfa\x21\x3d", 4};

/// Gives the connection `bytes` the way a channel does: as much as it has room for goes there, the rest comes by receive().
Events deliver(Peer& peer, std::string_view bytes) {
    const std::span<std::byte> room = peer.connection.room();
    const std::size_t inRoom = std::min(room.size(), bytes.size());
    if (inRoom > 0) {
        std::memcpy(room.data(), bytes.data(), inRoom);
        peer.connection.roomFilled(inRoom);
    }
    return peer.receive(bytes.substr(inRoom), 1 << 20);
}

/// Its first `first` bytes by receive(), the others in pieces of `piece`.
Events deliverInPieces(Peer& peer, std::string_view frame, std::size_t first, std::size_t piece) {
    peer.receive(frame.substr(0, first), 1 << 20);
    for (frame.remove_prefix(first); !frame.empty(); frame.remove_prefix(std::min(piece, frame.size())))
        deliver(peer, frame.substr(0, piece));
    return peer.record.events;
}

std::string text(std::size_t size) {
    std::string some;
    while (some.size() + 3 <= size) some += some.size() % 7 == 0 ? "€" : "xyz";
    return some;
}

Limits large() { return {.maxMessageSize = 1 << 20, .maxFragments = 0}; }

TEST(Room, IsTheRestOfALargeFrameAndTheMessageIsWhole) {
    const std::string message = text(20'000);
    const std::string frame = clientFrame(0x81, message, kKey);
    for (const std::size_t first : {8u, 9u, 108u, 12'345u}) {
        for (const std::size_t piece : {1u, 997u, 5'000u, 30'000u}) {
            Peer peer{Role::Server, large()};
            EXPECT_EQ(deliverInPieces(peer, frame, first, piece), Events{"text:" + message}) << first << ' ' << piece;
            EXPECT_TRUE(peer.connection.room().empty());
        }
    }
}

TEST(Room, IsAsLargeAsWhatIsStillToCome) {
    const std::string frame = clientFrame(0x82, std::string(10'000, 'b'), kKey);
    Peer peer{Role::Server, large()};
    EXPECT_TRUE(peer.connection.room().empty()) << "nothing has begun";
    peer.receive(frame.substr(0, 8 + 1'000), 1 << 20);
    EXPECT_EQ(peer.connection.room().size(), 9'000U);
    peer.receive(frame.substr(8 + 1'000, 8'000), 1 << 20);
    EXPECT_TRUE(peer.connection.room().empty()) << "so little comes with the next read";
}

TEST(Room, WhatComesBehindTheFrameIsTheNextOne) {
    const std::string first = clientFrame(0x82, std::string(10'000, 'b'), kKey);
    Peer peer{Role::Server, large()};
    peer.receive(first.substr(0, 100), 1 << 20);
    deliver(peer, first.substr(100) + clientFrame(0x81, "next", kKey));
    EXPECT_EQ(peer.record.events, (Events{"binary:" + std::string(10'000, 'b'), "text:next"}));
}

TEST(Room, HoldsFragmentsToo) {
    const std::string part(10'000, 'p');
    Peer peer{Role::Server, large()};
    deliverInPieces(peer, clientFrame(0x01, part, kKey), 50, 3'000);
    EXPECT_TRUE(peer.record.events.empty());
    deliverInPieces(peer, clientFrame(0x89, "ping", kKey), 8, 3'000);
    deliverInPieces(peer, clientFrame(0x80, part, kKey), 50, 3'000);
    EXPECT_EQ(peer.record.events, (Events{"reply:8a 04 70 69 6e 67", "text:" + part + part}));
}

TEST(Room, TextThatIsNotUtf8FailsInThePieceThatBringsIt) {
    std::string message(20'000, 'x');
    message[9'000] = '\xff';
    const std::string frame = clientFrame(0x81, message, kKey);
    Peer peer{Role::Server, large()};
    peer.receive(frame.substr(0, 100), 1 << 20);
    deliver(peer, frame.substr(100, 8'000));
    EXPECT_TRUE(peer.record.events.empty());
    deliver(peer, frame.substr(8'100, 2'000));
    EXPECT_EQ(peer.record.events, failure(1007, "text that is not UTF-8 (RFC 6455 §8.1)"));
    EXPECT_TRUE(peer.connection.room().empty()) << "nothing is read any more";
}

TEST(Room, ACharacterThatIsCutOffAtTheEndFails) {
    const std::string frame = clientFrame(0x81, std::string(10'000, 'x') + "\xe2\x82", kKey);
    Peer peer{Role::Server, large()};
    EXPECT_EQ(deliverInPieces(peer, frame, 100, 20'000), failure(1007, "text that is not UTF-8 (RFC 6455 §8.1)"));
}

}  // namespace
}  // namespace patchbay::protocol::testing
