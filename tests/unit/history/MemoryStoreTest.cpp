// What is the store's in memory alone; what every store promises is in tests/contract/store.

#include "history/MemoryStore.hpp"

#include "base/ManualLoop.hpp"
#include "history/OnLoop.hpp"
#include "support/CapturedLog.hpp"
#include "support/Told.hpp"

#include <patchbay/faulty_store.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace patchbay::test {
namespace {

using testing::ElementsAre, testing::HasSubstr;
using testkit::FaultyStore;

Commit publishing(std::string data) {
    Commit one;
    one.appends.push_back({.topic = "t", .data = std::move(data)});
    return one;
}

TEST(MemoryStore, TakesNoMoreThanItsBytesAndAgainWhenSomeAreGivenBack) {
    history::MemoryStore store{{.bytes = 10'000}};
    int taken = 0;
    const auto fault = faultOf([&] {
        for (; taken < 100; ++taken) commit(store, publishing(std::string(1000, 'x')));
    });
    EXPECT_EQ(fault, StoreFault::NoRoom);
    EXPECT_GE(taken, 7);
    EXPECT_LT(taken, 10);
    EXPECT_EQ(read(store, {.topic = "t"}).last.offset, static_cast<std::uint64_t>(taken));
    trim(store, {.topics = {{.topic = "t", .messages = 1}}});
    commit(store, publishing(std::string(1000, 'x')));
    EXPECT_EQ(faultOf([&] { commit(store, publishing(std::string(20'000, 'x'))); }), StoreFault::NoRoom);
}

TEST(MemoryStore, CountsNothingOnceEverythingHasGone) {
    history::MemoryStore store{{.bytes = 100'000}};
    for (int round = 0; round < 1'000; ++round) {
        Commit all;
        all.opens = {"other"};
        all.appends.push_back({"t", MessageKind::Text, std::string(500, 'x'), "key", "you", 1});
        all.amends.push_back({.topic = "t", .offset = 1, .data = std::string(900, 'y'), .client = "you"});
        all.answer = Answer{{"ann", "c"}, 1, 1, std::string(300, 'z')};
        commit(store, std::move(all));
        const auto end = std::chrono::system_clock::now() + std::chrono::hours{1};
        trim(store, {.topics = {{.topic = "t", .messages = 0}}, .answersSince = end, .clientsSince = end, .emptyTopicsSince = end});
    }
    EXPECT_TRUE(store.health().ok());
}

Commit answering(std::string client, std::uint64_t id, std::size_t bytes) {
    Commit one;
    one.answer = Answer{{"ann", std::move(client)}, id, 1, std::string(bytes, 'x')};
    return one;
}

TEST(MemoryStore, OutcomesTakeNoRoomOfTopicsAndThoseOfWhoWasHeardOfLongestAgoGo) {
    history::MemoryStore store{{.bytes = 100'000}};
    for (const char* client : {"a", "b", "c"}) commit(store, answering(client, 1, 6'000));
    commit(store, answering("a", 2, 6'000));
    EXPECT_EQ(answers(store, {"ann", "a"}).records.size(), 2u);
    EXPECT_EQ(answers(store, {"ann", "b"}).records.size(), 0u) << "a was heard of since";
    EXPECT_EQ(answers(store, {"ann", "b"}).forgotten, 1u);
    EXPECT_EQ(answers(store, {"ann", "c"}).records.size(), 1u);
    EXPECT_EQ(faultOf([&] { commit(store, answering("b", 1, 1)); }), StoreFault::AlreadyAnswered) << "that there was one is known";
    commit(store, answering("b", 2, 6'000));
    EXPECT_EQ(answers(store, {"ann", "c"}).records.size(), 0u);
    commit(store, answering("d", 1, 30'000));
    EXPECT_EQ(answers(store, {"ann", "d"}).records.size(), 0u) << "more than all may take";
    for (int i = 0; i < 1'000; ++i) commit(store, answering(std::to_string(i), 1, 1'000));
    EXPECT_TRUE(store.health().ok());
    commit(store, publishing(std::string(95'000, 'x')));
    EXPECT_EQ(read(store, {.topic = "t"}).last.offset, 1u);
}

TEST(MemoryStore, ThatManyClientsWereThereIsForgottenOnceItTakesHalfOfWhatOutcomesMay) {
    history::MemoryStore store{{.bytes = 100'000}};
    const auto end = std::chrono::system_clock::now() + std::chrono::hours{1};
    for (int i = 0; i < 100; ++i) commit(store, answering(std::to_string(i), 1, 10));
    trim(store, {.answersSince = end});
    commit(store, answering("last", 1, 10'000));
    EXPECT_EQ(answers(store, {"ann", "last"}).records.size(), 1u);
    EXPECT_EQ(answers(store, {"ann", "0"}).forgotten, 0u);
    EXPECT_EQ(answers(store, {"ann", "99"}).forgotten, 1u);
}

TEST(OnLoop, TellsInATaskOfTheLoopInTheOrderOfCommits) {
    OwnLoop loop;
    history::MemoryStore store{{}};
    std::vector<std::uint64_t> told;
    for (int i = 0; i < 3; ++i) {
        store.commit(publishing("x"), history::onLoop<Committed>(loop, [&](Outcome<Committed> outcome) {
                         EXPECT_TRUE(loop->isHere());
                         told.push_back(outcome.take().appended.at(0).offset);
                         if (told.size() == 2) throw 42;
                     }));
    }
    EXPECT_TRUE(told.empty());
    const CapturedLog log;
    loop->settle();
    EXPECT_THAT(told, ElementsAre(1, 2, 3));
    EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("threw something that is no std::exception")));
}

TEST(Receiver, IsToldOnceAndToldNothingWhenItGoes) {
    int times = 0;
    Receiver<int> receiver{[&](Outcome<int> outcome) { times += outcome.take(); }};
    EXPECT_TRUE(static_cast<bool>(receiver));
    receiver.set(1);
    receiver.set(1);
    receiver.fail(std::make_exception_ptr(StoreError{StoreFault::Stopped, ""}));
    EXPECT_EQ(times, 1);
    EXPECT_FALSE(static_cast<bool>(receiver));
    { const Receiver<int> gone{[&](Outcome<int>) { ++times; }}; }
    EXPECT_EQ(times, 1);
}

TEST(FaultyStore, FailsAndHoldsOnCommand) {
    FaultyStore store{std::make_shared<history::MemoryStore>(MemoryStoreOptions{})};
    store.fail(StoreFault::NoRoom);
    EXPECT_EQ(faultOf([&] { commit(store, publishing("x")); }), StoreFault::NoRoom);
    EXPECT_FALSE(store.health().ok());
    store.mend();
    EXPECT_TRUE(store.health().ok());
    store.hold();
    std::uint64_t offset = 0;
    store.commit(publishing("x"), [&](Outcome<Committed> outcome) { offset = outcome.take().appended.at(0).offset; });
    EXPECT_EQ(offset, 0u);
    EXPECT_EQ(store.held(), 1u);
    store.release();
    EXPECT_EQ(offset, 1u);
    EXPECT_EQ(read(store, {.topic = "t"}).last.offset, 1u);
    EXPECT_EQ(store.reads(), 1u);
}

}  // namespace
}  // namespace patchbay::test
