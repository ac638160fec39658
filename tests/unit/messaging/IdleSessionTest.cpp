// What a session that rests keeps: little, and in few blocks.

#include "support/Conversation.hpp"
#include "support/CountedAllocations.hpp"

#include <gmock/gmock.h>

namespace patchbay::test {
namespace {

using messaging::Origin;
using messaging::SessionCore;
using messaging::SessionStart;

class Resting {
    SERVER_ENDPOINT(Resting, "/rest", .idleTimeout = 0s)
public:
    ON_MESSAGE(text)
    void text(std::string_view) {}
};

class IdleSession : public ::testing::Test {
protected:
    IdleSession() {
        auto model = detail::makeModel<Resting>();
        EndpointConfig config{model.className, model.path, {}, {}, {}, {}};
        config.limits.idleTimeout = {};
        endpoint = std::make_shared<messaging::DeployedEndpoint>(std::move(model), std::move(config), state, services);
    }
    std::shared_ptr<SessionCore> create(SessionStart start = {}) {
        start.uri = "ws://a-host-that-has-a-name.example:8080/rest";
        start.remoteAddress = "192.0.2.100:50312";
        start.instance = endpoint->code->model.construct(endpoint->services, {});
        auto made = std::make_shared<SessionCore>(endpoint, 0, std::move(start));
        EXPECT_TRUE(endpoint->add(made));
        return made;
    }

    const OwnLoop loop;
    const std::shared_ptr<messaging::ServerState> state =
        std::make_shared<messaging::ServerState>(std::vector<std::shared_ptr<Loop>>{loop});
    Services services;
    std::shared_ptr<messaging::DeployedEndpoint> endpoint;
};

TEST_F(IdleSession, IsThreeBlocksOfWhichItsOwnIsSmall) {
    const auto first = create();
    const auto before = liveBlocks();
    const auto session = create();
    EXPECT_EQ(liveBlocks() - before, 3) << "the session, the instance, the texts of its handshake";
    EXPECT_LE(sizeof(SessionCore), 152U) << "176 to malloc, with the count of its handles";
}

TEST_F(IdleSession, WhatItRemembersOfItsHandshakeIsWhatTheHandshakeCameTo) {
    const auto plain = create();
    EXPECT_EQ(plain->origin().uri(), "ws://a-host-that-has-a-name.example:8080/rest");
    EXPECT_EQ(plain->origin().remoteAddress(), "192.0.2.100:50312");
    EXPECT_EQ(plain->origin().subprotocol(), "");
    EXPECT_THAT(plain->origin().path(), ::testing::IsEmpty());

    SessionStart start;
    start.subprotocol = "chat";
    start.path = {"lobby"};
    start.principal = {"ann", {"admin"}};
    start.extensions = {{"deflate", {}}};
    start.properties["ticket"] = 7;
    const auto more = create(std::move(start));
    EXPECT_EQ(more->origin().subprotocol(), "chat");
    EXPECT_THAT(more->origin().path(), ::testing::ElementsAre("lobby"));
    EXPECT_EQ(more->origin().principal()->name, "ann");
    EXPECT_EQ(more->origin().extensions().size(), 1U);
    EXPECT_EQ(*Session{more}.property<int>("ticket"), 7);
    EXPECT_EQ(Session{more}.displayName(), "ann");
}

TEST_F(IdleSession, LeavesItsEndpointWithItsLastHandle) {
    auto session = create();
    EXPECT_EQ(endpoint->sessionCount(), 1U);
    session.reset();
    EXPECT_EQ(endpoint->sessionCount(), 0U);
    EXPECT_THAT(endpoint->sessions(), ::testing::IsEmpty());
}

// A server that stops waits for the last one.
TEST_F(IdleSession, RingsForWhoWaitsForItsEnd) {
    auto session = create();
    int asked = 0;
    state->ended->waitUntil(Doorbell::Clock::now(), [&] {
        ++asked;
        session.reset();
        return false;
    });
    EXPECT_EQ(asked, 3) << "at first, after the ring, at the deadline";
}

}  // namespace
}  // namespace patchbay::test
