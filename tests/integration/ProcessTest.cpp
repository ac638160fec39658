// The programs as an operator meets them: signals, exit codes, and what they say when they cannot start.
#include "integration/Probe.hpp"
#include "support/Process.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace patchbay::test {
namespace {

const std::string kServer = PATCHBAY_SERVER_PROGRAM;

/// A configuration file that goes with the test.
class ConfigFile {
public:
    explicit ConfigFile(std::string_view yaml)
        : path_{std::filesystem::temp_directory_path() / ("patchbay-" + std::to_string(::getpid()) + ".yaml")} {
        std::ofstream{path_} << yaml;
    }
    ~ConfigFile() { std::filesystem::remove(path_); }
    ConfigFile(const ConfigFile&) = delete;
    ConfigFile& operator=(const ConfigFile&) = delete;
    std::string path() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

constexpr std::string_view kQuickStop = "server: { listen: [ \"http://127.0.0.1:0\" ], drainTimeout: 2s }\napps: [ chat ]\n";

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

class StopSignal : public testing::TestWithParam<int> {};

TEST_P(StopSignal, Sends1001ToEverySessionRefusesNewOnesAndExitsWith0) {
    const ConfigFile config{kQuickStop};
    Process server{kServer, {"--config", config.path()}};
    const std::uint16_t port = server.port();
    RawWebSocket one{port, "/chat/lobby?name=ann"};
    RawWebSocket two{port, "/chat/lobby?name=bob"};
    const auto started = std::chrono::steady_clock::now();
    server.signal(GetParam());
    EXPECT_EQ(one.skipToClose().code, 1001);
    EXPECT_EQ(two.skipToClose().code, 1001);
    RawSocket late{port};  // the listener stays while sessions say goodbye
    late.send(upgradeRequest("/chat/lobby?name=cyd"));
    const std::string refusal = late.readToEnd();  // empty when it came just as idle connections are ended
    EXPECT_TRUE(refusal.empty() || refusal.rfind("HTTP/1.1 503 ", 0) == 0) << refusal;
    one.close(1001);
    two.close(1001);
    EXPECT_EQ(server.wait(), 0) << server.output();
    EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds{2});
}

TEST_P(StopSignal, EndsWithinTheDrainTimeoutAlsoWhenNoPeerAnswers) {
    const ConfigFile config{kQuickStop};
    Process server{kServer, {"--config", config.path()}};
    RawWebSocket deaf{server.port(), "/chat/lobby?name=ann"};
    const auto started = std::chrono::steady_clock::now();
    server.signal(GetParam());
    EXPECT_EQ(server.wait(), 0) << server.output();
    EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::milliseconds{2500});
}

INSTANTIATE_TEST_SUITE_P(Process, StopSignal, testing::Values(SIGTERM, SIGINT),
                         [](const auto& info) { return info.param == SIGTERM ? "Term" : "Int"; });

TEST(Process, AStopSignalIsTakenOnWhateverThreadItArrives) {
    const ConfigFile config{kQuickStop};
    std::size_t threads = 1;
    for (std::size_t i = 0; i < threads; ++i) {
        Process server{kServer, {"--config", config.path(), "--loops", "2"}};
        RawWebSocket open{server.port(), "/chat/lobby?name=ann"};
        const auto ids = server.threads();
        threads = ids.size();
        server.signalThread(ids.at(i), SIGINT);  // POCO blocks SIGTERM in threads of its own
        EXPECT_EQ(open.skipToClose().code, 1001) << "thread " << i << " of " << threads;
        open.close(1001);
        EXPECT_EQ(server.wait(), 0) << "thread " << i << " of " << threads << "\n" << server.output();
    }
    EXPECT_GT(threads, 3u);
}

TEST(Process, ASecondCtrlCExitsAtOnceAlsoWhenAPeerNeverAnswers) {
    const ConfigFile config{"server: { listen: [ \"http://127.0.0.1:0\" ], drainTimeout: 1h }\napps: [ chat ]\n"};
    Process server{kServer, {"--config", config.path()}};
    RawWebSocket deaf{server.port(), "/chat/lobby?name=ann"};
    server.signal(SIGINT);
    EXPECT_EQ(deaf.skipToClose().code, 1001);
    server.signal(SIGINT);
    EXPECT_EQ(server.wait(), 130) << server.output();
    EXPECT_TRUE(contains(server.output(), "press Ctrl-C again")) << server.output();
}

// systemd tells the whole group, npm and the like pass on what they got: that is one wish, said twice.
TEST(Process, ASecondSigtermWithinASecondIsTheSameOneAndLaterExitsAtOnce) {
    const ConfigFile config{"server: { listen: [ \"http://127.0.0.1:0\" ], drainTimeout: 1h }\napps: [ chat ]\n"};
    Process server{kServer, {"--config", config.path()}};
    const std::uint16_t port = server.port();
    RawWebSocket open{port, "/chat/lobby?name=ann"};
    const auto first = std::chrono::steady_clock::now();
    server.signal(SIGTERM);
    server.signal(SIGTERM);
    EXPECT_EQ(open.skipToClose().code, 1001);
    server.signal(SIGTERM);
    ASSERT_LT(std::chrono::steady_clock::now() - first, std::chrono::seconds{1}) << "too busy here to tell";
    RawSocket late{port};
    late.send(upgradeRequest("/chat/lobby?name=cyd"));
    EXPECT_EQ(late.readToEnd().rfind("HTTP/1.1 503 ", 0), 0U) << "it waits for its client's goodbye";
    std::this_thread::sleep_until(first + std::chrono::milliseconds{1100});
    server.signal(SIGTERM);
    EXPECT_EQ(server.wait(), 128 + SIGTERM) << server.output();
}

