// RFC 6455 §5.5.1 and §7: the closing handshake, close codes and reasons.

#include "Wire.hpp"

namespace patchbay::protocol::testing {
namespace {

class Closing : public ChunkedTest {};
PATCHBAY_IN_CHUNKS(Closing);

TEST_P(Closing, ThePeersCloseIsEchoedWithItsCodeAndThenReported) {
    Peer peer{Role::Server};
    EXPECT_EQ(peer.receive(clientFrame(0x88, closeBody(1000, "bye"), "\x37\xfa\x21\x3d"), GetParam()),
              (Events{"reply:88 02 03 e8", "close:1000:bye"}));
    EXPECT_TRUE(peer.connection.closeReceived());
    EXPECT_TRUE(peer.connection.closeSent());
}

TEST_P(Closing, AClientEchoesWithAMaskedFrame) {
    EXPECT_EQ(client(serverFrame(0x88, closeBody(1001))), (Events{"reply:88 82 37 fa 21 3d 34 13", "close:1001:"}));
}

TEST_P(Closing, ACloseWithoutACodeIs1005AndEchoedEmpty) {
    EXPECT_EQ(server(clientFrame(0x88, "")), (Events{"reply:88 00", "close:1005:"}));
}

TEST_P(Closing, TheEchoOfOurCloseIsNotEchoedAgain) {
    Peer peer{Role::Server};
    ASSERT_TRUE(peer.connection.close(CloseCode::GoingAway, {}, peer.record));
    EXPECT_FALSE(peer.connection.closeReceived());
    EXPECT_EQ(peer.receive(clientFrame(0x88, closeBody(1001)), GetParam()), Events{"close:1001:"});
    EXPECT_TRUE(peer.connection.closeReceived());
}

TEST_P(Closing, MessagesStillArriveBetweenOurCloseAndThePeers) {
    Peer peer{Role::Server};
    peer.connection.close(CloseCode::Normal, {}, peer.record);
    EXPECT_EQ(peer.receive(clientFrame(0x81, "late") + clientFrame(0x88, closeBody(1000)), GetParam()),
              (Events{"text:late", "close:1000:"}));
}

TEST_P(Closing, NothingAfterThePeersCloseIsProcessed) {
    EXPECT_EQ(server(clientFrame(0x88, "") + clientFrame(0x81, "late") + clientFrame(0x88, "") + hex("ff ff")),
              (Events{"reply:88 00", "close:1005:"}));
}

TEST_P(Closing, ACloseOfOneByteFailsTheConnectionWith1002) {
    EXPECT_EQ(server(clientFrame(0x88, "\x03")),
              failure(1002, "Close frame with one byte, which is no code (RFC 6455 §5.5.1)"));
}

TEST_P(Closing, CodesThatMustNotBeSentFailTheConnectionWith1002) {
    for (const std::uint16_t code : {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535})
        EXPECT_EQ(server(clientFrame(0x88, closeBody(code))),
                  failure(1002, "close code that must not be sent (RFC 6455 §7.4)"))
            << code;
}

TEST_P(Closing, EveryOtherCodeIsEchoedAndReported) {
    for (const std::uint16_t code :
         {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999})
        EXPECT_EQ(server(clientFrame(0x88, closeBody(code))),
                  (Events{"reply:88 02 " + toHex(closeBody(code)), "close:" + std::to_string(code) + ":"}));
}

TEST_P(Closing, AReasonThatIsNotUtf8FailsTheConnectionWith1007) {
    EXPECT_EQ(server(clientFrame(0x88, closeBody(1000, "\xce\xba\xed\xa0\x80"))),
              failure(1007, "close reason that is not UTF-8 (RFC 6455 §5.5.1)"));
}

TEST_P(Closing, AReasonOf123BytesIsReportedWhole) {
    const std::string reason(123, 'r');
    EXPECT_EQ(server(clientFrame(0x88, closeBody(1000, reason))),
              (Events{"reply:88 02 03 e8", "close:1000:" + reason}));
}

TEST_P(Closing, AFailureAfterOurCloseSendsNoSecondClose) {
    Peer peer{Role::Server};
    peer.connection.close(CloseCode::Normal, {}, peer.record);
    EXPECT_EQ(peer.receive(hex("81 00"), GetParam()), Events{"failure:1002:unmasked client frame (RFC 6455 §5.1)"});
    EXPECT_FALSE(peer.connection.closeReceived());
}

TEST_P(Closing, AFailureCountsAsACloseSent) {
    Peer peer{Role::Server};
    peer.receive(hex("81 00"), GetParam());
    EXPECT_TRUE(peer.connection.closeSent());
    EXPECT_FALSE(peer.connection.send(MessageKind::Text, asBytes("late"), peer.record));
    EXPECT_FALSE(peer.connection.close(CloseCode::Normal, {}, peer.record));
    EXPECT_EQ(peer.record.sent, "");
}

}  // namespace
}  // namespace patchbay::protocol::testing
