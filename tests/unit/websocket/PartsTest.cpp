// A message that a WebSocket sends in parts, beside all else that it has to say. RFC 6455 §5.4
#include "unit/websocket/Connected.hpp"

#include "support/SendResults.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace patchbay::websocket {
namespace {

using namespace std::chrono_literals;
using protocol::testing::clientFrame, protocol::testing::closeBody, protocol::testing::serverFrame;
using ::testing::ElementsAre, ::testing::IsEmpty;
using enum PieceOf;

class WebSocketParts : public AWebSocket {
protected:
    SendStatus part(std::string_view piece, PieceOf of, SendCompletion completion = {}) {
        return session->sendPart(MessageKind::Text, asBytes(piece), of, completion);
    }
    void say(std::string_view text) { session->trySend(MessageKind::Text, asBytes(text)); }
    bool hears(const std::string& bytes) {
        return turnUntil([&] { return client->heard().size() >= bytes.size(); }) && client->heard() == bytes;
    }
    /// The peer reads nothing from here on: what follows waits.
    void fill(std::size_t most) {
        const std::string chunk(64 * 1024, 'f');
        SendCompletion nobody;
        for (std::size_t put = 0; put < most && channel->queuedBytes() == 0; put += chunk.size()) {
            session->trySend(MessageKind::Binary, asBytes(chunk));
            loop->runOnce(0ms);
        }
        ASSERT_GT(channel->queuedBytes(), 0U);
    }

