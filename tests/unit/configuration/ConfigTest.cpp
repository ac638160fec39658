// The configuration file: what it may say, and that every mistake is told with its line and what to write instead.

#include <patchbay/config.hpp>

#include <gmock/gmock.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace patchbay {
namespace {

using testing::ElementsAre, testing::HasSubstr, testing::IsEmpty, testing::Optional, testing::SizeIs;
using namespace std::chrono_literals;

std::vector<std::string> problemsOf(std::string_view yaml) {
    std::vector<std::string> shown;
    for (const auto& problem : parseConfig(yaml, "f.yaml").problems) shown.push_back(problem.shown());
    return shown;
}

ServerConfig good(std::string_view yaml) {
    auto loaded = parseConfig(yaml, "f.yaml");
    for (const auto& problem : loaded.problems) ADD_FAILURE() << problem.shown();
    return loaded.config;
}

TEST(Config, AnEmptyFileIsTheSafeDefaults) {
    for (const auto* yaml : {"", "# nothing\n", "server:\n  # workers: 3\nlimits:\n"}) {
        const auto config = good(yaml);
        ASSERT_EQ(config.server.listen.size(), 1u);
        EXPECT_EQ(config.server.listen[0].url, "http://127.0.0.1:8080");
        EXPECT_EQ(config.server.loops, std::nullopt);
        EXPECT_EQ(config.server.workers, 8u);
        EXPECT_EQ(config.server.drainTimeout, 10s);
        EXPECT_EQ(config.server.requestBody, 1_MiB);
        EXPECT_EQ(config.server.executorQueue, 10'000u);
        EXPECT_EQ(config.server.pendingHandshakes, 1000u);
        EXPECT_EQ(config.server.watchdog, 1s);
        EXPECT_EQ(config.limits.idleTimeout, std::nullopt);
        EXPECT_EQ(config.logging.level, LogLevel::Info);
        EXPECT_THAT(config.endpoints, IsEmpty());
    }
}

TEST(Config, EveryKeyIsRead) {
    const auto config = good(R"(
server:
  listen:
    - http://127.0.0.1:9000
    - { url: "http://[::1]:0", proxyProtocol: true }
    - { url: "unix:/run/patchbay/a.sock", mode: "0666" }
    - systemd:web
  hosts: [ chat.example ]
  trustedProxies: [ 10.0.0.0/8, unix ]
  forwardedFields: forwarded
  requestLine: 4KiB
  headFields: 50
  keepAliveTimeout: 2min
  bodyTimeout: 1s
  responseTimeout: off
  requestQueue: 9
  backlog: 8
  loops: 4
  workers: 2
  maxConnections: 100
  memory: 512MiB
  drainTimeout: 500ms
  requestBody: 0B
  headBytes: 8KiB
  loopQueue: 1MiB
  publishTimeout: 100ms
  executorQueue: 50
  pendingHandshakes: 60
  watchdog: 250ms
limits:
  handshakeTimeout: 1min
  idleTimeout: off
  messageTimeout: 20s
  sendTimeout: off
  maxFragments: 7
  maxMessageSize: 2 MiB
  sendQueue: { bytes: 1GiB, whenFull: drop-oldest }
  receiveQueue: 128KiB
  maxSessions: 7
  maxTopics: 3
endpoints:
  /chat/{room}:
    origins: [ "https://chat.example", "*" ]
    roles: [ member ]
    idleTimeout: 1h
    maxMessageSize: 1B
    sendQueue: { whenFull: drop-newest }
    receiveQueue: 4KiB
    maxSessions: 0
logging: { level: debug }
)");
    ASSERT_EQ(config.server.listen.size(), 4u);
    EXPECT_EQ(config.server.listen[0].url, "http://127.0.0.1:9000");
    EXPECT_EQ(config.server.listen[1].url, "http://[::1]:0");
    EXPECT_TRUE(config.server.listen[1].proxyProtocol);
    EXPECT_EQ(config.server.listen[2].mode, "0666");
    EXPECT_EQ(config.server.listen[3].url, "systemd:web");
    EXPECT_THAT(config.server.hosts, testing::ElementsAre("chat.example"));
    EXPECT_THAT(config.server.trustedProxies, testing::ElementsAre("10.0.0.0/8", "unix"));
    EXPECT_EQ(config.server.forwardedFields, ForwardedFields::Forwarded);
    EXPECT_EQ(config.server.requestLine, 4_KiB);
    EXPECT_EQ(config.server.headFields, 50u);
    EXPECT_EQ(config.server.keepAliveTimeout, 2min);
    EXPECT_EQ(config.server.bodyTimeout, 1s);
    EXPECT_EQ(config.server.responseTimeout, 0ms);
    EXPECT_EQ(config.server.requestQueue, 9u);
    EXPECT_EQ(config.server.backlog, 8u);
    EXPECT_THAT(config.server.loops, Optional(4u));
    EXPECT_EQ(config.server.workers, 2u);
    EXPECT_EQ(config.server.maxConnections, 100u);
    EXPECT_EQ(config.server.memory, 512_MiB);
    EXPECT_EQ(config.server.drainTimeout, 500ms);
    EXPECT_EQ(config.server.requestBody, 0u);
    EXPECT_EQ(config.server.headBytes, 8_KiB);
    EXPECT_EQ(config.server.loopQueue, 1_MiB);
    EXPECT_EQ(config.server.publishTimeout, 100ms);
    EXPECT_EQ(config.server.executorQueue, 50u);
    EXPECT_EQ(config.server.pendingHandshakes, 60u);
    EXPECT_EQ(config.server.watchdog, 250ms);
    EXPECT_EQ(config.limits.handshakeTimeout, 60s);
    EXPECT_EQ(config.limits.idleTimeout, 0s);
    EXPECT_EQ(config.limits.messageTimeout, 20s);
    EXPECT_EQ(config.limits.sendTimeout, 0s);
    EXPECT_THAT(config.limits.maxFragments, Optional(7u));
    EXPECT_EQ(config.limits.maxMessageSize.value(), 2_MiB);
    EXPECT_EQ(config.limits.sendQueue.bytes.value(), 1_GiB);
    EXPECT_EQ(config.limits.sendQueue.whenFull, WhenFull::DropOldest);
    EXPECT_EQ(config.limits.receiveQueue.value(), 128_KiB);
    EXPECT_THAT(config.limits.maxSessions, Optional(7u));
    EXPECT_THAT(config.limits.maxTopics, Optional(3u));
    const auto& entry = config.endpoints.at("/chat/{room}");
    EXPECT_THAT(*entry.origins, ElementsAre("https://chat.example", "*"));
    EXPECT_THAT(*entry.roles, ElementsAre("member"));
    EXPECT_EQ(entry.idleTimeout, 1h);
    EXPECT_EQ(entry.maxMessageSize.value(), 1u);
    EXPECT_EQ(entry.sendQueue.bytes.has_value(), false);
    EXPECT_EQ(entry.sendQueue.whenFull, WhenFull::DropNewest);
    EXPECT_EQ(entry.receiveQueue.value(), 4_KiB);
    EXPECT_THAT(entry.maxSessions, Optional(0u));
    EXPECT_EQ(config.logging.level, LogLevel::Debug);
}

TEST(Config, AutoIsTheSameAsLeavingAKeyOut) {
    EXPECT_EQ(good("server: { loops: auto }").server.loops, std::nullopt);
    EXPECT_EQ(good("limits: { maxMessageSize: auto }").limits.maxMessageSize.has_value(), false);
    EXPECT_EQ(good("limits: { receiveQueue: auto }").limits.receiveQueue.has_value(), false);
}

TEST(Config, AllProblemsAreToldAtOnceInTheOrderOfTheirLines) {
    EXPECT_THAT(problemsOf("server:\n"
                           "  workres: 8\n"
                           "  workers: many\n"
                           "limits:\n"
                           "  maxMessageSize: 64\n"
                           "  idleTimeout: 60\n"
                           "endpoint: {}\n"),
                ElementsAre("f.yaml:2: server.workres: there is no such key — did you mean \"workers\"?",
                            "f.yaml:3: server.workers: expected a whole number, got \"many\"",
                            "f.yaml:5: limits.maxMessageSize: \"64\" has no unit; write e.g. 64KiB (known units: B, KiB, "
                            "MiB, GiB)",
                            "f.yaml:6: limits.idleTimeout: \"60\" has no unit; write e.g. 60s (known units: us, ms, s, "
                            "min, h)",
                            "f.yaml:7: endpoint: there is no such key — did you mean \"endpoints\"?"));
}

TEST(Config, AnUnknownKeyIsToldAtItsOwnLine) {
    EXPECT_THAT(problemsOf("servers:\n  workers: 1\n"),
                ElementsAre("f.yaml:1: servers: there is no such key — did you mean \"server\"?"));
    EXPECT_THAT(problemsOf("logging: { colour: red }"),
                ElementsAre("f.yaml:1: logging.colour: there is no such key (known: level)"));
}

/// A key with the values that it may have: `first` to `last`, in `unit`.
struct Range {
    std::string key;
    std::uint64_t first, last;
    std::string unit = {};

    std::string yaml(std::uint64_t value) const {
        std::string text = std::to_string(value) + unit;
        for (std::string rest = key; !rest.empty();) {
            const auto dot = rest.rfind('.');
            const std::string name = rest.substr(dot == std::string::npos ? 0 : dot + 1);
            rest.resize(dot == std::string::npos ? 0 : dot);
            text = name + ": " + text;
            if (!rest.empty()) text = "{ " + text + " }";
        }
        return text;
    }
    friend void PrintTo(const Range& range, std::ostream* out) { *out << range.key; }
};

class ValuesOfAKey : public testing::TestWithParam<Range> {};

TEST_P(ValuesOfAKey, AreThoseFromTheFirstToTheLastAndNotOneBeyond) {
    const Range& range = GetParam();
    const std::string between = " is not between " + std::to_string(range.first) + " and " + std::to_string(range.last);
    for (const auto value : {range.first, range.last}) EXPECT_THAT(problemsOf(range.yaml(value)), IsEmpty()) << value;
    for (const auto value : {range.first - 1, range.last + 1})
        EXPECT_THAT(problemsOf(range.yaml(value)), ElementsAre("f.yaml:1: " + range.key + ": " + std::to_string(value) + between));
}

INSTANTIATE_TEST_SUITE_P(Limits, ValuesOfAKey,
                         testing::Values(Range{"server.loops", 1, 1024}, Range{"server.workers", 1, 10'000},
                                         Range{"server.maxConnections", 1, 100'000'000}, Range{"server.headFields", 10, 100'000},
                                         Range{"server.requestQueue", 1, 1'000'000}, Range{"server.backlog", 1, 65'535},
                                         Range{"server.memory", 16 << 20, std::uint64_t{1} << 46, "B"},
                                         Range{"server.loopQueue", 64 << 10, std::uint64_t{64} << 30, "B"},
                                         Range{"server.executorQueue", 1, 100'000'000},
                                         Range{"limits.maxMessageSize", 1, std::uint64_t{4} << 30, "B"},
                                         Range{"limits.sendQueue.bytes", 1, std::uint64_t{64} << 30, "B"},
                                         Range{"limits.receiveQueue", 1, std::uint64_t{64} << 30, "B"}));

struct Wrong {
    std::string yaml;
    std::string problem;

    friend void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.yaml; }
};

class WrongValue : public testing::TestWithParam<Wrong> {};

TEST_P(WrongValue, IsToldWithWhatToWriteInstead) {
    EXPECT_THAT(problemsOf(GetParam().yaml), ElementsAre("f.yaml:1: " + GetParam().problem));
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, WrongValue,
    testing::Values(
        Wrong{"limits: { maxMessage: 64KiB }", "limits.maxMessage: is called maxMessageSize now"},
        Wrong{"endpoints: { /a: { maxMessage: 64KiB } }", "endpoints[\"/a\"].maxMessage: is called maxMessageSize now"},
        Wrong{"limits: { maxMessageSize: 64kB }",
              "limits.maxMessageSize: \"kB\" is no unit (known: B, KiB, MiB, GiB); did you mean 64KiB?"},
        Wrong{"limits: { maxMessageSize: 1MB }",
              "limits.maxMessageSize: \"MB\" is no unit (known: B, KiB, MiB, GiB); did you mean 1MiB?"},
        Wrong{"limits: { maxMessageSize: 1.5MiB }",
              "limits.maxMessageSize: \"1.5MiB\" is no size; write a whole number and its unit, e.g. 64KiB"},
        Wrong{"limits: { maxMessageSize: big }",
              "limits.maxMessageSize: \"big\" is no size; write a whole number and its unit, e.g. 64KiB"},
        Wrong{"limits: { maxMessageSize: -1KiB }", "limits.maxMessageSize: \"-1KiB\" is negative"},
        Wrong{"limits: { maxMessageSize: 9999999999GiB }", "limits.maxMessageSize: \"9999999999GiB\" is too large"},
        Wrong{"limits: { maxMessageSize: 99999999999999999999B }",
              "limits.maxMessageSize: \"99999999999999999999B\" is too large"},
        Wrong{"limits: { maxMessageSize: 0B }", "limits.maxMessageSize: 0 is not between 1 and 4294967296"},
        Wrong{"limits: { sendQueue: { bytes: 0B } }", "limits.sendQueue.bytes: 0 is not between 1 and 68719476736"},
        Wrong{"limits: { receiveQueue: 0B }", "limits.receiveQueue: 0 is not between 1 and 68719476736"},
        Wrong{"limits: { maxMessageSize: [ 1KiB ] }", "limits.maxMessageSize: expected size, e.g. 64KiB, got a list"}));

INSTANTIATE_TEST_SUITE_P(
    Durations, WrongValue,
    testing::Values(
        Wrong{"server: { drainTimeout: 10m }",
              "server.drainTimeout: \"m\" is no unit (known: us, ms, s, min, h); did you mean 10min?"},
        Wrong{"server: { drainTimeout: 10sec }",
              "server.drainTimeout: \"sec\" is no unit (known: us, ms, s, min, h); did you mean 10s?"},
        Wrong{"server: { drainTimeout: 3d }", "server.drainTimeout: \"d\" is no unit (known: us, ms, s, min, h)"},
        Wrong{"server: { drainTimeout: 1500us }", "server.drainTimeout: \"1500us\" is no whole number of ms"},
        Wrong{"server: { drainTimeout: 99999h }", "server.drainTimeout: \"99999h\" is too large"},
        Wrong{"server: { drainTimeout: }",
              "server.drainTimeout: expected duration, e.g. 5s, got nothing; leave the key out for its default"}));

INSTANTIATE_TEST_SUITE_P(
    Others, WrongValue,
    testing::Values(
        Wrong{"server: { drainTimeout: 1s, drainSpread: 2s }",
              "server.drainSpread: is longer than drainTimeout, which is the time for all of a stop"},
        Wrong{"server: { workers: 0 }", "server.workers: 0 is not between 1 and 10000"},
        Wrong{"server: { workers: 2.5 }", "server.workers: expected a whole number, got \"2.5\""},
        Wrong{"server: { workers: -1 }", "server.workers: -1 is not between 0 and 9223372036854775807"},
        Wrong{"server: { loops: 0 }", "server.loops: 0 is not between 1 and 1024"},
        Wrong{"server: { loops: automatic }", "server.loops: expected a whole number, got \"automatic\""},
        Wrong{"server: { headBytes: 1B }", "server.headBytes: 1 is not between 1024 and 1048576"},
        Wrong{"server: [ 1 ]", "server: expected keys and values, got a list"},
        Wrong{"just words", "expected keys and values, got \"just words\""},
        Wrong{"server: { workers: 1, workers: 2 }", "server.workers: is there twice"},
        Wrong{"limits: { sendQueue: { whenFull: drop-oldets } }",
              "limits.sendQueue.whenFull: \"drop-oldets\" is not known here — did you mean \"drop-oldest\"?"},
        Wrong{"limits: { sendQueue: { whenFull: wait } }",
              "limits.sendQueue.whenFull: \"wait\" is not known here (known: close, drop-oldest, drop-newest)"},
        Wrong{"logging: { level: [] }",
              "logging.level: expected a word (known: debug, info, warning, error), got a list"}));

INSTANTIATE_TEST_SUITE_P(
    Addresses, WrongValue,
    testing::Values(
        Wrong{"server: { listen: http://127.0.0.1:80 }",
              "server.listen: expected a list, got \"http://127.0.0.1:80\"; write [ http://127.0.0.1:80 ]"},
        Wrong{"server: { listen: [] }", "server.listen: is empty; give an address or leave the key out"},
        Wrong{"server: { listen: [ localhost ] }",
              "server.listen[0]: \"localhost\" does not begin with http://, https://, unix: or systemd:; write e.g. http://127.0.0.1:8080"},
        Wrong{"server: { listen: [ 'https://a:1' ] }",
              "server.listen[0]: \"https://a:1\" needs a certificate and its key; write { url: \"https://a:1\", "
              "certificate: cert.pem, key: key.pem }"},
        Wrong{"server: { listen: [ { url: 'https://a:1', certificate: c.pem } ] }",
              "server.listen[0]: \"https://a:1\" needs a certificate and its key; write { url: \"https://a:1\", "
              "certificate: cert.pem, key: key.pem }"},
        Wrong{"server: { listen: [ { url: 'http://a:1', certificate: c.pem, key: k.pem } ] }",
              "server.listen[0]: \"http://a:1\" has a certificate, but is not https://"},
        Wrong{"server: { listen: [ { url: 'https://a:1', certificate: c, key: k, moreCertificates: [ { key: k2 } ] } ] }",
              "server.listen[0]: moreCertificates: each needs a certificate and its key"},
        Wrong{"server: { listen: [ 'http://a:99999' ] }",
              "server.listen[0]: \"99999\" is no port; a port is a number from 0 to 65535"},
        Wrong{"server: { listen: [ { url: 'http://a:1', ulr: x } ] }",
              "server.listen[0].ulr: there is no such key — did you mean \"url\"?"},
        Wrong{"server: { listen: [ { url: 'http://a:1', proxyProtocol: true } ] }",
              "server.listen[0]: \"http://a:1\": proxyProtocol needs server.trustedProxies: the addresses of those who may say whom they speak for"},
        Wrong{"server: { listen: [ { url: 'unix:/a', mode: rw } ] }",
              "server.listen[0]: mode: \"rw\" are no rights of a file; write e.g. \"0660\""},
        Wrong{"server: { listen: [ { url: 'unix:/a', certificate: c, key: k } ] }",
              "server.listen[0]: \"unix:/a\" has a certificate, but nobody speaks TLS over a Unix socket"},
        Wrong{"server: { listen: [ 'unix:/a', 'unix:/a' ] }", "server.listen[1]: \"unix:/a\" is there twice"},
        Wrong{"server: { hosts: [ 'chat.example:80' ] }", "server.hosts[0]: \"chat.example:80\" has a port or brackets; write the name alone: chat.example"},
        Wrong{"server: { trustedProxies: [ unix, '10.0.0.1/8' ] }",
              "server.trustedProxies[1]: \"10.0.0.1/8\" is an address within a range; write the one that it begins with, such as 10.0.0.0/8"},
        Wrong{"server: { headBytes: 2KiB, requestLine: 4KiB }", "server.requestLine: is larger than headBytes, which is the size of all of a head"},
        Wrong{"server: { listen: [ 'http://a:1', 'http://a:1/' ] }",
              "server.listen[1]: \"http://a:1/\" is there twice"},
        Wrong{"endpoints: { chat: {} }", "endpoints.chat: a path begins with a slash; did you mean \"/chat\"?"},
        Wrong{"endpoints: { /a: { origins: [ chat.example ] } }",
              "endpoints[\"/a\"].origins[0]: \"chat.example\" has no scheme; write e.g. https://chat.example"},
        Wrong{"endpoints: { /a: { origins: [ 'https://a.example/' ] } }",
              "endpoints[\"/a\"].origins[0]: \"https://a.example/\" has more than scheme, host and port; write "
              "https://a.example"}));

TEST(Config, WrongYamlIsAProblemWithItsLine) {
    const auto loaded = parseConfig("server:\n  workers: [ 1\n", "f.yaml");
    ASSERT_EQ(loaded.problems.size(), 1u);
    EXPECT_GE(loaded.problems[0].line, 2);
    EXPECT_THAT(loaded.problems[0].text, HasSubstr("is no YAML: "));
    EXPECT_THAT(problemsOf("a: *nowhere\n"), ElementsAre(HasSubstr("is no YAML: ")));
    EXPECT_THAT(problemsOf(std::string(50'000, '[')), ElementsAre(HasSubstr("is no YAML: ")));
}

TEST(Config, MayHoldSoManyValuesSoDeepAndNotOneMore) {
    const auto nested = [](std::size_t deep) { return "x: " + std::string(deep, '[') + std::string(deep, ']') + "\n"; };
    EXPECT_THAT(problemsOf(nested(100)), ElementsAre(HasSubstr("no such key")));
    EXPECT_THAT(problemsOf(nested(101)), ElementsAre(HasSubstr("nested more than 100 deep")));
    // 98 times a name that stands for a thousand values: the file is a short one.
    const auto wide = [](std::size_t more) {
        std::string yaml = "x: &thousand [ a";
        for (int i = 1; i < 999; ++i) yaml += ", a";
        yaml += " ]\ny: [ *thousand";
        for (int i = 1; i < 98; ++i) yaml += ", *thousand";
        for (std::size_t i = 0; i < more; ++i) yaml += ", a";
        return yaml + " ]\n";
    };
    EXPECT_THAT(problemsOf(wide(996)), SizeIs(2)) << "unknown keys, both";
    EXPECT_THAT(problemsOf(wide(997)), ElementsAre(HasSubstr("more than 100000 values")));
}

class ConfigFile : public testing::Test {
protected:
    ~ConfigFile() override { std::filesystem::remove(path_); }
    const std::string path_ = testing::TempDir() + "patchbay-config-" +
                              std::to_string(::testing::UnitTest::GetInstance()->random_seed()) + ".yaml";
};

TEST_F(ConfigFile, IsReadFromItsPath) {
    std::ofstream{path_} << "server: { workers: 3 }\nlimit: {}\n";
    const auto loaded = loadConfig(path_);
    EXPECT_EQ(loaded.config.server.workers, 3u);
    ASSERT_EQ(loaded.problems.size(), 1u);
    EXPECT_EQ(loaded.problems[0].file, path_);
    EXPECT_EQ(loaded.problems[0].line, 2);
}

TEST_F(ConfigFile, AnEmptyOneIsFine) {
    std::ofstream{path_}.flush();
    EXPECT_THAT(loadConfig(path_).problems, IsEmpty());
}

TEST_F(ConfigFile, AMissingOneIsAProblem) {
    const auto loaded = loadConfig(path_);
    ASSERT_EQ(loaded.problems.size(), 1u);
    EXPECT_EQ(loaded.problems[0].shown(), path_ + ": cannot be read: No such file or directory");
}

TEST_F(ConfigFile, AFolderIsAProblem) {
    const auto loaded = loadConfig(testing::TempDir());
    ASSERT_EQ(loaded.problems.size(), 1u);
    EXPECT_THAT(loaded.problems[0].text, HasSubstr("cannot be read: Is a directory"));
}

}  // namespace
}  // namespace patchbay
