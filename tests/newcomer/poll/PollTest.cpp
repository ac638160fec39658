#include "Install.hpp"

#include <gtest/gtest.h>
#include <patchbay/testkit.hpp>

class PollTest : public testing::Test {
protected:
    PollTest() { install(server); }
    int ask(const std::string& body) { return server.request("PUT", "/api/polls/lunch", body).status; }
    patchbay::testkit::TestServer server;
};

TEST_F(PollTest, WhoJoinsSeesHowItStandsAndEveryVote) {
    ASSERT_EQ(ask(R"({"question":"Lunch?","choices":["soup","rice"]})"), 200);
    auto& ann = server.connect("/polls/lunch");
    auto& bob = server.connect("/polls/lunch");
    EXPECT_EQ(ann.take<Results>().question, "Lunch?");
    bob.take<Results>();
    bob.send(Vote{"rice"});
    for (auto* peer : {&ann, &bob}) EXPECT_EQ(peer->take<Results>().choices[1].votes, 1);
    EXPECT_EQ(server.request("GET", "/api/polls/lunch").body,
              R"({"question":"Lunch?","choices":[{"name":"soup","votes":0},{"name":"rice","votes":1}]})");
}

TEST_F(PollTest, AQuestionReachesWhoIsThereAlready) {
    auto& ann = server.connect("/polls/lunch");
    auto& other = server.connect("/polls/dinner");
    EXPECT_TRUE(ann.received().empty());
    ask(R"({"question":"Lunch?","choices":["soup","rice"]})");
    EXPECT_EQ(ann.take<Results>().choices.size(), 2U);
    EXPECT_TRUE(other.received().empty());
}

TEST_F(PollTest, ASuggestionGoesToTheOthers) {
    auto& ann = server.connect("/polls/lunch");
    auto& bob = server.connect("/polls/lunch");
    ann.send(Suggest{"bread"});
    EXPECT_EQ(bob.take<Suggested>().choice, "bread");
    EXPECT_TRUE(ann.received().empty());
}

TEST_F(PollTest, MistakesAreToldToWhoMakesThem) {
    auto& ann = server.connect("/polls/lunch");
    ann.send(Vote{"rice"});
    EXPECT_EQ(ann.take<Refused>().problem, "There is no choice 'rice' here.");
    ann.send(R"({"type":"Veto"})");
    EXPECT_EQ(ann.take<Refused>().problem, "type: no message is called 'Veto'; known are Vote, Suggest");
    EXPECT_EQ(ask(R"({"question":"Lunch?","choices":["soup"]})"), 400);
    EXPECT_EQ(ask(R"({"question":"Lunch?"})"), 400);
    EXPECT_EQ(server.request("GET", "/api/polls/tea").status, 404);
}
