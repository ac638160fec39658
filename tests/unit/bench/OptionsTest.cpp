#include "Options.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace bench {
namespace {

Options read(std::vector<std::string> arguments) {
    std::vector<char*> pointers;
    for (auto& argument : arguments) pointers.push_back(argument.data());
    return readOptions(pointers);
}

/// What is said of them; empty when they are fine.
std::string complaint(const std::vector<std::string>& arguments) {
    try {
        read(arguments);
        return {};
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
}

TEST(Options, ModeAndUrlAreEnough) {
    const auto options = read({"echo", "ws://localhost:8080/echo?x=1"});
    EXPECT_EQ(options.mode, Mode::Echo);
    EXPECT_EQ(options.url.host, "localhost");
    EXPECT_EQ(options.url.port, "8080");
    EXPECT_EQ(options.url.path, "/echo?x=1");
    EXPECT_EQ(options.connections, 64U);
    EXPECT_EQ(options.inFlight, 1U);
    EXPECT_EQ(options.size, 64U);
    EXPECT_EQ(options.seconds, 10);
    EXPECT_FALSE(options.warmUp);
}

TEST(Options, UrlsHaveThePortOfTheirSchemeAndAPath) {
    EXPECT_EQ(parseUrl("ws://example.test").port, "80");
    EXPECT_EQ(parseUrl("wss://example.test").port, "443");
    EXPECT_EQ(parseUrl("wss://example.test").path, "/");
    EXPECT_EQ(parseUrl("ws://[::1]:9/x").host, "::1");
    EXPECT_EQ(parseUrl("ws://[::1]:9/x").authority(), "[::1]:9");
    EXPECT_EQ(parseUrl("tcp://127.0.0.1:7").scheme, Scheme::Tcp);
}

TEST(Options, WrongUrlsAreRefused) {
    for (const auto* url : {"", "https://x", "ws://", "ws://:80/", "ws://x:0/", "ws://x:65536/", "ws://x:8o/",
                            "ws://x/ y", "ws://x/#y", "tcp://x", "tcp://x:1/path"}) {
        EXPECT_THROW(parseUrl(url), std::invalid_argument) << url;
    }
}

TEST(Options, EveryOptionIsRead) {
    const auto options =
        read({"slow",       "wss://h:1/f", "--connections", "3",     "--in-flight", "2",  "--size",    "100",
              "--message",  "json",        "--deflate",     "yes",   "--messages",  "50", "--seconds", "0.5",
              "--warm-up",  "0",           "--pid",         "12",    "--addresses", "2",  "--stalled", "4",
              "--insecure", "yes",         "--ca",          "c.pem", "--json",      "yes"});
    EXPECT_EQ(options.connections + options.inFlight + options.size, 105U);
    EXPECT_EQ(options.kind, Kind::Json);
    EXPECT_TRUE(options.deflate && options.insecure && options.json);
    EXPECT_EQ(options.messages, 50);
    EXPECT_EQ(options.seconds, 0.5);
    EXPECT_EQ(options.warmUp, 0);
    EXPECT_EQ(options.pid, 12);
    EXPECT_EQ(options.addresses, 2U);
    EXPECT_EQ(options.stalled, 4U);
    EXPECT_EQ(options.ca, "c.pem");
}

TEST(Options, MistakesAreToldInASentence) {
    const std::string url = "ws://localhost:1/";
    EXPECT_EQ(complaint({"echo"}), "give a mode and a URL");
    EXPECT_NE(complaint({"ehco", url}).find("no mode 'ehco'"), std::string::npos);
    EXPECT_NE(complaint({"echo", url, "--fast", "yes"}).find("no option '--fast'"), std::string::npos);
    EXPECT_NE(complaint({"echo", url, "--size"}).find("--size needs a value"), std::string::npos);
    EXPECT_NE(complaint({"echo", url, "--size", "12x"}).find("not '12x'"), std::string::npos);
    EXPECT_NE(complaint({"echo", url, "--rate", "0"}).find("--rate"), std::string::npos);
    EXPECT_NE(complaint({"echo", url, "--rate", "nan"}).find("--rate"), std::string::npos);
    EXPECT_NE(complaint({"echo", url, "--size", "7"}).find("at least 8"), std::string::npos);
    EXPECT_NE(complaint({"echo", url, "--json", "maybe"}).find("yes or no"), std::string::npos);
    EXPECT_NE(complaint({"slow", url}).find("--stalled N"), std::string::npos);
    EXPECT_NE(complaint({"ramp", url}).find("--rate R"), std::string::npos);
    EXPECT_NE(complaint({"storm", url, "--rate", "5"}).find("does not take --rate"), std::string::npos);
    EXPECT_NE(complaint({"fanout", "tcp://h:1"}).find("ws://"), std::string::npos);
    EXPECT_NE(complaint({"echo", url, "--insecure", "yes"}).find("wss://"), std::string::npos);
}

TEST(Options, MoreConnectionsThanAnAddressHasPortsNeedMoreAddresses) {
    const std::string url = "ws://localhost:1/";
    EXPECT_EQ(complaint({"idle", url, "--connections", "28000"}), "");
    EXPECT_NE(complaint({"idle", url, "--connections", "60000"}).find("add --addresses 3"), std::string::npos);
    EXPECT_EQ(complaint({"idle", url, "--connections", "60000", "--addresses", "3"}), "");
}

}  // namespace
}  // namespace bench
