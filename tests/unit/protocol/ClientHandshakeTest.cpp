// RFC 6455 §4.1: what a client sends, and which answers it takes.

#include "protocol/ClientHandshake.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace patchbay::protocol {
namespace {

using ::testing::HasSubstr;

/// The client of RFC 6455 §1.2 and the server's answer to it.
struct ClientHandshakeTest : ::testing::Test {
    ServerAnswer check() const { return checkServerResponse(handshake, {status, fields}); }

    void set(std::string_view name, std::string_view value) {
        remove(name);
        fields.push_back({name, value});
    }
    void remove(std::string_view name) {
        std::erase_if(fields, [&](const HeaderField& field) { return field.name == name; });
    }
    void expectRefused(std::string_view problem) const {
        EXPECT_FALSE(check().isOpen());
        EXPECT_THAT(check().problem, HasSubstr(problem));
    }

    ClientHandshake handshake{.host = "server.example.com",
                              .target = "/chat",
                              .key = "dGhlIHNhbXBsZSBub25jZQ==",
                              .subprotocols = {"chat", "superchat"},
                              .extensions = {{"foo", {{"a", std::nullopt}}}},
                              .fields = {{"Origin", "http://example.com"}}};
    int status = 101;
    std::vector<HeaderField> fields{{"Upgrade", "websocket"},
                                    {"Connection", "Upgrade"},
                                    {"Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
                                    {"Sec-WebSocket-Protocol", "chat"}};
};

TEST_F(ClientHandshakeTest, TheRequestIsAGetWithEveryFieldThatIsAsked) {
    EXPECT_EQ(makeClientRequest(handshake),
              "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
              "Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Extensions: foo; a\r\n"
              "Origin: http://example.com\r\n\r\n");
}

TEST_F(ClientHandshakeTest, NothingOfferedIsNoField) {
    handshake.subprotocols.clear();
    handshake.extensions.clear();
    EXPECT_THAT(makeClientRequest(handshake), ::testing::Not(HasSubstr("Sec-WebSocket-Protocol")));
    EXPECT_THAT(makeClientRequest(handshake), ::testing::Not(HasSubstr("Sec-WebSocket-Extensions")));
}

TEST_F(ClientHandshakeTest, AKeyIs16FreshRandomBytesInBase64) {
    EXPECT_TRUE(isKey(makeKey()));
    EXPECT_NE(makeKey(), makeKey());
}

TEST_F(ClientHandshakeTest, WhatARequestCannotCarryIsTheCallersMistake) {
    const ClientHandshake good = handshake;
    const auto expectRejected = [&](auto spoil) {
        ClientHandshake spoilt = good;
        spoil(spoilt);
        EXPECT_THROW(makeClientRequest(spoilt), std::invalid_argument);
    };
    expectRejected([](auto& h) { h.host = ""; });
    expectRejected([](auto& h) { h.host = "a\r\nb"; });
    expectRejected([](auto& h) { h.target = "chat"; });
    expectRejected([](auto& h) { h.target = "/a b"; });
    expectRejected([](auto& h) { h.target = "/a#b"; });
    expectRejected([](auto& h) { h.key = "short"; });
    expectRejected([](auto& h) { h.subprotocols = {"chat", "chat"}; });
    expectRejected([](auto& h) { h.subprotocols = {"a b"}; });
    expectRejected([](auto& h) { h.fields = {{"X-Bad", "a\nb"}}; });
    expectRejected([](auto& h) { h.fields = {{"X Bad", "a"}}; });
    expectRejected([](auto& h) { h.fields = {{"sec-websocket-key", "a"}}; });
    expectRejected([](auto& h) { h.fields = {{"host", "a"}}; });
}

TEST_F(ClientHandshakeTest, TheExamplesAnswerOpensTheConnection) {
    EXPECT_TRUE(check().isOpen()) << check().problem;
    EXPECT_EQ(check().subprotocol, "chat");
    EXPECT_TRUE(check().extensions.empty());
}

TEST_F(ClientHandshakeTest, AnotherStatusIsNoConnection) {
    for (const int other : {200, 301, 401, 426}) {
        status = other;
        expectRefused(std::to_string(other));
    }
}

TEST_F(ClientHandshakeTest, AnAnswerWithoutItsUpgradeFailsTheConnection) {
    set("Upgrade", "h2c");
    expectRefused("Upgrade");
    remove("Upgrade");
    expectRefused("Upgrade");
    set("Upgrade", "WebSocket");
    EXPECT_TRUE(check().isOpen());
}

TEST_F(ClientHandshakeTest, AnAnswerWithoutConnectionUpgradeFailsTheConnection) {
    set("Connection", "close");
    expectRefused("Connection");
    remove("Connection");
    expectRefused("Connection");
    set("Connection", "UPGRADE");
    EXPECT_TRUE(check().isOpen());
}

TEST_F(ClientHandshakeTest, AMissingWrongOrRepeatedAcceptFailsTheConnection) {
    set("Sec-WebSocket-Accept", "S3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    expectRefused("Sec-WebSocket-Accept");
    remove("Sec-WebSocket-Accept");
    expectRefused("Sec-WebSocket-Accept");
    fields.push_back({"Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="});
    fields.push_back({"Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="});
    expectRefused("Sec-WebSocket-Accept");
}

TEST_F(ClientHandshakeTest, WhiteSpaceAroundTheAcceptIsIgnored) {
    set("Sec-WebSocket-Accept", " s3pPLMBiTxaQ9kYGzzhZRbK+xOo= ");
    EXPECT_TRUE(check().isOpen());
}

TEST_F(ClientHandshakeTest, AnOfferedExtensionIsTakenWithItsParameters) {
    set("Sec-WebSocket-Extensions", "foo; a; b=1");
    EXPECT_TRUE(check().isOpen());
    EXPECT_EQ(check().extensions, (std::vector<ExtensionTerms>{{"foo", {{"a", std::nullopt}, {"b", "1"}}}}));
}

TEST_F(ClientHandshakeTest, AnExtensionThatWasNotOfferedFailsTheConnection) {
    set("Sec-WebSocket-Extensions", "foo, bar");
    expectRefused("extension");
    set("Sec-WebSocket-Extensions", "foo; =");
    expectRefused("extension");
}

TEST_F(ClientHandshakeTest, ASubprotocolThatWasNotOfferedFailsTheConnection) {
    for (const std::string_view name : {"other", "Chat", "", "chat, superchat"}) {
        set("Sec-WebSocket-Protocol", name);
        expectRefused("subprotocol");
    }
}

TEST_F(ClientHandshakeTest, ARepeatedSubprotocolFieldFailsTheConnection) {
    fields.push_back({"Sec-WebSocket-Protocol", "chat"});
    expectRefused("Sec-WebSocket-Protocol");
}

TEST_F(ClientHandshakeTest, AServerMayChooseNoSubprotocol) {
    remove("Sec-WebSocket-Protocol");
    EXPECT_TRUE(check().isOpen());
    EXPECT_EQ(check().subprotocol, "");
}

}  // namespace
}  // namespace patchbay::protocol
