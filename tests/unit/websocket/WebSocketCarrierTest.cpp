// A WebSocket whose session does not want to hear more for now.
#include "unit/websocket/Connected.hpp"

#include "support/CapturedLog.hpp"

#include <gmock/gmock.h>

namespace patchbay::websocket {
namespace {

using namespace std::chrono_literals;
using protocol::testing::clientFrame, protocol::testing::closeBody, protocol::testing::hex,
    protocol::testing::serverFrame;
using ::testing::ElementsAre, ::testing::IsEmpty, ::testing::SizeIs;

using WebSocketPause = AWebSocket;

INSTANTIATE_TEST_SUITE_P(Over, WebSocketPause, ::testing::Values(Wire::Plain, Wire::Tls), nameOf);

TEST_P(WebSocketPause, KeepsWhatWasReadBehindItAndGoesOnInOrderButNotWithinTheCall) {
    connect();
    pauseAfterEach();
    client->say(text("one") + text("two") + text("three"));
    ASSERT_TRUE(hasHeard(1));
    turnIdly();
    EXPECT_THAT(heard(), ElementsAre("one"));
    client->say(text("four"));
    turnIdly();
    for (std::size_t next = 2; next <= 4; ++next) {
        carrier().resumeReading();
        EXPECT_THAT(heard(), SizeIs(next - 1)) << "within the call";
        ASSERT_TRUE(hasHeard(next));
        turnIdly();
        EXPECT_THAT(heard(), SizeIs(next));
    }
    EXPECT_THAT(heard(), ElementsAre("one", "two", "three", "four"));
}

TEST_P(WebSocketPause, IsIdempotentAndTheLastWordCounts) {
    connect();
    pauseAfterEach();
    client->say(text("one") + text("two") + text("three"));
    ASSERT_TRUE(hasHeard(1));
    carrier().resumeReading();
    carrier().pauseReading();
    turnIdly();
    EXPECT_THAT(heard(), SizeIs(1)) << "paused again";
    for (int i = 0; i < 3; ++i) carrier().resumeReading();
    turnIdly();
    EXPECT_THAT(heard(), SizeIs(2)) << "resumed once";
    for (int i = 0; i < 3; ++i) {
        carrier().pauseReading();
        carrier().resumeReading();
    }
    turnIdly();
    EXPECT_THAT(heard(), ElementsAre("one", "two", "three"));
}

TEST_P(WebSocketPause, ThatEndsWithinItsMessageStopsNothing) {
    connect();
    ear->whenHeard = [this](const Session&, std::string_view) {
        carrier().pauseReading();
        carrier().resumeReading();
    };
    client->say(text("one") + text("two"));
    ASSERT_TRUE(hasHeard(2));
    pauseAfterEach();
    client->say(text("three") + text("four") + text("five"));
    ASSERT_TRUE(hasHeard(3));
    ear->whenHeard = [this](const Session&, std::string_view) {
        carrier().pauseReading();
        carrier().resumeReading();
    };
    carrier().resumeReading();
    ASSERT_TRUE(hasHeard(5));
    client->say(text("six"));
    EXPECT_TRUE(hasHeard(6));
}

TEST_P(WebSocketPause, LosesNothingOfManyMessagesOfAnySize) {
    connect();
    std::vector<std::string> said;
    std::string bytes;
    for (std::size_t i = 0; i < 300; ++i) {
        said.push_back(std::to_string(i) + std::string(i % 50 == 7 ? 150'000 : i * i % 5'000, 'x'));
        bytes += text(said.back());
    }
    std::size_t pauses = 0;
    ear->whenHeard = [&](const Session& here, std::string_view) {
        if (heard().size() % 3 != 0) return;
        ++pauses;
        carrier().pauseReading();
        here.post([this] { carrier().resumeReading(); });
    };
    client->say(bytes);
    ASSERT_TRUE(hasHeard(said.size()));
    EXPECT_EQ(heard(), said);
    EXPECT_EQ(pauses, 100U);
}

TEST_P(WebSocketPause, AtAMessageThatIsReadToItsPlaceKeepsWhatCameBehindIt) {
    connect();
    pauseAfterEach();
    const std::string large(500'000, 'l');
    client->say(text(large) + text("next"));
    ASSERT_TRUE(hasHeard(1));
    turnIdly();
    EXPECT_THAT(heard(), ElementsAre(large));
    carrier().resumeReading();
    ASSERT_TRUE(hasHeard(2));
    EXPECT_EQ(heard().back(), "next");
}

TEST_P(WebSocketPause, InTheMiddleOfAMessageGoesOnInTheMiddle) {
    connect();
    const std::string large(500'000, 'l');
    const std::string frame = text(large);
    client->say(frame.substr(0, 100'000));
    turnIdly();
    carrier().pauseReading();
    client->say(frame.substr(100'000));
    turnIdly();
    EXPECT_THAT(heard(), IsEmpty());
    carrier().resumeReading();
    ASSERT_TRUE(hasHeard(1));
    EXPECT_EQ(heard().front(), large);
}

TEST_P(WebSocketPause, InTheOpenHandlerKeepsWhatCameWithTheHandshake) {
    ear->whenOpened = [this](const Session&) { carrier().pauseReading(); };
    connect(text("one") + text("two"));
    client->say(text("three"));
    turnIdly();
    EXPECT_THAT(heard(), IsEmpty());
    carrier().resumeReading();
    ASSERT_TRUE(hasHeard(3));
    EXPECT_THAT(heard(), ElementsAre("one", "two", "three"));
}

TEST_P(WebSocketPause, LeavesThePeerToWaitWhenTheBuffersAreFull) {
    connect();
    pauseAfterEach();
    const std::string message(64'000, 'm');
    constexpr std::size_t kMessages = 150;
    const std::string frame = text(message);
    std::string all;
    for (std::size_t i = 0; i < kMessages; ++i) all += frame;
    client->say(all);
    ASSERT_TRUE(hasHeard(1));
    for (int i = 0; i < 200; ++i) turn();
    EXPECT_THAT(heard(), SizeIs(1));
    EXPECT_GT(client->unsent(), all.size() / 4) << "the rest waits at the peer";
    ear->whenHeard = {};
    carrier().resumeReading();
    EXPECT_TRUE(hasHeard(kMessages));
    EXPECT_EQ(heard(), std::vector<std::string>(kMessages, message));
}

TEST_P(WebSocketPause, LetsThePingsBehindItWaitAndStopsNothingThatIsSent) {
    connect();
    pauseAfterEach();
    client->say(clientFrame(0x89, "a") + text("one") + clientFrame(0x89, "b"));
    ASSERT_TRUE(hasHeard(1));
    Session{session}.send("sent while it is paused");
    turnIdly();
    const std::string before = serverFrame(0x8A, "a") + serverFrame(0x81, "sent while it is paused");
    EXPECT_EQ(client->heard(), before);
    carrier().resumeReading();
    EXPECT_TRUE(turnUntil([&] { return client->heard() == before + serverFrame(0x8A, "b"); }));
}

TEST_P(WebSocketPause, WhatIsFedLaterIsSentOnFromWhereItLies) {
    connect();
    pauseAfterEach();
    std::string bytes, echoed;
    for (const char letter : {'a', 'b', 'c', 'd'}) bytes += text(std::string(20'000, letter));
    for (const char letter : {'b', 'c', 'd'}) echoed += serverFrame(0x81, std::string(20'000, letter));
    client->say(bytes);
    ASSERT_TRUE(hasHeard(1));
    turnIdly();
    ear->whenHeard = [](const Session& here, std::string_view said) { here.send(said); };
    const auto writes = channel->writeCalls();
    carrier().resumeReading();
    EXPECT_TRUE(turnUntil([&] { return client->heard().size() >= echoed.size(); }));
    EXPECT_EQ(client->heard(), echoed);
    if (GetParam() == Wire::Tls) return;
    EXPECT_LE(channel->writeCalls(), writes + 2) << "one for all that is fed, and what the kernel does not take then";
}

// ---- the peer's end

TEST_P(WebSocketPause, ThePeersCloseComesBehindItsMessages) {
    for (const bool readAlready : {true, false}) {
        *ear = {};
        connect();
        pauseAfterEach();
        client->say(text("one") + text("two") + (readAlready ? clientFrame(0x88, closeBody(4001, "bye")) : ""));
        ASSERT_TRUE(hasHeard(1));
        turnIdly();
        if (!readAlready) client->say(clientFrame(0x88, closeBody(4001, "bye")));
        client->finish();
        turnIdly();
        EXPECT_THAT(ear->closed, IsEmpty());
        for (int i = 0; i < 2; ++i) {
            carrier().resumeReading();
            turnIdly();
        }
        ASSERT_TRUE(turnUntil([&] { return !ear->closed.empty(); }));
        EXPECT_THAT(heard(), ElementsAre("one", "two"));
        EXPECT_EQ(ear->closed.front().cause(), CloseCause::Peer);
        EXPECT_EQ(ear->closed.front().text(), "bye");
        EXPECT_TRUE(turnUntil([&] { return client->ended(); }));
    }
}

TEST_P(WebSocketPause, AnEndWithoutACloseComesBehindItsMessages) {
    for (const bool readAlready : {true, false}) {
        *ear = {};
        connect();
        pauseAfterEach();
        client->say(text("one") + (readAlready ? text("two") : ""));
        ASSERT_TRUE(hasHeard(1));
        if (!readAlready) client->say(text("two"));
        client->finish();
        turnIdly();
        EXPECT_THAT(ear->closed, IsEmpty());
        ear->whenHeard = {};
        carrier().resumeReading();
        ASSERT_TRUE(turnUntil([&] { return !ear->closed.empty(); }));
        EXPECT_THAT(heard(), ElementsAre("one", "two"));
        EXPECT_EQ(ear->closed.front().cause(), CloseCause::ConnectionLost);
    }
}

TEST_P(WebSocketPause, AResetIsALossAtOnceWhateverIsKept) {
    for (const bool resumed : {false, true}) {
        *ear = {};
        connect();
        pauseAfterEach();
        client->say(text("one") + text("two"));
        ASSERT_TRUE(hasHeard(1));
        client->reset();
        if (resumed) {
            ear->whenHeard = {};
            carrier().resumeReading();
        }
        ASSERT_TRUE(turnUntil([&] { return !ear->closed.empty(); }));
        EXPECT_EQ(ear->closed.front().cause(), CloseCause::ConnectionLost);
        EXPECT_TRUE(carriers.empty());
        turnIdly();
    }
}

TEST_P(WebSocketPause, ABrokenRuleBehindItFailsTheConnectionWhenItIsRead) {
    const test::CapturedLog log;
    connect();
    pauseAfterEach();
    client->say(text("one") + hex("ff 00") + text("two"));
    ASSERT_TRUE(hasHeard(1));
    turnIdly();
    EXPECT_THAT(ear->closed, IsEmpty());
    carrier().resumeReading();
    ASSERT_TRUE(turnUntil([&] { return !ear->closed.empty(); }));
    EXPECT_EQ(ear->closed.front().cause(), CloseCause::Protocol);
    EXPECT_THAT(heard(), ElementsAre("one"));
}

// Where a loop is busy what a handler says waits for its turn, and so does the answer to the peer's end.
TEST_P(WebSocketPause, ThePeersEndIsAnsweredBehindWhatHandlersHaveSaid) {
    const test::CapturedLog log;
    const std::string echoes = serverFrame(0x81, "one") + serverFrame(0x81, "two");
    const std::string goodbye = clientFrame(0x88, closeBody(4001)), reserved = clientFrame(0x83, "");
    for (const bool busy : {false, true}) {
        for (const std::string& end : {goodbye, reserved, std::string{}}) {
            *ear = {};
            connect();
            ear->whenHeard = [&](const Session& here, std::string_view text) {
                if (busy) loop->post([] {});
                here.send(text);
            };
            client->say(text("one") + text("two") + end);
            if (end.empty()) client->finish();
            ASSERT_TRUE(turnUntil([&] { return client->ended(); }));
            const std::string answer = end == goodbye    ? serverFrame(0x88, closeBody(4001))
                                       : end == reserved ? serverFrame(0x88, closeBody(1002, "reserved opcode (RFC 6455 §5.2)"))
                                                         : std::string{};
            EXPECT_EQ(client->heard(), echoes + answer) << busy;
            ASSERT_THAT(ear->closed, SizeIs(1));
        }
    }
}

// What others say meanwhile is refused, and nothing comes behind the Close.
TEST_P(WebSocketPause, ThePeersEndClosesTheSessionAlsoWhileItsAnswerWaits) {
    connect();
    std::vector<SendStatus> late;
    ear->whenHeard = [&](const Session& here, std::string_view text) {
        loop->post([&late, here] { late.push_back(here.trySend("late")); });
        here.send(text);
    };
    client->say(text("one") + clientFrame(0x88, closeBody(4001)) + text("two") + clientFrame(0x88, closeBody(4002)));
    client->finish();
    ASSERT_TRUE(turnUntil([&] { return client->ended() && !ear->closed.empty(); }));
    EXPECT_THAT(heard(), ElementsAre("one"));
    EXPECT_EQ(client->heard(), serverFrame(0x81, "one") + serverFrame(0x88, closeBody(4001)));
    EXPECT_THAT(late, ElementsAre(SendStatus::Closed));
    EXPECT_THAT(ear->closed, SizeIs(1));
    EXPECT_EQ(ear->closed.front().code(), CloseCode{4001});
}

TEST_P(WebSocketPause, AHandlerThatFailsBeforeThePeersCloseIsWhatEndsIt) {
    const test::CapturedLog log;
    for (const bool busy : {false, true}) {
        *ear = {};
        connect();
        ear->whenHeard = [&](const Session&, std::string_view) {
            if (busy) loop->post([] {});
            throw 42;
        };
        client->say(text("one") + clientFrame(0x88, closeBody(4001)));
        ASSERT_TRUE(turnUntil([&] { return client->ended() && !ear->closed.empty(); }));
        EXPECT_EQ(client->heard().substr(0, 1) + client->heard().substr(2, 2), "\x88" + closeBody(1011)) << busy;
        EXPECT_EQ(client->heard().size(), 2u + static_cast<unsigned char>(client->heard()[1])) << "and nothing else";
        EXPECT_THAT(ear->closed, SizeIs(1));
        EXPECT_EQ(ear->closed.front().cause(), CloseCause::HandlerFailed);
    }
}

TEST_P(WebSocketPause, ACutWhileTheAnswerToThePeersEndWaitsIsTheEnd) {
    connect();
    ear->whenHeard = [&](const Session& here, std::string_view text) {
        loop->post([this] { carrier().cut(); });
        here.send(text);
    };
    client->say(text("one") + clientFrame(0x88, closeBody(4001)));
    ASSERT_TRUE(turnUntil([&] { return carriers.empty() && !ear->closed.empty(); }));
    turnIdly();
    EXPECT_THAT(ear->closed, SizeIs(1));
}

// ---- progress

TEST_P(WebSocketPause, AMessageThatIsBegunAndDoesNotGoOnEndsItsSessionWhateverElseComes) {
    const test::CapturedLog log;
    for (const std::string& begun : {std::string{"\x81"}, text("half a message").substr(0, 12), clientFrame(0x01, "a fragment", kKey)}) {
        deploy([](Limits& limits) { limits.messageTimeout = 40ms; });
        connect();
        *ear = {};
        client->say(text("whole") + begun);
        const auto begin = Clock::now();
        const std::string ping = begun.size() > 12 ? clientFrame(0x89, "", kKey) : "";  // between two frames
        ASSERT_TRUE(turnUntil([&] {
            client->say(ping);
            return !ear->closed.empty();
        }));
        EXPECT_GE(Clock::now() - begin, 40ms);
        EXPECT_EQ(ear->closed.front().cause(), CloseCause::MessageTimeout);
        ASSERT_TRUE(turnUntil([&] { return client->heard().find(closeBody(1008)) != std::string::npos; }));
        carrier().cut();
        turnIdly();
    }
}

TEST_P(WebSocketPause, AMessageThatGoesOnSlowlyIsHeard) {
    deploy([](Limits& limits) { limits.messageTimeout = 60ms; });
    connect();
    const std::string message = text("slow but steady");
    auto next = Clock::now();
    std::size_t said = 6;
    client->say(message.substr(0, said));
    ASSERT_TRUE(turnUntil([&] {
        if (Clock::now() >= next && said < message.size()) {
            client->say(message.substr(said++, 1));
            next = Clock::now() + 15ms;
        }
        return !heard().empty() || !ear->closed.empty();
    }));
    EXPECT_THAT(heard(), ElementsAre("slow but steady"));
}

TEST_P(WebSocketPause, TheTimeInWhichNobodyReadsAMessageDoesNotCount) {
    deploy([](Limits& limits) { limits.messageTimeout = 20ms; });
    connect();
    pauseAfterEach();
    client->say(text("one") + text("two").substr(0, 5));
    ASSERT_TRUE(hasHeard(1));
    const auto begin = Clock::now();
    ASSERT_TRUE(turnUntil([&] { return Clock::now() - begin > 100ms; }));
    EXPECT_THAT(ear->closed, IsEmpty());
    ear->whenHeard = nullptr;
    client->say(text("two").substr(5));
    carrier().resumeReading();
    EXPECT_TRUE(hasHeard(2));
}

TEST_P(WebSocketPause, APeerThatTakesNothingIsEndedWhateverItSends) {
    const test::CapturedLog log;
    deploy([](Limits& limits) { limits.sendTimeout = 60ms; });
    connect();
    while (channel->queuedBytes() == 0) {
        ASSERT_TRUE(Session{session}.trySend(std::string(64'000, 's')) == SendStatus::Queued);
        loop->runOnce(0ms);
    }
    const std::string pong = clientFrame(0x8A, "", kKey);
    ASSERT_TRUE(transport::test::turnUntil(*loop, [&] {
        if (GetParam() == Wire::Plain) client->shout(pong);
        return !ear->closed.empty();
    }));
    EXPECT_EQ(ear->closed.front().cause(), CloseCause::SendTimeout);
    EXPECT_EQ(ear->closed.front().code(), CloseCode::TryAgainLater);
    ASSERT_TRUE(transport::test::turnUntil(*loop, [&] { return carriers.empty(); })) << "it waits for a Close that nobody reads";
}

TEST_P(WebSocketPause, AMessageMayHaveAsManyFragmentsAsItsLimitAndNotOneMore) {
    const test::CapturedLog log;
    deploy([](Limits& limits) { limits.maxFragments = 3; });
    connect();
    const std::string first = clientFrame(0x01, "a", kKey), more = clientFrame(0x00, "b", kKey), last = clientFrame(0x80, "c", kKey);
    client->say(first + more + last);
    ASSERT_TRUE(hasHeard(1));
    EXPECT_THAT(heard(), ElementsAre("abc"));
    client->say(first + more + more + last);
    ASSERT_TRUE(turnUntil([&] { return !ear->closed.empty(); }));
    EXPECT_EQ(ear->closed.front().cause(), CloseCause::TooBig);
}

// ---- the server's end

TEST_P(WebSocketPause, OurOwnCloseReadsOnUntilThePeersAndPausesNoMore) {
    for (const bool kept : {true, false}) {
        for (const CloseCause cause : {CloseCause::Application, CloseCause::QueueFull}) {
            const test::CapturedLog log;
            *ear = {};
            connect();
            pauseAfterEach();
            client->say(text("one") + (kept ? text("two") : ""));
            ASSERT_TRUE(hasHeard(1));
            if (cause == CloseCause::Application)
                Session{session}.close();
            else
                Session{session}.closeFor(cause, {});
            carrier().pauseReading();
            ASSERT_TRUE(turnUntil([&] { return !client->heard().empty() && !ear->closed.empty(); }));
            EXPECT_EQ(ear->closed.front().cause(), cause);
            client->say(text("three") + clientFrame(0x88, closeBody(1000)));
            ASSERT_TRUE(turnUntil([&] { return client->ended(); }));
            EXPECT_FALSE(client->wasReset()) << "it was given up, since its Close was not seen";
            EXPECT_THAT(heard(), ElementsAre("one"));
        }
    }
}

TEST_P(WebSocketPause, ACloseFromWithinThePausedMessageReadsOnToo) {
    connect();
    ear->whenHeard = [this](const Session& here, std::string_view) {
        carrier().pauseReading();
        here.close(CloseCode{4000});
        carrier().pauseReading();
    };
    client->say(text("one") + text("two") + clientFrame(0x88, closeBody(4000)));
    EXPECT_TRUE(turnUntil([&] { return client->ended(); }));
    EXPECT_FALSE(client->wasReset());
    EXPECT_THAT(heard(), ElementsAre("one"));
    EXPECT_EQ(client->heard(), serverFrame(0x88, closeBody(4000)));
}

TEST_P(WebSocketPause, ACutDropsWhatIsKept) {
    for (const bool resumed : {false, true}) {
        *ear = {};
        connect();
        pauseAfterEach();
        client->say(text("one") + text("two"));
        ASSERT_TRUE(hasHeard(1));
        if (resumed) carrier().resumeReading();
        carrier().cut();
        turnIdly();
        EXPECT_THAT(heard(), ElementsAre("one"));
        ASSERT_THAT(ear->closed, SizeIs(1));
        EXPECT_EQ(ear->closed.front().cause(), CloseCause::ConnectionLost);
    }
}

}  // namespace
}  // namespace patchbay::websocket
