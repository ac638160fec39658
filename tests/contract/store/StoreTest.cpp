// What patchbay/store.hpp promises, of each store that there is.

#include "Stores.hpp"
#include "support/Told.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;

class StoreTest : public testing::TestWithParam<StoreKind> {
protected:
    Committed put(std::string topic, std::string data, std::string key = {}) {
        Commit one;
        one.appends.push_back({.topic = std::move(topic), .data = std::move(data), .key = std::move(key)});
        return commit(store, std::move(one));
    }
    void putMany(const std::string& topic, int count) {
        for (int i = 1; i <= count; ++i) put(topic, std::to_string(i));
    }
    void answer(const ClientKey& from, std::uint64_t id, std::uint64_t next, std::string outcome = "ok") {
        Commit one;
        one.answer = Answer{from, id, next, std::move(outcome)};
        commit(store, std::move(one));
    }
    std::vector<std::uint64_t> offsets(Range range) {
        std::vector<std::uint64_t> found;
        for (const Publication& one : read(store, std::move(range)).publications) found.push_back(one.offset);
        return found;
    }

    OwnStore own{GetParam()};
    Store& store = *own.store;
    using Offsets = std::vector<std::uint64_t>;
};

TEST_P(StoreTest, NumbersThePublicationsOfEachTopicFromOne) {
    EXPECT_EQ(put("a", "x").appended.at(0).offset, 1u);
    EXPECT_EQ(put("b", "x").appended.at(0).offset, 1u);
    EXPECT_EQ(put("a", "y").appended.at(0).offset, 2u);
    const Slice slice = read(store, {.topic = "a"});
    EXPECT_EQ(slice.last.offset, 2u);
    EXPECT_EQ(slice.kept, 1u);
    EXPECT_TRUE(slice.whole);
    ASSERT_EQ(slice.publications.size(), 2u);
    EXPECT_EQ(slice.publications[1].data, "y");
}

TEST_P(StoreTest, GivesAllOfWhatWasPublishedBack) {
    Commit one;
    one.appends.push_back({"t", MessageKind::Binary, std::string{"\0\xff\xfe\n", 4}, "key", "you", 12});
    const Committed done = commit(store, std::move(one));
    const Publication expected{1, MessageKind::Binary, std::string{"\0\xff\xfe\n", 4}, "key", "you", 12, 0, own.clock.now()};
    EXPECT_EQ(read(store, {.topic = "t"}).publications, std::vector{expected});
    EXPECT_EQ(done.at, own.clock.now());
}

TEST_P(StoreTest, TakesAnyTextAsNameAndDataOfAnySize) {
    for (const std::string& name : {std::string{}, std::string{"a\0b", 3}, std::string{"a\0c", 3}, std::string{"\xc3\x28"}, std::string(5000, 'x')}) {
        const std::string data(name.size() * 100, 'd');
        EXPECT_EQ(put(name, data).appended.at(0).offset, 1u);
        EXPECT_EQ(read(store, {.topic = name}).publications.at(0).data, data);
    }
}

TEST_P(StoreTest, HasAnEpochForEachTopicThatIsAnothersInAnotherStore) {
    const std::uint64_t epoch = put("a", "x").appended.at(0).epoch;
    EXPECT_NE(epoch, 0u);
    EXPECT_LT(epoch, std::uint64_t{1} << 63);
    EXPECT_EQ(put("a", "x").appended.at(0).epoch, epoch);
    EXPECT_NE(put("b", "x").appended.at(0).epoch, epoch);
    OwnStore other{GetParam()};
    Commit one;
    one.opens = {"a"};
    EXPECT_NE(commit(*other.store, std::move(one)).opened.at(0).epoch, epoch);
}

TEST_P(StoreTest, BeginsATopicWhenItIsOpenedAndOnce) {
    EXPECT_EQ(read(store, {.topic = "a"}).last, TopicPosition{});
    Commit one;
    one.opens = {"a", "a"};
    const Committed first = commit(store, one);
    EXPECT_NE(first.opened.at(0).epoch, 0u);
    EXPECT_EQ(first.opened.at(0), first.opened.at(1));
    EXPECT_EQ(commit(store, one).opened.at(0), first.opened.at(0));
    EXPECT_EQ(read(store, {.topic = "a"}).last, first.opened.at(0));
    EXPECT_EQ(put("a", "x").appended.at(0), (TopicPosition{first.opened.at(0).epoch, 1}));
}

