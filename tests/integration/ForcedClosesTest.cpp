// Every forced close is explained, whoever forced it: the reason on the wire, a line in the log, a counter.
// Source: FEATURES O3. (A full queue drops what waits, so its reason may not get through: SendQueueTest.)
#include "integration/Probe.hpp"

#include <gmock/gmock.h>

#include <functional>

namespace patchbay::test {
namespace {

class Target {
    SERVER_ENDPOINT(Target, "/target", .maxMessageSize = 100)
public:
    ON_MESSAGE(said)
    void said(Session session, std::string_view text) {
        if (text == "throw") throw std::runtime_error{"the secret of the handler"};
        if (text == "expire") return session.closeFor(CloseCause::Expired, "");
        if (text == "ban for ever") return session.closeFor(CloseCause::Banned, "");
        session.closeFor(text == "ban" ? CloseCause::Policy : CloseCause::Idle, text == "ban" ? "" : text);
    }
};

class Impatient {
    SERVER_ENDPOINT(Impatient, "/impatient", .idleTimeout = 60ms)
public:
    ON_MESSAGE(said)
    void said(std::string_view) {}
};

struct Case {
    CloseCause cause;
    std::string path;
    std::function<void(RawWebSocket&, Server&)> force;
    RawWebSocket::Close expected;
};
void PrintTo(const Case& what, std::ostream* out) { *out << name(what.cause); }

auto saying(std::string text) {
    return [text = std::move(text)](RawWebSocket& socket, Server&) { socket.text(text); };
}

const Case kCases[] = {
    {CloseCause::Idle, "/impatient", [](RawWebSocket&, Server&) {}, {1001, "idle"}},
    {CloseCause::Idle, "/target", saying("found dead"), {1001, "found dead"}},
    {CloseCause::Protocol, "/target", [](RawWebSocket& socket, Server&) { socket.socket().send("\x81\x02hi"); },
     {1002, "unmasked client frame (RFC 6455 §5.1)"}},
    {CloseCause::InvalidText, "/target", saying("\xff"), {1007, "text that is not UTF-8 (RFC 6455 §8.1)"}},
    {CloseCause::TooBig, "/target", saying(std::string(101, 'x')), {1009, "message over the limit (RFC 6455 §7.4.1, §10.4)"}},
    {CloseCause::HandlerFailed, "/target", saying("throw"), {1011, "internal error"}},
    {CloseCause::Policy, "/target", saying("ban"), {1008, "not allowed"}},
    {CloseCause::Expired, "/target", saying("expire"), {1008, "expired"}},
    {CloseCause::Banned, "/target", saying("ban for ever"), {1008, "banned"}},
    {CloseCause::Shutdown, "/target", [](RawWebSocket&, Server& server) { server.undeploy("/target"); },
     {1001, "endpoint removed"}},
};

class ForcedClose : public testing::TestWithParam<Case> {};

TEST_P(ForcedClose, IsToldInItsReasonInTheLogAndInItsCounter) {
    const Case& what = GetParam();
    testing::internal::CaptureStderr();
    RawWebSocket::Close close;
    {
        TestServer server;
        server.start<Target, Impatient>();
        RawWebSocket socket = server.connect(what.path);
        what.force(socket, *server);
        close = socket.nextClose();
        socket.close(close.code);
        EXPECT_TRUE(eventually([&] { return server->closedFor(what.cause) == 1; }));
    }
    const std::string logged = testing::internal::GetCapturedStderr();
    EXPECT_EQ(close.code, what.expected.code);
    EXPECT_EQ(close.text, what.expected.text);
    if (what.cause == CloseCause::Shutdown) {  // one line for all of them
        EXPECT_THAT(logged, testing::HasSubstr("/target: taken away; 1 sessions get 1001"));
    } else {
        const std::string line = "closed: " + std::string{name(what.cause)} + ", code " + std::to_string(what.expected.code);
        EXPECT_THAT(logged, testing::HasSubstr(line));
        EXPECT_THAT(logged, testing::HasSubstr(what.path + ": session 1 (127.0.0.1:"));
        const std::string limit = what.cause == CloseCause::TooBig ? " (maxMessageSize or maxFragments)" : "";
        EXPECT_THAT(logged, testing::HasSubstr(limit));
    }
    EXPECT_EQ(close.text.find("secret"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Causes, ForcedClose, testing::ValuesIn(kCases), [](const auto& info) {
    std::string title{name(info.param.cause)};
    std::erase(title, '-');
    return title + std::to_string(info.index);
});

}  // namespace
}  // namespace patchbay::test
