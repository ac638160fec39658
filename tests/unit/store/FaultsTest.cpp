// A file that cannot be written, or read: what is said, who goes on, and how it comes back.

#include "FaultyFiles.hpp"
#include "support/CapturedLog.hpp"
#include "support/Certificate.hpp"
#include "support/Eventually.hpp"
#include "support/Told.hpp"

#include <patchbay/database.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <sqlite3.h>

namespace patchbay::test {
namespace {

using testing::ElementsAre, testing::HasSubstr, testing::SizeIs;

class FaultsTest : public testing::Test {
protected:
    void open() {
        database = std::make_unique<Database>(DatabaseOptions{.file = file, .retry = std::chrono::milliseconds{1}, .vfs = files.name()});
    }
    void openWithTable() {
        open();
        database->migrate("test", {"CREATE TABLE n (x INTEGER NOT NULL, filler BLOB) STRICT"});
    }
    void write(int number) {
        told<void>([&](Receiver<void> receiver) {
            database->write([number](Transaction& sql) { sql.run("INSERT INTO n VALUES (?, zeroblob(5000))", number); }, std::move(receiver));
        });
    }
    std::vector<int> numbers() {
        return told<std::vector<int>>([&](Receiver<std::vector<int>> receiver) {
            database->read([](Snapshot& sql) { return sql.all<int>("SELECT x FROM n ORDER BY x"); }, std::move(receiver));
        });
    }

