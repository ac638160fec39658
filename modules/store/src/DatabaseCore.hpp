#pragma once
// What a Database is made of: a queue of writes with the one thread that does them, a queue of reads with those that do them.
//
//   a turn of the writer   take what waits, up to `group` ─ BEGIN ─ for each: SAVEPOINT, its function, RELEASE or ROLLBACK TO ─ COMMIT ─ tell each
//   without waiting for more: what comes meanwhile is the next turn's. So who is alone waits for two commits at most, and the more wait
//   the more share one.
//
//   writable ──a fault of the file──▶ refusing: writes are refused at once; each `retry` the file is opened anew and written to ──▶ writable
//   A file that is corrupt, or of a newer program, stays refused.
//
// Locks: one, for the queues and the state; held around nobody's code and no call of SQLite's.

#include "SqlConnection.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace patchbay::detail {

/// Thread: any, where nothing else is said.
class DatabaseCore : public std::enable_shared_from_this<DatabaseCore> {
public:
    using Write = std::shared_ptr<SqlJob<Transaction>>;
    using Read = std::shared_ptr<SqlJob<Snapshot>>;

    explicit DatabaseCore(DatabaseOptions options);
    DatabaseCore(const DatabaseCore&) = delete;
    ~DatabaseCore();

    void start();
    /// Takes no more, does what waits, and waits for it unless this is a thread of its own.
    void stop() noexcept;
    bool isHere() const noexcept;

    void put(const Write& job) noexcept;
    void put(const Read& job) noexcept;
    /// Writes are refused from now on, for good.
    void refuseForGood(StoreError why);

    Health health() const;
    std::size_t waiting() const noexcept;
    std::uint64_t commits() const noexcept { return commits_.load(std::memory_order_relaxed); }

private:
    /// A write of a turn, and what has come of it.
    struct Done {
        Write job;
        std::exception_ptr error = {};
        bool begun = false;
    };
    struct Writing;  // the connection, with its own statements

    template <class Job>
    void add(std::deque<Job>& queue, const Job& job, std::condition_variable& forWhom) noexcept;
    template <class Job>
    std::exception_ptr reasonToRefuse(const std::deque<Job>& queue) const;

    // ---- the writer's thread
    void write() noexcept;
    std::vector<Done> takeWrites();
    void commit(std::vector<Done>& group) noexcept;
    void openForWriting();
    std::size_t runSome(std::vector<Done>& group, std::size_t first) noexcept;
    void runOne(Done& done);
    void looksAgain() noexcept;
    void checkFault() noexcept;
    void fault(const StoreError& error) noexcept;
    void refuseWaiting() noexcept;

    // ---- the readers' threads
    void read() noexcept;
    Read takeRead();
    void readOne(std::unique_ptr<SqlConnection>& connection, const Read& job) noexcept;

    const DatabaseOptions options_;
    std::unique_ptr<Writing> writing_;  // the writer's thread's
    std::atomic<std::uint64_t> commits_{0};
    std::atomic<bool> readable_{true};

    mutable std::mutex lock_;  // guards what follows
    std::condition_variable forWriter_;
    std::condition_variable forReaders_;
    std::deque<Write> writes_;
    std::deque<Read> reads_;
    std::optional<StoreError> fault_;
    bool forGood_ = false;
    bool stopping_ = false;
    std::size_t readersLeft_ = 0;  // who have, or may come to have, a connection
    std::vector<std::thread> threads_;
};

}  // namespace patchbay::detail