// ------------------------------------------------------------------------------------------------ ranges

TEST_P(StoreTest, ReadsWhatIsBetweenTwoOffsets) {
    putMany("t", 10);
    EXPECT_EQ(offsets({.topic = "t", .after = 3, .before = 6}), (Offsets{4, 5}));
    EXPECT_EQ(offsets({.topic = "t", .after = 8}), (Offsets{9, 10}));
    EXPECT_EQ(offsets({.topic = "t", .before = 3}), (Offsets{1, 2}));
    EXPECT_EQ(offsets({.topic = "t", .after = 5, .before = 5}), Offsets{});
    EXPECT_EQ(offsets({.topic = "t", .after = 10}), Offsets{});
    EXPECT_EQ(offsets({.topic = "u"}), Offsets{});
}

TEST_P(StoreTest, ReadsTheOldestOrTheNewestOfARangeInTheirOrder) {
    putMany("t", 10);
    EXPECT_EQ(offsets({.topic = "t", .after = 2, .limit = 3}), (Offsets{3, 4, 5}));
    EXPECT_EQ(offsets({.topic = "t", .before = 8, .limit = 3, .from = Range::From::Newest}), (Offsets{5, 6, 7}));
    EXPECT_EQ(offsets({.topic = "t", .limit = 1, .from = Range::From::Newest}), Offsets{10}) << "the last value";
    EXPECT_EQ(offsets({.topic = "t", .limit = 0}), Offsets{});
}

TEST_P(StoreTest, SaysWhetherARangeIsWhole) {
    putMany("t", 10);
    EXPECT_TRUE(read(store, {.topic = "t", .after = 3}).whole);
    EXPECT_TRUE(read(store, {.topic = "t", .after = 10}).whole);
    EXPECT_TRUE(read(store, {.topic = "t", .after = 3, .limit = 7}).whole);
    EXPECT_FALSE(read(store, {.topic = "t", .after = 3, .limit = 6}).whole);
    EXPECT_FALSE(read(store, {.topic = "t", .limit = 0}).whole);
    EXPECT_FALSE(read(store, {.topic = "t", .after = 11}).whole) << "that has not been published";
    EXPECT_TRUE(read(store, {.topic = "u"}).whole);
    EXPECT_FALSE(read(store, {.topic = "u", .after = 1}).whole);
}

TEST_P(StoreTest, TakesTheLargestNumbersAsRanges) {
    putMany("t", 3);
    for (const std::uint64_t number : {std::uint64_t{1} << 53, std::uint64_t{1} << 63, kNoOffset - 1, kNoOffset}) {
        EXPECT_EQ(offsets({.topic = "t", .after = number}), Offsets{});
        EXPECT_FALSE(read(store, {.topic = "t", .after = number}).whole);
        EXPECT_EQ(offsets({.topic = "t", .before = number, .limit = std::numeric_limits<std::size_t>::max()}), (Offsets{1, 2, 3}));
    }
}

// ------------------------------------------------------------------------------------------------ new versions

TEST_P(StoreTest, AnAmendHasAnOffsetOfItsOwnAndItsDataStandsInBothPlaces) {
    put("t", "one", "key");
    put("t", "two");
    Commit change;
    change.amends.push_back({"t", 1, MessageKind::Text, "ONE", "you", 7});
    const Committed done = commit(store, std::move(change));
    EXPECT_EQ(done.amended.at(0).offset, 3u);
    EXPECT_EQ(done.keys, std::vector<std::string>{"key"});
    const auto all = read(store, {.topic = "t"}).publications;
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0].data, "ONE");
    EXPECT_EQ(all[0].offset, 1u);
    EXPECT_EQ(all[1].data, "two");
    EXPECT_EQ(all[2].data, "ONE");
    EXPECT_EQ(all[2].amends, 1u);
    EXPECT_EQ(all[2].key, "key");
    EXPECT_EQ(all[2].client, "you");
}