    test::SendResults results;
};

INSTANTIATE_TEST_SUITE_P(Over, WebSocketParts, ::testing::Values(Wire::Plain, Wire::Tls), nameOf);

TEST_P(WebSocketParts, AreFramesOfOneMessageAndWholeOnesWaitForTheLast) {
    connect();
    EXPECT_EQ(part("Hel", MoreFollows), SendStatus::Queued);
    say("whole");
    EXPECT_EQ(part("", MoreFollows), SendStatus::Queued);
    say("another");
    EXPECT_TRUE(hears(serverFrame(0x01, "Hel") + serverFrame(0x00, "")));
    EXPECT_EQ(part("lo", Last, results.of("it")), SendStatus::Queued);
    EXPECT_THAT(results.told(), IsEmpty()) << "it leaves at the turn's end";
    say("late");
    EXPECT_TRUE(hears(serverFrame(0x01, "Hel") + serverFrame(0x00, "") + serverFrame(0x80, "lo") +
                      serverFrame(0x81, "whole") + serverFrame(0x81, "another") + serverFrame(0x81, "late")));
    EXPECT_THAT(results.told(), ElementsAre("it sent"));
}

TEST_P(WebSocketParts, AMessageOfOneIsWhole) {
    connect();
    EXPECT_EQ(part("all of it", Last, results.of("it")), SendStatus::Queued);
    say("next");
    EXPECT_TRUE(hears(serverFrame(0x81, "all of it") + serverFrame(0x81, "next")));
    EXPECT_THAT(results.told(), ElementsAre("it sent"));
}

TEST_P(WebSocketParts, LetPingsAndPongsBetween) {
    connect();
    part("Hel", MoreFollows);
    session->ping(asBytes("ours"));
    client->say(clientFrame(0x89, "theirs"));
    const std::string between = serverFrame(0x01, "Hel") + serverFrame(0x89, "ours") + serverFrame(0x8A, "theirs");
    EXPECT_TRUE(hears(between));
    part("lo", Last);
    EXPECT_TRUE(hears(between + serverFrame(0x80, "lo")));
}

TEST_P(WebSocketParts, GoOnWhileReadingIsPaused) {
    connect();
    pauseAfterEach();
    part("Hel", MoreFollows);
    client->say(text("one") + text("two"));
    ASSERT_TRUE(hasHeard(1));
    part("lo", Last, results.of("it"));
    EXPECT_TRUE(hears(serverFrame(0x01, "Hel") + serverFrame(0x80, "lo")));
    EXPECT_THAT(heard(), ElementsAre("one"));
    EXPECT_THAT(results.told(), ElementsAre("it sent"));
}

TEST_P(WebSocketParts, EndWithOurCloseWhichComesBehindThem) {
    connect();
    part("Hel", MoreFollows);
    say("held");
    session->close(CloseCause::Application, CloseCode{4001}, "enough");
    EXPECT_EQ(part("lo", Last, results.of("it")), SendStatus::Closed);
    EXPECT_TRUE(hears(serverFrame(0x01, "Hel") + serverFrame(0x88, closeBody(4001, "enough"))));
    EXPECT_THAT(results.told(), ElementsAre("it closed"));
}

TEST_P(WebSocketParts, EndWithThePeersClose) {
    connect();
    part("Hel", MoreFollows);
    say("held");
    client->say(clientFrame(0x88, closeBody(1000)));
    EXPECT_TRUE(hears(serverFrame(0x01, "Hel") + serverFrame(0x88, closeBody(1000))));
    EXPECT_EQ(part("lo", Last), SendStatus::Closed);
}

TEST_P(WebSocketParts, ThatWaitWhenTheConnectionIsCutAreToldAsClosed) {
    connect();
    fill(64 << 20);
    part(std::string(5000, 'a'), MoreFollows);
    say("held");
    part("b", Last, results.of("parts"));
    part("c", Last, results.of("whole"));
    carrier().cut();
    EXPECT_THAT(results.told(), ElementsAre("parts closed", "whole closed"));
    EXPECT_EQ(part("d", Last), SendStatus::Closed);
    turnIdly();
}

TEST_P(WebSocketParts, AreForgottenWithTheQueueOfAPeerThatReadsTooSlowly) {
    deploy([](Limits& limits) { limits.sendQueue = {256_KiB, WhenFull::Close}; });
    connect();
    fill(64 << 20);
    part("Hel", MoreFollows);
    part("lo", Last, results.of("it"));
    say(std::string(256 << 10, 'x'));
    EXPECT_THAT(results.told(), ElementsAre("it closed"));
    EXPECT_TRUE(turnUntil([&] { return !ear->closed.empty(); }));
    EXPECT_EQ(ear->closed.front().code(), CloseCode::TryAgainLater);
}

/// What comes later is not torn out of its message; and the session goes on.
TEST_P(WebSocketParts, ForWhichThereIsNoRoomComeAgain) {
    for (const WhenFull policy : {WhenFull::Close, WhenFull::DropNewest, WhenFull::DropOldest}) {
        deploy([&](Limits& limits) { limits.sendQueue = {256_KiB, policy}; });
        connect();
        fill(64 << 20);
        client->heard().clear();
        ASSERT_EQ(part("a", MoreFollows), SendStatus::Queued);
        std::size_t parts = 0;
        SendStatus status;
        while ((status = part(std::string(50'000, 'b'), MoreFollows)) == SendStatus::Queued) ++parts;
        EXPECT_EQ(status, SendStatus::Full);
        EXPECT_GE(parts, 3U);
        EXPECT_LE(channel->queuedBytes(), 256_KiB);
        ASSERT_TRUE(turnUntil([&] { return channel->queuedBytes() == 0; }));
        EXPECT_EQ(part("c", Last, results.of("it")), SendStatus::Queued);
        say("next");
        const std::string end = serverFrame(0x80, "c") + serverFrame(0x81, "next");
        EXPECT_TRUE(turnUntil([&] { return client->heard().ends_with(end); }));
        EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(client->heard(), 'b')), parts * 50'000);
        EXPECT_EQ(results.told().back(), "it sent");
        carrier().cut();
        turnIdly();
    }
}

TEST_P(WebSocketParts, AndWhatWaitsForThemShareOneLimit) {
    deploy([](Limits& limits) { limits.sendQueue = {1000, WhenFull::DropOldest}; });
    connect();
    part("a", MoreFollows);
    say(std::string(400, 'x'));
    say(std::string(401, 'y'));
    EXPECT_EQ(carrier().queuedBytes(), 3U + 404 + 405);
    say(std::string(402, 'z'));
    EXPECT_EQ(session->droppedMessages(), 1U);
    EXPECT_EQ(part(std::string(300, 'b'), MoreFollows), SendStatus::Queued) << "for which the next falls";
    EXPECT_EQ(session->droppedMessages(), 2U);
    EXPECT_EQ(part(std::string(900, 'b'), MoreFollows), SendStatus::Full)
        << "all that waits falls, and it does not fit yet";
    const std::string before = serverFrame(0x01, "a") + serverFrame(0x00, std::string(300, 'b'));
    EXPECT_TRUE(hears(before));
    part("c", Last);
    say("next");
    EXPECT_TRUE(hears(before + serverFrame(0x80, "c") + serverFrame(0x81, "next")));
    EXPECT_EQ(session->droppedMessages(), 3U);
}

TEST_P(WebSocketParts, WholeOnesThatFitBesideThemFitBehindThem) {
    deploy([](Limits& limits) { limits.sendQueue = {1000, WhenFull::Close}; });
    connect();
    part("a", MoreFollows);
    say(std::string(600, 'x'));
    EXPECT_EQ(part(std::string(600, 'b'), MoreFollows), SendStatus::Full);
    EXPECT_EQ(part(std::string(300, 'b'), Last), SendStatus::Queued);
    EXPECT_TRUE(session->isOpen());
    EXPECT_TRUE(hears(serverFrame(0x01, "a") + serverFrame(0x80, std::string(300, 'b')) +
                      serverFrame(0x81, std::string(600, 'x'))));
}

}  // namespace
}  // namespace patchbay::websocket
