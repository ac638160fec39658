// The README's blocks, where they would stand in a user's project.

#include <gtest/gtest.h>
#include <patchbay/annotations.hpp>
#include <patchbay/server.hpp>
#include <patchbay/testkit.hpp>

#include "Echo.inc"

#define main readmeMain
#include "hello.inc"
#undef main

using namespace std::chrono_literals;

TEST(Readme, ItsTestPassesAsItStandsThere) {
#include "test.inc"
}

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