TEST_P(StoreTest, ACommitMayAmendWhatItAppends) {
    Commit both;
    both.appends.push_back({.topic = "t", .data = "one"});
    both.amends.push_back({.topic = "t", .offset = 1, .data = "two"});
    const Committed done = commit(store, std::move(both));
    EXPECT_EQ(done.appended.at(0).offset, 1u);
    EXPECT_EQ(done.amended.at(0).offset, 2u);
    EXPECT_EQ(read(store, {.topic = "t"}).publications.at(0).data, "two");
}

TEST_P(StoreTest, NothingOfACommitIsDoneThatAmendsWhatIsNotThere) {
    putMany("t", 3);
    trim(store, {.topics = {{.topic = "t", .messages = 2}}});
    for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{5}, std::uint64_t{1} << 63}) {
        Commit bad;
        bad.opens = {"new"};
        bad.appends.push_back({.topic = "t", .data = "x"});
        bad.amends.push_back({.topic = "t", .offset = offset, .data = "y"});
        bad.answer = Answer{{"ann", "c"}, 1, 1, "ok"};
        EXPECT_EQ(faultOf([&] { commit(store, std::move(bad)); }), StoreFault::NoSuchOffset) << offset;
    }
    Commit nowhere;
    nowhere.amends.push_back({.topic = "nowhere", .offset = 1, .data = "y"});
    EXPECT_EQ(faultOf([&] { commit(store, std::move(nowhere)); }), StoreFault::NoSuchOffset);
    EXPECT_EQ(read(store, {.topic = "t"}).last.offset, 3u);
    EXPECT_EQ(read(store, {.topic = "new"}).last.epoch, 0u);
    EXPECT_EQ(read(store, {.topic = "nowhere"}).last.epoch, 0u);
    EXPECT_TRUE(answers(store, {"ann", "c"}).records.empty());
}

// ------------------------------------------------------------------------------------------------ outcomes of requests

TEST_P(StoreTest, RecordsOutcomesByUserAndClient) {
    answer({"ann", "c"}, 1, 1, "one");
    answer({"ann", "c"}, 2, 1, std::string{"t\0wo", 4});
    EXPECT_EQ(answers(store, {"ann", "c"}).records, (std::vector<Answers::Record>{{1, "one"}, {2, std::string{"t\0wo", 4}}}));
    EXPECT_TRUE(answers(store, {"bob", "c"}).records.empty());
    EXPECT_TRUE(answers(store, {"", "annc"}).records.empty());
    EXPECT_EQ(answers(store, {"ann", "c"}).forgotten, 0u);
}

TEST_P(StoreTest, NothingOfACommitIsDoneWhoseRequestHasBeenAnswered) {
    answer({"ann", "c"}, 5, 1);
    Commit again;
    again.appends.push_back({.topic = "t", .data = "x"});
    again.answer = Answer{{"ann", "c"}, 5, 1, "other"};
    EXPECT_EQ(faultOf([&] { commit(store, std::move(again)); }), StoreFault::AlreadyAnswered);
    EXPECT_EQ(read(store, {.topic = "t"}).last.epoch, 0u);
    EXPECT_EQ(answers(store, {"ann", "c"}).records, (std::vector<Answers::Record>{{5, "ok"}}));
}

TEST_P(StoreTest, ForgetsOutcomesThatTheClientKnowsAndSaysSo) {
    for (std::uint64_t id = 1; id <= 4; ++id) answer({"ann", "c"}, id, 1);
    answer({"ann", "c"}, 5, 4);
    EXPECT_EQ(answers(store, {"ann", "c"}).records, (std::vector<Answers::Record>{{4, "ok"}, {5, "ok"}}));
    EXPECT_EQ(answers(store, {"ann", "c"}).forgotten, 3u);
    Commit late;
    late.answer = Answer{{"ann", "c"}, 2, 1, "again"};
    EXPECT_EQ(faultOf([&] { commit(store, std::move(late)); }), StoreFault::AlreadyAnswered);
    answer({"ann", "c"}, 6, 1'000'000);
    EXPECT_EQ(answers(store, {"ann", "c"}).records, (std::vector<Answers::Record>{{6, "ok"}})) << "it cannot know that";
    EXPECT_EQ(answers(store, {"ann", "c"}).forgotten, 5u);
}

