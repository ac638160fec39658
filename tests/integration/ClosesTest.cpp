// The table of closes: for each cause what goes on the wire, what the handler sees, and that it is called once.
// Source: DESIGN §3, RFC 6455 §7, Jakarta WebSocket §2.1.5
#include "integration/Probe.hpp"

namespace patchbay::test {
namespace {

class Forgiving {
    SERVER_ENDPOINT(Forgiving, "/forgiving", .maxMessageSize = 100)
public:
    explicit Forgiving(Journal& journal) : journal_{journal} {}
    ON_MESSAGE(said)
    std::string said(std::string_view text) {
        if (text == "throw") throw std::runtime_error{"oops"};
        return std::string{text};
    }
    ON_CLOSE(closed)
    void closed(CloseReason reason) {
        journal_.add(lineOf(reason));
        throw std::runtime_error{"from the close handler"};
    }
    ON_ERROR(failed)
    void failed(const std::exception& error) { journal_.add(std::string{"error "} + error.what()); }

private:
    Journal& journal_;
};

class Closes : public testing::Test {
protected:
    void SetUp() override { server.start<Probe, Forgiving>(); }
    void TearDown() override {
        // The last one a server closes is the last one heard of: whoever is called twice has been so by now.
        EXPECT_TRUE(eventually([&] { return server->sessionCount() == 0; }));
        server->stop();
        EXPECT_EQ(server.journal().count("close "), closes);
    }
    std::string handlerSaw() { return server.journal().waitFor("close "); }

