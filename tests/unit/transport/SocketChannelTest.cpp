#include "transport/SocketChannel.hpp"

#include "Sockets.hpp"

#include <algorithm>
#include <memory>
#include <vector>

namespace patchbay::transport {
namespace {

using namespace std::chrono_literals;
using test::localPair;
using test::Peer;
using test::Recorder;
using test::tcpPair;

class SocketChannelReading : public test::ChannelTest {};
class SocketChannelWriting : public test::ChannelTest {};
class SocketChannelLending : public test::ChannelTest {};

// ---- reading

TEST_F(SocketChannelReading, DeliversBytesInTheLoopsBufferWithSlackBehindThem) {
    connect(localPair());
    std::byte* where = nullptr;
    receiver.whenBytes = [&](std::span<std::byte> bytes) {
        where = bytes.data();
        bytes.data()[bytes.size() + 63] = std::byte{1};
    };
    peer->write("hello");
    turn();
    EXPECT_EQ(receiver.text, "hello");
    EXPECT_EQ(where, loop.readBuffer().data());
}

/// What one peer has sent holds up the others for one read.
TEST_F(SocketChannelReading, ATurnTakesSoMuchOfOnePeerAndNotAByteMore) {
    constexpr std::size_t kMost = 256_KiB;
    ASSERT_EQ(loop.readBuffer().size(), kMost);
    for (const std::size_t more : {0U, 1U}) {
        const auto ends = localPair();
        const int buffer = 1 << 20;
        if (::setsockopt(ends.second, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer) != 0) {
            ::setsockopt(ends.second, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
        }
        receiver.text.clear();
        connect(ends);
        const std::string all(kMost + more, 'b');
        std::size_t sent = 0;
        while (sent < all.size()) {
            const ssize_t now = ::send(peer->descriptor(), all.data() + sent, all.size() - sent, MSG_NOSIGNAL);
            if (now < 0) GTEST_SKIP() << "the kernel gives a socket no buffer for it";
            sent += static_cast<std::size_t>(now);
        }
        turn();
        EXPECT_EQ(receiver.text.size(), kMost);
        turn();
        EXPECT_EQ(receiver.text.size(), kMost + more);
    }
}

TEST_F(SocketChannelReading, BytesBeforeThePeersEndAreDeliveredFirstAndTheEndOnce) {
    connect(tcpPair());
    peer->write("last words");
    peer->finish();
    receiver.whenEnd = [&] { EXPECT_EQ(receiver.text, "last words"); };
    EXPECT_TRUE(turnUntil([&] { return !receiver.ends.empty(); }));
    for (int i = 0; i < 3; ++i) turn();
    EXPECT_EQ(receiver.ends, std::vector{std::error_code{}});
}

TEST_F(SocketChannelReading, AHalfClosedPeerStillGetsAnAnswer) {
    connect(tcpPair());
    peer->finish();
    EXPECT_TRUE(turnUntil([&] { return !receiver.ends.empty(); }));
    EXPECT_EQ(send("answer"), SendStatus::Queued);
    channel->closeAfterFlush(10s);
    EXPECT_EQ(peer->readToTheEnd(loop), "answer");
}

TEST_F(SocketChannelReading, AResetIsAnError) {
    connect(tcpPair());
    peer->reset();
    EXPECT_TRUE(turnUntil([&] { return !receiver.ends.empty(); }));
    EXPECT_EQ(receiver.ends.size(), 1u);
    EXPECT_EQ(receiver.ends[0], std::errc::connection_reset);
    EXPECT_EQ(send("x"), SendStatus::Closed);
}

TEST_F(SocketChannelReading, AResetIsNoticedWhileReadingIsPaused) {
    connect(tcpPair());
    channel->pauseReading();
    peer->reset();
    EXPECT_TRUE(turnUntil([&] { return !receiver.ends.empty(); }));
    EXPECT_TRUE(receiver.ends[0]);
}

TEST_F(SocketChannelReading, PausedNothingIsDeliveredAndResumedNothingIsMissing) {
    for (const bool peerCloses : {false, true}) {
        receiver = {};
        connect(localPair());
        channel->pauseReading();
        peer->write("later");
        if (peerCloses) peer->close();
        for (int i = 0; i < 3; ++i) turn();
        EXPECT_EQ(receiver.text, "");
        EXPECT_TRUE(receiver.ends.empty());
        channel->resumeReading();
        EXPECT_TRUE(turnUntil([&] { return receiver.text == "later" && receiver.ends.size() == peerCloses; }));
    }
}

TEST_F(SocketChannelReading, TheReceiverMayBeSwappedFromInsideItsOwnCall) {
    connect(localPair());
    Recorder next;
    receiver.whenBytes = [&](auto) { channel->setReceiver(next); };
    peer->write("GET");
    turn();
    peer->write("frame");
    turn();
    EXPECT_EQ(receiver.text, "GET");
    EXPECT_EQ(next.text, "frame");
}

TEST_F(SocketChannelReading, EveryCallbackMayDropTheChannel) {
    connect(localPair());
    receiver.whenBytes = [&](auto) { channel.reset(); };
    peer->write("x");
    peer->close();
    for (int i = 0; i < 3; ++i) turn();
    EXPECT_EQ(receiver.text, "x");
    EXPECT_TRUE(receiver.ends.empty());

    receiver = {};
    connect(localPair());
    receiver.whenEnd = [&] { channel.reset(); };
    peer->close();
    for (int i = 0; i < 3; ++i) turn();
    EXPECT_EQ(receiver.ends.size(), 1u);

    receiver = {};
    connect(localPair());
    receiver.whenDrained = [&] { channel.reset(); };
    send("bye");
    turn();
    EXPECT_EQ(peer->read(), "bye");
    EXPECT_TRUE(peer->ended());
}

TEST_F(SocketChannelReading, EveryCallbackMayAbort) {
    connect(localPair());
    receiver.whenBytes = [&](auto) { channel->abort(); };
    peer->write("x");
    for (int i = 0; i < 3; ++i) turn();
    peer->read();
    EXPECT_TRUE(peer->ended());
    EXPECT_TRUE(receiver.ends.empty());
}

// ---- writing

TEST_F(SocketChannelWriting, AHundredSendsInATurnAreOneWrite) {
    connect(localPair());
    std::string expected;
    receiver.whenBytes = [&](auto) {
        for (int i = 0; i < 100; ++i) {
            const std::string text = "message " + std::to_string(i) + ';';
            channel->send(asBytes("#"), asBytes(text));
            expected += '#' + text;
        }
        channel->sendControl(asBytes("<pong>"));
        channel->send(makeBatch({}, asBytes(std::string(3000, 's'))), 0, 1);
        expected += "<pong>" + std::string(3000, 's');
        EXPECT_EQ(channel->writeCalls(), 0u);
    };
    peer->write("go");
    turn();
    EXPECT_EQ(channel->writeCalls(), 1u);
    EXPECT_EQ(peer->read(), expected);
    EXPECT_EQ(receiver.drained, 1);
}

TEST_F(SocketChannelWriting, WhatIsSentNowIsWrittenNowWhereNothingWaits) {
    connect(localPair());
    auto batch = std::make_shared<WireBatch>();
    for (const char* text : {"one;", "two;", "three;"}) batch->append({}, asBytes(text));
    EXPECT_EQ(channel->sendNow(batch, 1, 3), SendStatus::Queued);
    EXPECT_EQ(peer->read(), "two;three;");
    send("first;");
    EXPECT_EQ(channel->sendNow(batch, 0, 1), SendStatus::Queued);
    EXPECT_EQ(peer->read(), "") << "not before what waits";
    turn();
    EXPECT_EQ(peer->read(), "first;one;");
}

TEST_F(SocketChannelWriting, WhatIsSentNowToAFullKernelWaitsAndObeysThePolicy) {
    connect(localPair(), {.bytes = 8'000, .whenFull = WhenFull::DropNewest});
    std::string expected;
    const auto batch = makeBatch({}, asBytes(std::string(3'000, 'b')));
    while (channel->droppedMessages() == 0) {
        if (channel->sendNow(batch, 0, 1) == SendStatus::Queued) expected += std::string(3'000, 'b');
    }
    EXPECT_GT(channel->queuedBytes(), 0u);
    EXPECT_LE(channel->queuedBytes(), 8'000u);
    channel->closeAfterFlush(10s);
    EXPECT_EQ(peer->readToTheEnd(loop), expected);
}

TEST_F(SocketChannelWriting, WhatIsSentBeforeTheStartIsWrittenAfterIt) {
    const auto [near, far] = localPair();
    channel = SocketChannel::open(loop, Socket{near}, {});
    peer.emplace(far);
    send("early");
    turn();
    EXPECT_EQ(peer->read(), "");
    channel->start(receiver);
    turn();
    EXPECT_EQ(peer->read(), "early");
}

TEST_F(SocketChannelWriting, AStalledReaderGetsEverythingOnceItReads) {
    connect(localPair());
    std::string sent = stall();
    for (int i = 0; i < 50; ++i) {
        const std::string text(4000, static_cast<char>('A' + i));
        EXPECT_EQ(send(text), SendStatus::Queued);
        sent += text;
    }
    const auto writes = channel->writeCalls();
    for (int i = 0; i < 10; ++i) turn();
    EXPECT_EQ(channel->writeCalls(), writes) << "a full kernel is left alone";
    receiver.drained = 0;
    std::string got;
    EXPECT_TRUE(turnUntil([&] {
        got += peer->read();
        return got.size() >= sent.size();
    }));
    EXPECT_EQ(got, sent);
    EXPECT_EQ(receiver.drained, 1);
    EXPECT_EQ(channel->queuedBytes(), 0u);
}

TEST_F(SocketChannelWriting, APeerThatTakesNothingIsToldOfAfterItsTimeAndNotBefore) {
    receiver.timeout = 50ms;
    connect(tcpPair(), {.bytes = 64_MiB});
    receiver.whenStalled = [&] { channel->abort(); };
    const auto begin = Clock::now();
    stall();
    peer->write("still here");  // what it says counts for nothing
    EXPECT_TRUE(turnUntil([&] { return receiver.stalls == 1; }));
    EXPECT_GE(Clock::now() - begin, 50ms);
    EXPECT_TRUE(socketIsClosed());
}

TEST_F(SocketChannelWriting, APeerThatReadsSlowlyButSteadilyGetsAllOfIt) {
    receiver.timeout = 300ms;
    connect(tcpPair(), {.bytes = 64_MiB});
    std::string sent = stall();
    const std::string large(4_MiB, 'l');
    EXPECT_EQ(send(large), SendStatus::Queued);
    sent += large;
    const auto begin = Clock::now();
    std::size_t got = 0;
    auto next = begin;
    EXPECT_TRUE(turnUntil([&] {
        // Much less than the kernel holds in its time, for four times its time; and then the rest at once.
        if (Clock::now() - begin > 1200ms) {
            got += peer->read().size();
        } else if (Clock::now() > next) {
            got += peer->read(32'768).size();
            next = Clock::now() + 20ms;
        }
        return got == sent.size();
    }));
    EXPECT_EQ(receiver.stalls, 0);
}

TEST_F(SocketChannelWriting, PolicyCloseTellsFullAtExactlyTheLimit) {
    connect(localPair(), {.bytes = 10'000, .whenFull = WhenFull::Close});
    stall();
    send(std::string(10'000 - channel->queuedBytes(), 'x'));
    EXPECT_EQ(channel->queuedBytes(), 10'000u);
    EXPECT_EQ(send("y"), SendStatus::Full);
    EXPECT_EQ(channel->queuedBytes(), 10'000u);
    EXPECT_EQ(channel->sendControl(asBytes("<close>")), SendStatus::Queued);
}

TEST_F(SocketChannelWriting, PolicyDropOldestGivesASlowReaderTheNewestAndNoTornMessage) {
    connect(localPair(), {.bytes = 3'000, .whenFull = WhenFull::DropOldest});
    std::string got, last;
    int sent = 0;
    for (; channel->droppedMessages() < 500; ++sent) {
        last = '[' + std::string(static_cast<std::size_t>(sent % 700), '.') + std::to_string(sent) + ']';
        ASSERT_EQ(send(last), SendStatus::Queued);
        ASSERT_LE(channel->queuedBytes(), 3'000u);
        if (sent % 3 == 0) turn();
        if (sent % 7 == 0) got += peer->read(300);
    }
    channel->closeAfterFlush(10s);
    got += peer->readToTheEnd(loop);
    EXPECT_EQ(got.substr(got.size() - last.size()), last);
    long previous = -1, messages = 0;
    for (std::size_t at = 0; at < got.size(); ++messages) {
        ASSERT_EQ(got[at], '[');
        const std::size_t end = got.find(']', at);
        ASSERT_NE(end, std::string::npos);
        const std::size_t digits = got.find_first_not_of('.', at + 1);
        const long number = std::stol(got.substr(digits, end - digits));
        ASSERT_EQ(digits - at - 1, static_cast<std::size_t>(number % 700));
        ASSERT_GT(number, previous);
        previous = number;
        at = end + 1;
    }
    EXPECT_EQ(messages + 500, sent);
}

TEST_F(SocketChannelWriting, PolicyDropNewestKeepsWhatWaits) {
    connect(localPair(), {.bytes = 2'000, .whenFull = WhenFull::DropNewest});
    std::string expected = stall();
    const std::string filler(2'000 - channel->queuedBytes(), 'f');
    send(filler);
    EXPECT_EQ(send("too late"), SendStatus::Dropped);
    EXPECT_EQ(channel->droppedMessages(), 1u);
    channel->closeAfterFlush(10s);
    EXPECT_EQ(peer->readToTheEnd(loop), expected + filler);
}

TEST_F(SocketChannelWriting, DropQueueNeverTearsTheMessageOnTheWire) {
    connect(tcpPair());
    const std::string large(8'000'000, 'L');
    channel->setSendQueue({.bytes = 10'000'000});
    send(large);
    send("never sent");
    turn();
    ASSERT_GT(channel->queuedBytes(), 0u) << "the kernel took it all: the test needs a larger message";
    channel->dropQueue();
    channel->sendControl(asBytes("<close 1013>"));
    channel->closeAfterFlush(10s);
    EXPECT_EQ(peer->readToTheEnd(loop), large + "<close 1013>");
}

TEST_F(SocketChannelWriting, ADropOfTheWholeQueueLeavesNoWriteEventBehind) {
    connect(localPair());
    stall();
    channel->dropQueue();
    peer->read();
    for (int i = 0; i < 5; ++i) turn();
    EXPECT_EQ(send("fresh"), SendStatus::Queued);
    turn();
    const std::string got = peer->read();
    ASSERT_GE(got.size(), 5u);
    EXPECT_EQ(got.substr(got.size() - 5), "fresh");
}

TEST_F(SocketChannelWriting, AWriteThatFailsDeliversWhatThePeerSaidLast) {
    connect(tcpPair());
    channel->pauseReading();
    peer->write("<close 4001>");
    peer->close();
    turn();
    channel->resumeReading();
    send("into the void");
    loop.atTurnEnd(*channel);
    EXPECT_TRUE(turnUntil([&] { return !receiver.ends.empty(); }));
    EXPECT_EQ(receiver.text, "<close 4001>");
    EXPECT_EQ(receiver.ends.size(), 1u);
}

// ---- lending

constexpr std::size_t kLarge = 20'000;

TEST_F(SocketChannelLending, WhatCameIsSentOnWithoutACopyAndLeavesWithTheCall) {
    connect(localPair());
    receiver.whenBytes = [&](std::span<std::byte> bytes) {
        EXPECT_EQ(channel->send(asBytes("<>"), bytes), SendStatus::Queued);
        EXPECT_EQ(channel->send(asBytes("<>"), bytes), SendStatus::Queued);
        EXPECT_EQ(channel->writeCalls(), 0u);
        loop.post([&] { EXPECT_EQ(channel->writeCalls(), 1u) << "not at the turn's end: the buffer is the next one's"; });
    };
    const std::string sent(kLarge, 'm');
    peer->write(sent);
    turn();
    EXPECT_EQ(channel->writeCalls(), 1u);
    EXPECT_EQ(peer->read(), "<>" + sent + "<>" + sent);
}

TEST_F(SocketChannelLending, WhatTheKernelDoesNotTakeAtOnceIsKept) {
    connect(localPair(), {.bytes = 8_MiB});
    std::string expected;
    receiver.whenBytes = [&](std::span<std::byte> bytes) {
        for (int i = 0; i < 100; ++i) {
            channel->send(asBytes("<>"), bytes);
            expected += "<>" + std::string{asText(bytes)};
        }
        loop.post([bytes] { std::ranges::fill(bytes, std::byte{'x'}); });
    };
    peer->write(std::string(kLarge, 'm'));
    turn();
    EXPECT_GT(channel->queuedBytes(), 0u);
    channel->closeAfterFlush(10s);
    EXPECT_EQ(peer->readToTheEnd(loop), expected);
}

TEST_F(SocketChannelLending, OtherMemoryAndSmallMessagesAreCopied) {
    connect(localPair());
    std::string other(kLarge, 'o');
    receiver.whenBytes = [&](std::span<std::byte> bytes) {
        channel->send({}, asBytes(other));
        channel->send({}, bytes.first(10));
        other.assign(kLarge, 'x');
        std::ranges::fill(bytes, std::byte{'x'});
    };
    peer->write("0123456789");
    turn();
    EXPECT_EQ(peer->read(), std::string(kLarge, 'o') + "0123456789");
}

// ---- room

class RoomyReceiver final : public SocketChannel::Receiver {
public:
    void onBytes(std::span<std::byte> bytes) override { text += '(' + std::string{asText(bytes)} + ')'; }
    std::span<std::byte> room() noexcept override { return std::span{memory}.subspan(filled); }
    void onRoomFilled(std::size_t bytes) override { filled += bytes; }
    void onEnd(std::error_code) override {}

    std::array<std::byte, 10> memory;
    std::size_t filled = 0;
    std::string text;
};

TEST_F(SocketChannelReading, WhatTheReceiverHasRoomForIsReadThereAndTheRestIntoTheLoopsBuffer) {
    RoomyReceiver roomy;
    connect(localPair());
    channel->setReceiver(roomy);
    peer->write("0123");
    turn();
    EXPECT_EQ(roomy.filled, 4u);
    EXPECT_EQ(roomy.text, "");
    peer->write("456789rest");
    turn();
    EXPECT_EQ(asText(roomy.memory), "0123456789");
    EXPECT_EQ(roomy.text, "(rest)");
    peer->write("more");
    turn();
    EXPECT_EQ(roomy.text, "(rest)(more)");
    channel->abort();
}

TEST_F(SocketChannelWriting, AnIdleChannelIsSmall) { EXPECT_LE(sizeof(SocketChannel), 200u); }

TEST_F(SocketChannelWriting, HoldsLittleMoreThanWhatWaitsForAPeerThatDoesNotRead) {
    connect(localPair());
    stall();
    constexpr std::size_t kBatches = 1000, kBytes = 64 * 1024;
    std::vector<std::weak_ptr<const WireBatch>> batches;
    for (std::size_t i = 0; i < kBatches; ++i) {
        const auto batch = std::make_shared<WireBatch>(WireBatch{std::vector(kBytes, std::byte{'b'}), {10, 30, 50, kBytes}});
        batches.push_back(batch);
        EXPECT_EQ(channel->send(batch, 1, 3), SendStatus::Queued);
    }
    const auto alive = [](const auto& batch) { return !batch.expired(); };
    EXPECT_LE(std::ranges::count_if(batches, alive), 4) << "of 64 KiB, for 40 bytes of each";
}

TEST_F(SocketChannelWriting, LetsGoOfALargeBatchWhenTheKernelLeavesTheRestOfAFewOfItsMessages) {
    connect(localPair());
    WireBatch large{std::vector(std::size_t{8} << 20, std::byte{'b'}), {}};
    for (std::size_t message = 1; message <= 512; ++message) large.ends.push_back(message * 1024);
    large.ends.push_back(large.bytes.size());
    auto batch = std::make_shared<const WireBatch>(std::move(large));
    const std::weak_ptr<const WireBatch> seen = batch;
    channel->send(std::exchange(batch, nullptr), 0, 512);
    turn();
    EXPECT_GT(channel->queuedBytes(), 0u);
    EXPECT_TRUE(seen.expired()) << "8 MiB, for half of one at most";
}

TEST_F(SocketChannelWriting, WritesTheMessagesOfABatchThatFitWhereOthersFallToThePolicy) {
    connect(localPair(), {.bytes = 10, .whenFull = WhenFull::DropNewest});
    const auto batch = std::make_shared<WireBatch>();
    for (const char* text : {"fits", "is far too large", "too"}) batch->append({}, asBytes(text));
    EXPECT_EQ(channel->send(batch, 0, 3), SendStatus::Dropped);
    turn();
    EXPECT_EQ(peer->read(), "fitstoo");
}

}  // namespace
}  // namespace patchbay::transport
