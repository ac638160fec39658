#pragma once
// What the tests of this room share: a channel with its peer at the other end, a receiver that writes down what it is
// told, and turns until something holds. Nothing here sleeps: a loop waits for events.

#include "transport/SocketChannel.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace patchbay::transport::test {

/// Turns until `holds`; false when it does not within some seconds.
inline bool turnUntil(EventLoop& loop, const std::function<bool()>& holds) {
    const auto deadline = Clock::now() + std::chrono::seconds{10};
    while (!holds()) {
        if (Clock::now() > deadline) return false;
        loop.runOnce(std::chrono::milliseconds{20});
    }
    return true;
}

/// The far end of a connection: a plain descriptor.
class Peer {
public:
    explicit Peer(int descriptor) : socket_{descriptor} {}

    void write(std::string_view text) {
        ASSERT_EQ(::send(socket_.descriptor(), text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }
    /// What has arrived, without waiting.
    std::string read(std::size_t atMost = SIZE_MAX) {
        std::string all;
        while (all.size() < atMost) {
            std::byte some[65536];
            const auto result = socket_.read(std::span{some}.first(std::min(sizeof some, atMost - all.size())));
            ended_ = ended_ || result.state == IoResult::State::End;
            if (result.state == IoResult::State::Failed) error_ = result.error;
            if (result.state != IoResult::State::Done) break;
            all += asText(Bytes{some, result.bytes});
        }
        return all;
    }
    /// Everything until the end, while the loop turns.
    std::string readToTheEnd(EventLoop& loop) {
        std::string all;
        EXPECT_TRUE(turnUntil(loop, [&] {
            all += read();
            return ended_ || error_;
        }));
        return all;
    }
    bool ended() const { return ended_; }
    std::error_code error() const { return error_; }
    void finish() { socket_.shutdownWrite(); }
    void close() { socket_.close(); }
    void reset() {
        socket_.resetOnClose();
        socket_.close();
    }
    int descriptor() const { return socket_.descriptor(); }

private:
    Socket socket_;
    bool ended_ = false;
    std::error_code error_;
};

inline std::pair<int, int> localPair() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    return {ends[0], ends[1]};
}

inline std::pair<int, int> tcpPair() {
    const Socket listening{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* where = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listening.descriptor(), where, size), 0);
    EXPECT_EQ(::listen(listening.descriptor(), 1), 0);
    EXPECT_EQ(::getsockname(listening.descriptor(), where, &size), 0);
    const int far = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(far, where, size), 0);
    const int near = ::accept4(listening.descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    const int flags = O_NONBLOCK;
    EXPECT_EQ(::fcntl(far, F_SETFL, flags), 0);
    return {near, far};
}

/// Writes down what it is told, and does what the test hangs on it.
class Recorder : public SocketChannel::Receiver {
public:
    void onBytes(std::span<std::byte> bytes) override {
        text += asText(bytes);
        if (whenBytes) whenBytes(bytes);
    }
    void onEnd(std::error_code why) override {
        ends.push_back(why);
        if (whenEnd) whenEnd();
    }
    void onDrained() override {
        ++drained;
        if (whenDrained) whenDrained();
    }

    std::chrono::milliseconds sendTimeout() const noexcept override { return timeout; }
    void onStalled() override {
        ++stalls;
        if (whenStalled) whenStalled();
    }

    std::string text;
    std::vector<std::error_code> ends;
    std::chrono::milliseconds timeout{};
    int stalls = 0;
    std::function<void()> whenStalled;
    int drained = 0;
    std::function<void(std::span<std::byte>)> whenBytes;
    std::function<void()> whenEnd;
    std::function<void()> whenDrained;
};

/// A loop turned by hand, a channel on it and its peer.
class ChannelTest : public testing::Test {
protected:
    void connect(std::pair<int, int> ends, SendQueue limit = {}) {
        descriptor = ends.first;
        channel = SocketChannel::open(loop, Socket{ends.first}, limit);
        peer.emplace(ends.second);
        channel->start(receiver);
    }
    void turn() { loop.runOnce(std::chrono::milliseconds{0}); }
    bool turnUntil(const std::function<bool()>& holds) { return test::turnUntil(loop, holds); }
    bool socketIsClosed() const { return ::fcntl(descriptor, F_GETFD) < 0; }
    SendStatus send(std::string_view text) { return channel->send({}, asBytes(text)); }

    /// Sends messages nobody reads until the kernel takes no more, and tells what was sent.
    std::string stall() {
        const std::string message(1000, 's');
        std::string sent;
        while (channel->queuedBytes() == 0) {
            EXPECT_EQ(send(message), SendStatus::Queued);
            sent += message;
            turn();
        }
        return sent;
    }

    EventLoop loop;
    const Loop::Turning turning{loop};  // this thread is the loop's
    Recorder receiver;
    SocketChannel::Pointer channel;
    int descriptor = -1;  // the channel's
    std::optional<Peer> peer;
};

}  // namespace patchbay::transport::test
