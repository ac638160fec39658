// How a channel ends: in good order, in time, at once, and on whose thread.
#include "transport/SocketChannel.hpp"

#include "Sockets.hpp"
#include "support/Certificate.hpp"
#include "support/TlsClient.hpp"
#include "transport/TlsContext.hpp"

#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <memory>
#include <thread>

namespace patchbay::transport {
namespace {

using namespace std::chrono_literals;
using test::localPair;
using test::Peer;
using test::Recorder;
using test::tcpPair;

class SocketChannelClosing : public test::ChannelTest {};

// It was held for as long as a flush may take, in wait for a handshake that nobody goes on with.
TEST_F(SocketChannelClosing, APeerThatLeavesWithinTheTlsHandshakeIsLetGoAtOnce) {
    const patchbay::test::Certificate certificate;
    const CertificateFiles files{certificate.file(), certificate.keyFile()};
    patchbay::test::TlsClient client;
    const auto [near, far] = tcpPair();
    Socket socket{near};
    socket.startTls(TlsContext::load({&files, 1}));
    channel = SocketChannel::open(loop, std::move(socket), {});
    peer.emplace(far);
    channel->start(receiver);
    send("an answer that will never be wanted");
    receiver.whenEnd = [&] { channel->closeAfterFlush(10s); };
    peer->write(client.takeOutput().substr(0, 10));
    peer->finish();
    const auto begin = Clock::now();
    peer->readToTheEnd(loop);
    EXPECT_LT(Clock::now() - begin, 5s);
}

TEST_F(SocketChannelClosing, CloseAfterFlushDeliversEverythingThenEndsThenWaitsForThePeer) {
    connect(tcpPair());
    std::string expected;
    for (int i = 0; i < 100; ++i) {
        const std::string text(9'000, static_cast<char>('a' + i % 26));
        ASSERT_EQ(send(text), SendStatus::Queued);
        expected += text;
    }
    channel->closeAfterFlush(10s);
    EXPECT_EQ(send("more"), SendStatus::Closed);
    channel.reset();
    EXPECT_EQ(peer->readToTheEnd(loop), expected);
    EXPECT_FALSE(socketIsClosed()) << "the peer has not ended yet";
    peer->write("discarded");
    peer->finish();
    EXPECT_TRUE(turnUntil([&] { return socketIsClosed(); }));
    EXPECT_EQ(receiver.text, "");
    EXPECT_TRUE(receiver.ends.empty());
    EXPECT_FALSE(peer->error());
}

TEST_F(SocketChannelClosing, CloseAfterFlushResetsWhenThePeerDoesNotEndInTime) {
    connect(tcpPair());
    channel->closeAfterFlush(2ms);
    channel.reset();
    EXPECT_TRUE(turnUntil([&] { return socketIsClosed(); }));
    EXPECT_TRUE(receiver.ends.empty());
}

TEST_F(SocketChannelClosing, CloseAfterFlushEndsAStalledPeerInTime) {
    connect(tcpPair(), {.bytes = 64_MiB});
    stall();
    channel->closeAfterFlush(2ms);
    channel.reset();
    EXPECT_TRUE(turnUntil([&] { return socketIsClosed(); }));
    peer->readToTheEnd(loop);
    EXPECT_EQ(peer->error(), std::errc::connection_reset);
}

/// Or whoever is refused has the server read for nothing as fast as he can send, until his time is over.
TEST_F(SocketChannelClosing, APeerThatGoesOnIsReadUpToSoMuchAndNotAByteMore) {
    connect(localPair());
    const std::string piece(64_KiB - 1, 'm');  // as such a read counts 64 KiB
    send("you are refused");
    channel->closeAfterFlush(60s);
    channel.reset();
    const auto unread = [&] {
        int bytes = 0;
        EXPECT_EQ(::ioctl(peer->descriptor(), SIOCOUTQ, &bytes), 0);
        return bytes;
    };
    for (std::size_t sent = 0; sent < Channel::kMostRestBytes; sent += 64_KiB) {
        peer->write(piece);
        ASSERT_TRUE(turnUntil([&] { return unread() == 0; })) << sent;
    }
    peer->write("b");
    peer->finish();
    for (int i = 0; i < 5; ++i) turn();
    EXPECT_GT(unread(), 0);
    EXPECT_FALSE(socketIsClosed()) << "it ends when its time is over";
    EXPECT_EQ(peer->read(), "you are refused");
}

TEST_F(SocketChannelClosing, WhatTheKernelWillNotWatchEndsWithTheTurn) {
    connect({::open("/dev/null", O_RDWR | O_CLOEXEC), ::open("/dev/null", O_RDWR | O_CLOEXEC)});
    EXPECT_TRUE(receiver.ends.empty());
    channel->pauseReading();
    turn();
    ASSERT_EQ(receiver.ends.size(), 1U);
    EXPECT_EQ(receiver.ends.front(), std::errc::operation_not_permitted);
    EXPECT_TRUE(socketIsClosed());
}

TEST_F(SocketChannelClosing, ASocketIsCountedUntilItsDescriptorIsClosed) {
    const auto [near, far] = tcpPair();
    descriptor = near;
    channel = SocketChannel::open(loop, Socket{near}, {}, SocketPlace{loop.openSockets()});
    peer.emplace(far);
    channel->start(receiver);
    EXPECT_EQ(loop.openSockets().now(), 1u);
    channel->closeAfterFlush(10s);
    channel.reset();
    turn();
    turn();
    EXPECT_EQ(loop.openSockets().now(), 1u) << "the peer has not ended yet";
    peer->finish();
    EXPECT_TRUE(turnUntil([&] { return socketIsClosed(); }));
    EXPECT_EQ(loop.openSockets().now(), 0u);
}

TEST_F(SocketChannelClosing, ClosedNowThePeerGetsWhatTheKernelHasAndAnEnd) {
    connect(tcpPair());
    send("the last answer");
    turn();
    channel->closeNow();
    EXPECT_TRUE(socketIsClosed());
    EXPECT_EQ(peer->readToTheEnd(loop), "the last answer");
    EXPECT_FALSE(peer->error());
}

TEST_F(SocketChannelClosing, AbortResets) {
    connect(tcpPair());
    send("never");
    channel->abort();
    EXPECT_EQ(peer->readToTheEnd(loop), "");
    EXPECT_EQ(peer->error(), std::errc::connection_reset);
    EXPECT_TRUE(receiver.ends.empty());
    EXPECT_EQ(send("x"), SendStatus::Closed);
    EXPECT_EQ(channel->peerAddress(), "");
}

TEST_F(SocketChannelClosing, AChannelNeverStartedClosesToo) {
    const auto [near, far] = localPair();
    channel = SocketChannel::open(loop, Socket{near}, {});
    peer.emplace(far);
    send("503");
    channel->closeAfterFlush(10s);
    channel.reset();
    EXPECT_EQ(peer->readToTheEnd(loop), "503");
}

TEST_F(SocketChannelClosing, TheLastDropClosesAtOnce) {
    connect(localPair());
    channel.reset();
    peer->read();
    EXPECT_TRUE(peer->ended());
}

TEST_F(SocketChannelClosing, ALoopThatEndsTakesItsClosingChannelsAlong) {
    auto ownLoop = std::make_unique<EventLoop>();
    const auto [near, far] = localPair();
    auto closing = SocketChannel::open(*ownLoop, Socket{near}, {});
    Peer other{far};
    closing->start(receiver);
    ownLoop->runOnce(0ms);
    closing->closeAfterFlush(1h);
    closing.reset();
    ownLoop.reset();
    other.read();
    EXPECT_TRUE(other.ended());
}

TEST(SocketChannelThreads, AnotherThreadMayDropTheLastReference) {
    EventLoop loop;
    Recorder receiver;
    const auto [near, far] = localPair();
    Peer peer{far};
    ASSERT_EQ(::fcntl(far, F_SETFL, 0), 0);  // the peer waits in the test's thread
    auto channel = SocketChannel::open(loop, Socket{near}, {});
    channel->start(receiver);
    std::thread thread{[&] { loop.run(); }};
    channel.reset();
    while (!peer.ended()) peer.read(16);
    loop.stop();
    thread.join();
}

}  // namespace
}  // namespace patchbay::transport