TEST_P(StoreTest, KeepsSoManyOutcomesOfAClientAndTheHighest) {
    std::atomic<std::size_t> done{0};
    for (std::uint64_t id = 1; id <= kMostAnswers + 5; ++id) {
        Commit one;
        one.answer = Answer{{"ann", "c"}, id, 1, "ok"};
        store.commit(std::move(one), [&](Outcome<Committed>) { ++done; });
    }
    commit(store, {});  // behind the others
    const Answers all = answers(store, {"ann", "c"});
    EXPECT_EQ(done, kMostAnswers + 5);
    EXPECT_EQ(all.records.size(), kMostAnswers);
    EXPECT_EQ(all.records.at(0).id, 6u);
    EXPECT_EQ(all.forgotten, 5u);
}

TEST_P(StoreTest, KeepsSoManyBytesOfAClientsOutcomesAndTheHighest) {
    constexpr std::size_t kQuarter = kMostAnswerBytes / 4;
    for (std::uint64_t id = 1; id <= 4; ++id) answer({"ann", "c"}, id, 1, std::string(kQuarter, 'x'));
    EXPECT_EQ(answers(store, {"ann", "c"}).records.size(), 4u) << "just as many as may be";
    answer({"ann", "c"}, 5, 1, "x");
    EXPECT_EQ(answers(store, {"ann", "c"}).records.size(), 4u);
    EXPECT_EQ(answers(store, {"ann", "c"}).records.at(0).id, 2u);
    EXPECT_EQ(answers(store, {"ann", "c"}).forgotten, 1u);
    answer({"bob", "c"}, 1, 1, std::string(kQuarter, 'x'));
    EXPECT_EQ(answers(store, {"ann", "c"}).records.size(), 4u) << "others' are others'";
    const std::string large(2 * kMostAnswerBytes, 'x');
    answer({"ann", "c"}, 6, 1, large);
    EXPECT_EQ(answers(store, {"ann", "c"}).records, (std::vector<Answers::Record>{{6, large}})) << "the newest whatever its size";
    EXPECT_EQ(answers(store, {"ann", "c"}).forgotten, 5u);
}

TEST_P(StoreTest, ForgetsOldOutcomesButNotThatThereWereAny) {
    answer({"ann", "c"}, 1, 1);
    own.clock.advance(1h);
    const auto later = own.clock.now();
    answer({"ann", "c"}, 2, 1);
    trim(store, {.answersSince = later});
    EXPECT_EQ(answers(store, {"ann", "c"}).records, (std::vector<Answers::Record>{{2, "ok"}}));
    EXPECT_EQ(answers(store, {"ann", "c"}).forgotten, 1u);
    trim(store, {.answersSince = later + 1h});
    EXPECT_TRUE(answers(store, {"ann", "c"}).records.empty());
    EXPECT_EQ(answers(store, {"ann", "c"}).forgotten, 2u);
    trim(store, {.clientsSince = later});
    EXPECT_EQ(answers(store, {"ann", "c"}).forgotten, 2u);
    trim(store, {.clientsSince = later + 1h});
    EXPECT_EQ(answers(store, {"ann", "c"}).forgotten, 0u);
}

TEST_P(StoreTest, KeepsAClientThatHasOutcomesHoweverOld) {
    answer({"ann", "c"}, 3, 1);
    own.clock.advance(1h);
    trim(store, {.clientsSince = own.clock.now()});
    EXPECT_EQ(answers(store, {"ann", "c"}).records.size(), 1u);
}

// ------------------------------------------------------------------------------------------------ what goes

