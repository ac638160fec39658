// RFC 6455 §5.5: Ping, Pong, and what holds for every control frame.

#include "Wire.hpp"

namespace patchbay::protocol::testing {
namespace {

class ControlFrames : public ChunkedTest {};
PATCHBAY_IN_CHUNKS(ControlFrames);

TEST_P(ControlFrames, FragmentedControlFramesFailTheConnectionWith1002) {
    for (const std::uint8_t first : {0x08, 0x09, 0x0A})
        EXPECT_EQ(server(clientFrame(first, "")), failure(1002, "fragmented control frame (RFC 6455 §5.5)"));
}

TEST_P(ControlFrames, MoreThan125BytesFailTheConnectionWith1002) {
    for (const std::uint8_t first : {0x88, 0x89, 0x8A})
        EXPECT_EQ(server(clientFrame(first, std::string(126, 'x'))),
                  failure(1002, "control frame with more than 125 bytes (RFC 6455 §5.5)"));
}

TEST_P(ControlFrames, APingOf125BytesIsAnsweredWhole) {
    const std::string body(125, 'x');
    EXPECT_EQ(server(clientFrame(0x89, body, "\x37\xfa\x21\x3d")), Events{"reply:" + toHex(hex("8a 7d") + body)});
}

TEST_P(ControlFrames, EveryPingIsAnsweredInOrder) {
    EXPECT_EQ(server(clientFrame(0x89, "a") + clientFrame(0x89, "") + clientFrame(0x89, "b")),
              (Events{"reply:8a 01 61", "reply:8a 00", "reply:8a 01 62"}));
}

TEST_P(ControlFrames, AnUnsolicitedPongIsReportedAndNotAnswered) {
    EXPECT_EQ(server(clientFrame(0x8A, "beat")), Events{"pong:beat"});
}

TEST_P(ControlFrames, APingAfterOurCloseIsStillAnswered) {
    Peer peer{Role::Server};
    peer.connection.close(CloseCode::Normal, {}, peer.record);
    EXPECT_EQ(peer.receive(clientFrame(0x89, "p"), GetParam()), Events{"reply:8a 01 70"});
}

TEST_P(ControlFrames, APingAfterThePeersCloseIsNotAnswered) {
    EXPECT_EQ(server(clientFrame(0x88, "") + clientFrame(0x89, "p")), (Events{"reply:88 00", "close:1005:"}));
}

}  // namespace
}  // namespace patchbay::protocol::testing