TEST(Process, SaysInOneBlockWhatItServesAndHowToStopIt) {
    const ConfigFile config{std::string{kQuickStop} + "plugins: [ heartbeat ]\n"};
    Process server{"/usr/bin/env", {"PATCHBAY_GUIDE=README.md", kServer, "--config", config.path()}};
    const std::string url = "http://127.0.0.1:" + std::to_string(server.port());
    const std::string said = server.waitFor("Ctrl-C\n");
    EXPECT_TRUE(contains(said, "listening on " + url + "\n  pages          " + url + "/\n  endpoints      /chat/{room}\n  plugins        heartbeat "))
        << said;
    EXPECT_TRUE(contains(said, "\n  apps           chat ")) << said;
    EXPECT_TRUE(contains(said, "\n  configuration  " + config.path() + "\n  your own       README.md\n  to stop        Ctrl-C\n")) << said;
    EXPECT_FALSE(contains(said, "requests")) << "neither the page's files nor what is for load balancers:\n" << said;
    server.signal(SIGTERM);
    EXPECT_EQ(server.wait(), 0);
}

TEST(Process, ABusyPortIsToldWithWhatToDoAndExitCode1) {
    TestServer other;
    other.start<Probe>();
    Process server{kServer, {"--port", std::to_string(other->port())}};
    EXPECT_EQ(server.wait(), 1);
    EXPECT_TRUE(contains(server.output(), std::to_string(other->port()) + ": address in use: is another server running? Stop it, or "
                                                                          "choose another port, such as "))
        << server.output();
}

TEST(Process, APortThatNeedsPrivilegesIsToldWithExitCode1) {
    std::ifstream first{"/proc/sys/net/ipv4/ip_unprivileged_port_start"};
    int unprivileged = 0;
    if (!(first >> unprivileged) || unprivileged <= 80) GTEST_SKIP() << "everyone may listen on every port here";
    // Root without the capability is like everybody else.
    const bool root = ::geteuid() == 0;
    const std::vector<std::string> asRoot{"--bounding-set=-net_bind_service", kServer, "--port", "80"};
    Process server{root ? "/usr/bin/setpriv" : kServer, root ? asRoot : std::vector<std::string>{"--port", "80"}};
    EXPECT_EQ(server.wait(), 1);
    EXPECT_TRUE(contains(server.output(), ":80: permission denied: ports below 1024 are for root or CAP_NET_BIND_SERVICE; choose "
                                          "another port, such as 8080"))
        << server.output();
}

TEST(Process, EveryMistakeOfAConfigurationIsToldWithFileAndLine) {
    const ConfigFile config{"server:\n  workres: 4\n  drainTimeout: 10\nlimits:\n  maxMessageSize: big\n"};
    Process server{kServer, {"--config", config.path()}};
    EXPECT_EQ(server.wait(), 1);
    for (const int line : {2, 3, 5}) {
        EXPECT_TRUE(contains(server.output(), config.path() + ":" + std::to_string(line) + ":")) << server.output();
    }
    EXPECT_TRUE(contains(server.output(), "did you mean")) << server.output();
    EXPECT_TRUE(contains(server.output(), "workers")) << server.output();
    EXPECT_FALSE(contains(server.output(), "listening")) << server.output();
}

TEST(Process, BrokenYamlIsToldWithFileAndLine) {
    const ConfigFile config{"server:\n  workers: [ 4\n"};
    Process server{kServer, {"--config", config.path()}};
    EXPECT_EQ(server.wait(), 1);
    EXPECT_TRUE(contains(server.output(), config.path() + ":")) << server.output();
}

TEST(Process, AnEntryForAnEndpointThatIsNotThereIsToldWithThoseThatAre) {
    const ConfigFile config{std::string{kQuickStop} + "endpoints: { \"/chatt/{room}\": { maxSessions: 3 } }\n"};
    Process server{kServer, {"--config", config.path()}};
    EXPECT_EQ(server.wait(), 1);
    EXPECT_TRUE(contains(server.output(), "/chatt/{room}")) << server.output();
    EXPECT_TRUE(contains(server.output(), "/chat/{room}")) << server.output();
}

TEST(Process, AMissingConfigurationIsNamed) {
    Process server{kServer, {"--config", "/nowhere/patchbay.yaml"}};
    EXPECT_EQ(server.wait(), 1);
    EXPECT_TRUE(contains(server.output(), "/nowhere/patchbay.yaml")) << server.output();
}

TEST(Process, HelpNamesEveryOptionAndExitsWith0) {
    Process server{kServer, {"--help"}};
    EXPECT_EQ(server.wait(), 0);
    for (const std::string_view option : {"--config", "--port", "--loops", "--help"}) {
        EXPECT_TRUE(contains(server.output(), option)) << server.output();
    }
}

TEST(Process, ACommandLineThatMakesNoSenseIsToldWithExitCode2) {
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"--prot", "80"}, {"--port", "many"}, {"--port", "70000"}, {"--loops", "0"}, {"stray"}, {"--port"}}) {
        Process server{kServer, words};
        EXPECT_EQ(server.wait(), 2) << words[0] << "\n" << server.output();
        EXPECT_TRUE(contains(server.output(), "--help")) << server.output();
    }
}

}  // namespace
}  // namespace patchbay::test
