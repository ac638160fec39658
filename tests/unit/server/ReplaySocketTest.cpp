// The socket that POCO believes in.
#include "server/ReplaySocket.hpp"

#include <gmock/gmock.h>

namespace patchbay::server {
namespace {

/// A reset right behind a handshake's request once took the whole server down: the peer has no address any more.
TEST(ReplaySocket, OfAPeerThatHasGoneHasAnAddressAllTheSame) {
    auto exchange = std::make_unique<Exchange>();
    Poco::AutoPtr<ReplaySocket> socket{new ReplaySocket{std::move(exchange), [](std::unique_ptr<Exchange>) {}}};
    EXPECT_EQ(socket->peerAddress().port(), 0);
    EXPECT_EQ(socket->address().port(), 0);
}

TEST(ReplaySocket, GivesEachRequestFromItsBeginningAndThenItsEnd) {
    Poco::AutoPtr<ReplaySocket> socket{new ReplaySocket};
    for (const std::string_view bytes : {"first request", "second"}) {
        Exchange exchange;
        exchange.bytes = bytes;
        socket->replay(exchange);
        std::string room(64, '\0');
        EXPECT_TRUE(socket->poll({}, Poco::Net::SocketImpl::SELECT_READ));
        room.resize(static_cast<std::size_t>(socket->receiveBytes(room.data(), 64, 0)));
        EXPECT_EQ(room, bytes);
        EXPECT_FALSE(socket->poll({}, Poco::Net::SocketImpl::SELECT_READ));
        EXPECT_EQ(socket->receiveBytes(room.data(), 1, 0), 0);
        EXPECT_EQ(socket->sendBytes("answer", 6, 0), 6);
        EXPECT_EQ(exchange.response, "answer");
    }
}

}  // namespace
}  // namespace patchbay::server
