// Who is here: states, clocks, and what others may say of one.

#include "Vectors.hpp"

#include <patchbay/yjs/awareness.hpp>
#include <patchbay/yjs/messages.hpp>

#include <gtest/gtest.h>

namespace patchbay::yjs::test {
namespace {

using namespace std::chrono_literals;

Buffer states(std::initializer_list<std::tuple<ClientId, std::uint64_t, std::string_view>> entries) {
    Buffer out;
    writeVarUint(out, entries.size());
    for (const auto& [client, clock, json] : entries) {
        writeVarUint(out, client);
        writeVarUint(out, clock);
        writeVarString(out, json);
    }
    return out;
}

class AwarenessTest : public testing::Test {
protected:
    /// What is relayed, in hexadecimal.
    std::string relayed(SourceId source, ClientId client, std::uint64_t clock, std::string_view json) {
        const AwarenessApplied applied = awareness.apply(states({{client, clock, json}}), source, now);
        EXPECT_FALSE(applied.fault) << applied.fault.text();
        return toHex(applied.relay);
    }

    Awareness awareness;
    Awareness::Time now{1h};
};

TEST_F(AwarenessTest, ANewerStateIsTakenAndRelayed) {
    EXPECT_EQ(relayed(1, 100, 1, R"({"a":1})"), toHex(states({{100, 1, R"({"a":1})"}})));
    EXPECT_EQ(relayed(1, 100, 2, R"({"a":2})"), toHex(states({{100, 2, R"({"a":2})"}})));
    EXPECT_EQ(relayed(1, 100, 2, R"({"a":3})"), "") << "no newer";
    EXPECT_EQ(relayed(1, 100, 1, "null"), "");
    EXPECT_EQ(toHex(awareness.encode()), toHex(states({{100, 2, R"({"a":2})"}})));
}

TEST_F(AwarenessTest, TheSameClockWithNullIsTheEndOfAState) {
    relayed(1, 100, 2, "{}");
    EXPECT_EQ(relayed(1, 100, 2, "null"), toHex(states({{100, 2, "null"}})));
    EXPECT_EQ(relayed(1, 100, 2, "null"), "") << "there is none any more";
    EXPECT_EQ(toHex(awareness.encode()), "");
    EXPECT_EQ(relayed(1, 100, 2, "{}"), "") << "what is older does not come back";
    EXPECT_NE(relayed(1, 100, 3, "{}"), "");
}

TEST_F(AwarenessTest, WhoLeavesTakesTheirClientsAlong) {
    relayed(1, 100, 2, "{}");
    relayed(1, 101, 5, "{}");
    relayed(2, 77, 1, "{}");
    EXPECT_EQ(toHex(awareness.leave(1, now)), toHex(states({{100, 2, "null"}, {101, 5, "null"}})));
    EXPECT_EQ(toHex(awareness.leave(1, now)), "");
    EXPECT_EQ(toHex(awareness.encode()), toHex(states({{77, 1, "{}"}})));
    EXPECT_EQ(relayed(2, 100, 2, "{}"), "") << "somebody's echo does not bring them back";
    EXPECT_NE(relayed(3, 100, 3, "{}"), "") << "they themselves do";
}

TEST_F(AwarenessTest, AStateOfAnothersClientIsRefusedAndAnEchoPassedOver) {
    relayed(1, 100, 2, "{}");
    const AwarenessApplied echo = awareness.apply(states({{100, 2, "{}"}, {100, 2, "null"}, {77, 1, "{}"}}), 2, now);
    EXPECT_EQ(echo.refused, 0U);
    EXPECT_EQ(toHex(echo.relay), toHex(states({{77, 1, "{}"}})));
    const AwarenessApplied forged = awareness.apply(states({{100, 3, R"({"user":"Eve"})"}, {100, 9, "null"}}), 2, now);
    EXPECT_EQ(forged.refused, 2U);
    EXPECT_EQ(forged.refusedClient, 100U);
    EXPECT_TRUE(forged.relay.empty());
    EXPECT_EQ(toHex(awareness.encode()), toHex(states({{77, 1, "{}"}, {100, 2, "{}"}})));
}

TEST_F(AwarenessTest, WhoDoesNotRenewIsGoneAfterThirtySeconds) {
    relayed(1, 100, 1, "{}");
    now += 15s;
    relayed(1, 101, 1, "{}");
    now += 15s - 1ms;
    EXPECT_EQ(toHex(awareness.expire(now)), "");
    now += 1ms;
    EXPECT_EQ(toHex(awareness.expire(now)), toHex(states({{100, 1, "null"}})));
    EXPECT_EQ(awareness.clients(), 1U);
    now += 61s;
    awareness.expire(now);
    EXPECT_NE(relayed(2, 100, 1, "{}"), "") << "what nobody can echo any more is forgotten";
}

TEST_F(AwarenessTest, WhatClientsCouldNotReadIsRefusedWhole) {
    const auto ruleOf = [&](const Buffer& update) { return awareness.apply(update, 1, now).fault.rule; };
    EXPECT_EQ(ruleOf(states({{100, 1, "{}"}, {101, 1, "{"}})), Rule::NotJson);
    EXPECT_EQ(ruleOf(states({{100, 1, "\"\xff\""}})), Rule::NotUtf8);
    EXPECT_EQ(ruleOf(fromHex("ff01")), Rule::CountTooLarge);
    EXPECT_EQ(ruleOf(fromHex("0001")), Rule::TrailingBytes);
    EXPECT_EQ(ruleOf(states({{100, 1, '"' + std::string((16 << 10) - 2, 'x') + '"'}})), Rule::None);
    EXPECT_EQ(ruleOf(states({{101, 1, '"' + std::string((16 << 10) - 1, 'x') + '"'}})), Rule::TooLarge);
    EXPECT_EQ(awareness.clients(), 1U);
}

TEST_F(AwarenessTest, ClientsAreBounded) {
    for (ClientId client = 0; client < 16; ++client) EXPECT_NE(relayed(1, client, 1, "{}"), "");
    EXPECT_EQ(awareness.apply(states({{16, 1, "{}"}}), 1, now).fault.rule, Rule::TooManyStates);
    EXPECT_NE(relayed(1, 3, 2, "{}"), "") << "one that is known";
    Awareness small{{.maxClients = 1}};
    EXPECT_FALSE(small.apply(states({{1, 1, "{}"}}), 1, now).fault);
    EXPECT_EQ(small.apply(states({{2, 1, "{}"}}), 2, now).fault.rule, Rule::TooManyStates);
    EXPECT_FALSE(small.apply(states({{2, 1, "null"}}), 2, now).fault) << "who is gone is no state";
}

TEST_F(AwarenessTest, WhoHasGoneIsRememberedAsLongAsThereIsRoom) {
    awareness = Awareness{{.maxClients = 3}};
    for (ClientId client = 1; client <= 5; ++client) {
        const AwarenessApplied applied = awareness.apply(states({{client, 1, "{}"}, {client, 2, "null"}}), 1, now);
        EXPECT_FALSE(applied.fault);
        EXPECT_LE(awareness.clients() + awareness.remembered(), 3U);
        now += 1ms;
    }
    EXPECT_EQ(awareness.remembered(), 3U);
    EXPECT_EQ(relayed(2, 5, 2, "{}"), "") << "the last are remembered";
    EXPECT_EQ(relayed(2, 3, 2, "{}"), "");
    EXPECT_NE(relayed(2, 1, 1, "{}"), "") << "and the first are forgotten";
    EXPECT_EQ(awareness.remembered(), 2U);
    EXPECT_NE(relayed(2, 3, 2, "{}"), "") << "also for whoever comes";
    awareness.leave(2, now);
    EXPECT_LE(awareness.remembered(), 3U);
}

TEST(Messages, ThoseOfYWebsocketAreReadAndWritten) {
    ASSERT_EQ(vectors().frames.size(), 10U);
    for (const Named& one : vectors().frames) {
        Message message;
        const Fault fault = readMessage(one.bytes, message);
        EXPECT_FALSE(fault) << one.name << ": " << fault.text();
        EXPECT_EQ(toHex(writeMessage(message.type, message.body)), toHex(one.bytes)) << one.name;
        if (message.type == MessageType::Awareness) {
            EXPECT_FALSE(Awareness{}.apply(message.body, 1, {}).fault) << one.name;
        }
    }
    EXPECT_EQ(toHex(writeMessage(MessageType::Awareness, Awareness::keepAlive())), "010100");
}

TEST(Messages, WhatIsNoneIsRefused) {
    Message message;
    const auto ruleOf = [&](std::string_view hex) { return readMessage(fromHex(hex), message).rule; };
    EXPECT_EQ(ruleOf(""), Rule::Truncated);
    EXPECT_EQ(ruleOf("04"), Rule::UnknownMessage);
    EXPECT_EQ(ruleOf("000300"), Rule::UnknownMessage);
    EXPECT_EQ(ruleOf("020100"), Rule::UnknownMessage);
    EXPECT_EQ(ruleOf("00000201"), Rule::Truncated);
    EXPECT_EQ(ruleOf("0000010000"), Rule::TrailingBytes);
    EXPECT_EQ(ruleOf("0300"), Rule::TrailingBytes);
}

}  // namespace
}  // namespace patchbay::yjs::test
