#include <patchbay/database.hpp>

#include "support/CapturedLog.hpp"
#include "support/Certificate.hpp"
#include "support/HandStrand.hpp"
#include "support/Told.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <future>
#include <limits>
#include <thread>

#include <sys/stat.h>

namespace patchbay::test {
namespace {

using testing::ElementsAre, testing::HasSubstr;

enum class Colour : std::uint8_t { Red, Green };
struct Row {
    std::int64_t number;
    double real;
    std::string text;
    std::vector<std::byte> bytes;
    std::optional<std::string> maybe;
    bool yes;
    Colour colour;
    friend bool operator==(const Row&, const Row&) = default;
};

class DatabaseTest : public testing::Test {
protected:
    DatabaseTest() {
        database->migrate("test", {"CREATE TABLE t (number INTEGER, real REAL, text TEXT, bytes BLOB, maybe TEXT, yes INTEGER, colour INTEGER) STRICT",
                                   "CREATE TABLE n (x INTEGER UNIQUE NOT NULL) STRICT; CREATE TABLE child (x INTEGER REFERENCES n (x) DEFERRABLE "
                                   "INITIALLY DEFERRED) STRICT"});
    }
    template <class F>
    auto write(F f) {
        using T = std::invoke_result_t<F&, Transaction&>;
        return told<T>([&](Receiver<T> receiver) { database->write(f, std::move(receiver)); });
    }
    template <class F>
    auto read(F f) {
        using T = std::invoke_result_t<F&, Snapshot&>;
        return told<T>([&](Receiver<T> receiver) { database->read(f, std::move(receiver)); });
    }
    /// The text of the SqlError that `call` throws.
    template <class Call>
    static std::string problemOf(Call call) {
        try {
            call();
            return "none";
        } catch (const SqlError& error) {
            return error.what();
        }
    }
    std::vector<int> numbers() {
        return read([](Snapshot& sql) { return sql.all<int>("SELECT x FROM n ORDER BY x"); });
    }

