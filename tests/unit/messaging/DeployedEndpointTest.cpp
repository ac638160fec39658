// What an endpoint's configuration comes to.

#include "support/Conversation.hpp"

#include <gtest/gtest.h>

namespace patchbay::test {
namespace {

class Plain {
    SERVER_ENDPOINT(Plain, "/plain")
public:
    ON_MESSAGE(said)
    void said(std::string_view) {}
};

class Large {
    SERVER_ENDPOINT(Large, "/large")
public:
    ON_MESSAGE(said, .maxMessageSize = 1_MiB)
    void said(std::string_view) {}
};

template <class Endpoint>
std::size_t receiveQueueOf(Limits limits) {
    const OwnLoop loop;
    const auto state = std::make_shared<messaging::ServerState>(std::vector<std::shared_ptr<Loop>>{loop});
    const Services services{};
    auto model = detail::makeModel<Endpoint>();
    EndpointConfig config{model.className, model.path, {}, {}, {}, limits};
    return messaging::DeployedEndpoint{std::move(model), std::move(config), state, services}.receiveQueueBytes();
}

TEST(ReceiveQueue, IsOneMessageOfTheLargestSizeAndAtLeast64KiB) {
    EXPECT_EQ(receiveQueueOf<Plain>({.maxMessageSize = 100}), 64_KiB);
    EXPECT_EQ(receiveQueueOf<Plain>({.maxMessageSize = 64_KiB + 1}), 64_KiB + 1);
    EXPECT_EQ(receiveQueueOf<Large>({.maxMessageSize = 100}), 1_MiB) << "of whichever handler";
}

TEST(ReceiveQueue, IsAsLargeAsSomebodySays) {
    EXPECT_EQ(receiveQueueOf<Large>({.receiveQueue = 1}), 1U);
    EXPECT_EQ(receiveQueueOf<Plain>({.receiveQueue = 3_MiB}), 3_MiB);
}

}  // namespace
}  // namespace patchbay::test
