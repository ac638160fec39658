// What requests of a client come to, once.   Source: framework/WIRE.md §7

#include "messaging/Once.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

namespace patchbay::messaging {
namespace {

using Client = Once::Client;
using Beginning = Client::Beginning;
using testing::ElementsAre, testing::IsEmpty, testing::StartsWith;

/// Tells when it is told to.
class SlowStore final : public Store {
public:
    void commit(Commit commit, Receiver<Committed> receiver) override {
        commits.push_back(std::move(*commit.answer));
        committing.push_back(std::move(receiver));
    }
    void read(Range, Receiver<Slice>) override {}
    void answers(ClientKey, Receiver<Answers> receiver) override { asked.push_back(std::move(receiver)); }
    void trim(Retention, Receiver<void>) override {}
    Health health() const override { return {}; }

    void committed() {
        auto first = std::move(committing.front());
        committing.pop_front();
        first.set(Committed{});
    }
    void fail() {
        auto first = std::move(committing.front());
        committing.pop_front();
        first.fail(std::make_exception_ptr(StoreError{StoreFault::NoRoom, "full"}));
    }
    std::vector<Answer> commits;
    std::deque<Receiver<Committed>> committing;
    std::deque<Receiver<Answers>> asked;
};

class OnceTest : public testing::Test {
protected:
    std::shared_ptr<SlowStore> store = std::make_shared<SlowStore>();
    std::shared_ptr<Once> once = std::make_shared<Once>();
    std::shared_ptr<Client> client = once->client({"ann", "secret"});
    std::vector<std::string> told;
    std::string outcome;

