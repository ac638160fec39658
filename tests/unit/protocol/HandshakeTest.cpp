// RFC 6455 §4.2–§4.4: what a server accepts, refuses and answers. The example is that of §1.2 and §1.3.

#include "protocol/Handshake.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace patchbay::protocol {
namespace {

using ::testing::HasSubstr;

/// The request of RFC 6455 §1.2, to be spoilt one field at a time.
struct ServerHandshakeTest : ::testing::Test {
    ServerHandshake read() const { return readServerHandshake({method, major, minor, fields}); }

    void set(std::string_view name, std::string_view value) {
        remove(name);
        fields.push_back({name, value});
    }
    void remove(std::string_view name) {
        std::erase_if(fields, [&](const HeaderField& field) { return equalsIgnoringCase(field.name, name); });
    }
    void expectRefused(int status, std::string_view problem) const {
        const ServerHandshake handshake = read();
        EXPECT_EQ(handshake.status, status);
        EXPECT_THAT(handshake.problem, HasSubstr(problem));
        EXPECT_THAT(handshake.problem, HasSubstr("(RFC 6455 §"));
        EXPECT_FALSE(handshake.isAccepted());
    }

    std::string_view method = "GET";
    int major = 1;
    int minor = 1;
    std::vector<HeaderField> fields{{"Host", "server.example.com"},   {"Upgrade", "websocket"},
                                    {"Connection", "Upgrade"},        {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
                                    {"Origin", "http://example.com"}, {"Sec-WebSocket-Protocol", "chat, superchat"},
                                    {"Sec-WebSocket-Version", "13"}};
};

TEST_F(ServerHandshakeTest, TheExampleIsAcceptedWithItsAcceptValue) {
    const ServerHandshake handshake = read();
    EXPECT_TRUE(handshake.isAccepted());
    EXPECT_EQ(handshake.problem, "");
    EXPECT_EQ(handshake.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    EXPECT_EQ(handshake.offeredSubprotocols, (std::vector<std::string>{"chat", "superchat"}));
    EXPECT_TRUE(handshake.offeredExtensions.empty());
}

TEST_F(ServerHandshakeTest, AMethodOtherThanGetIsRefusedWith405) {
    method = "POST";
    expectRefused(405, "GET");
    method = "get";
    expectRefused(405, "GET");
}

TEST_F(ServerHandshakeTest, AVersionBelowHttp11IsRefusedWith400) {
    minor = 0;
    expectRefused(400, "HTTP/1.1 or higher");
    major = 0, minor = 9;
    expectRefused(400, "HTTP/1.1 or higher");
}

TEST_F(ServerHandshakeTest, AHigherVersionIsAccepted) {
    major = 2, minor = 0;
    EXPECT_TRUE(read().isAccepted());
}

TEST_F(ServerHandshakeTest, AMissingHostIsRefusedWith400) {
    remove("Host");
    expectRefused(400, "Host");
}

TEST_F(ServerHandshakeTest, AMissingUpgradeIsRefusedWith426) {
    remove("Upgrade");
    expectRefused(426, "Upgrade: websocket");
}

TEST_F(ServerHandshakeTest, AnotherUpgradeIsRefusedWith400) {
    set("Upgrade", "h2c");
    expectRefused(400, "Upgrade");
    set("Upgrade", "websockets");
    expectRefused(400, "Upgrade");
}

TEST_F(ServerHandshakeTest, UpgradeAndConnectionAreListsOfTokensInAnyCase) {
    set("UPGRADE", "h2c, WebSocket");
    set("connection", "keep-alive, UPGRADE");
    EXPECT_TRUE(read().isAccepted());
}

TEST_F(ServerHandshakeTest, AConnectionWithoutUpgradeIsRefusedWith400) {
    set("Connection", "keep-alive");
    expectRefused(400, "Connection");
    remove("Connection");
    expectRefused(400, "Connection");
}

TEST_F(ServerHandshakeTest, AMissingOrRepeatedKeyIsRefusedWith400) {
    fields.push_back({"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="});
    expectRefused(400, "Sec-WebSocket-Key");
    remove("Sec-WebSocket-Key");
    expectRefused(400, "Sec-WebSocket-Key");
}

TEST_F(ServerHandshakeTest, AKeyThatIsNot16BytesInBase64IsRefusedWith400) {
    for (const std::string_view key :
         {"", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQA=", "dGhlIHNhbXBsZSBub25j",
          "dGhlIHNhbXBsZSBub25jZR==", "dGhlIHNhbXBsZSBub25j*Q==", "dGhlIHNhbXBsZSBub25jZQAAAA=="}) {
        set("Sec-WebSocket-Key", key);
        expectRefused(400, "16 bytes");
    }
}

TEST_F(ServerHandshakeTest, AnotherVersionIsRefusedWith426) {
    for (const std::string_view version : {"8", "0", "14", "013", "13, 8", ""}) {
        set("Sec-WebSocket-Version", version);
        expectRefused(426, "13");
    }
    remove("Sec-WebSocket-Version");
    expectRefused(426, "13");
}

TEST_F(ServerHandshakeTest, ARepeatedVersionIsRefusedWith400) {
    fields.push_back({"Sec-WebSocket-Version", "13"});
    expectRefused(400, "Sec-WebSocket-Version");
}

TEST_F(ServerHandshakeTest, SubprotocolsOfSeveralFieldsAreOneList) {
    fields.push_back({"Sec-WebSocket-Protocol", "v2.chat"});
    EXPECT_EQ(read().offeredSubprotocols, (std::vector<std::string>{"chat", "superchat", "v2.chat"}));
}

TEST_F(ServerHandshakeTest, ARepeatedOrMalformedSubprotocolIsRefusedWith400) {
    for (const std::string_view list : {"chat, chat", "ch at", "chat/2", "\"chat\""}) {
        set("Sec-WebSocket-Protocol", list);
        expectRefused(400, "Sec-WebSocket-Protocol");
    }
}

TEST_F(ServerHandshakeTest, ExtensionsOfSeveralFieldsAreOneList) {
    fields.push_back({"Sec-WebSocket-Extensions", "foo"});
    fields.push_back({"Sec-WebSocket-Extensions", "bar; baz=2"});
    EXPECT_EQ(read().offeredExtensions, (std::vector<ExtensionTerms>{{"foo", {}}, {"bar", {{"baz", "2"}}}}));
}

TEST_F(ServerHandshakeTest, MalformedExtensionsAreRefusedWith400) {
    set("Sec-WebSocket-Extensions", "foo; ;");
    expectRefused(400, "Sec-WebSocket-Extensions");
}

TEST_F(ServerHandshakeTest, UnknownFieldsAreIgnored) {
    set("X-Anything", "at all");
    EXPECT_TRUE(read().isAccepted());
}

std::string lines(const std::vector<AnswerField>& fields) {
    std::string text;
    for (const AnswerField& field : fields) text.append(field.name).append(": ").append(field.value).append("\n");
    return text;
}

TEST_F(ServerHandshakeTest, TheAnswerIsThatOfTheExample) {
    EXPECT_EQ(lines(answerFields(read(), "chat")),
              "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n"
              "Sec-WebSocket-Protocol: chat\n");
}

TEST_F(ServerHandshakeTest, TheAnswerNamesNoSubprotocolAndNoExtensionUnlessOneWasChosen) {
    EXPECT_EQ(lines(answerFields(read())),
              "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n");
    const std::vector<ExtensionTerms> chosen{{"foo", {{"a", "1"}}}};
    EXPECT_THAT(lines(answerFields(read(), {}, chosen)), HasSubstr("Sec-WebSocket-Extensions: foo; a=1\n"));
}

TEST_F(ServerHandshakeTest, ARefusalOfTheVersionNamesTheOneThatIsSpoken) {
    set("Sec-WebSocket-Version", "25");
    EXPECT_EQ(lines(answerFields(read())), "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13\n");
}

TEST_F(ServerHandshakeTest, ARefusalOfTheMethodNamesTheOneThatIsAllowed) {
    method = "PUT";
    EXPECT_EQ(lines(answerFields(read())), "Allow: GET\n");
}

TEST_F(ServerHandshakeTest, AnotherRefusalUpgradesNothing) {
    remove("Sec-WebSocket-Key");
    EXPECT_EQ(lines(answerFields(read())), "");
}

}  // namespace
}  // namespace patchbay::protocol
