// The plugins and the app of this tree, as an operator switches them on: by name, from the server's own folder.
// Source: FEATURES G1, G2
#include "plugins/Mapped.hpp"
#include "support/Certificate.hpp"
#include "support/Eventually.hpp"
#include "support/RawWebSocket.hpp"

#include <patchbay/config.hpp>
#include <patchbay/server.hpp>

#include <gmock/gmock.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace patchbay::test {
namespace {

using testing::AllOf, testing::HasSubstr;

std::unique_ptr<Server> serverWith(const std::string& yaml) {
    LoadedConfig loaded = parseConfig(yaml, "test.yaml");
    EXPECT_THAT(loaded.problems, testing::IsEmpty());
    loaded.config.server.listen = {{"http://127.0.0.1:0"}};
    loaded.config.server.drainTimeout = std::chrono::seconds{2};
    return std::make_unique<Server>(std::move(loaded.config));
}

TEST(OwnPlugins, TheChatIsLoadedTalksAndLeavesTheProcess) {
    auto server = serverWith("apps: [ chat ]");
    EXPECT_FALSE(isMapped("chat"));
    server->start();
    EXPECT_TRUE(isMapped("chat"));
    {
        RawSocket page{server->port()};
        page.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        EXPECT_THAT(page.readAnswer().body, HasSubstr("<title>"));
        RawWebSocket ann{server->port(), "/chat/lobby?name=ann"};
        EXPECT_THAT(ann.nextText(), HasSubstr("ann"));
        ann.close(1000);
    }
    server.reset();
    EXPECT_FALSE(isMapped("chat"));
}

#ifdef HAS_AUTH_JWT
TEST(OwnPlugins, AuthJwtAsksWhoComesAndLeavesTheProcess) {
    const auto file = std::filesystem::temp_directory_path() / ("auth-jwt-" + std::to_string(::getpid()));
    std::ofstream{file} << std::string(40, 's') << '\n';
    auto server = serverWith("plugins: [ { library: auth-jwt, config: { secret: \"file:" + file.string() +
                             "\" } } ]\napps: [ chat ]\nendpoints: { \"/chat/{room}\": { roles: [ member ] } }");
    server->start();
    std::filesystem::remove(file);
    for (const std::string_view fields : {"", "Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.\r\n"}) {
        RawSocket ann{server->port()};
        ann.send(upgradeRequest("/chat/lobby?name=ann", fields));
        const HttpAnswer answer = ann.readAnswer();
        EXPECT_EQ(answer.status, 401);
        EXPECT_THAT(answer.header("www-authenticate"), testing::StartsWith("Bearer"));
    }
    server.reset();
    EXPECT_FALSE(isMapped("auth-jwt"));
}
#endif

#ifdef HAS_GUARD
TEST(OwnPlugins, TheGuardTurnsAwayWhoComesTooOftenAndLeavesTheProcess) {
    auto server = serverWith("plugins: [ { library: guard, config: { handshakesAtOnce: 2, handshakesPerMinute: 1 } } ]\napps: [ chat ]");
    server->start();
    for (const int expected : {101, 101, 429}) {
        RawSocket ann{server->port()};
        ann.send(upgradeRequest("/chat/lobby?name=ann"));
        EXPECT_EQ(ann.readAnswer().status, expected);
    }
    server.reset();
    EXPECT_FALSE(isMapped("guard"));
}
#endif

#ifdef HAS_GUARD
TEST(OwnPlugins, TheGuardClosesOneMoreConnectionThatHasAskedForNothing) {
    auto server = serverWith("server: { loops: 1 }\nplugins: [ { library: guard, config: { halfOpenPerAddress: 2 } } ]\napps: [ chat ]");
    server->start();
    {
        RawSocket silent{server->port()}, slow{server->port()};
        slow.send("GET /healthz HTTP/1.1\r\n");
        RawSocket third{server->port()};
        EXPECT_TRUE(third.ends());
        slow.send("Host: localhost\r\n\r\n");
        EXPECT_EQ(slow.readAnswer().status, 200);
        RawSocket fourth{server->port()};
        fourth.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        EXPECT_EQ(fourth.readAnswer().status, 200) << "who has asked no longer counts, also while it stays";
    }
    server.reset();
    EXPECT_FALSE(isMapped("guard"));
}
#endif

#ifdef HAS_GUARD
TEST(OwnPlugins, TheGuardLeavesTheProcessThoughSomebodyStillPaysAndWaits) {
    auto server = serverWith("plugins: [ { library: guard, config: { messagesPerSecond: 1 } } ]\napps: [ chat ]");
    server->start();
    RawWebSocket ann{server->port(), "/chat/lobby?name=ann"};
    EXPECT_THAT(ann.nextText(), HasSubstr("ann"));
    for (int i = 0; i < 4; ++i) ann.text(R"({"type":"Say","text":"hello"})");
    server.reset();
    EXPECT_FALSE(isMapped("guard"));
}
#endif

#ifdef HAS_COMPRESSION
TEST(OwnPlugins, CompressionIsAgreedOnWithWhoOffersItAndLeavesTheProcess) {
    auto server = serverWith("plugins: [ { library: compression, config: { serverMaxWindowBits: 10 } } ]\napps: [ chat ]");
    server->start();
    {
        RawWebSocket offers{server->port(), "/chat/lobby?name=ann",
                            "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=12\r\n"};
        EXPECT_EQ(offers.answer().header("sec-websocket-extensions"), "permessage-deflate; server_max_window_bits=10");
        RawWebSocket plain{server->port(), "/chat/lobby?name=bob"};
        EXPECT_EQ(plain.answer().header("sec-websocket-extensions"), "");
    }
    server.reset();
    EXPECT_FALSE(isMapped("compression"));
}
#endif

#ifdef HAS_HEARTBEAT
TEST(OwnPlugins, TheHeartbeatEndsWhoIsDeadAndLeavesTheProcess) {
    auto server = serverWith("plugins: [ { library: heartbeat, config: { every: 50ms, timeout: 50ms } } ]\napps: [ chat ]");
    server->start();
    {
        RawWebSocket deaf{server->port(), "/chat/lobby?name=ann"};
        EXPECT_EQ(deaf.skipToClose(), (RawWebSocket::Close{1001, "no answer to a ping"}));
    }
    server.reset();
    EXPECT_FALSE(isMapped("heartbeat"));
}
#endif

#ifdef HAS_ACCESS_LOG
TEST(OwnPlugins, TheAccessLogHasALineForEachSessionThatEnds) {
    const auto file = std::filesystem::temp_directory_path() / ("access-log-" + std::to_string(::getpid()));
    auto server = serverWith("plugins: [ { library: access-log, config: { file: " + file.string() + " } } ]\napps: [ chat ]");
    server->start();
    RawWebSocket ann{server->port(), "/chat/lobby?name=ann"};
    ann.close(4000, "bye");
    EXPECT_EQ(ann.skipToClose().code, 4000);
    EXPECT_TRUE(eventually([&] { return server->sessionCount() == 0; }));
    server.reset();
    EXPECT_FALSE(isMapped("access-log"));
    std::ostringstream text;
    text << std::ifstream{file}.rdbuf();
    const auto rights = std::filesystem::status(file).permissions();
    std::filesystem::remove(file);
    EXPECT_THAT(text.str(), AllOf(HasSubstr("127.0.0.1:"), HasSubstr("/chat/lobby "), HasSubstr("s 4000 peer\n")));
    EXPECT_EQ(rights & std::filesystem::perms::others_all, std::filesystem::perms::none) << "it is nobody else's business";
}

TEST(OwnPlugins, TheAccessLogHasQueriesWhereSomebodyWantsThem) {
    const auto file = std::filesystem::temp_directory_path() / ("access-log-queries-" + std::to_string(::getpid()));
    auto server = serverWith("plugins: [ { library: access-log, config: { queries: true, file: " + file.string() + " } } ]\napps: [ chat ]");
    server->start();
    RawWebSocket ann{server->port(), "/chat/lobby?name=ann"};
    ann.close(4000, "bye");
    EXPECT_EQ(ann.skipToClose().code, 4000);
    EXPECT_TRUE(eventually([&] { return server->sessionCount() == 0; }));
    server.reset();
    std::ostringstream text;
    text << std::ifstream{file}.rdbuf();
    std::filesystem::remove(file);
    EXPECT_THAT(text.str(), HasSubstr("/chat/lobby?name=ann "));
}

/// A pipe with a name that is full, so that whoever writes to it waits.
class FullPipe {
public:
    FullPipe() {
        if (::mkfifo(path().c_str(), 0600) != 0) throw std::runtime_error{"no pipe"};
        end_ = Descriptor{::open(path().c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC)};
        const std::string filling(4096, '-');
        while (::write(end_.get(), filling.data(), filling.size()) > 0) continue;
    }
    std::string path() const { return folder_.path() + "/log"; }
    /// What comes until `all` holds of it.
    template <class Holds>
    std::string readUntil(Holds all) {
        std::string text;
        const auto deadline = std::chrono::steady_clock::now() + kPatience;
        while (!all(text) && std::chrono::steady_clock::now() < deadline) {
            pollfd ready{end_.get(), POLLIN, 0};
            ::poll(&ready, 1, 100);
            char bytes[4096];
            const auto got = ::read(end_.get(), bytes, sizeof bytes);
            if (got > 0) text.append(bytes, static_cast<std::size_t>(got));
        }
        return text;
    }

private:
    TemporaryFolder folder_;
    Descriptor end_{-1};
};

struct LogLines {
    explicit LogLines(const std::string& text) {
        std::istringstream lines{text.substr(std::min(text.find_first_not_of('-'), text.size()))};
        for (std::string line; std::getline(lines, line) && !lines.eof();) {
            int count = 0;
            if (std::sscanf(line.c_str(), "# %d lines are missing here", &count) == 1) {
                missing += count;
            } else {
                ++written;
            }
        }
    }
    int written = 0;
    int missing = 0;
};

// Each line was written and flushed under a lock by the loop whose session had ended.
TEST(OwnPlugins, ALogWhoseDiskTakesNothingHoldsUpNoLoopAndSaysWhatIsMissing) {
    constexpr int kSessions = 20;
    FullPipe pipe;
    auto server = serverWith("plugins: [ { library: access-log, config: { file: " + pipe.path() + ", queue: 2 } } ]\napps: [ chat ]");
    server->start();
    for (int i = 0; i < kSessions; ++i) {
        RawWebSocket ann{server->port(), "/chat/lobby?name=ann"};
        ann.close(4000, "bye");
        EXPECT_EQ(ann.skipToClose().code, 4000);
    }
    EXPECT_TRUE(eventually([&] { return server->sessionCount() == 0; }));
    const std::string text = pipe.readUntil([](const std::string& soFar) {
        const LogLines lines{soFar};
        return lines.written + lines.missing >= kSessions;
    });
    server.reset();

    const LogLines lines{text};
    EXPECT_EQ(lines.written + lines.missing, kSessions) << text;
    EXPECT_GE(lines.written, 2) << text;
    EXPECT_GT(lines.missing, 0) << text;
}

TEST(OwnPlugins, ALogThatCannotBeWrittenIsToldBeforeTheServerListens) {
    auto server = serverWith("plugins: [ { library: access-log, config: { file: /nowhere/log } } ]");
    try {
        server->start();
        FAIL() << "it started";
    } catch (const DeploymentError& error) {
        EXPECT_THAT(error.what(), AllOf(HasSubstr("access-log"), HasSubstr("\"/nowhere/log\" cannot be written")));
    }
}
#endif

}  // namespace
}  // namespace patchbay::test
