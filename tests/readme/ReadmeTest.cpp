// What the README says of its code; its own test, test.cpp, runs beside these as it is printed.

#include <gtest/gtest.h>
#include <patchbay/annotations.hpp>
#include <patchbay/server.hpp>
#include <patchbay/testkit.hpp>

#include "Echo.inc"
#include "hello.hpp"

TEST(Readme, ItsFirstClassEchoes) {
    patchbay::testkit::TestServer server;
    server.deploy<Echo>();
    auto& peer = server.connect("/echo");
    peer.send("hello");
    EXPECT_EQ(peer.takeText(), "hello");
}

TEST(Readme, ItsMistakeIsToldToTheClient) {
    patchbay::testkit::TestServer server;
    server.deploy<Hello>();
    auto& peer = server.connect("/hello/de");
    peer.send(R"({"nam":"Ann"})");
    EXPECT_NE(peer.takeText().find("nam"), std::string::npos);
}

TEST(Readme, AProgramThatForgetsToDeployIsToldWhyItServesNothing) {
    patchbay::ServerConfig config;
    config.server.listen = {{"http://127.0.0.1:0"}};
    const auto saidBy = [&](bool deployed) {
        patchbay::Server server{config};
        if (deployed) server.deploy<Hello>();
        testing::internal::CaptureStderr();
        EXPECT_EQ(server.run([&] { server.requestStop(); }), 0);
        return testing::internal::GetCapturedStderr();
    };
    EXPECT_NE(saidBy(false).find("no endpoint is deployed, so every WebSocket handshake gets a 404: call deploy<Class>() or "
                                 "deployRegistered() before run(), and link a static library of endpoints with "
                                 "patchbay_add_endpoints()\n"),
              std::string::npos);
    EXPECT_EQ(saidBy(true).find("no endpoint is deployed"), std::string::npos);
}

TEST(Readme, ItsConsoleSessionGetsTheAnswerThatIsPrinted) {
    patchbay::testkit::TestServer server;
    server.deploy<Hello>();
    auto& peer = server.connect("/hello/de");
    peer.send(R"({"name":"Ann"})");
    EXPECT_EQ(peer.takeText(), R"({"type":"Answer","text":"Hallo, Ann!"})");
}
