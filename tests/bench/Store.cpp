// What it costs to have publications on the disk before they are acknowledged: bench-store FOLDER [SECONDS]
//
// Publishers who wait, through SqliteStore, and a bare loop of SQLite's that makes commits of as many rows, in turn, in one run.

#include <patchbay/sqlite_store.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;
using Micros = std::chrono::duration<double, std::micro>;

constexpr std::size_t kBytes = 128;
constexpr int kRounds = 5;

double seconds(Clock::duration time) { return std::chrono::duration_cast<Seconds>(time).count(); }

double percentile(std::vector<double>& values, double share) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

struct Figures {
    double perSecond;
    double perCommit;
    std::vector<double> waits;  // microseconds
};

/// So many publishers, each of whom publishes again when it is told.
class Publishers {
public:
    Publishers(const std::string& file, int count) : database_{std::make_shared<patchbay::Database>(patchbay::DatabaseOptions{.file = file})}, store_{database_}, count_{count} {}

    Figures run(Clock::duration time) {
        const auto begin = Clock::now();
        until_ = begin + time;
        done_ = 0;
        waits_.clear();
        running_ = count_;
        const std::uint64_t commits = database_->commits();
        for (int i = 0; i < count_; ++i) publish();
        std::unique_lock lock{lock_};
        ended_.wait(lock, [this] { return running_ == 0; });
        const double took = seconds(Clock::now() - begin);
        return {static_cast<double>(done_) / took, static_cast<double>(done_) / static_cast<double>(database_->commits() - commits), std::move(waits_)};
    }

private:
    void publish() {
        patchbay::Commit commit;
        commit.appends.push_back({.topic = "lobby", .data = std::string(kBytes, 'x')});
        const auto asked = Clock::now();
        store_.commit(std::move(commit), [this, asked](patchbay::Outcome<patchbay::Committed> outcome) {
            outcome.take();
            const auto now = Clock::now();
            const std::lock_guard guard{lock_};
            ++done_;
            waits_.push_back(std::chrono::duration_cast<Micros>(now - asked).count());
            if (now >= until_) {
                if (--running_ == 0) ended_.notify_one();
                return;
            }
            publish();
        });
    }

    const std::shared_ptr<patchbay::Database> database_;
    patchbay::SqliteStore store_;
    const int count_;
    Clock::time_point until_;
    std::mutex lock_;
    std::condition_variable ended_;
    int running_ = 0;
    std::uint64_t done_ = 0;
    std::vector<double> waits_;
};

class Bare {
public:
    explicit Bare(const std::string& file) {
        check(sqlite3_open(file.c_str(), &connection_));
        execute("PRAGMA journal_mode = WAL");
        execute("PRAGMA synchronous = FULL");
        execute("CREATE TABLE publication (topic INTEGER NOT NULL, offset INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (topic, offset)) WITHOUT ROWID");
        check(sqlite3_prepare_v2(connection_, "INSERT INTO publication VALUES (1, ?, ?)", -1, &insert_, nullptr));
    }
    ~Bare() {
        sqlite3_finalize(insert_);
        sqlite3_close(connection_);
    }
    Bare(const Bare&) = delete;

    /// Rows a second.
    double run(Clock::duration time, int perCommit) {
        const std::string data(kBytes, 'x');
        const auto begin = Clock::now();
        std::uint64_t rows = 0;
        while (Clock::now() - begin < time) {
            execute("BEGIN");
            for (int i = 0; i < perCommit; ++i, ++rows) {
                sqlite3_bind_int64(insert_, 1, ++offset_);
                sqlite3_bind_blob(insert_, 2, data.data(), static_cast<int>(data.size()), SQLITE_STATIC);
                sqlite3_step(insert_);
                check(sqlite3_reset(insert_));
            }
            execute("COMMIT");
        }
        return static_cast<double>(rows) / seconds(Clock::now() - begin);
    }

private:
    void check(int code) const {
        if (code != SQLITE_OK) throw std::runtime_error{sqlite3_errmsg(connection_)};
    }
    void execute(const char* sql) { check(sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr)); }

    sqlite3* connection_ = nullptr;
    sqlite3_stmt* insert_ = nullptr;
    sqlite3_int64 offset_ = 0;
};

/// The disk alone: a page is written and synced.
std::vector<double> fdatasyncs(const std::string& file, Clock::duration time) {
    const int descriptor = ::open(file.c_str(), O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);
    const std::string page(4096, 'x');
    std::vector<double> waits;
    const auto end = Clock::now() + time;
    for (off_t at = 0; Clock::now() < end; at += 4096) {
        const auto begin = Clock::now();
        if (::pwrite(descriptor, page.data(), page.size(), at) < 0 || ::fdatasync(descriptor) != 0) throw std::runtime_error{"fdatasync has failed"};
        waits.push_back(std::chrono::duration_cast<Micros>(Clock::now() - begin).count());
    }
    ::close(descriptor);
    return waits;
}

void compare(const std::string& folder, Clock::duration time, int publishers) {
    Publishers waiting{folder + "/store-" + std::to_string(publishers) + ".db", publishers};
    Bare bare{folder + "/bare-" + std::to_string(publishers) + ".db"};
    std::vector<double> ratios;
    for (int round = 0; round < kRounds; ++round) {
        Figures figures = waiting.run(time);
        const int perCommit = std::max(1, static_cast<int>(figures.perCommit + 0.5));
        const double rows = bare.run(time, perCommit);
        std::vector<double> disk = fdatasyncs(folder + "/disk", time / 2);
        ratios.push_back(figures.perSecond / rows);
        std::printf("%3d publishers: %8.0f/s, %5.1f in a commit, ack p50 %6.0f us, p99 %6.0f us; bare SQLite %8.0f rows/s, x %.2f; fdatasync p50 %5.0f us, p99 %5.0f us; ack p99 / fdatasync p99 %.1f\n",
                    publishers, figures.perSecond, figures.perCommit, percentile(figures.waits, 0.5), percentile(figures.waits, 0.99), rows, ratios.back(),
                    percentile(disk, 0.5), percentile(disk, 0.99), percentile(figures.waits, 0.99) / percentile(disk, 0.99));
    }
    std::printf("%3d publishers: median x %.2f of the bare loop\n\n", publishers, percentile(ratios, 0.5));
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc < 2 || argc > 3) {
        std::fputs("usage: bench-store FOLDER [SECONDS]: FOLDER is on the disk that is to be measured\n", stderr);
        return 2;
    }
    const std::string folder = std::string{argv[1]} + "/bench-store";
    const auto time = std::chrono::duration_cast<Clock::duration>(Seconds{argc > 2 ? std::atof(argv[2]) : 2.0});
    std::filesystem::create_directories(folder);
    compare(folder, time, 100);
    compare(folder, time, 1);
    std::filesystem::remove_all(folder);
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "bench-store: %s\n", error.what());
    return 1;
}