TEST_P(StoreTest, KeepsSoManyPublicationsAndChangesNoNumber) {
    putMany("t", 10);
    const TopicPosition before = read(store, {.topic = "t"}).last;
    trim(store, {.topics = {{.topic = "t", .messages = 4}, {.topic = "nowhere", .messages = 0}}});
    const Slice slice = read(store, {.topic = "t"});
    EXPECT_EQ(slice.last, before);
    EXPECT_EQ(slice.kept, 7u);
    EXPECT_FALSE(slice.whole);
    EXPECT_EQ(offsets({.topic = "t"}), (Offsets{7, 8, 9, 10}));
    EXPECT_TRUE(read(store, {.topic = "t", .after = 6}).whole);
    EXPECT_FALSE(read(store, {.topic = "t", .after = 5}).whole) << "one is missing";
    EXPECT_FALSE(read(store, {.topic = "t", .after = 2, .before = 5}).whole) << "all are missing";
    EXPECT_EQ(put("t", "x").appended.at(0).offset, 11u);
    trim(store, {.topics = {{.topic = "t", .messages = 0}}});
    EXPECT_EQ(read(store, {.topic = "t"}).kept, 12u);
    EXPECT_EQ(read(store, {.topic = "t"}).last.offset, 11u);
    EXPECT_EQ(put("t", "x").appended.at(0), (TopicPosition{before.epoch, 12}));
}

TEST_P(StoreTest, KeepsSoManyBytes) {
    for (int i = 0; i < 5; ++i) put("t", "1234567", "\xc3\xa4" "b");  // ten bytes each
    trim(store, {.topics = {{.topic = "t", .bytes = 30}}});
    EXPECT_EQ(offsets({.topic = "t"}), (Offsets{3, 4, 5}));
    trim(store, {.topics = {{.topic = "t", .bytes = 29}}});
    EXPECT_EQ(offsets({.topic = "t"}), (Offsets{4, 5}));
    Commit longer;
    longer.amends.push_back({.topic = "t", .offset = 4, .data = std::string(100, 'x')});
    commit(store, std::move(longer));  // 4: 103, 5: 10, 6: 103
    trim(store, {.topics = {{.topic = "t", .bytes = 216}}});
    EXPECT_EQ(offsets({.topic = "t"}), (Offsets{4, 5, 6}));
    trim(store, {.topics = {{.topic = "t", .bytes = 215}}});
    EXPECT_EQ(offsets({.topic = "t"}), (Offsets{5, 6}));
}

TEST_P(StoreTest, KeepsWhatIsYoung) {
    putMany("t", 2);
    own.clock.advance(1h);
    putMany("t", 2);
    trim(store, {.topics = {{.topic = "t", .since = own.clock.now()}}});
    EXPECT_EQ(offsets({.topic = "t"}), (Offsets{3, 4}));
    trim(store, {.topics = {{.topic = "t", .since = own.clock.now() + 1s}}});
    EXPECT_EQ(offsets({.topic = "t"}), Offsets{});
}

TEST_P(StoreTest, ForgetsATopicWithoutPublicationsAndItsNextEpochIsAnother) {
    const TopicPosition before = put("empty", "x").appended.at(0);
    put("full", "x");
    trim(store, {.topics = {{.topic = "empty", .messages = 0}}});
    trim(store, {.emptyTopicsSince = own.clock.now()});
    EXPECT_EQ(read(store, {.topic = "empty"}).last, before) << "it is not old enough";
    trim(store, {.emptyTopicsSince = own.clock.now() + 1h});
    EXPECT_EQ(read(store, {.topic = "empty"}).last, TopicPosition{});
    EXPECT_EQ(read(store, {.topic = "full"}).last.offset, 1u);
    const TopicPosition after = put("empty", "x").appended.at(0);
    EXPECT_EQ(after.offset, 1u);
    EXPECT_NE(after.epoch, before.epoch);
}

TEST_P(StoreTest, ForgetsATopicThatNothingWasEverPublishedToOnItsOwnTerms) {
    const TopicPosition trimmed = put("trimmed", "x").appended.at(0);
    trim(store, {.topics = {{.topic = "trimmed", .messages = 0}}});
    Commit one;
    one.opens = {"unused"};
    const TopicPosition unused = commit(store, std::move(one)).opened.at(0);
    trim(store, {.unusedTopicsSince = own.clock.now()});
    EXPECT_EQ(read(store, {.topic = "unused"}).last, unused) << "it is not old enough";
    trim(store, {.unusedTopicsSince = own.clock.now() + 1h});
    EXPECT_EQ(read(store, {.topic = "unused"}).last, TopicPosition{});
    EXPECT_EQ(read(store, {.topic = "trimmed"}).last, trimmed);
}

