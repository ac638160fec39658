// What is SqliteStore's alone; what every store promises is in tests/contract/store.

#include "support/Certificate.hpp"
#include "support/Told.hpp"

#include <patchbay/sqlite_store.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;

class SqliteStoreTest : public testing::Test {
protected:
    SqliteStoreTest() { open(); }
    void open() {
        store.reset();
        database.reset();
        database = std::make_shared<Database>(DatabaseOptions{.file = file});
        database->migrate("app", {"CREATE TABLE seen (x INTEGER UNIQUE NOT NULL) STRICT"});
        store = std::make_unique<SqliteStore>(database, [this] { return std::chrono::system_clock::time_point{std::chrono::microseconds{now.load()}}; });
    }
    TopicPosition put(std::string data) {
        Commit one;
        one.appends.push_back({.topic = "t", .data = std::move(data)});
        return commit(*store, std::move(one)).appended.at(0);
    }
    std::vector<int> seen() {
        return told<std::vector<int>>([&](Receiver<std::vector<int>> receiver) {
            database->read([](Snapshot& sql) { return sql.all<int>("SELECT x FROM seen ORDER BY x"); }, std::move(receiver));
        });
    }

    TemporaryFolder folder;
    const std::string file = folder.path() + "/test.db";
    std::uint64_t last = 0;
    std::atomic<std::int64_t> now{1'700'000'000'000'000};
    std::shared_ptr<Database> database;
    std::unique_ptr<SqliteStore> store;
};

TEST_F(SqliteStoreTest, GoesOnWithItsEpochsNumbersAndOutcomesWhenItIsOpenedAgain) {
    Commit one;
    one.appends.push_back({.topic = "t", .data = "x"});
    one.answer = Answer{{"ann", "c"}, 7, 7, "ok"};
    const TopicPosition before = commit(*store, std::move(one)).appended.at(0);
    open();
    EXPECT_EQ(read(*store, {.topic = "t"}).last, before);
    EXPECT_EQ(put("y"), (TopicPosition{before.epoch, 2}));
    EXPECT_EQ(answers(*store, {"ann", "c"}).records, (std::vector<Answers::Record>{{7, "ok"}}));
    EXPECT_EQ(answers(*store, {"ann", "c"}).forgotten, 6u);
}

TEST_F(SqliteStoreTest, HasAnotherEpochInAnotherFileOfTheSameName) {
    const TopicPosition before = put("x");
    store.reset();
    database.reset();
    std::filesystem::remove(file);
    open();
    EXPECT_NE(put("x").epoch, before.epoch);
}

TEST_F(SqliteStoreTest, RowsOfAnApplicationJoinACommit) {
    Commit one;
    one.appends.push_back({.topic = "t", .data = "x"});
    one.parts.push_back(database->part([](Transaction& sql) { sql.run("INSERT INTO seen VALUES (1)"); }));
    commit(*store, std::move(one));
    EXPECT_EQ(seen(), std::vector<int>{1});
}

TEST_F(SqliteStoreTest, NothingOfACommitIsDoneWhosePartThrowsAnything) {
    const auto with = [&](auto part) {
        Commit one;
        one.appends.push_back({.topic = "t", .data = "x"});
        one.answer = Answer{{"ann", "c"}, 1, 1, "ok"};
        one.parts.push_back(database->part([](Transaction& sql) { sql.run("INSERT INTO seen VALUES (1)"); }));
        one.parts.push_back(database->part(part));
        return one;
    };
    EXPECT_THROW(commit(*store, with([](Transaction&) { throw 42; })), int);
    EXPECT_THROW(commit(*store, with([](Transaction& sql) { sql.run("INSERT INTO seen VALUES (1)"); })), SqlError);
    EXPECT_TRUE(seen().empty());
    EXPECT_EQ(read(*store, {.topic = "t"}).last, TopicPosition{});
    EXPECT_TRUE(answers(*store, {"ann", "c"}).records.empty());
    EXPECT_EQ(commit(*store, with([](Transaction&) {})).appended.at(0).offset, 1u);
}

TEST_F(SqliteStoreTest, RefusesRowsOfAnotherDatabase) {
    Database other{{.file = folder.path() + "/other.db"}};
    Commit one;
    one.parts.push_back(other.part([](Transaction&) { FAIL() << "it must not be called"; }));
    EXPECT_EQ(faultOf([&] { commit(*store, std::move(one)); }), StoreFault::Unsupported);
}

TEST_F(SqliteStoreTest, ItsFileDoesNotGrowWithTheWindowsOfItsRetention) {
    const auto window = [&] {
        for (int part = 0; part < 10; ++part) {
            for (int i = 0; i < 50; ++i) {
                Commit one;
                one.appends.push_back({.topic = "t", .data = std::string(500, 'x')});
                one.answer = Answer{{"ann", std::to_string(part % 5)}, ++last, 1, std::string(100, 'y')};
                store->commit(std::move(one), {});
            }
            commit(*store, {});  // behind these
            now += std::chrono::microseconds{6min}.count();
            const auto since = std::chrono::system_clock::time_point{std::chrono::microseconds{now}} - 1h;
            trim(*store, {.topics = {{.topic = "t", .since = since}}, .answersSince = since, .clientsSince = since, .emptyTopicsSince = since});
        }
    };
    window();
    open();  // what is in the log comes into the file
    const auto first = std::filesystem::file_size(file);
    for (int i = 0; i < 4; ++i) window();
    EXPECT_EQ(read(*store, {.topic = "t"}).publications.size(), 500u);
    open();
    EXPECT_LE(static_cast<double>(std::filesystem::file_size(file)), 1.3 * static_cast<double>(first));
}

}  // namespace
}  // namespace patchbay::test
