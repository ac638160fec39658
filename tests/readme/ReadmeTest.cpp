// What the README says of its code; its own test, test.cpp, runs beside these as it is printed.

#include <gtest/gtest.h>
#include <patchbay/annotations.hpp>
#include <patchbay/application.hpp>
#include <patchbay/log.hpp>
#include <patchbay/server.hpp>
#include <patchbay/testkit.hpp>

#include "Echo.inc"
#include "hello.hpp"

#include <functional>
#include <regex>
#include <sstream>
#include <string>

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

/// Its own lines and the program's.
TEST(Readme, TheLogHasOneFormatWhateverAServerIsStartedBy) {
    patchbay::ServerConfig config;
    config.server.listen = {{"http://127.0.0.1:0"}};
    const auto talk = [](patchbay::Server& server) {
        patchbay::log::warning("polls", "a word of the program's");
        server.requestStop();
    };
    const std::function<void()> ways[] = {  // the last one last: it has the process's log from then on
        [] {
            patchbay::testkit::TestServer server;
            server.deploy<Hello>();
            server.connect("/hello/de");
            patchbay::log::warning("polls", "a word of the program's");
            server.advance(std::chrono::seconds{60});
        },
        [&] {
            patchbay::Server server{config};
            server.run([&] { talk(server); });
        },
        [&] {
            std::string name = "program";
            char* words[] = {name.data(), nullptr};
            patchbay::runApplication(1, words, {.config = config, .ready = talk});
        }};
    for (const auto& way : ways) {
        testing::internal::CaptureStderr();
        way();
        std::istringstream said{testing::internal::GetCapturedStderr()};
        std::size_t lines = 0;
        for (std::string line; std::getline(said, line); ++lines) {
            const std::regex format{R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (Information|Warning|Error) (polls|patchbay|/hello/\{language\}): .+)"};
            EXPECT_TRUE(std::regex_match(line, format)) << line;
        }
        EXPECT_EQ(lines, 2U) << "one of the program's, one of the framework's";
    }
}

TEST(Readme, ItsConsoleSessionGetsTheAnswerThatIsPrinted) {
    patchbay::testkit::TestServer server;
    server.deploy<Hello>();
    auto& peer = server.connect("/hello/de");
    peer.send(R"({"name":"Ann"})");
    EXPECT_EQ(peer.takeText(), R"({"type":"Answer","text":"Hallo, Ann!"})");
}
