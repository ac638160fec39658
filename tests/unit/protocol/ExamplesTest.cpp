// The examples of RFC 6455 §5.7, byte for byte.

#include "Wire.hpp"

namespace patchbay::protocol::testing {
namespace {

class Examples : public ChunkedTest {};
PATCHBAY_IN_CHUNKS(Examples);

const std::string kUnmaskedHello = hex("81 05 48 65 6c 6c 6f");
const std::string kMaskedHello = hex("81 85 37 fa 21 3d 7f 9f 4d 51 58");

TEST_P(Examples, SingleFrameUnmaskedTextIsReadByAClient) { EXPECT_EQ(client(kUnmaskedHello), Events{"text:Hello"}); }

TEST_P(Examples, SingleFrameMaskedTextIsReadByAServer) { EXPECT_EQ(server(kMaskedHello), Events{"text:Hello"}); }

TEST_P(Examples, FragmentedUnmaskedTextIsReadAsOneMessage) {
    EXPECT_EQ(client(hex("01 03 48 65 6c 80 02 6c 6f")), Events{"text:Hello"});
}

TEST_P(Examples, MaskedPingIsAnsweredByAnUnmaskedPongWithTheSameBody) {
    EXPECT_EQ(server(hex("89 85 37 fa 21 3d 7f 9f 4d 51 58")), Events{"reply:8a 05 48 65 6c 6c 6f"});
}

TEST_P(Examples, UnmaskedPingIsAnsweredByAMaskedPongWithTheSameBody) {
    EXPECT_EQ(client(hex("89 05 48 65 6c 6c 6f")), Events{"reply:8a 85 37 fa 21 3d 7f 9f 4d 51 58"});
}

TEST_P(Examples, BinaryOf256BytesHasA16BitLength) {
    const std::string body(256, 'b');
    EXPECT_EQ(client(hex("82 7e 01 00") + body), Events{"binary:" + body});
}

TEST_P(Examples, BinaryOf64KiBHasA64BitLength) {
    const std::string body(65536, 'b');
    EXPECT_EQ(client(hex("82 7f 00 00 00 00 00 01 00 00") + body), Events{"binary:" + body});
}

TEST(ExamplesSent, AServerSendsTheUnmaskedHello) {
    Peer peer{Role::Server};
    EXPECT_TRUE(peer.connection.send(MessageKind::Text, asBytes("Hello"), peer.record));
    EXPECT_EQ(peer.record.sent, kUnmaskedHello);
}

TEST(ExamplesSent, AClientSendsTheMaskedHello) {
    Peer peer{Role::Client};
    EXPECT_TRUE(peer.connection.send(MessageKind::Text, asBytes("Hello"), peer.record));
    EXPECT_EQ(peer.record.sent, kMaskedHello);
}

}  // namespace
}  // namespace patchbay::protocol::testing