    Client::Told teller(std::string who) {
        return [this, who = std::move(who)](const std::string* what) { told.push_back(who + ": " + (what ? *what : "nothing")); };
    }
    Beginning begin(std::uint64_t id, std::string who = "it") {
        outcome.clear();
        return client->begin(id, outcome, [&] { return teller(who); });
    }
    Client::Committer committer = [this](Answer answer, Receiver<Committed> receiver) {
        Commit commit;
        commit.answer = std::move(answer);
        store->commit(std::move(commit), std::move(receiver));
    };
    /// With what the store knows of it.
    void open(Answers answers = {}, std::uint64_t next = 1) {
        bool known = false;
        client->open(store, next, [&](bool is) { known = is; });
        store->asked.front().set(std::move(answers));
        store->asked.pop_front();
        EXPECT_TRUE(known);
    }
};

TEST_F(OnceTest, AnOutcomeIsToldWhenTheStoreHasItAndNotBefore) {
    open();
    ASSERT_EQ(begin(1), Beginning::New);
    client->commit(committer, 1, "done", teller("one"));
    EXPECT_THAT(told, IsEmpty());
    EXPECT_EQ(begin(1, "two"), Beginning::Waits);
    store->committed();
    EXPECT_THAT(told, ElementsAre("one: done", "two: done"));
    EXPECT_EQ(begin(1), Beginning::Recorded);
    EXPECT_EQ(outcome, "done");
}

TEST_F(OnceTest, AnOutcomeThatTheStoreDoesNotTakeIsToldAsAFailureAndNotRecorded) {
    open();
    begin(1);
    client->commit(committer, 1, "done", teller("one"));
    begin(1, "two");
    store->fail();
    EXPECT_THAT(told, ElementsAre(R"(one: {"id":1,"error":{"code":"busy","retry":true}})", R"(two: {"id":1,"error":{"code":"busy","retry":true}})"));
    EXPECT_EQ(begin(1), Beginning::New);
}

TEST_F(OnceTest, WhereSomethingHasHappenedWhatTheStoreDoesNotTakeMayNotGoAnotherTime) {
    open();
    begin(1);
    client->commit(committer, 1, "done", teller("one"), true);
    store->fail();
    EXPECT_THAT(told, ElementsAre(R"(one: {"id":1,"error":{"code":"failed","retry":false}})"));
}

TEST_F(OnceTest, WhatHasNotHappenedIsBegunAnew) {
    open();
    begin(1);
    begin(1, "two");
    client->abandon(1);
    EXPECT_THAT(told, ElementsAre("two: nothing"));
    EXPECT_EQ(begin(1), Beginning::New);
}

TEST_F(OnceTest, WhatTheStoreKnowsIsKnownWhenItIsOpenAndAskedForOnce) {
    std::vector<bool> known;
    client->open(store, 1, [&](bool is) { known.push_back(is); });
    once->client({"ann", "secret"})->open(store, 1, [&](bool is) { known.push_back(is); });
    ASSERT_EQ(store->asked.size(), 1U);
    store->asked.front().set(Answers{{{5, "five"}, {7, "seven"}}, 4});
    EXPECT_THAT(known, ElementsAre(true, true));
    EXPECT_EQ(begin(5), Beginning::Recorded);
    EXPECT_EQ(outcome, "five");
    EXPECT_EQ(begin(6), Beginning::New);
    EXPECT_EQ(begin(4), Beginning::Forgotten);
}

TEST_F(OnceTest, AStoreThatCannotBeReadIsSaidSoAndAskedAgain) {
    bool known = true;
    client->open(store, 1, [&](bool is) { known = is; });
    store->asked.front().fail(std::make_exception_ptr(StoreError{StoreFault::Unavailable, "gone"}));
    store->asked.pop_front();
    EXPECT_FALSE(known);
    open({{{5, "five"}}, 0});
    EXPECT_EQ(begin(5), Beginning::Recorded);
}

TEST_F(OnceTest, WhatIsSettledIsForgottenAndTheStoreIsToldSo) {
    open({{{5, "five"}}, 0}, 6);
    EXPECT_EQ(begin(5), Beginning::Forgotten);
    begin(6);
    client->commit(committer, 6, "six", teller("it"));
    EXPECT_EQ(store->commits.front().id, 6U);
    EXPECT_EQ(store->commits.front().next, 6U);
    EXPECT_EQ(store->commits.front().from, (ClientKey{"ann", "secret"}));
}

TEST_F(OnceTest, AsManyAsAreKeptMayRunAndNotOneMore) {
    open();
    for (std::uint64_t id = 1; id <= kMostAnswers; ++id) ASSERT_EQ(begin(id), Beginning::New);
    EXPECT_EQ(begin(kMostAnswers + 1), Beginning::Busy);
}

/// Its connection is lost, most likely, and busy would have the request made anew.
TEST_F(OnceTest, EightWaitForAnOutcomeAndTheOldestMakesRoom) {
    open();
    begin(1);
    for (const char* who : {"a", "b", "c", "d", "e", "f", "g", "h", "i"}) EXPECT_EQ(begin(1, who), Beginning::Waits);
    client->commit(committer, 1, "done", teller("it"));
    store->committed();
    EXPECT_THAT(told, ElementsAre("it: done", "b: done", "c: done", "d: done", "e: done", "f: done", "g: done", "h: done", "i: done"));
}

TEST_F(OnceTest, LongOutcomesAreTheStoresAlone) {
    open();
    for (const std::uint64_t id : {1, 2}) {
        begin(id);
        client->commit(committer, id, std::string(40'000, 'x'), teller("it"));
        store->committed();
    }
    EXPECT_EQ(begin(1), Beginning::InStore);
    EXPECT_EQ(begin(2), Beginning::Recorded);
}

TEST_F(OnceTest, AClientIsOneForAllWhoHoldItAndForgottenWithTheLast) {
    EXPECT_EQ(once->client({"ann", "secret"}), client);
    EXPECT_NE(once->client({"bob", "secret"}), client);
    EXPECT_EQ(once->clients(), 1U);
    client.reset();
    EXPECT_EQ(once->clients(), 0U);
}

}  // namespace
}  // namespace patchbay::messaging