    TemporaryFolder folder;
    const std::string file = folder.path() + "/test.db";
    std::unique_ptr<Database> database = std::make_unique<Database>(DatabaseOptions{.file = file});
};

/// Holds the writer until it is released, so that what is written meanwhile is one group.
class Gate {
public:
    explicit Gate(Database& database) {
        auto begun = state_->begun.get_future();
        database.write(
            [state = state_](Transaction&) {
                state->begun.set_value();
                state->opened.get_future().wait();
            },
            Receiver<void>{});
        begun.wait();
    }
    void open() { state_->opened.set_value(); }

private:
    struct State {
        std::promise<void> begun;
        std::promise<void> opened;
    };
    const std::shared_ptr<State> state_ = std::make_shared<State>();  // the writer's too
};

// ------------------------------------------------------------------------------------------------ values

TEST_F(DatabaseTest, GivesStructsBackAsTheyWereWritten) {
    const std::vector<std::byte> bytes{std::byte{0}, std::byte{255}};
    const std::vector<Row> rows{{std::numeric_limits<std::int64_t>::min(), -0.5, std::string{"a\0b\xff", 4}, bytes, std::nullopt, true, Colour::Green},
                                {std::numeric_limits<std::int64_t>::max(), 1e300, "", {}, "", false, Colour::Red}};
    write([&](Transaction& sql) {
        for (const Row& row : rows) EXPECT_EQ(sql.run("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)", row), 1);
    });
    EXPECT_EQ(read([](Snapshot& sql) { return sql.all<Row>("SELECT * FROM t ORDER BY number"); }), rows);
    EXPECT_EQ(read([](Snapshot& sql) { return sql.first<std::string>("SELECT text FROM t WHERE number < ? AND yes = ?", 0, true); }),
              (std::string{"a\0b\xff", 4}));
}

TEST_F(DatabaseTest, AnEmptyTextAndNoBytesAreNotNull) {
    write([](Transaction& sql) { sql.run("INSERT INTO t (text, bytes) VALUES (?, ?)", std::string_view{}, Bytes{}); });
    EXPECT_EQ(read([](Snapshot& sql) { return sql.first<int>("SELECT text IS NULL OR bytes IS NULL FROM t"); }), 0);
}

TEST_F(DatabaseTest, SaysWhichColumnDoesNotFit) {
    write([](Transaction& sql) { sql.run("INSERT INTO t (number, text) VALUES (300, 'x')"); });
    const auto problem = [&](auto read) {
        return problemOf([&] { this->read([&](Snapshot& sql) { static_cast<void>(read(sql)); }); });
    };
    EXPECT_THAT(problem([](Snapshot& sql) { return sql.first<std::int64_t>("SELECT real FROM t"); }), HasSubstr("the column real is not an integer"));
    EXPECT_THAT(problem([](Snapshot& sql) { return sql.first<std::int8_t>("SELECT number FROM t"); }), HasSubstr("the column number is not a number that fits"));
    EXPECT_THAT(problem([](Snapshot& sql) { return sql.first<std::uint64_t>("SELECT -1 AS minus"); }), HasSubstr("the column minus is not a number that fits"));
    EXPECT_THAT(problem([](Snapshot& sql) { return sql.first<bool>("SELECT number FROM t"); }), HasSubstr("is not 0 or 1"));
    EXPECT_THAT(problem([](Snapshot& sql) { return sql.first<std::string>("SELECT number FROM t"); }), HasSubstr("is not text"));
    EXPECT_THAT(problem([](Snapshot& sql) { return sql.first<double>("SELECT text FROM t"); }), HasSubstr("is not a number"));
    EXPECT_THAT(problem([](Snapshot& sql) { return sql.first<std::vector<std::byte>>("SELECT text FROM t"); }), HasSubstr("is not bytes"));
    EXPECT_THAT(problem([](Snapshot& sql) { return sql.all<Row>("SELECT number, text FROM t"); }), HasSubstr("its rows have 2 columns, and what they are read into 7"));
    EXPECT_EQ(problem([](Snapshot& sql) { return sql.first<std::optional<double>>("SELECT real FROM t"); }), "none");
}

TEST_F(DatabaseTest, SaysWhatIsWrongWithAStatement) {
    const auto problem = [&](std::string_view statement) {
        return problemOf([&] { write([&](Transaction& sql) { sql.run(statement, 1); }); });
    };
    EXPECT_THAT(problem("INSERT INTO nowhere VALUES (?)"), HasSubstr("no such table: nowhere: INSERT INTO nowhere VALUES (?)"));
    EXPECT_THAT(problem("INSERT INTO n SELECT ? + ?"), HasSubstr("has 2 parameters and is given 1"));
    EXPECT_THAT(problem("INSERT INTO n VALUES (1)"), HasSubstr("has 0 parameters and is given 1"));
    EXPECT_THAT(problem("INSERT INTO n VALUES (?); DELETE FROM n"), HasSubstr("one statement at a time"));
    EXPECT_THAT(problem(""), HasSubstr("one statement at a time"));
    EXPECT_THAT(problem("SELECT \"x\" WHERE ?"), HasSubstr("no such column: x"));
    EXPECT_EQ(problem("INSERT INTO n VALUES (?);\n "), "none");
    EXPECT_THAT(problemOf([&] { write([&](Transaction& sql) { sql.run("INSERT INTO n VALUES (?)", ~std::uint64_t{0}); }); }),
                HasSubstr("no number as large as 18446744073709551615"));
}

TEST_F(DatabaseTest, TellsAConstraintFromAnotherMistake) {
    write([](Transaction& sql) { sql.run("INSERT INTO n VALUES (1)"); });
    try {
        write([](Transaction& sql) { sql.run("INSERT INTO n VALUES (1)"); });
        FAIL();
    } catch (const SqlError& error) {
        EXPECT_TRUE(error.isConstraint());
    }
    EXPECT_TRUE(database->health().ok());
}

TEST_F(DatabaseTest, AStatementMayBeUsedWithinItself) {
    write([](Transaction& sql) {
        for (int i = 0; i < 3; ++i) sql.run("INSERT INTO n VALUES (?)", i);
    });
    const int pairs = read([](Snapshot& sql) {
        int count = 0;
        sql.each<int>("SELECT x FROM n", [&](int&) { sql.each<int>("SELECT x FROM n", [&](int&) { ++count; }); });
        return count;
    });
    EXPECT_EQ(pairs, 9);
    int seen = 0;
    read([&](Snapshot& sql) { sql.each<int>("SELECT x FROM n", [&](int& x) { return ++seen, x < 1; }); });
    EXPECT_EQ(seen, 2) << "false stops";
}

TEST_F(DatabaseTest, KeepsNoMoreStatementsThanItsBoundAndEachWorks) {
    write([](Transaction& sql) {
        for (int round = 0; round < 2; ++round) {
            for (int i = 0; i < 300; ++i) sql.run("INSERT OR REPLACE INTO n VALUES (" + std::to_string(i) + ")");
        }
    });
    EXPECT_EQ(numbers().size(), 300u);
}

// ------------------------------------------------------------------------------------------------ writes of one commit

TEST_F(DatabaseTest, WritesThatWaitShareACommit) {
    Gate gate{*database};
    const std::uint64_t before = database->commits();
    std::atomic<int> done{0};
    for (int i = 0; i < 100; ++i)
        database->write([i](Transaction& sql) { sql.run("INSERT INTO n VALUES (?)", i); }, Receiver<void>{[&](Outcome<void> outcome) { outcome.take(); ++done; }});
    EXPECT_EQ(database->waiting(), 100u);
    gate.open();
    EXPECT_EQ(numbers().size() % 100, 0u) << "all of a commit or none";
    write([](Transaction&) {});
    EXPECT_EQ(done, 100);
    EXPECT_LE(database->commits() - before, 3u);
    EXPECT_EQ(numbers().size(), 100u);
}

TEST_F(DatabaseTest, WhoeverThrowsTakesOnlyHisOwnAlong) {
    Gate gate{*database};
    std::array<std::string, 4> outcomes;
    const auto put = [&](std::size_t i, auto after) {
        database->write([i, after](Transaction& sql) { sql.run("INSERT INTO n VALUES (?)", i); after(sql); }, Receiver<void>{[&outcomes, i](Outcome<void> outcome) {
                            try {
                                outcome.take();
                                outcomes.at(i) = "done";
                            } catch (const std::exception& error) {
                                outcomes.at(i) = error.what();
                            } catch (int number) {
                                outcomes.at(i) = std::to_string(number);
                            }
                        }});
    };
    put(0, [](Transaction&) {});
    put(1, [](Transaction&) { throw std::runtime_error{"mine"}; });
    put(2, [](Transaction&) { throw 42; });
    put(3, [](Transaction& sql) { EXPECT_THAT(sql.all<int>("SELECT x FROM n ORDER BY x"), ElementsAre(0, 3)); });
    gate.open();
    write([](Transaction&) {});
    EXPECT_THAT(outcomes, ElementsAre("done", "mine", "42", "done"));
    EXPECT_THAT(numbers(), ElementsAre(0, 3));
}

TEST_F(DatabaseTest, AWriteThatCatchesItsOwnMistakeIsDone) {
    write([](Transaction& sql) {
        sql.run("INSERT INTO n VALUES (1)");
        EXPECT_THROW(sql.run("INSERT INTO n VALUES (1)"), SqlError);
        sql.run("INSERT INTO n VALUES (2)");
    });
    EXPECT_THAT(numbers(), ElementsAre(1, 2));
}

TEST_F(DatabaseTest, AReferenceToNothingIsItsWritersOwnMistake) {
    Gate gate{*database};
    std::string first = "none";
    database->write([](Transaction& sql) { sql.run("INSERT INTO child VALUES (7)"); }, Receiver<void>{[&](Outcome<void> outcome) {
                        first = problemOf([&] { outcome.take(); });
                    }});
    database->write([](Transaction& sql) { sql.run("INSERT INTO child VALUES (8)"); sql.run("INSERT INTO n VALUES (8)"); }, Receiver<void>{});
    gate.open();
    write([](Transaction&) {});
    EXPECT_THAT(first, HasSubstr("FOREIGN KEY"));
    EXPECT_EQ(read([](Snapshot& sql) { return sql.all<int>("SELECT x FROM child"); }), std::vector<int>{8});
}

TEST_F(DatabaseTest, NobodyEndsTheTransactionThatOthersShare) {
    write([&](Transaction& sql) {
        sql.run("INSERT INTO n VALUES (1)");
        for (const char* const statement : {"COMMIT", "ROLLBACK", "BEGIN", "SAVEPOINT s", "ROLLBACK TO guest", "RELEASE guest", "ATTACH ':memory:' AS other",
                                            "DETACH main", "PRAGMA synchronous = OFF", "PRAGMA journal_mode = DELETE", "VACUUM", "INSERT OR ROLLBACK INTO n VALUES (1)",
                                            "UPDATE /* ' */ Or RollBack n SET x = 1", "CREATE TABLE r (x UNIQUE ON CONFLICT ROLLBACK)",
                                            "CREATE TRIGGER r AFTER INSERT ON n BEGIN SELECT RAISE(ROLLBACK, 'no'); END"})
            EXPECT_THROW(sql.run(statement), SqlError) << statement;
    });
    EXPECT_THROW(database->migrate("r", {"SELECT 1; CREATE TABLE r (x UNIQUE ON CONFLICT ROLLBACK)"}), SqlError);
    EXPECT_THAT(numbers(), ElementsAre(1));
}

TEST_F(DatabaseTest, WhatIsCalledLikeARollbackIsNone) {
    const auto said = read([](Snapshot& sql) {
        return sql.first<std::string>("SELECT 'it''s a rollback' AS \"rollback\" -- rollback\nFROM (SELECT 1 AS rollbacks, 2 AS [rollback]) /* rollback */");
    });
    EXPECT_EQ(said, "it's a rollback");
}

TEST_F(DatabaseTest, AWriteThatGetsInItsOwnWayIsItsOwnMistake) {
    write([](Transaction& sql) { sql.run("INSERT INTO n VALUES (1)"); });
    EXPECT_THAT(problemOf([&] { write([](Transaction& sql) { sql.each<int>("SELECT x FROM n", [&](int&) { sql.run("DROP TABLE n"); }); }); }), HasSubstr("locked"));
    EXPECT_TRUE(database->health().ok());
    EXPECT_THAT(numbers(), ElementsAre(1));
}

TEST_F(DatabaseTest, FullTextSearchIsForApplicationsToo) {
    database->migrate("search", {"CREATE VIRTUAL TABLE said USING fts5 (text)"});
    write([](Transaction& sql) {
        sql.run("INSERT INTO said VALUES (?)", "the quick brown fox");
        sql.run("INSERT INTO said VALUES (?)", "a lazy dog");
    });
    EXPECT_EQ(read([](Snapshot& sql) { return sql.all<std::string>("SELECT text FROM said WHERE said MATCH ?", "quick"); }),
              std::vector<std::string>{"the quick brown fox"});
}

TEST_F(DatabaseTest, AReadDoesNotWrite) {
    EXPECT_THAT(problemOf([&] { read([](Snapshot& sql) { return sql.first<int>("INSERT INTO n VALUES (1) RETURNING x"); }); }), HasSubstr("a read does not write"));
    EXPECT_TRUE(database->health().readable);
    EXPECT_TRUE(numbers().empty());
}

TEST_F(DatabaseTest, AReadIsOfOneMoment) {
    std::promise<void> looked;
    std::promise<void> written;
    auto counts = std::make_shared<std::promise<std::pair<int, int>>>();
    database->read(
        [&](Snapshot& sql) {
            const int first = sql.first<int>("SELECT count(*) FROM n").value();
            looked.set_value();
            written.get_future().wait();
            return std::pair{first, sql.first<int>("SELECT count(*) FROM n").value()};
        },
        Receiver<std::pair<int, int>>{[counts](Outcome<std::pair<int, int>> outcome) { counts->set_value(outcome.take()); }});
    looked.get_future().wait();
    write([](Transaction& sql) { sql.run("INSERT INTO n VALUES (1)"); });
    EXPECT_EQ(numbers().size(), 1u) << "another reader";
    written.set_value();
    EXPECT_EQ(counts->get_future().get(), (std::pair{0, 0}));
}

TEST_F(DatabaseTest, RefusesMoreThanMayWait) {
    database = std::make_unique<Database>(DatabaseOptions{.file = file, .readers = 1, .waiting = 3});
    Gate gate{*database};
    const auto put = [&] { return faultOf([&] { write([](Transaction&) {}); }); };
    for (int i = 0; i < 3; ++i) database->write([](Transaction&) {}, Receiver<void>{});
    EXPECT_EQ(put(), StoreFault::Busy);
    EXPECT_TRUE(StoreError(StoreFault::Busy, "").mayPass());
    gate.open();
    for (;;) {
        const auto fault = put();
        if (!fault) break;
        EXPECT_EQ(fault, StoreFault::Busy);
        std::this_thread::yield();
    }
}

TEST_F(DatabaseTest, WhatWaitsAtTheEndIsWritten) {
    std::atomic<int> done{0};
    {
        Gate gate{*database};
        for (int i = 0; i < 10; ++i) database->write([i](Transaction& sql) { sql.run("INSERT INTO n VALUES (?)", i); }, Receiver<void>{[&](Outcome<void> o) { o.take(); ++done; }});
        gate.open();
    }
    database.reset();
    EXPECT_EQ(done, 10);
    database = std::make_unique<Database>(DatabaseOptions{.file = file});
    EXPECT_EQ(numbers().size(), 10u);
}

TEST_F(DatabaseTest, LeavesOneFileBehindWhoeverHasRead) {
    for (int round = 0; round < 30; ++round) {
        write([&](Transaction& sql) { sql.run("INSERT INTO n VALUES (?)", round); });
        std::array<std::promise<void>, 4> read;  // one for each reader
        for (auto& each : read) database->read([](Snapshot& sql) { return sql.all<int>("SELECT x FROM n").size(); }, Receiver<std::size_t>{[&](auto) { each.set_value(); }});
        for (auto& each : read) each.get_future().wait();
        database.reset();
        ASSERT_FALSE(std::filesystem::exists(file + "-wal")) << "all of it is in the file: round " << round;
        database = std::make_unique<Database>(DatabaseOptions{.file = file, .readers = 4});
    }
}

TEST_F(DatabaseTest, MayEndInAReceiver) {
    auto own = std::make_shared<std::unique_ptr<Database>>(std::move(database));
    std::promise<void> gone;
    (*own)->write([](Transaction& sql) { sql.run("INSERT INTO n VALUES (1)"); }, Receiver<void>{[own, &gone](Outcome<void>) {
                      own->reset();
                      gone.set_value();
                  }});
    own.reset();
    gone.get_future().wait();
    database = std::make_unique<Database>(DatabaseOptions{.file = file});
    EXPECT_THAT(numbers(), ElementsAre(1));
}

TEST_F(DatabaseTest, ManyThreadsWriteAndReadAtOnce) {
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&, thread] {
            for (int i = 0; i < 50; ++i) {
                write([&](Transaction& sql) { sql.run("INSERT INTO n VALUES (?)", thread * 50 + i); });
                EXPECT_EQ(read([&](Snapshot& sql) { return sql.first<int>("SELECT count(*) FROM n WHERE x = ?", thread * 50 + i); }), 1);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(numbers().size(), 200u);
}

// ------------------------------------------------------------------------------------------------ awaited

Async<> writesAndReads(Database& database, int number, std::vector<int>& seen) {
    co_await database.write([&](Transaction& sql) { sql.run("INSERT INTO n VALUES (?)", number); });
    seen = co_await database.read([&](Snapshot& sql) { return sql.all<int>("SELECT x FROM n"); });
}
Async<> throws(Database& database) {
    co_await database.write([](Transaction&) { throw std::runtime_error{"mine"}; });
}
Async<> waits(Database& database, std::atomic<bool>& called) {
    co_await database.write([&](Transaction&) { called = true; });
}
Async<> isUnderWay(Database& database, std::promise<void>& begun, std::promise<void>& goOn, std::string& text) {
    const std::string own = "its own";
    co_await database.write([&](Transaction&) {
        begun.set_value();
        goOn.get_future().wait();
        text = own;
    });
}

TEST_F(DatabaseTest, ACoroutineGoesOnWithWhatIsOnTheDisk) {
    std::vector<int> seen;
    Handler handler{writesAndReads(*database, 5, seen)};
    handler.complete();
    EXPECT_EQ(handler.outcome(), "fine");
    EXPECT_THAT(seen, ElementsAre(5));
}

TEST_F(DatabaseTest, ACoroutineGetsWhatItsWriteThrew) {
    Handler handler{throws(*database)};
    handler.complete();
    EXPECT_EQ(handler.outcome(), "mine");
}

TEST_F(DatabaseTest, AWriteThatHasNotBegunWhenItsSessionEndsIsNotDone) {
    std::atomic<bool> called{false};
    Gate gate{*database};
    Handler handler{waits(*database, called)};
    handler.endSession();
    EXPECT_EQ(handler.outcome(), kCancelled);
    handler.destroy();
    gate.open();
    write([](Transaction&) {});
    EXPECT_FALSE(called);
}

TEST_F(DatabaseTest, AWriteThatHasBegunMayUseItsHandlersVariablesAfterTheSessionsEnd) {
    std::promise<void> begun;
    std::promise<void> goOn;
    std::string text;
    Handler handler{isUnderWay(*database, begun, goOn, text)};
    begun.get_future().wait();
    handler.endSession();
    EXPECT_FALSE(handler.done());
    goOn.set_value();
    handler.complete();
    EXPECT_EQ(handler.outcome(), kCancelled);
    EXPECT_EQ(text, "its own");
}

// ------------------------------------------------------------------------------------------------ tables

TEST_F(DatabaseTest, DoesOnlyTheStepsThatAreNew) {
    const std::vector<std::string> first{"CREATE TABLE a (x) ", "INSERT INTO a VALUES (1)"};
    database->migrate("app", first);
    database->migrate("app", first);
    database->migrate("app", {first[0], first[1], "INSERT INTO a VALUES (2); INSERT INTO a VALUES (3)"});
    EXPECT_EQ(read([](Snapshot& sql) { return sql.all<int>("SELECT x FROM a ORDER BY x"); }), (std::vector<int>{1, 2, 3}));
}

TEST_F(DatabaseTest, AStepThatFailsIsNamedAndNoneIsDone) {
    EXPECT_THAT(problemOf([&] { database->migrate("app", {"CREATE TABLE a (x)", "INSERT INTO b VALUES (1)"}); }), HasSubstr("step 2 of 'app': no such table: b"));
    EXPECT_THAT(problemOf([&] { database->migrate("app", {"CREATE TABLE a (x); COMMIT"}); }), HasSubstr("not for applications"));
    database->migrate("app", {"CREATE TABLE a (x)"});
    EXPECT_TRUE(database->health().ok());
}

TEST_F(DatabaseTest, AFileOfANewerProgramIsReadAndNotWritten) {
    write([](Transaction& sql) { sql.run("INSERT INTO n VALUES (1)"); });
    database = std::make_unique<Database>(DatabaseOptions{.file = file});
    const CapturedLog log;
    database->migrate("test", {"CREATE TABLE t (x)"});
    EXPECT_EQ(faultOf([&] { write([](Transaction& sql) { sql.run("INSERT INTO n VALUES (2)"); }); }), StoreFault::NewerSchema);
    EXPECT_THAT(numbers(), ElementsAre(1));
    EXPECT_THAT(database->health().problem, HasSubstr("the tables of 'test' are at step 2, and this one knows 1"));
    EXPECT_TRUE(database->health().readable);
    EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("written by a newer program")));
}

TEST_F(DatabaseTest, MigrateOnAThreadOfTheDatabasesIsAMistakeThatIsTold) {
    EXPECT_THROW(write([&](Transaction&) { database->migrate("x", {}); }), std::logic_error);
}

TEST_F(DatabaseTest, ItsFileIsItsOwnersAlone) {
    struct stat status {};
    ASSERT_EQ(::stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    ASSERT_EQ(::stat((file + "-wal").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(DatabaseTest, OptionsThatAreZeroAreMistakes) {
    EXPECT_THROW(Database({.file = file, .readers = 0}), std::invalid_argument);
    EXPECT_THROW(Database({.file = file, .waiting = 0}), std::invalid_argument);
    EXPECT_THROW(Database({.file = file, .group = 0}), std::invalid_argument);
    EXPECT_THROW(Database({.file = file, .retry = std::chrono::milliseconds{0}}), std::invalid_argument);
}

}  // namespace
}  // namespace patchbay::test
