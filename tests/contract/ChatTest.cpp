// The chat, as its page sees it: every message of apps/chat/Messages.hpp, and who gets it.

#include "Messages.hpp"
#include "Rooms.hpp"

#include <patchbay/testkit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chat {
namespace {

using patchbay::testkit::Peer;
using ::testing::ElementsAre, ::testing::HasSubstr, ::testing::IsEmpty, ::testing::StartsWith;

class Chat : public ::testing::Test {
protected:
    Chat() {
        server.provide(std::make_shared<Rooms>());
        server.deployRegistered();
    }
    /// Enters, and takes the welcome.
    Peer& enter(const std::string& room, const std::string& name) {
        Peer& peer = server.connect("/chat/" + room + "?name=" + name);
        peer.take<Welcome>();
        return peer;
    }
    static std::string type(const std::string& json) {
        const auto at = json.find(R"("type":")") + 8;
        return json.substr(at, json.find('"', at) - at);
    }
    static std::vector<std::string> typesOf(const Peer& peer) {
        std::vector<std::string> types;
        for (const auto& message : peer.received()) types.push_back(type(message.payload));
        return types;
    }

    patchbay::testkit::TestServer server;
};

TEST_F(Chat, AVisitorIsWelcomedWithNameRoomPeopleAndWhatWasSaid) {
    Peer& ann = enter("lobby", "Ann");
    ann.send(Say{"anybody here?"});
    Peer& bob = server.connect("/chat/lobby?name=Bob");
    EXPECT_THAT(bob.received().front().payload, HasSubstr(R"("type":"Welcome")"));
    const auto welcome = bob.take<Welcome>();
    EXPECT_EQ(welcome.you, "Bob");
    EXPECT_EQ(welcome.room, "lobby");
    EXPECT_THAT(welcome.people, ElementsAre("Ann", "Bob"));
    ASSERT_EQ(welcome.recent.size(), 1u);
    EXPECT_EQ(welcome.recent[0].from, "Ann");
    EXPECT_EQ(welcome.recent[0].text, "anybody here?");
    EXPECT_GT(welcome.recent[0].at, 1'600'000'000'000) << "milliseconds since 1970";
}

TEST_F(Chat, WhatIsSaidReachesEveryoneInTheRoomTheSpeakerToo) {
    Peer& ann = enter("lobby", "Ann");
    Peer& bob = enter("lobby", "Bob");
    ann.take<Joined>();
    bob.send(Say{"  hello\n"});
    EXPECT_THAT(typesOf(ann), ElementsAre("Said"));
    EXPECT_THAT(typesOf(bob), ElementsAre("Said"));
    const auto said = ann.take<Said>();
    EXPECT_EQ(said.from, "Bob");
    EXPECT_EQ(said.text, "hello") << "without the white space at its ends";
}

TEST_F(Chat, NothingButSpaceIsNotSaid) {
    Peer& ann = enter("lobby", "Ann");
    ann.send(Say{" \t\n"});
    EXPECT_THAT(ann.received(), IsEmpty());
}

TEST_F(Chat, TheSameNameIsNumbered) {
    EXPECT_EQ(server.connect("/chat/lobby?name=Ann").take<Welcome>().you, "Ann");
    Peer& second = server.connect("/chat/lobby?name=Ann");
    EXPECT_EQ(second.take<Welcome>().you, "Ann 2");
    EXPECT_EQ(server.connect("/chat/lobby?name=Ann").take<Welcome>().you, "Ann 3");
    second.close();
    EXPECT_EQ(server.connect("/chat/lobby?name=Ann").take<Welcome>().you, "Ann 2") << "a name that is free again";
    EXPECT_EQ(server.connect("/chat/other?name=Ann").take<Welcome>().you, "Ann") << "another room";
}

TEST_F(Chat, WhoGivesNoNameIsAGuest) {
    EXPECT_THAT(server.connect("/chat/lobby").take<Welcome>().you, StartsWith("guest-"));
    EXPECT_THAT(server.connect("/chat/lobby?name=%20%20").take<Welcome>().you, StartsWith("guest-"));
}

TEST_F(Chat, ALongNameIsCutWhereACharacterEnds) {
    std::string name;
    for (int i = 0; i < 39; ++i) name += 'a';
    EXPECT_EQ(server.connect("/chat/lobby?name=" + name + "%C3%A9").take<Welcome>().you, name);
    EXPECT_EQ(server.connect("/chat/lobby?name=" + name + "xyz").take<Welcome>().you, name + "x");
}

TEST_F(Chat, ANameThatIsNoTextIsRefusedAndDisturbsNobody) {
    Peer& ann = enter("lobby", "Ann");
    EXPECT_THROW(server.connect("/chat/lobby?name=%ff"), patchbay::testkit::Refused);
    EXPECT_EQ(server.connect("/chat/lobby?name=Bob").take<Welcome>().people.size(), 2u);
    EXPECT_EQ(ann.take<Joined>().name, "Bob");
}

TEST_F(Chat, NamesThatCannotBeSeenOrToldApartAreRefusedWithAReason) {
    Peer& ann = enter("lobby", "Ann");
    const std::vector<std::pair<std::string, std::string>> names{
        {"A%E2%80%8Bnn", "see"},          {"%E2%80%AEnnA", "see"},       {"Ann%00", "see"},         {"Ann%C2%9B2J", "see"},
        {"Ann%E2%81%A6", "see"},          {"%F3%A0%81%81", "see"},       {"Ann%EF%BB%BF", "see"},   {"Ann%E3%85%A4", "see"},
        {"%EE%80%80", "see"},             {"%D0%90nn", "alphabets"},     {"%CE%91nn", "alphabets"}, {"%D0%90%CE%91", "alphabets"},
        {"%F0%9D%90%80nn", "mathematics"}, {"A%CC%81%CC%81%CC%81nn", "marks"}};
    for (const auto& [name, why] : names) {
        Peer& eve = server.connect("/chat/lobby?name=" + name);
        ASSERT_TRUE(eve.closed()) << name;
        EXPECT_EQ(eve.closed()->code, patchbay::CloseCode::PolicyViolation);
        EXPECT_THAT(eve.closed()->text, HasSubstr(why)) << name;
    }
    EXPECT_THAT(ann.received(), IsEmpty()) << "and nobody hears of it";
}

TEST_F(Chat, ANameThatLooksLikeOneInTheRoomIsNumbered) {
    enter("lobby", "COCO");
    for (const auto& [name, number] : std::vector<std::pair<std::string, std::string>>{
             {"coco", "coco 2"}, {"%D0%A1%D0%9E%D0%A1%D0%9E", "СОСО 3"}, {"C%C3%B6c%C3%B4", "Cöcô 4"}, {"C0C0", "C0C0 5"},
             {"Co%CC%81co", "Co\xCC\x81" "co 6"}})
        EXPECT_EQ(server.connect("/chat/lobby?name=" + name).take<Welcome>().you, number);
    enter("lobby", "Jill");
    EXPECT_EQ(server.connect("/chat/lobby?name=JiII").take<Welcome>().you, "JiII 2");
}

TEST_F(Chat, NamesAreTidied) {
    EXPECT_EQ(server.connect("/chat/a?name=%E3%80%80Ann%C2%A0%20B%0A").take<Welcome>().you, "Ann B");
    EXPECT_EQ(server.connect("/chat/b?name=%EF%BC%A1%EF%BD%8E%EF%BD%8E").take<Welcome>().you, "Ann") << "full width";
    EXPECT_EQ(server.connect("/chat/c?name=%E2%9D%A4%EF%B8%8F").take<Welcome>().you, "\xE2\x9D\xA4");
    for (const char* name : {"Zo\xC3\xAB", "Александр", "Ελένη", "李雷", "さくら", "عمر", "अनन्या", "👩🏽", "O'Neil-2"}) {
        std::string escaped;
        for (const char* c = name; *c != 0; ++c) {
            constexpr std::string_view kDigits = "0123456789abcdef";
            const auto byte = static_cast<unsigned char>(*c);
            escaped.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
        }
        EXPECT_EQ(server.connect("/chat/d?name=" + escaped).take<Welcome>().you, name);
    }
}

TEST_F(Chat, ARoomsNameIsBounded) {
    EXPECT_FALSE(server.connect("/chat/" + std::string(160, 'x')).closed());
    EXPECT_TRUE(server.connect("/chat/" + std::string(161, 'x')).closed());
    EXPECT_TRUE(server.connect("/chat/lob%E2%80%8Bby").closed());
}

TEST_F(Chat, ComingAndGoingIsTold) {
    Peer& ann = enter("lobby", "Ann");
    Peer& bob = enter("lobby", "Bob");
    EXPECT_EQ(ann.take<Joined>().name, "Bob");
    EXPECT_THAT(bob.received(), IsEmpty()) << "not to the one who came";
    bob.vanish();
    EXPECT_THAT(typesOf(ann), ElementsAre("Left"));
    EXPECT_EQ(ann.take<Left>().name, "Bob");
}

TEST_F(Chat, TypingIsToldToTheOthersOnly) {
    Peer& ann = enter("lobby", "Ann");
    Peer& bob = enter("lobby", "Bob");
    ann.take<Joined>();
    bob.send(Typing{});
    EXPECT_THAT(typesOf(ann), ElementsAre("IsTyping"));
    EXPECT_EQ(ann.take<IsTyping>().name, "Bob");
    EXPECT_THAT(bob.received(), IsEmpty());
}

/// It is told to everybody in the room: at 105 KB/s it threw out who read slowly, at 1 MB/s it became 261 MB/s.
TEST_F(Chat, WhoTypesAsFastAsHeCanIsHeardFiftyTimesASecondAndThrowsNobodyOut) {
    Peer& ann = enter("lobby", "Ann");
    Peer& bob = enter("lobby", "Bob");
    ann.take<Joined>();
    ann.stall();
    for (int second = 0; second < 10; ++second) {
        for (int i = 0; i < 2'000; ++i) bob.send(Typing{});
        server.advance(std::chrono::seconds{1});
    }
    EXPECT_FALSE(ann.closed());
    EXPECT_FALSE(bob.closed());
    ann.resume();
    EXPECT_GT(ann.received().size(), 10u * 50);
    EXPECT_LE(ann.received().size(), 12u * 50 + 1) << "two seconds' worth at once, and the one that was too much";
}

TEST_F(Chat, RoomsHearNothingOfEachOther) {
    Peer& ann = enter("lobby", "Ann");
    Peer& bob = enter("kitchen", "Bob");
    bob.send(Say{"hello"});
    bob.send(Typing{});
    bob.close();
    EXPECT_THAT(ann.received(), IsEmpty());
    EXPECT_THAT(server.connect("/chat/lobby?name=Eve").take<Welcome>().recent, IsEmpty());
}

TEST_F(Chat, ARoomRemembersTheLastFiftyMessagesWhileSomebodyIsThere) {
    Peer& ann = enter("lobby", "Ann");
    for (int i = 0; i < 60; ++i) ann.send(Say{std::to_string(i)});
    const auto recent = server.connect("/chat/lobby?name=Bob").take<Welcome>().recent;
    ASSERT_EQ(recent.size(), Rooms::kMostRecent);
    EXPECT_EQ(recent.front().text, "10");
    EXPECT_EQ(recent.back().text, "59");
}

TEST_F(Chat, AnEmptyRoomIsForgotten) {
    Peer& ann = enter("lobby", "Ann");
    ann.send(Say{"hello"});
    ann.close();
    EXPECT_THAT(server.connect("/chat/lobby?name=Bob").take<Welcome>().recent, IsEmpty());
}

TEST_F(Chat, ATextThatIsTooLongIsRefusedAndNotSaid) {
    Peer& ann = enter("lobby", "Ann");
    ann.send(Say{std::string(4000, 'x')});
    EXPECT_THAT(typesOf(ann), ElementsAre("Said"));
    ann.takeText();
    ann.send(Say{std::string(4001, 'x')});
    EXPECT_THAT(typesOf(ann), ElementsAre("Refused"));
    EXPECT_THAT(ann.take<Refused>().problem, HasSubstr("4000"));
    EXPECT_FALSE(ann.closed());
}

TEST_F(Chat, WhatItDoesNotUnderstandIsRefusedAndTheVisitorStays) {
    Peer& ann = enter("lobby", "Ann");
    for (const char* wrong : {"hello", "{", R"({"type":"Shout","text":"x"})", R"({"type":"Say"})", R"({"type":"Say","text":7})",
                              R"({"text":"x"})", "[]", ""}) {
        ann.send(std::string_view{wrong});
        ASSERT_THAT(typesOf(ann), ElementsAre("Refused")) << wrong;
        ann.takeText();
    }
    ann.send(Say{"still here"});
    EXPECT_EQ(ann.take<Said>().text, "still here");
}

TEST_F(Chat, BytesAreRefusedToo) {
    Peer& ann = enter("lobby", "Ann");
    ann.send(patchbay::asBytes("x"));
    EXPECT_THAT(typesOf(ann), ElementsAre("Refused"));
    EXPECT_FALSE(ann.closed());
}

TEST_F(Chat, AMessageOver8KiBClosesWith1009AndTheOthersAreTold) {
    Peer& ann = enter("lobby", "Ann");
    Peer& bob = enter("lobby", "Bob");
    ann.take<Joined>();
    bob.send(Say{std::string(8192, 'x')});
    EXPECT_EQ(bob.closed()->code, patchbay::CloseCode::TooBig);
    EXPECT_EQ(ann.take<Left>().name, "Bob");
}

TEST_F(Chat, AFullRoomAsksToComeBackLaterAndNobodyIsTold) {
    std::vector<Peer*> people;
    for (std::size_t i = 0; i < Rooms::kMostPeople; ++i) people.push_back(&enter("lobby", "p" + std::to_string(i)));
    const std::size_t before = people[0]->received().size();
    Peer& late = server.connect("/chat/lobby?name=Late");
    ASSERT_TRUE(late.closed());
    EXPECT_EQ(late.closed()->code, patchbay::CloseCode::TryAgainLater);
    EXPECT_THAT(late.received(), IsEmpty());
    EXPECT_EQ(people[0]->received().size(), before);
    EXPECT_EQ(enter("kitchen", "Late").closed(), std::nullopt) << "other rooms have place";
    people[1]->close();
    EXPECT_EQ(server.connect("/chat/lobby?name=Late").take<Welcome>().you, "Late");
}

TEST_F(Chat, TheSubprotocolIsAgreedOn) {
    EXPECT_EQ(server.connect("/chat/lobby", {.subprotocols = {"chat.v1"}}).subprotocol(), "chat.v1");
    EXPECT_EQ(server.connect("/chat/lobby").subprotocol(), "");
}

TEST_F(Chat, AVisitorWhoIsSilentForTwoHoursIsShownOut) {
    Peer& ann = enter("lobby", "Ann");
    Peer& bob = enter("lobby", "Bob");
    ann.take<Joined>();
    server.advance(std::chrono::minutes{119});
    ann.send(Typing{});
    server.advance(std::chrono::minutes{1});
    EXPECT_EQ(bob.closed()->code, patchbay::CloseCode::GoingAway);
    EXPECT_EQ(ann.take<Left>().name, "Bob");
    EXPECT_FALSE(ann.closed());
}

}  // namespace
}  // namespace chat
