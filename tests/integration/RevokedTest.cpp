// Who has lost a right, on whatever loop: his sessions end within a second, and others' do not.   Source: FEATURES S3
#include "integration/Probe.hpp"

#include <patchbay/hooks.hpp>
#include <patchbay/users.hpp>

#include <set>
#include <thread>

namespace patchbay::test {
namespace {

using Clock = std::chrono::steady_clock;

/// `X-User: ann` is ann, a member.
class Naming final : public HandshakeInterceptor {
public:
    void onHandshake(const HandshakeRequest& request, HandshakeResponse& response) override {
        response.principal = {.name = std::string{request.header("X-User")}, .roles = {"member"}};
    }
};

class Members {
    SERVER_ENDPOINT(Members, "/members", .roles = {"member"})
public:
    ON_OPEN(opened)
    void opened(Session session) { session.subscribe("news"); }
    ON_MESSAGE(asked)
    std::string asked(std::string_view) { return std::to_string(std::hash<std::thread::id>{}(std::this_thread::get_id())); }
};

class Revoked : public testing::TestWithParam<bool> {};

TEST_P(Revoked, SubjectsSessionsCloseWithinASecondOnAllLoops) {
    ServerConfig config = quickConfig();
    config.server.loops = 4;
    TestServer server{config};
    server->addInterceptor(std::make_shared<Naming>());
    server.start<Members>();
    std::vector<RawWebSocket> anns, bobs;
    std::set<std::string> loops;
    for (int i = 0; i < 60; ++i) {
        auto& socket = (i % 10 == 0 ? bobs : anns).emplace_back(server->port(), "/members", i % 10 == 0 ? "X-User: bob\r\n" : "X-User: ann\r\n");
        socket.text("where?");
        const std::string loop = socket.nextText();
        if (i % 10 != 0) loops.insert(loop);
    }
    EXPECT_EQ(loops.size(), 4U);
    const auto users = server->service<Users>();
    const auto begun = Clock::now();
    const std::size_t changed = GetParam() ? users->close("ann", CloseCause::Expired) : users->change("ann", [](Principal& who) { who.roles = {"guest"}; });
    EXPECT_EQ(changed, anns.size());
    for (auto& ann : anns) EXPECT_EQ(ann.skipToClose().text, GetParam() ? "expired" : "not allowed");
    EXPECT_LT(Clock::now() - begun, std::chrono::seconds{1});
    server->topicsOf<Members>().publish("news", "for members");
    for (auto& bob : bobs) EXPECT_EQ(bob.nextText(), "for members");
    for (auto& ann : anns) {
        ann.close(1008);
        EXPECT_TRUE(ann.socket().ends()) << "with its session its subscription has ended";
    }
}

INSTANTIATE_TEST_SUITE_P(Right, Revoked, testing::Bool(), [](const auto& info) { return info.param ? "TakenBack" : "OfTheEndpointLost"; });

}  // namespace
}  // namespace patchbay::test
