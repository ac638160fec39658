// RFC 6455 §5.3, §5.5, §6.1, §7.1.2, §7.4: what this side puts on the wire.

#include "Wire.hpp"

#include "base/QueuePolicy.hpp"

#include <set>
#include <stdexcept>

namespace patchbay::protocol::testing {
namespace {

std::string sentBy(Role role, MessageKind kind, std::string_view payload) {
    Peer peer{role};
    EXPECT_TRUE(peer.connection.send(kind, asBytes(payload), peer.record));
    return peer.record.sent;
}

std::string closeSentBy(CloseCode code, std::string_view reason) {
    Peer peer{Role::Server};
    EXPECT_TRUE(peer.connection.close(code, reason, peer.record));
    return peer.record.sent;
}

TEST(Sending, AMessageIsOneFrameWithFinAndTheOpcodeOfItsKind) {
    EXPECT_EQ(sentBy(Role::Server, MessageKind::Text, "é"), hex("81 02 c3 a9"));
    EXPECT_EQ(sentBy(Role::Server, MessageKind::Binary, "\xff"), hex("82 01 ff"));
}

/// RFC 6455 §5.7: "A fragmented unmasked text message".
TEST(Sending, AMessageInPartsIsOneFrameForEachAndTheLastHasFin) {
    Peer peer{Role::Server};
    EXPECT_TRUE(peer.connection.sendPart(MessageKind::Text, asBytes("Hel"), {.first = true, .last = false}, peer.record));
    EXPECT_TRUE(peer.connection.ping({}, peer.record)) << "control frames come between (§5.4)";
    EXPECT_TRUE(peer.connection.sendPart(MessageKind::Text, {}, {.first = false, .last = false}, peer.record));
    EXPECT_TRUE(peer.connection.sendPart(MessageKind::Text, asBytes("lo"), {.first = false, .last = true}, peer.record));
    EXPECT_EQ(peer.record.sent, hex("01 03 48 65 6c  89 00  00 00  80 02 6c 6f"));
    Peer other{Role::Server};
    EXPECT_TRUE(other.connection.sendPart(MessageKind::Binary, {}, {.first = true, .last = true}, other.record));
    EXPECT_EQ(other.record.sent, hex("82 00"));
    EXPECT_TRUE(other.connection.close(CloseCode::Normal, {}, other.record));
    EXPECT_FALSE(other.connection.sendPart(MessageKind::Binary, {}, {.first = true, .last = true}, other.record));
}

TEST(Sending, LengthsUseTheFewestBytes) {
    const auto header = [](std::size_t size) {
        const std::string sent = sentBy(Role::Server, MessageKind::Binary, std::string(size, 'x'));
        return toHex(sent.substr(0, sent.size() - size));
    };
    EXPECT_EQ(header(0), "82 00");
    EXPECT_EQ(header(125), "82 7d");
    EXPECT_EQ(header(126), "82 7e 00 7e");
    EXPECT_EQ(header(65535), "82 7e ff ff");
    EXPECT_EQ(header(65536), "82 7f 00 00 00 00 00 01 00 00");
}

TEST(Sending, AClientMasksEveryFrame) {
    Peer peer{Role::Client};
    peer.connection.ping(asBytes("Hello"), peer.record);
    peer.connection.pong(asBytes("Hello"), peer.record);
    peer.connection.send(MessageKind::Binary, {}, peer.record);
    peer.connection.close(CloseCode::Normal, {}, peer.record);
    EXPECT_EQ(toHex(peer.record.sent),
              "89 85 37 fa 21 3d 7f 9f 4d 51 58 8a 85 37 fa 21 3d 7f 9f 4d 51 58 82 80 37 fa 21 3d "
              "88 82 37 fa 21 3d 34 12");
}

TEST(Sending, AClientMasksLongMessagesBehindAnExtendedLength) {
    const std::string sent = sentBy(Role::Client, MessageKind::Text, std::string(126, '\0'));
    EXPECT_EQ(toHex(sent.substr(0, 12)), "81 fe 00 7e 37 fa 21 3d 37 fa 21 3d");
    EXPECT_EQ(toHex(sent.substr(132)), "37 fa");
}

TEST(Sending, AClientLeavesTheCallersBytesAlone) {
    const std::string text = "Hello";
    sentBy(Role::Client, MessageKind::Text, text);
    EXPECT_EQ(text, "Hello");
}

TEST(Sending, EveryFrameOfAClientGetsAFreshUnpredictableKey) {
    std::set<std::string> keys;
    Recorder record;
    Connection connection{Role::Client, {}, record};
    for (int i = 0; i < 64; ++i) connection.send(MessageKind::Text, {}, record);
    for (std::size_t i = 0; i < record.sent.size(); i += 6) keys.insert(record.sent.substr(i + 2, 4));
    EXPECT_EQ(keys.size(), 64U);  // two alike among 64 of 2^32: one run in two million
}

TEST(Sending, AServerMasksNothing) {
    Peer peer{Role::Server};
    peer.connection.ping(asBytes("p"), peer.record);
    peer.connection.pong({}, peer.record);
    EXPECT_EQ(toHex(peer.record.sent), "89 01 70 8a 00");
}

TEST(Sending, ControlFramesOfMoreThan125BytesAreTheCallersMistake) {
    Peer peer{Role::Server};
    const std::string body(126, 'x');
    EXPECT_THROW(peer.connection.ping(asBytes(body), peer.record), std::length_error);
    EXPECT_THROW(peer.connection.pong(asBytes(body), peer.record), std::length_error);
    EXPECT_EQ(peer.record.sent, "");
}

TEST(Sending, NoFrameFollowsOurClose) {
    Peer peer{Role::Server};
    EXPECT_FALSE(peer.connection.closeSent());
    EXPECT_TRUE(peer.connection.close(CloseCode::Normal, "bye", peer.record));
    EXPECT_TRUE(peer.connection.closeSent());
    EXPECT_FALSE(peer.connection.send(MessageKind::Text, asBytes("late"), peer.record));
    EXPECT_FALSE(peer.connection.ping({}, peer.record));
    EXPECT_FALSE(peer.connection.pong({}, peer.record));
    EXPECT_FALSE(peer.connection.close(CloseCode::GoingAway, {}, peer.record));
    EXPECT_EQ(peer.record.sent, hex("88 05 03 e8 62 79 65"));
}

TEST(Sending, NoFrameFollowsTheEchoOfThePeersClose) {
    Peer peer{Role::Server};
    peer.receive(clientFrame(0x88, ""));
    EXPECT_FALSE(peer.connection.send(MessageKind::Text, asBytes("late"), peer.record));
    EXPECT_FALSE(peer.connection.close(CloseCode::Normal, {}, peer.record));
    EXPECT_EQ(peer.record.sent, "");
}

TEST(Sending, ReservedCloseCodesAreNeverOnTheWire) {
    for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000})
        EXPECT_EQ(closeSentBy(static_cast<CloseCode>(code), "why"), hex("88 00")) << code;
}

