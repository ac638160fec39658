// RFC 6455 §5.4: messages in fragments, and control frames between them.

#include "Wire.hpp"

namespace patchbay::protocol::testing {
namespace {

class Fragmentation : public ChunkedTest {};
PATCHBAY_IN_CHUNKS(Fragmentation);

TEST_P(Fragmentation, FragmentsBecomeOneMessageInTheOrderInWhichTheyCame) {
    EXPECT_EQ(server(clientFrame(0x01, "one ") + clientFrame(0x00, "two ") + clientFrame(0x80, "three")),
              Events{"text:one two three"});
}

TEST_P(Fragmentation, TheFirstFragmentDecidesTheKind) {
    EXPECT_EQ(server(clientFrame(0x02, "\xff") + clientFrame(0x80, "\xfe")), Events{"binary:\xff\xfe"});
}

TEST_P(Fragmentation, EmptyFragmentsCount) {
    EXPECT_EQ(server(clientFrame(0x01, "") + clientFrame(0x00, "") + clientFrame(0x80, "")), Events{"text:"});
    EXPECT_EQ(server(clientFrame(0x02, "") + clientFrame(0x00, "x") + clientFrame(0x80, "")), Events{"binary:x"});
}

TEST_P(Fragmentation, ControlFramesBetweenFragmentsAreHandledAtOnce) {
    EXPECT_EQ(server(clientFrame(0x01, "Hel") + clientFrame(0x89, "p") + clientFrame(0x8A, "q") +
                     clientFrame(0x00, "l") + clientFrame(0x89, "") + clientFrame(0x80, "o")),
              (Events{"reply:8a 01 70", "pong:q", "reply:8a 00", "text:Hello"}));
}

TEST_P(Fragmentation, ACloseBetweenFragmentsEndsTheMessageUnheard) {
    EXPECT_EQ(server(clientFrame(0x01, "Hel") + clientFrame(0x88, closeBody(1001)) + clientFrame(0x80, "lo")),
              (Events{"reply:88 02 03 e9", "close:1001:"}));
}

TEST_P(Fragmentation, ContinuationWithoutAStartFailsTheConnectionWith1002) {
    for (const std::uint8_t first : {0x00, 0x80})
        EXPECT_EQ(server(clientFrame(first, "lo")),
                  failure(1002, "continuation frame without a message to continue (RFC 6455 §5.4)"));
}

TEST_P(Fragmentation, ContinuationAfterAFinishedMessageFailsTheConnectionWith1002) {
    EXPECT_EQ(server(clientFrame(0x01, "a") + clientFrame(0x80, "b") + clientFrame(0x80, "c")),
              Events{"text:ab"} + failure(1002, "continuation frame without a message to continue (RFC 6455 §5.4)"));
}

TEST_P(Fragmentation, ANewMessageInsideAFragmentedOneFailsTheConnectionWith1002) {
    for (const std::uint8_t first : {0x81, 0x01, 0x82, 0x02})
        EXPECT_EQ(server(clientFrame(0x01, "Hel") + clientFrame(first, "lo")),
                  failure(1002, "new message inside a fragmented one (RFC 6455 §5.4)"));
}

TEST_P(Fragmentation, AClientReadsFragmentsToo) {
    EXPECT_EQ(client(serverFrame(0x02, "a") + serverFrame(0x89, "p") + serverFrame(0x80, "b")),
              (Events{"reply:8a 81 37 fa 21 3d 47", "binary:ab"}));
}

TEST_P(Fragmentation, AThousandFragmentsOfOneByteAreOneMessage) {
    std::string bytes = clientFrame(0x02, "x");
    for (int i = 0; i < 998; ++i) bytes += clientFrame(0x00, "x");
    EXPECT_EQ(server(bytes + clientFrame(0x80, "x")), Events{"binary:" + std::string(1000, 'x')});
}

}  // namespace
}  // namespace patchbay::protocol::testing
