// The socket that POCO believes in.
#include "http/ReplaySocket.hpp"

#include <gmock/gmock.h>

namespace patchbay::http {
namespace {

class Told final : public Hosted {
public:
    explicit Told(std::string_view text) : Hosted{false} { head = text; }
    void handle() noexcept override {}
};

/// A reset right behind a handshake's request once took the whole server down: the peer has no address any more.
TEST(ReplaySocket, OfAPeerThatHasGoneHasAnAddressAllTheSame) {
    Poco::AutoPtr<ReplaySocket> socket{new ReplaySocket{std::make_unique<Told>(""), [] {}}};
    EXPECT_EQ(socket->peerAddress().port(), 0);
    EXPECT_EQ(socket->address().port(), 0);
}

TEST(ReplaySocket, GivesEachRequestFromItsBeginningAndThenItsEnd) {
    Poco::AutoPtr<ReplaySocket> socket{new ReplaySocket};
    for (const std::string_view bytes : {"first request", "second"}) {
        Told request{bytes};
        socket->replay(request);
        std::string room(64, '\0');
        EXPECT_TRUE(socket->poll({}, Poco::Net::SocketImpl::SELECT_READ));
        room.resize(static_cast<std::size_t>(socket->receiveBytes(room.data(), 64, 0)));
        EXPECT_EQ(room, bytes);
        EXPECT_FALSE(socket->poll({}, Poco::Net::SocketImpl::SELECT_READ));
        EXPECT_EQ(socket->receiveBytes(room.data(), 1, 0), 0);
        EXPECT_EQ(socket->sendBytes("answer", 6, 0), 6) << "what POCO writes goes nowhere";
    }
}

}  // namespace
}  // namespace patchbay::http
