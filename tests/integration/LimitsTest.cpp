// Limits of one endpoint, and who may set them: built-in < limits: < annotation < endpoints: entry, the last only to
// tighten.   Source: DESIGN §1, FEATURES A10
#include "integration/Probe.hpp"

namespace patchbay::test {
namespace {

using std::chrono::milliseconds;

class Plain {
    SERVER_ENDPOINT(Plain, "/plain")
public:
    ON_MESSAGE(said)
    std::string said(std::string_view text) { return std::to_string(text.size()); }
};

class Annotated {
    SERVER_ENDPOINT(Annotated, "/annotated", .roles = {}, .idleTimeout = 1h, .maxMessageSize = 200, .maxSessions = 2)
public:
    ON_MESSAGE(said)
    std::string said(std::string_view text) { return std::to_string(text.size()); }
};

class Sleepy {
    SERVER_ENDPOINT(Sleepy, "/sleepy", .idleTimeout = 100ms)
public:
    explicit Sleepy(Journal& journal) : journal_{journal} {}
    ON_MESSAGE(said)
    std::string said(std::string_view text) { return std::string{text}; }
    ON_CLOSE(closed)
    void closed(CloseReason reason) { journal_.add(lineOf(reason)); }

private:
    Journal& journal_;
};

class Patient {
    SERVER_ENDPOINT(Patient, "/patient", .origins = {"https://a.example"}, .idleTimeout = 1min)
public:
    ON_MESSAGE(said)
    std::string said(std::string_view text) { return std::string{text}; }
};

/// What comes of a text of that size: "the size" or "closed with a code".
std::string fate(TestServer& server, std::string_view path, std::size_t size) {
    RawWebSocket socket = server.connect(path);
    socket.text(std::string(size, 'x'));
    const Frame frame = socket.next();
    if (frame.opcode == kText) return frame.payload;
    return "closed with " + std::to_string(static_cast<unsigned char>(frame.payload[0]) * 256 +
                                           static_cast<unsigned char>(frame.payload[1]));
}

ServerConfig withMaxMessage(std::size_t bytes) {
    ServerConfig config = quickConfig();
    config.limits.maxMessageSize = Size{bytes};
    return config;
}

TEST(Limits, ASilentPeerIsSentAwayWith1001AndItsHandlerSees1006) {
    TestServer server;
    server.start<Sleepy>();
    RawWebSocket socket = server.connect("/sleepy");
    EXPECT_EQ(socket.nextClose().code, 1001);
    EXPECT_EQ(server.journal().waitFor("close").substr(0, 15), "close 1006 idle");
    EXPECT_EQ(server->closedFor(CloseCause::Idle), 1u);
}

TEST(Limits, APeerThatPingsIsNotIdle) {
    TestServer server;
    server.start<Sleepy>();
    RawWebSocket socket = server.connect("/sleepy");
    const auto end = std::chrono::steady_clock::now() + milliseconds{350};
    while (std::chrono::steady_clock::now() < end) {
        socket.ping("here");
        EXPECT_EQ(socket.next().opcode, kPong);
    }
    EXPECT_EQ(server.journal().count("close"), 0u);
}

TEST(Limits, TheBuiltInLimitHoldsWhereNobodySaysOtherwise) {
    TestServer server;
    server.start<Plain>();
    EXPECT_EQ(fate(server, "/plain", 65536), "65536");
    EXPECT_EQ(fate(server, "/plain", 65537), "closed with 1009");
}

TEST(Limits, TheLimitsSectionIsStrongerThanWhatIsBuiltIn) {
    TestServer server{withMaxMessage(100)};
    server.start<Plain>();
    EXPECT_EQ(fate(server, "/plain", 100), "100");
    EXPECT_EQ(fate(server, "/plain", 101), "closed with 1009");
}

TEST(Limits, AnAnnotationIsStrongerThanTheLimitsSection) {
    TestServer server{withMaxMessage(100)};
    server.start<Annotated>();
    EXPECT_EQ(fate(server, "/annotated", 200), "200");
    EXPECT_EQ(fate(server, "/annotated", 201), "closed with 1009");
}

TEST(Limits, AnEndpointsEntryTightensAnAnnotation) {
    ServerConfig config = withMaxMessage(100);
    config.endpoints["/annotated"].maxMessageSize = Size{150};
    TestServer server{config};
    server.start<Annotated>();
    EXPECT_EQ(fate(server, "/annotated", 150), "150");
    EXPECT_EQ(fate(server, "/annotated", 151), "closed with 1009");
}

TEST(Limits, AnEndpointsEntryMayLoosenWhatTheAnnotationDoesNotSay) {
    ServerConfig config = withMaxMessage(100);
    config.endpoints["/plain"].maxMessageSize = Size{300};
    TestServer server{config};
    server.start<Plain>();
    EXPECT_EQ(fate(server, "/plain", 300), "300");
}

TEST(Limits, AnEntryThatLoosensIsRefusedWithItsPathAndKeyAndAllAtOnce) {
    LoadedConfig loaded = parseConfig(R"(
server: { listen: [ "http://127.0.0.1:0" ] }
endpoints:
  "/annotated": { maxMessageSize: 1KiB, idleTimeout: off, maxSessions: 3 }
  "/patient":   { idleTimeout: 2min, origins: [ "https://b.example" ] }
  "/nowhere":   { maxMessageSize: 1KiB }
)");
    ASSERT_TRUE(loaded.problems.empty()) << loaded.problems[0].shown();
    TestServer server{loaded.config};
    try {
        server.start<Annotated, Patient>();
        FAIL() << "the server started";
    } catch (const DeploymentError& error) {
        const std::string text = error.what();
        for (const std::string_view part : {"\"/annotated\": maxMessageSize", "\"/annotated\": idleTimeout", "\"/annotated\": maxSessions",
                                            "\"/patient\": idleTimeout", "\"/patient\": origins", "\"/nowhere\""}) {
            EXPECT_NE(text.find(part), std::string::npos) << part << " is not in:\n" << text;
        }
        EXPECT_EQ(error.problems().size(), 6u) << text;
    }
}

}  // namespace
}  // namespace patchbay::test
