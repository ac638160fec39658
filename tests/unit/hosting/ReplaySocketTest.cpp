// The socket that POCO believes in.
#include "hosting/ReplaySocket.hpp"

#include <gmock/gmock.h>

namespace patchbay::hosting {
namespace {

/// A reset right behind a handshake's request once took the whole server down: the peer has no address any more.
TEST(ReplaySocket, OfAPeerThatHasGoneHasAnAddressAllTheSame) {
    auto exchange = std::make_unique<Exchange>();
    Poco::AutoPtr<ReplaySocket> socket{new ReplaySocket{std::move(exchange), [](std::unique_ptr<Exchange>) {}}};
    EXPECT_EQ(socket->peerAddress().port(), 0);
    EXPECT_EQ(socket->address().port(), 0);
}

}  // namespace
}  // namespace patchbay::hosting
