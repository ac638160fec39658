// Listeners on Unix sockets, and on what systemd has bound.
#include "transport/ActivatedSockets.hpp"
#include "transport/Listener.hpp"
#include "transport/UnixSocket.hpp"

#include "Sockets.hpp"
#include "support/Certificate.hpp"

#include <gmock/gmock.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <atomic>
#include <barrier>
#include <thread>

namespace patchbay::transport {
namespace {

using patchbay::test::TemporaryFolder;
using testing::AllOf;
using testing::HasSubstr;

int connectTo(const std::string& path) {
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return descriptor;
    ::close(descriptor);
    return -1;
}

/// A socket's file without a server.
void leaveDead(const std::string& path) {
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::close(descriptor);
}

bool isThere(const std::string& path) {
    struct stat found{};
    return ::lstat(path.c_str(), &found) == 0;
}

class UnixListener : public testing::Test {
protected:
    Listener listener(unsigned mode = 0660) {
        return {loop, {.path = path, .mode = mode}, [this](Socket, std::string peer) { peers.push_back(std::move(peer)); }};
    }
    std::string whyNot() {
        try {
            listener();
        } catch (const std::system_error& error) {
            return error.what();
        }
        return "listening";
    }

    TemporaryFolder folder;
    std::string path = folder.path() + "/server.sock";
    EventLoop loop;
    std::vector<std::string> peers;
};

TEST_F(UnixListener, TakesConnectionsAndItsFileGoesWithIt) {
    {
        Listener one = listener();
        one.start();
        EXPECT_EQ(one.port(), 0);
        EXPECT_EQ(one.where(), "local");
        EXPECT_FALSE(one.isLoopback());
        const test::Peer peer{connectTo(path)};
        ASSERT_TRUE(test::turnUntil(loop, [&] { return !peers.empty(); }));
        EXPECT_EQ(peers[0], "local");
    }
    EXPECT_FALSE(isThere(path));
}

TEST_F(UnixListener, HasTheRightsThatAreAskedForWhateverTheUmask) {
    const mode_t before = ::umask(0077);
    const Listener one = listener(0666);
    ::umask(before);
    struct stat found{};
    ASSERT_EQ(::lstat(path.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0666U);
}

TEST_F(UnixListener, ReplacesWhatADeadServerHasLeft) {
    leaveDead(path);
    ASSERT_TRUE(isThere(path));
    EXPECT_EQ(whyNot(), "listening");
}

TEST_F(UnixListener, IsOneOfThoseThatStartAtOnceOnWhatADeadServerHasLeft) {
    constexpr int kRounds = 40, kServers = 6;
    for (int round = 0; round < kRounds; ++round) {
        leaveDead(path);
        std::barrier atOnce{kServers};
        std::atomic<int> refused{0};
        std::vector<std::optional<UnixSocketFile>> files(kServers);
        std::vector<std::thread> servers;
        for (auto& file : files) {
            servers.emplace_back([&] {
                atOnce.arrive_and_wait();
                try {
                    file.emplace(path, 0600, 2 * kServers);  // each of the others looks whether it lives
                } catch (const std::system_error&) {
                    ++refused;
                }
            });
        }
        for (auto& server : servers) server.join();
        ASSERT_EQ(refused, kServers - 1) << "in round " << round;
        const test::Peer peer{connectTo(path)};
        ASSERT_GE(peer.descriptor(), 0) << "it has lost its file, in round " << round;
    }
}

TEST_F(UnixListener, DoesNotWaitForEverForWhoeverHoldsItsFolder) {
    const int held = ::open(folder.path().c_str(), O_RDONLY | O_CLOEXEC);
    ASSERT_EQ(::flock(held, LOCK_EX), 0);
    EXPECT_THAT(whyNot(), HasSubstr("holds the lock on its folder"));
    EXPECT_FALSE(isThere(path));
    ::close(held);
    EXPECT_EQ(whyNot(), "listening");
}

TEST_F(UnixListener, LeavesAServerThatLivesAlone) {
    const Listener first = listener();
    EXPECT_THAT(whyNot(), AllOf(HasSubstr(path), HasSubstr("is another server running?")));
    EXPECT_TRUE(isThere(path));
    const test::Peer peer{connectTo(path)};
    EXPECT_GE(peer.descriptor(), 0);
}

TEST_F(UnixListener, LeavesAFileThatIsNoSocketAlone) {
    folder.write("server.sock", "precious");
    EXPECT_THAT(whyNot(), HasSubstr("no socket"));
    EXPECT_TRUE(isThere(path));
}

TEST_F(UnixListener, LeavesTheFileOfItsSuccessorAlone) {
    std::optional<UnixSocketFile> first{UnixSocketFile{path, 0600, 1}};
    ASSERT_EQ(::unlink(path.c_str()), 0);
    const Listener second = listener();
    first.reset();
    EXPECT_TRUE(isThere(path));
}

TEST_F(UnixListener, SaysWhyNot) {
    path = folder.path() + "/none/server.sock";
    EXPECT_THAT(whyNot(), AllOf(HasSubstr("cannot listen on unix:"), HasSubstr("its folder is not there")));
    path = "/" + std::string(107, 'a');
    EXPECT_THAT(whyNot(), HasSubstr("107 bytes"));
}

// ---- systemd

std::vector<std::string> names(const ActivationVariables& variables) {
    std::vector<std::string> result;
    for (const auto& socket : activatedSockets(variables, 42)) result.push_back(std::to_string(socket.descriptor) + "=" + socket.name);
    return result;
}

TEST(ActivatedSockets, BeginAtThreeAndHaveNames) {
    EXPECT_THAT(names({"42", "2", "web:admin"}), testing::ElementsAre("3=web", "4=admin"));
    EXPECT_THAT(names({"42", "2", nullptr}), testing::ElementsAre("3=unknown", "4=unknown"));
    EXPECT_THAT(names({"42", "3", "web:"}), testing::ElementsAre("3=web", "4=unknown", "5=unknown"));
}

TEST(ActivatedSockets, AreNobodysBySomebodyElsesVariables) {
    for (const ActivationVariables& variables : {ActivationVariables{}, {"41", "1", "web"}, {"42", nullptr, "web"}, {"42", "x", "web"}, {"42", "-1", "web"},
                                                 {"", "1", "web"}, {"42", "0", "web"}, {"42", "2147483648", "web"}})
        EXPECT_THAT(names(variables), testing::IsEmpty());
}

TEST(ActivatedSockets, AreListenedOnAndStaySystemds) {
    EventLoop loop;
    const Listener bound{loop, {}, [](Socket, const std::string&) {}};
    const Socket handed{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    ASSERT_EQ(::listen(handed.descriptor(), 4), 0);
    std::vector<std::string> peers;
    {
        Listener listener{loop, {.descriptor = handed.descriptor(), .name = "web"}, [&](Socket, std::string peer) { peers.push_back(std::move(peer)); }};
        EXPECT_NE(listener.port(), 0);
        EXPECT_EQ(listener.where(), handed.localAddress());
        listener.start();
        const test::Peer peer{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(listener.port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ASSERT_EQ(::connect(peer.descriptor(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        EXPECT_TRUE(test::turnUntil(loop, [&] { return !peers.empty(); }));
    }
    EXPECT_FALSE(handed.localAddress().empty());
}

TEST(ActivatedSockets, ThatDoNotListenAreRefused) {
    EventLoop loop;
    const auto whyNot = [&](int descriptor) -> std::string {
        try {
            const Listener listener{loop, {.descriptor = descriptor, .name = "web"}, [](Socket, const std::string&) {}};
        } catch (const std::system_error& error) {
            return error.what();
        }
        return "listening";
    };
    const Socket quiet{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    EXPECT_THAT(whyNot(quiet.descriptor()), AllOf(HasSubstr("systemd:web"), HasSubstr("ListenStream=")));
    EXPECT_THAT(whyNot(1000), HasSubstr("systemd:web"));
}

}  // namespace
}  // namespace patchbay::transport