    TestServer server;
    std::size_t closes = 1;
};

using Close = RawWebSocket::Close;

TEST_F(Closes, AnApplicationsCodeAndTextGoOutAndReachItsHandler) {
    RawWebSocket socket = server.connect("/probe/x");
    socket.text("close");
    EXPECT_EQ(socket.nextClose(), (Close{4001, "enough"}));
    socket.close(4001);
    EXPECT_TRUE(socket.socket().ends());
    EXPECT_EQ(handlerSaw(), "close 4001 application enough");
    EXPECT_EQ(server->closedFor(CloseCause::Application), 1u);
}

TEST_F(Closes, TheFirstOfTwoClosesCounts) {
    RawWebSocket socket = server.connect("/probe/x");
    socket.text("close twice");
    EXPECT_EQ(socket.nextClose(), (Close{1000, "first"}));
    socket.close(1000);
    EXPECT_TRUE(socket.socket().ends());
    EXPECT_EQ(handlerSaw(), "close 1000 application first");
}

TEST_F(Closes, APeersCodeIsEchoedAndReachesTheHandlerWithItsText) {
    RawWebSocket socket = server.connect("/probe/x");
    socket.close(4321, "had enough");
    EXPECT_EQ(socket.nextClose().code, 4321);
    EXPECT_TRUE(socket.socket().ends());
    EXPECT_FALSE(socket.socket().wasReset());
    EXPECT_EQ(handlerSaw(), "close 4321 peer had enough");
}

TEST_F(Closes, APeerWithoutACodeIs1005) {
    RawWebSocket socket = server.connect("/probe/x");
    socket.closeWithoutCode();
    EXPECT_EQ(socket.next().payload, "");
    EXPECT_EQ(handlerSaw(), "close 1005 peer");
}

TEST_F(Closes, AConnectionThatEndsWithoutACloseIs1006) {
    RawWebSocket socket = server.connect("/probe/x");
    socket.socket().finish();
    EXPECT_EQ(handlerSaw().substr(0, 26), "close 1006 connection-lost");
    EXPECT_TRUE(socket.socket().ends());
}

TEST_F(Closes, AConnectionThatIsResetIs1006) {
    RawWebSocket socket = server.connect("/probe/x");
    socket.socket().reset();
    EXPECT_EQ(handlerSaw().substr(0, 26), "close 1006 connection-lost");
    EXPECT_EQ(server->closedFor(CloseCause::ConnectionLost), 1u);
}

TEST_F(Closes, AnUnmaskedFrameIs1002) {
    RawWebSocket socket = server.connect("/probe/x");
    socket.socket().send("\x81\x02hi");
    EXPECT_EQ(socket.nextClose().code, 1002);
    EXPECT_TRUE(socket.socket().ends());
    EXPECT_EQ(handlerSaw().substr(0, 19), "close 1002 protocol");
}

TEST_F(Closes, TextThatIsNotUtf8Is1007) {
    RawWebSocket socket = server.connect("/probe/x");
    socket.text("\xff");
    EXPECT_EQ(socket.nextClose().code, 1007);
    EXPECT_EQ(handlerSaw().substr(0, 23), "close 1007 invalid-text");
}

TEST_F(Closes, AMessageOverTheLimitIs1009AndGoesToTheErrorHandlerFirst) {
    RawWebSocket socket = server.connect("/forgiving");
    socket.text(std::string(101, 'x'));
    EXPECT_EQ(socket.nextClose().code, 1009);
    EXPECT_EQ(handlerSaw().substr(0, 18), "close 1009 too-big");
    const auto lines = server.journal().lines();
    ASSERT_GE(lines.size(), 2u);
    EXPECT_EQ(lines[0].substr(0, 5), "error") << lines[0];
}

TEST_F(Closes, AHandlerThatThrowsIs1011AndItsTextStaysHere) {
    RawWebSocket socket = server.connect("/probe/x");
    socket.text("throw");
    const Close close = socket.nextClose();
    EXPECT_EQ(close.code, 1011);
    EXPECT_EQ(close.text.find("secret"), std::string::npos);
    EXPECT_EQ(handlerSaw().substr(0, 25), "close 1011 handler-failed");
    EXPECT_EQ(handlerSaw().find("secret"), std::string::npos);
}

TEST_F(Closes, WhatAnErrorHandlerTakesKeepsTheSessionOpen) {
    RawWebSocket socket = server.connect("/forgiving");
    socket.text("throw");
    socket.text("still there");
    EXPECT_EQ(socket.nextText(), "still there");
    socket.close(1000);
    EXPECT_EQ(socket.nextClose().code, 1000);
    EXPECT_EQ(server.journal().waitFor("error "), "error oops");
}

TEST_F(Closes, ACloseHandlerThatThrowsGoesToTheErrorHandler) {
    RawWebSocket socket = server.connect("/forgiving");
    socket.close(1000);
    EXPECT_EQ(server.journal().waitFor("error "), "error from the close handler");
}

TEST_F(Closes, AShutdownIs1001) {
    RawWebSocket socket = server.connect("/probe/x");
    std::thread stopping{[&] { server->stop(); }};
    EXPECT_EQ(socket.nextClose().code, 1001);
    socket.close(1001);
    stopping.join();
    EXPECT_EQ(handlerSaw().substr(0, 19), "close 1001 shutdown");
}

TEST_F(Closes, AfterACloseASendSaysThatTheSessionIsClosed) {
    RawWebSocket socket = server.connect("/probe/x");
    socket.text("close and send");
    EXPECT_EQ(socket.nextClose().code, 1000);
    EXPECT_EQ(server.journal().waitFor("refused"), "refused send: the session is closed");
}

TEST_F(Closes, MessagesBehindACloseAreNotDelivered) {
    RawWebSocket socket = server.connect("/probe/x");
    socket.socket().send(clientFrame(kClose, closePayload(1000)) + clientFrame(kText, "throw"));
    EXPECT_EQ(socket.nextClose().code, 1000);
    EXPECT_TRUE(socket.socket().ends());
    EXPECT_EQ(handlerSaw(), "close 1000 peer");
}

TEST_F(Closes, MessagesThatCrossOurCloseAreNotDelivered) {
    RawWebSocket socket = server.connect("/probe/x");
    socket.socket().send(clientFrame(kText, "close") + clientFrame(kText, "late") + clientFrame(kClose, closePayload(4001)));
    EXPECT_EQ(socket.nextClose().code, 4001);
    EXPECT_TRUE(socket.socket().ends());
}

TEST_F(Closes, APeerThatNeverAnswersACloseIsCutOff) {
    RawWebSocket socket = server.connect("/probe/x");  // the server waits for half its drainTimeout, a second
    socket.text("close");
    EXPECT_EQ(socket.nextClose().code, 4001);
    EXPECT_TRUE(socket.socket().ends());
}

TEST_F(Closes, AllAtOnceEachSessionHearsOfItsOwnEndOnce) {
    closes = 40;
    std::vector<RawWebSocket> sockets;
    for (std::size_t i = 0; i < closes; ++i) sockets.push_back(server.connect("/probe/" + std::to_string(i)));
    for (std::size_t i = 0; i < closes; ++i) {
        // Both sides close at the same time, or the connection breaks in the middle of it.
        sockets[i].socket().send(clientFrame(kText, "close") + clientFrame(kClose, closePayload(1000)));
        if (i % 2 == 0) sockets[i].socket().reset();
    }
    server.journal().waitForCount("close ", closes);
}

}  // namespace
}  // namespace patchbay::test
