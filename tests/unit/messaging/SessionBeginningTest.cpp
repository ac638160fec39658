// Between the handshake and the open handler: a session that nobody may see yet, and that its endpoint may lose.

#include "messaging/SessionCore.hpp"

#include "support/Conversation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace patchbay::test {
namespace {

class Quiet {
    SERVER_ENDPOINT(Quiet, "/quiet")
public:
    static inline std::vector<std::string> calls;

    ON_OPEN(opened)
    void opened(Session session) {
        calls.push_back("open");
        if (silence) session.setIdleTimeout(*silence);
    }
    ON_CLOSE(left)
    void left(CloseReason) { calls.push_back("close"); }

    static inline std::optional<std::chrono::milliseconds> silence;
};

class SessionBeginning : public ::testing::Test {
protected:
    SessionBeginning() {
        Quiet::calls.clear();
        Quiet::silence.reset();
        auto model = detail::makeModel<Quiet>();
        EndpointConfig config{model.className, model.path, {}, {}, {}, {}};
        endpoint = std::make_shared<messaging::DeployedEndpoint>(std::move(model), std::move(config), state, services);
    }
    ~SessionBeginning() override {
        for (const auto& session : endpoint->shut()) endpoint->remove(*session);
    }
    std::shared_ptr<messaging::SessionCore> create() {
        messaging::SessionStart start{};
        start.instance = endpoint->code->model.construct(endpoint->services, {});
        return std::make_shared<messaging::SessionCore>(endpoint, 0, std::move(start));
    }
    void open(messaging::SessionCore& session) {
        loop->turnWith([&] { session.open(std::make_unique<FakeCarrier>(peer)); });
    }

    const OwnLoop loop;
    Received peer;
    const std::shared_ptr<messaging::ServerState> state =
        std::make_shared<messaging::ServerState>(std::vector<std::shared_ptr<Loop>>{loop});
    Services services;
    std::shared_ptr<messaging::DeployedEndpoint> endpoint;
};

// It counted as open, and a thread that wrote to everyone's session found it without a carrier.
TEST_F(SessionBeginning, ASessionWithoutACarrierIsNotOpen) {
    const auto session = create();
    ASSERT_TRUE(endpoint->add(session));
    EXPECT_FALSE(session->isOpen());
    EXPECT_EQ(session->trySend(MessageKind::Text, {}), SendStatus::Closed);
    open(*session);
    EXPECT_TRUE(session->isOpen());
    EXPECT_EQ(Session{session}.openSessions().size(), 1u);
}

// Closing a session that had no carrier yet went through a null pointer.
TEST_F(SessionBeginning, ASessionThatIsClosedBeforeItOpensSays1001AndRunsNoHandler) {
    const auto session = create();
    ASSERT_TRUE(endpoint->add(session));
    for (const auto& each : endpoint->shut()) each->close(CloseCause::Shutdown, std::nullopt, "endpoint removed");
    open(*session);
    EXPECT_EQ(peer.closed, CloseCode::GoingAway);
    EXPECT_FALSE(session->isOpen());
    EXPECT_THAT(Quiet::calls, ::testing::IsEmpty());
    EXPECT_EQ(endpoint->sessionCount(), 0u);
    EXPECT_EQ(state->closes.of(CloseCause::Shutdown), 1u);
}

// A handshake that was judged before the endpoint was taken away put its session into what nobody would close again.
TEST_F(SessionBeginning, AnEndpointThatIsShutTakesNoSession) {
    EXPECT_THAT(endpoint->shut(), ::testing::IsEmpty());
    EXPECT_FALSE(endpoint->add(create()));
    EXPECT_EQ(endpoint->sessionCount(), 0u);
}

// The endpoint's own timeout was set behind the open handler, and won.
TEST_F(SessionBeginning, TheOpenHandlersIdleTimeoutHolds) {
    Quiet::silence = std::chrono::milliseconds{10};
    const auto session = create();
    open(*session);
    loop->advance(std::chrono::milliseconds{10});
    EXPECT_THAT(Quiet::calls, ::testing::ElementsAre("open", "close"));
}

}  // namespace
}  // namespace patchbay::test