    FaultyFiles files;
    TemporaryFolder folder;
    const std::string file = folder.path() + "/test.db";
    const CapturedLog log;
    std::unique_ptr<Database> database;
};

struct Case {
    const char* name;
    int code;
    StoreFault fault;
    const char* text;
};
class PassingFaultsTest : public FaultsTest, public testing::WithParamInterface<Case> {};

TEST_P(PassingFaultsTest, RefuseWritesWhileReadsGoOnAndComeBackByThemselves) {
    openWithTable();
    write(1);
    files.failWritesWith(GetParam().code);
    EXPECT_EQ(faultOf([&] { write(2); }), GetParam().fault);
    EXPECT_EQ(faultOf([&] { write(3); }), GetParam().fault) << "at once, without the disk";
    EXPECT_THAT(numbers(), ElementsAre(1));
    EXPECT_THAT(database->health().problem, HasSubstr(GetParam().text));
    EXPECT_THAT(database->health().problem, HasSubstr(file));
    EXPECT_TRUE(database->health().readable);
    files.failWritesWith(0);
    EXPECT_TRUE(eventually([&] { return database->health().ok(); })) << "nobody has to write";
    write(4);
    EXPECT_THAT(numbers(), ElementsAre(1, 4));
    EXPECT_THAT(log.lines(), ElementsAre(HasSubstr(GetParam().text), HasSubstr("it can be written again"))) << "once each";
}

INSTANTIATE_TEST_SUITE_P(Each, PassingFaultsTest,
                         testing::Values(Case{"FullDisk", SQLITE_FULL, StoreFault::NoRoom, "the disk is full"},
                                         Case{"ReadOnly", SQLITE_READONLY, StoreFault::ReadOnly, "it may not be written"},
                                         Case{"WriteError", SQLITE_IOERR_WRITE, StoreFault::Unavailable, "it cannot be used"},
                                         Case{"SyncError", SQLITE_IOERR_FSYNC, StoreFault::Unavailable, "it cannot be used"}),
                         [](const auto& info) { return info.param.name; });

TEST_F(FaultsTest, AFullDiskRefusesAllOfACommitAndWhoWaits) {
    openWithTable();
    std::promise<void> begun;
    std::promise<void> goOn;
    std::vector<StoreFault> faults;
    const auto put = [&](std::function<void(Transaction&)> work) {
        database->write(std::move(work), Receiver<void>{[&](Outcome<void> outcome) {
                            if (const auto fault = faultOf([&] { outcome.take(); })) faults.push_back(*fault);
                        }});
    };
    put([&](Transaction& sql) {
        begun.set_value();
        goOn.get_future().wait();
        sql.run("INSERT INTO n VALUES (1, NULL)");
    });
    begun.get_future().wait();
    for (int i = 0; i < 10; ++i) put([](Transaction& sql) { sql.run("INSERT INTO n VALUES (2, NULL)"); });
    files.failWritesWith(SQLITE_FULL);
    goOn.set_value();
    EXPECT_TRUE(eventually([&] { return !database->health().ok() && database->waiting() == 0; }));
    EXPECT_TRUE(numbers().empty());
    database.reset();
    EXPECT_EQ(faults, std::vector<StoreFault>(11, StoreFault::NoRoom));
}

TEST_F(FaultsTest, AWriterWhoCatchesAFullDiskIsNotDoneAllTheSame) {
    openWithTable();
    bool wentOn = false;
    const auto outcome = faultOf([&] {
        told<void>([&](Receiver<void> receiver) {
            database->write(
                [&](Transaction& sql) {
                    sql.run("CREATE TABLE big (x BLOB) STRICT");
                    files.failWritesWith(SQLITE_FULL);
                    try {
                        for (int i = 0; i < 20'000; ++i) sql.run("INSERT INTO big VALUES (zeroblob(4000))");  // more than SQLite keeps in memory
                    } catch (const std::exception&) {
                        try {
                            sql.run("INSERT INTO n VALUES (1, NULL)");
                        } catch (const std::exception&) {
                        }
                    }
                    wentOn = true;
                },
                std::move(receiver));
        });
    });
    EXPECT_TRUE(wentOn);
    EXPECT_TRUE(outcome.has_value());
    EXPECT_TRUE(numbers().empty());
    files.failWritesWith(0);
    EXPECT_TRUE(eventually([&] { return database->health().ok(); }));
    EXPECT_TRUE(numbers().empty());
}

TEST_F(FaultsTest, AFileThatMayOnlyBeReadIsReadAndOneWhoseTablesAreThereNeedsNoStep) {
    openWithTable();
    write(1);
    files.beReadOnly(true);
    database.reset();
    open();
    database->migrate("test", {"CREATE TABLE n (x INTEGER NOT NULL, filler BLOB) STRICT"});
    EXPECT_EQ(faultOf([&] { write(2); }), StoreFault::ReadOnly);
    EXPECT_THAT(numbers(), ElementsAre(1));
    EXPECT_EQ(faultOf([&] { database->migrate("test", {"CREATE TABLE n (x INTEGER NOT NULL, filler BLOB) STRICT", "CREATE TABLE m (x)"}); }),
              StoreFault::ReadOnly);
    files.beReadOnly(false);
    EXPECT_TRUE(eventually([&] { return database->health().ok(); }));
    write(2);
}

TEST_F(FaultsTest, WhatIsNoDatabaseIsSaidAndLeftAsItIs) {
    const std::string text = "this is my shopping list, and no database at all: milk, bread, " + std::string(500, '.');
    folder.write("test.db", text);
    open();
    EXPECT_THAT(database->health().problem, HasSubstr("it is no database, or damaged: restore a copy"));
    EXPECT_EQ(faultOf([&] { write(1); }), StoreFault::Corrupt);
    EXPECT_EQ(faultOf([&] { numbers(); }), StoreFault::Corrupt);
    EXPECT_FALSE(database->health().readable);
    database.reset();
    EXPECT_EQ(std::filesystem::file_size(file), text.size());
}

TEST_F(FaultsTest, ADamagedPageRefusesWritesForGoodAndWhatIsElsewhereIsRead) {
    openWithTable();
    told<void>([&](Receiver<void> receiver) {
        database->write([](Transaction& sql) { for (int i = 0; i < 100; ++i) sql.run("INSERT INTO n VALUES (?, zeroblob(3000))", i); }, std::move(receiver));
    });
    database.reset();
    {
        std::fstream damaged{file, std::ios::in | std::ios::out | std::ios::binary};
        const auto size = static_cast<std::streamoff>(std::filesystem::file_size(file));
        ASSERT_GT(size, 100'000);
        for (std::streamoff page = size - 40'960; page < size; page += 4096) {  // the newest rows'
            damaged.seekp(page);
            damaged << std::string(4096, '\xff');
        }
    }
    open();
    EXPECT_TRUE(database->health().ok()) << "nobody has looked there";
    EXPECT_EQ(faultOf([&] { write(1000); }), StoreFault::Corrupt);
    EXPECT_EQ(faultOf([&] { write(1001); }), StoreFault::Corrupt);
    EXPECT_THAT(database->health().problem, HasSubstr("restore a copy"));
    const auto first = told<std::optional<int>>([&](Receiver<std::optional<int>> receiver) {
        database->read([](Snapshot& sql) { return sql.first<int>("SELECT x FROM n WHERE rowid = 1"); }, std::move(receiver));
    });
    EXPECT_EQ(first, 0);
}

TEST_F(FaultsTest, AFolderThatIsNotThereIsSaidAndTriedAgain) {
    const std::string later = folder.path() + "/later";
    database = std::make_unique<Database>(DatabaseOptions{.file = later + "/test.db", .retry = std::chrono::milliseconds{1}, .vfs = files.name()});
    EXPECT_THAT(database->health().problem, HasSubstr("unable to open database file"));
    EXPECT_EQ(faultOf([&] { write(1); }), StoreFault::Unavailable);
    EXPECT_EQ(faultOf([&] { database->migrate("test", {"CREATE TABLE n (x, y)"}); }), StoreFault::Unavailable);
    std::filesystem::create_directory(later);
    EXPECT_TRUE(eventually([&] { return database->health().ok(); }));
    database->migrate("test", {"CREATE TABLE n (x INTEGER, y BLOB) STRICT"});
    write(1);
    EXPECT_THAT(numbers(), ElementsAre(1));
    EXPECT_TRUE(database->health().readable);
}

TEST_F(FaultsTest, ReadsThatFailSaySoAndComeBack) {
    openWithTable();
    write(1);
    database.reset();
    open();
    files.failReadsWith(SQLITE_IOERR_READ);
    EXPECT_EQ(faultOf([&] { numbers(); }), StoreFault::Unavailable);
    EXPECT_FALSE(database->health().readable);
    files.failReadsWith(0);
    EXPECT_THAT(numbers(), ElementsAre(1));
    EXPECT_TRUE(database->health().readable);
}

TEST_F(FaultsTest, ASyncIsSharedByAllThatWait) {
    openWithTable();
    std::promise<void> begun;
    std::promise<void> goOn;
    std::atomic<std::int64_t> syncsWhenTold{0};
    database->write([&](Transaction&) { begun.set_value(); goOn.get_future().wait(); }, Receiver<void>{});
    begun.get_future().wait();
    for (int i = 0; i < 100; ++i) {
        database->write([i](Transaction& sql) { sql.run("INSERT INTO n VALUES (?, NULL)", i); },
                        Receiver<void>{[&](Outcome<void>) { syncsWhenTold = files.syncs(); }});
    }
    const std::int64_t before = files.syncs();
    goOn.set_value();
    write(100);
    EXPECT_GE(syncsWhenTold - before, 1) << "nobody is told before it";
    EXPECT_LE(files.syncs() - before, 6);
}

}  // namespace
}  // namespace patchbay::test
