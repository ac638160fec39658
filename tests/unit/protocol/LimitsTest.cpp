// RFC 6455 §10.4: limits, checked on what a header announces, before anything is stored.

#include "Wire.hpp"

namespace patchbay::protocol::testing {
namespace {

class MessageLimits : public ChunkedTest {};
PATCHBAY_IN_CHUNKS(MessageLimits);

const std::string kTooBig = "message over the limit (RFC 6455 §7.4.1, §10.4)";
const std::string kTooMany = "message in more fragments than the limit (RFC 6455 §10.4)";

TEST_P(MessageLimits, AMessageAtTheLimitPassesAndOneByteMoreFailsWith1009) {
    for (const std::size_t limit : {0, 1, 125, 126, 65536}) {
        const std::string body(limit, 'x');
        EXPECT_EQ(server(clientFrame(0x82, body), {.maxMessageSize = limit}), Events{"binary:" + body});
        EXPECT_EQ(server(clientFrame(0x82, body + "x"), {.maxMessageSize = limit}), failure(1009, kTooBig));
    }
}

TEST_P(MessageLimits, TheHeaderAloneIsEnoughToFail) {
    EXPECT_EQ(server(hex("82 ff 7f ff ff ff ff ff ff ff 00 00 00 00")), failure(1009, kTooBig));
    EXPECT_EQ(server(hex("82 fe 00 7e 00 00 00 00"), {.maxMessageSize = 125}), failure(1009, kTooBig));
}

TEST_P(MessageLimits, FragmentsCountTogether) {
    const std::string first = clientFrame(0x01, "12345");
    EXPECT_EQ(server(first + clientFrame(0x80, "67890"), {.maxMessageSize = 10}), Events{"text:1234567890"});
    EXPECT_EQ(server(first + clientFrame(0x80, "678901"), {.maxMessageSize = 10}), failure(1009, kTooBig));
}

TEST_P(MessageLimits, ControlFramesDoNotCount) {
    EXPECT_EQ(server(clientFrame(0x01, "1") + clientFrame(0x8A, "beat") + clientFrame(0x80, "2"),
                     {.maxMessageSize = 2, .maxFragments = 2}),
              (Events{"pong:beat", "text:12"}));
}

TEST_P(MessageLimits, MoreFragmentsThanTheLimitFailWith1009) {
    const std::string three = clientFrame(0x01, "") + clientFrame(0x00, "") + clientFrame(0x80, "");
    EXPECT_EQ(server(three + three, {.maxFragments = 3}), (Events{"text:", "text:"}));
    EXPECT_EQ(server(three, {.maxFragments = 2}), failure(1009, kTooMany));
}

TEST_P(MessageLimits, ANewLimitHoldsFromTheNextMessage) {
    Peer peer{Role::Server, {.maxMessageSize = 4}};
    peer.receive(clientFrame(0x01, "12"), GetParam());
    peer.connection.setMaxMessageSize(2);
    peer.receive(clientFrame(0x80, "34") + clientFrame(0x81, "56"), GetParam());
    EXPECT_EQ(peer.receive(clientFrame(0x81, "789"), GetParam()),
              (Events{"text:1234", "text:56"} + failure(1009, kTooBig)));
}

}  // namespace
}  // namespace patchbay::protocol::testing
