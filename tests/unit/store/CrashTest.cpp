// What has been acknowledged is there after a crash, and nothing is there in half: the power goes at random points, and the process is killed.

#include "FaultyFiles.hpp"
#include "Load.hpp"
#include "support/CapturedLog.hpp"
#include "support/Certificate.hpp"
#include "support/Process.hpp"
#include "support/Told.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <set>
#include <sstream>

#include <csignal>

namespace patchbay::test {
namespace {

bool isLong() { return std::getenv("PATCHBAY_LONG") != nullptr; }

/// Everything that is to be true of a file after a crash, given the numbers of commits that were acknowledged.
void verify(const std::string& file, const std::set<std::uint64_t>& acknowledged) {
    const auto database = std::make_shared<Database>(DatabaseOptions{.file = file});
    SqliteStore store{database};
    ASSERT_TRUE(database->health().ok()) << database->health().problem;
    std::map<std::uint64_t, std::size_t> parts;  // of each commit
    for (const char* const topic : Load::kTopics) {
        const Slice slice = read(store, {.topic = topic, .limit = SIZE_MAX});
        EXPECT_TRUE(slice.whole);
        for (const Publication& one : slice.publications) {
            const std::uint64_t number = std::stoull(one.data);
            EXPECT_EQ(one.data, Load::dataOf(number)) << "half of it";
            ++parts[number];
        }
    }
    std::set<std::uint64_t> answered;
    for (const auto& record : answers(store, Load::client()).records) answered.insert(record.id);
    const auto rows = told<std::vector<std::uint64_t>>([&](Receiver<std::vector<std::uint64_t>> receiver) {
        database->read([](Snapshot& sql) { return sql.all<std::uint64_t>("SELECT number FROM load"); }, std::move(receiver));
    });
    for (const auto& [number, count] : parts) {
        EXPECT_EQ(count, std::size(Load::kTopics)) << "some of the commit " << number;
        EXPECT_TRUE(answered.contains(number)) << "the commit " << number << " without its answer";
    }
    EXPECT_EQ(answered.size(), parts.size());
    EXPECT_EQ(std::set(rows.begin(), rows.end()), answered) << "an application's rows are of the commit";
    for (const std::uint64_t number : acknowledged) EXPECT_TRUE(answered.contains(number)) << "lost, and it was acknowledged: " << number;
    const auto integrity = told<std::string>([&](Receiver<std::string> receiver) {
        database->read([](Snapshot& sql) { return sql.first<std::string>("SELECT group_concat(integrity_check) FROM pragma_integrity_check").value_or(""); },
                       std::move(receiver));
    });
    EXPECT_EQ(integrity, "ok");
}

TEST(Crash, WhatWasAcknowledgedIsThereWhereverThePowerGoes) {
    const CapturedLog log;
    std::mt19937 random{20'261'128};
    std::size_t stopped = 0;
    const int points = isLong() ? 200 : 20;
    for (int point = 0; point < points; ++point) {
        SCOPED_TRACE("point " + std::to_string(point));
        FaultyFiles files;
        const TemporaryFolder folder;
        const std::string file = folder.path() + "/test.db";
        std::set<std::uint64_t> acknowledged;
        std::mutex lock;
        {
            Load load{{.file = file, .readers = 1, .group = 1 + random() % 20, .retry = std::chrono::hours{1}, .vfs = files.name()}};
            files.stopAfter(static_cast<std::int64_t>(random() % 2'500));
            load.run(600, [&](std::uint64_t number) {
                const std::lock_guard guard{lock};
                acknowledged.insert(number);
            });
        }
        stopped += files.hasStopped() ? 1 : 0;
        files.crash(random);
        verify(file, acknowledged);
        if (HasFailure()) return;
    }
    EXPECT_GT(stopped, static_cast<std::size_t>(points) / 2) << "the points lie within the work";
}

TEST(Crash, WhatWasAcknowledgedIsThereWhenTheProcessIsKilled) {
    for (int kill = 0; kill < (isLong() ? 20 : 3); ++kill) {
        const TemporaryFolder folder;
        const std::string file = folder.path() + "/test.db";
        std::string output;
        {
            Process writer{WRITER_PROGRAM, {file}};
            writer.waitFor("acknowledged " + std::to_string(20 + 40 * kill) + "\n");
            writer.signal(SIGKILL);
            EXPECT_EQ(writer.wait(), 128 + SIGKILL);
            output = writer.output();
        }
        std::set<std::uint64_t> acknowledged;
        std::istringstream lines{output.substr(0, output.rfind('\n') + 1)};
        std::string word;
        for (std::uint64_t number = 0; lines >> word >> number;) acknowledged.insert(number);
        EXPECT_GE(acknowledged.size(), 20u);
        verify(file, acknowledged);
    }
}

}  // namespace
}  // namespace patchbay::test