// ------------------------------------------------------------------------------------------------ receivers

TEST_P(StoreTest, TellsReceiversInTheOrderOfTheCalls) {
    std::vector<std::uint64_t> told;  // receivers are told one at a time
    for (int i = 0; i < 500; ++i) {
        Commit one;
        one.appends.push_back({.topic = "t", .data = "x"});
        store.commit(std::move(one), [&](Outcome<Committed> outcome) { told.push_back(outcome.take().appended.at(0).offset); });
    }
    commit(store, {});
    ASSERT_EQ(told.size(), 500u);
    for (std::size_t i = 0; i < told.size(); ++i) ASSERT_EQ(told[i], i + 1);
}

TEST_P(StoreTest, HasOneOrderForAllThreadsThatCommit) {
    constexpr int kThreads = 4;
    constexpr int kEach = 100;
    std::vector<std::uint64_t> order;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&, thread] {
            for (int i = 0; i < kEach; ++i) {
                Commit one;
                one.appends.push_back({.topic = "t", .data = std::to_string(thread * kEach + i)});
                store.commit(std::move(one), [&](Outcome<Committed> outcome) { order.push_back(outcome.take().appended.at(0).offset); });
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    commit(store, {});
    ASSERT_EQ(order.size(), std::size_t{kThreads * kEach});
    for (std::size_t i = 0; i < order.size(); ++i) ASSERT_EQ(order[i], i + 1) << "told in another order than numbered";
    std::vector<int> next(kThreads, 0);
    for (const Publication& one : read(store, {.topic = "t"}).publications) {
        const int number = std::stoi(one.data);
        ASSERT_EQ(number % kEach, next.at(static_cast<std::size_t>(number / kEach))++) << "a thread's own order";
    }
}

TEST_P(StoreTest, AReceiverMayCommitReadAndThrowAnything) {
    std::promise<std::uint64_t> last;
    Commit first;
    first.appends.push_back({.topic = "t", .data = "1"});
    store.commit(std::move(first), [&](Outcome<Committed>) {
        Commit second;
        second.appends.push_back({.topic = "t", .data = "2"});
        store.commit(std::move(second), [&](Outcome<Committed>) {
            store.read({.topic = "t"}, [&](Outcome<Slice> slice) {
                last.set_value(slice.take().last.offset);
                throw 42;
            });
            throw std::runtime_error{"no matter"};
        });
        throw 42;
    });
    EXPECT_EQ(last.get_future().get(), 2u);
    EXPECT_EQ(put("t", "3").appended.at(0).offset, 3u);
}

TEST_P(StoreTest, ReadsSeeWhatHasBeenTold) {
    for (int i = 1; i <= 50; ++i) {
        put("t", "x");
        ASSERT_EQ(read(store, {.topic = "t"}).last.offset, static_cast<std::uint64_t>(i));
    }
}

TEST_P(StoreTest, AReceiverThatIsNoneIsNoHarm) {
    Commit one;
    one.appends.push_back({.topic = "t", .data = "x"});
    store.commit(std::move(one), {});
    store.read({.topic = "t"}, {});
    store.trim({}, {});
    EXPECT_EQ(put("t", "x").appended.at(0).offset, 2u);
}

TEST_P(StoreTest, RefusesRowsOfADatabaseThatIsNotItsOwn) {
    struct Foreign final : CommitPart {
        const void* database() const noexcept override { return this; }
    };
    Commit one;
    one.appends.push_back({.topic = "t", .data = "x"});
    one.parts.push_back(std::make_shared<Foreign>());
    EXPECT_EQ(faultOf([&] { commit(store, std::move(one)); }), StoreFault::Unsupported);
    EXPECT_EQ(read(store, {.topic = "t"}).last.epoch, 0u);
}

INSTANTIATE_TEST_SUITE_P(Each, StoreTest, testing::ValuesIn(storeKinds()), [](const auto& info) { return std::string{info.param == StoreKind::Memory ? "Memory" : "Sqlite"}; });

}  // namespace
}  // namespace patchbay::test
