#include "transport/Listener.hpp"

#include "base/Log.hpp"

#include "Sockets.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <netinet/tcp.h>

#include <cerrno>

namespace patchbay::transport {
namespace {

using namespace std::chrono_literals;
using test::Peer;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

/// Errors: errno's value; 0 when somebody listens there.
int connect(int descriptor, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

Peer connectTo(std::uint16_t port) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(connect(descriptor, port), 0);
    return Peer{descriptor};
}

std::string whyNot(const Listener::Address& address) {
    EventLoop loop;
    try {
        const Listener listener{loop, address, [](Socket, const std::string&) {}};
    } catch (const std::system_error& error) {
        return error.what();
    }
    return "listening";
}

int tcpOption(const Socket& socket, int name) {
    int value = 0;
    socklen_t size = sizeof value;
    EXPECT_EQ(::getsockopt(socket.descriptor(), IPPROTO_TCP, name, &value, &size), 0);
    return value;
}

TEST(Listener, HandsOnConnectionsThatDoNotBlockNorWaitWithSmallWritesNorFillTheKernel) {
    EventLoop loop;
    std::vector<Socket> accepted;
    std::vector<std::string> peers;
    Listener listener{loop, {}, [&](Socket socket, std::string peer) {
                          accepted.push_back(std::move(socket));
                          peers.push_back(std::move(peer));
                      }};
    EXPECT_NE(listener.port(), 0);
    listener.start();
    const Peer one = connectTo(listener.port()), two = connectTo(listener.port());
    ASSERT_TRUE(test::turnUntil(loop, [&] { return accepted.size() == 2; }));
    EXPECT_NE(tcpOption(accepted[0], TCP_NODELAY), 0);
    EXPECT_EQ(tcpOption(accepted[0], TCP_NOTSENT_LOWAT), Socket::kMostUnsent);
    EXPECT_TRUE(::fcntl(accepted[0].descriptor(), F_GETFL) & O_NONBLOCK);
    EXPECT_TRUE(::fcntl(accepted[0].descriptor(), F_GETFD) & FD_CLOEXEC);
    EXPECT_EQ(accepted[0].localAddress(), "127.0.0.1:" + std::to_string(listener.port()));
    EXPECT_THAT(accepted[0].peerAddress(), StartsWith("127.0.0.1:"));
    EXPECT_EQ(peers[0], accepted[0].peerAddress());
}

TEST(Listener, NamesAddressAndRemedyWhenThePortIsInUse) {
    EventLoop loop;
    const Listener first{loop, {}, [](Socket, const std::string&) {}};
    EXPECT_THAT(whyNot({.port = first.port()}),
                StartsWith("cannot listen on 127.0.0.1:" + std::to_string(first.port()) +
                           ": address in use: is another server running? Stop it, or choose another port, such as "));
}

TEST(ListenerBound, RefusesWhoeverConnectsBeforeItsStart) {
    EventLoop loop;
    std::vector<Socket> accepted;
    Listener listener{loop, {}, [&](Socket socket, const std::string&) { accepted.push_back(std::move(socket)); }};
    const Socket early{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    EXPECT_EQ(connect(early.descriptor(), listener.port()), ECONNREFUSED);
    listener.start();
    const Peer peer = connectTo(listener.port());
    ASSERT_TRUE(test::turnUntil(loop, [&] { return !accepted.empty(); }));
    EXPECT_EQ(accepted.size(), 1u);
}

TEST(ListenerBound, HasItsPortForItselfBeforeItsStart) {
    EventLoop loop;
    const Listener first{loop, {}, [](Socket, const std::string&) {}};
    for (const char* host : {"127.0.0.1", "0.0.0.0"})
        EXPECT_THAT(whyNot({.host = host, .port = first.port()}), HasSubstr("is another server running?")) << host;
    const Listener everywhere{loop, {.host = "0.0.0.0", .port = 0}, [](Socket, const std::string&) {}};
    EXPECT_THAT(whyNot({.port = everywhere.port()}), HasSubstr("is another server running?"));
}

/// A port with something left of a connection that was accepted on it: the connection itself, or its TIME_WAIT.
class ListenerAfterAnother : public testing::TestWithParam<bool> {
protected:
    ListenerAfterAnother() {
        EventLoop loop;
        Listener before{loop, {}, [this](Socket socket, const std::string&) { accepted = std::move(socket); }};
        port = before.port();
        before.start();
        peer.emplace(connectTo(port));
        EXPECT_TRUE(test::turnUntil(loop, [this] { return static_cast<bool>(accepted); }));
        if (GetParam()) accepted.close();  // the server first: TIME_WAIT is its
        if (GetParam()) peer.reset();
    }

    std::uint16_t port = 0;
    Socket accepted;
    std::optional<Peer> peer;
};

TEST_P(ListenerAfterAnother, GetsItsPortAtOnce) {
    EventLoop loop;
    bool came = false;
    Listener listener{loop, {.port = port}, [&](Socket, const std::string&) { came = true; }};
    listener.start();
    const Peer newcomer = connectTo(port);
    EXPECT_TRUE(test::turnUntil(loop, [&] { return came; }));
}

TEST_P(ListenerAfterAnother, HasThePortForItselfBeforeItsStart) {
    EventLoop loop;
    const Listener first{loop, {.port = port}, [](Socket, const std::string&) {}};
    EXPECT_THAT(whyNot({.port = port}), HasSubstr("is another server running?"));
}

INSTANTIATE_TEST_SUITE_P(WithItsConnection, ListenerAfterAnother, testing::Values(false));
INSTANTIATE_TEST_SUITE_P(InTimeWait, ListenerAfterAnother, testing::Values(true));

TEST(Listener, HasItsPortForItselfAfterItsStart) {
    EventLoop loop;
    Listener first{loop, {}, [](Socket, const std::string&) {}};
    first.start();
    EXPECT_THAT(whyNot({.port = first.port()}), HasSubstr("is another server running?"));
}

/// A server for everybody listens on both.
TEST(Listener, OfIpv6LeavesTheSamePortOfIpv4ToOthers) {
    EventLoop loop;
    const auto nobody = [](Socket, const std::string&) {};
    std::optional<Listener> first;
    try {
        first.emplace(loop, Listener::Address{.host = "::", .port = 0}, nobody);
    } catch (const std::system_error&) {
        GTEST_SKIP() << "no IPv6 here";
    }
    Listener second{loop, {.host = "0.0.0.0", .port = first->port()}, nobody};
    first->start();
    second.start();
    EXPECT_EQ(first->port(), second.port());
    EXPECT_THAT(whyNot({.host = "::1", .port = first->port()}), HasSubstr("is another server running?"));
}

TEST(Listener, KnowsWhetherOnlyThisMachineReachesIt) {
    EventLoop loop;
    const auto nobody = [](Socket, const std::string&) {};
    EXPECT_TRUE((Listener{loop, {.host = "127.0.0.1"}, nobody}.isLoopback()));
    EXPECT_TRUE((Listener{loop, {.host = "localhost"}, nobody}.isLoopback()));
    EXPECT_FALSE((Listener{loop, {.host = "0.0.0.0"}, nobody}.isLoopback()));
}

TEST(Listener, NamesAddressAndRemedyWhenTheAddressIsNotOurs) {
    EXPECT_THAT(whyNot({.host = "192.0.2.1", .port = 0}),
                AllOf(HasSubstr("192.0.2.1:0"), HasSubstr("0.0.0.0 for all")));
}

TEST(Listener, NamesTheHostThatIsUnknown) {
    EXPECT_THAT(whyNot({.host = "no such host", .port = 0}),
                AllOf(HasSubstr("no such host"), HasSubstr("host's name")));
}

/// Linux lets one more in than it was told.
TEST(Listener, SoManyMayWaitInTheKernel) {
    EventLoop loop;
    Listener listener{loop, {}, [](Socket, const std::string&) {}, {.backlog = 2}};
    listener.start();
    const auto gets = [&](const Socket& socket) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(listener.port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::connect(socket.descriptor(), reinterpret_cast<sockaddr*>(&address), sizeof address);
        return !socket.peerAddress().empty();  // it is connected
    };
    std::vector<Socket> clients;
    for (int i = 0; i < 4; ++i) clients.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    EXPECT_TRUE(gets(clients[0]));
    EXPECT_TRUE(gets(clients[1]));
    EXPECT_TRUE(gets(clients[2]));
    EXPECT_FALSE(gets(clients[3]));
}

TEST(Listener, AcceptsOnlySoManyInOneTurn) {
    EventLoop loop;
    std::vector<Socket> accepted;
    Listener listener{loop,
                      {},
                      [&](Socket socket, const std::string&) { accepted.push_back(std::move(socket)); },
                      {.acceptsPerTurn = 2}};
    listener.start();
    std::vector<Peer> peers;
    for (int i = 0; i < 5; ++i) peers.push_back(connectTo(listener.port()));
    for (const std::size_t expected : {2u, 4u, 5u}) {
        loop.runOnce(1s);
        EXPECT_EQ(accepted.size(), expected);
    }
}

TEST(Listener, ClosesWithoutAWordWhomItTurnsAway) {
    EventLoop loop;
    std::vector<Socket> accepted;
    bool isFull = true;
    Listener listener{loop, {}, [&](Socket socket, const std::string&) { accepted.push_back(std::move(socket)); }, {.turnsAway = [&] { return isFull; }}};
    listener.start();
    Peer first = connectTo(listener.port());
    ASSERT_EQ(::fcntl(first.descriptor(), F_SETFL, O_NONBLOCK), 0);
    EXPECT_EQ(first.readToTheEnd(loop), "");
    EXPECT_THAT(accepted, testing::IsEmpty());
    isFull = false;
    const Peer second = connectTo(listener.port());
    EXPECT_TRUE(test::turnUntil(loop, [&] { return accepted.size() == 1; }));
}

TEST(Listener, StopRefusesLaterConnectionsAlsoFromInsideTheCallback) {
    EventLoop loop;
    std::vector<Socket> accepted;
    std::optional<Listener> listener;
    listener.emplace(loop, Listener::Address{}, [&](Socket socket, const std::string&) {
        accepted.push_back(std::move(socket));
        listener->stop();
    });
    listener->start();
    const Peer one = connectTo(listener->port()), two = connectTo(listener->port());
    loop.runOnce(1s);
    loop.runOnce(0ms);
    EXPECT_EQ(accepted.size(), 1u);
}

int descriptorsLeft = 0;
int highestDescriptor = -1;
int acceptsTried = 0;
std::vector<std::string> logged;

int acceptWithinLimit(int descriptor, sockaddr* address, unsigned* size, int flags) {
    ++acceptsTried;
    if (descriptorsLeft == 0) {
        errno = EMFILE;
        return -1;
    }
    const int accepted = ::accept4(descriptor, address, size, flags);
    if (accepted >= 0) --descriptorsLeft;
    return accepted;
}

class ListenerOutOfDescriptors : public testing::Test {
protected:
    ListenerOutOfDescriptors() {
        logged.clear();
        acceptsTried = 0;
        before_ = log::redirect([](log::Level, std::string_view, std::string_view line) { logged.emplace_back(line); });
    }
    ~ListenerOutOfDescriptors() override { log::redirect(before_); }

    Listener& listen(Listener::Options options) {
        options.pauseWhenOutOfFiles = 2ms;
        listener_.emplace(loop, Listener::Address{}, [this](Socket socket, const std::string&) { accepted.push_back(std::move(socket)); },
                          std::move(options));
        listener_->start();
        return *listener_;
    }

    EventLoop loop;
    std::vector<Socket> accepted;

private:
    log::Sink before_;
    std::optional<Listener> listener_;
};

/// A table of descriptors with room for so many beside the listener's reserve: that counts while it is open.
int acceptBesideTheReserve(int descriptor, sockaddr* address, unsigned* size, int flags) {
    ++acceptsTried;
    const int free = ::dup(descriptor);
    ::close(free);
    if (descriptorsLeft == 0 && free > highestDescriptor) {
        errno = EMFILE;
        return -1;
    }
    const int taken = ::accept4(descriptor, address, size, flags);
    if (taken >= 0 && descriptorsLeft > 0) --descriptorsLeft;
    return taken;
}

TEST_F(ListenerOutOfDescriptors, SendsNewcomersAwayByItsReserveAtOnceAndLogsOneLine) {
    descriptorsLeft = 1;
    highestDescriptor = -1;
    Listener& listener = listen({.accept = acceptBesideTheReserve});
    const Peer one = connectTo(listener.port());
    ASSERT_TRUE(test::turnUntil(loop, [&] { return accepted.size() == 1; }));
    // The reserve is the only one that may be taken from here on.
    const int next = ::dup(one.descriptor());
    ::close(next);
    highestDescriptor = next - 1;

    for (int i = 0; i < 3; ++i) {
        Peer late = connectTo(listener.port());
        ::fcntl(late.descriptor(), F_SETFL, O_NONBLOCK);
        EXPECT_TRUE(test::turnUntil(loop, [&] {
            late.read();
            return late.ended() || late.error();
        }));
    }
    EXPECT_EQ(accepted.size(), 1u);
    ASSERT_EQ(logged.size(), 1u);
    EXPECT_THAT(logged[0], HasSubstr("newcomers are sent away"));

    descriptorsLeft = 1;
    const Peer last = connectTo(listener.port());
    EXPECT_TRUE(test::turnUntil(loop, [&] { return accepted.size() == 2; }));
    EXPECT_EQ(logged.size(), 1u);
}

TEST_F(ListenerOutOfDescriptors, TakesWhomSomebodyMakesRoomFor) {
    descriptorsLeft = 0;
    int asked = 0;
    Listener& listener = listen({.makeRoom =
                                     [&] {
                                         ++asked;
                                         descriptorsLeft = 1;
                                         return true;
                                     },
                                 .accept = acceptWithinLimit});
    const Peer peer = connectTo(listener.port());
    EXPECT_TRUE(test::turnUntil(loop, [&] { return accepted.size() == 1; }));
    EXPECT_GE(asked, 1);
}

TEST_F(ListenerOutOfDescriptors, RestsWhereTheReserveDoesNotHelp) {
    descriptorsLeft = 0;
    Listener& listener = listen({.accept = acceptWithinLimit});
    const Peer peer = connectTo(listener.port());
    ASSERT_TRUE(test::turnUntil(loop, [] { return acceptsTried >= 8; }));  // two for each rest
    EXPECT_THAT(accepted, testing::IsEmpty());
    descriptorsLeft = 1;
    EXPECT_TRUE(test::turnUntil(loop, [&] { return accepted.size() == 1; }));
    EXPECT_EQ(logged.size(), 1u);
}

}  // namespace
}  // namespace patchbay::transport