TEST(Sending, ApplicationCloseCodesAreSent) {
    EXPECT_EQ(closeSentBy(static_cast<CloseCode>(4999), {}), hex("88 02 13 87"));
}

TEST(Sending, AReasonIsCutAt123BytesAndNeverInsideACharacter) {
    const std::string a(121, 'a');
    EXPECT_EQ(closeSentBy(CloseCode::Normal, a + "bcd"), hex("88 7d 03 e8") + a + "bc");
    EXPECT_EQ(closeSentBy(CloseCode::Normal, a + "é€"), hex("88 7d 03 e8") + a + "é");
    EXPECT_EQ(closeSentBy(CloseCode::Normal, a + "€!"), hex("88 7b 03 e8") + a);
    EXPECT_EQ(closeSentBy(CloseCode::Normal, a + "😀"), hex("88 7b 03 e8") + a);
}

TEST(Sending, AReasonThatIsNotUtf8IsLeftOut) { EXPECT_EQ(closeSentBy(CloseCode::Normal, "\xff"), hex("88 02 03 e8")); }

TEST(Sending, ABroadcastIsEncodedAsAServersFrames) {
    WireBatch batch;
    encodeServerMessage(MessageKind::Text, asBytes("Hello"), nullptr, batch);
    encodeServerMessage(MessageKind::Binary, {}, nullptr, batch);
    EXPECT_EQ(asText(batch.message(0)), hex("81 05 48 65 6c 6c 6f"));
    EXPECT_EQ(asText(batch.message(1)), hex("82 00"));
}

TEST(Sending, AFrameIsAsLongAsSendQueuesCountIt) {
    for (const std::size_t length : {0u, 1u, 125u, 126u, 65535u, 65536u}) {
        WireBatch batch;
        encodeServerMessage(MessageKind::Binary, asBytes(std::string(length, 'x')), nullptr, batch);
        EXPECT_EQ(batch.size(0), framed(length).onWire) << length;
        EXPECT_EQ(batch.size(0) - batch.mostHead, length);
    }
}

}  // namespace
}  // namespace patchbay::protocol::testing
