#include "DatabaseCore.hpp"

#include <patchbay/log.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace patchbay::detail {
namespace {

constexpr int kForeignKeyConstraint = 787;  // SQLITE_CONSTRAINT_FOREIGNKEY

}  // namespace

struct DatabaseCore::Writing {
    explicit Writing(const DatabaseOptions& options)
        : connection{options, SqlConnection::Access::Write},
          begin{connection.prepareOwn("BEGIN IMMEDIATE")},
          commit{connection.prepareOwn("COMMIT")},
          rollback{connection.prepareOwn("ROLLBACK")},
          savepoint{connection.prepareOwn("SAVEPOINT guest")},
          release{connection.prepareOwn("RELEASE guest")},
          rollbackTo{connection.prepareOwn("ROLLBACK TO guest")} {}

    SqlConnection connection;
    const StatementHandle begin, commit, rollback, savepoint, release, rollbackTo;
};

DatabaseCore::DatabaseCore(DatabaseOptions options) : options_{std::move(options)} {
    if (options_.readers == 0 || options_.waiting == 0 || options_.group == 0 || options_.retry.count() <= 0)
        throw std::invalid_argument{"a database has at least one reader, one place for who waits, one write in a commit, and a retry that is not 0"};
}

DatabaseCore::~DatabaseCore() = default;

void DatabaseCore::start() {
    try {
        openForWriting();
    } catch (const StoreError& error) {
        fault(error);
    }
    const std::lock_guard guard{lock_};
    threads_.emplace_back([core = shared_from_this()] { core->write(); });
    for (; readersLeft_ < options_.readers; ++readersLeft_) threads_.emplace_back([core = shared_from_this()] { core->read(); });
}

void DatabaseCore::stop() noexcept {
    const bool waits = !isHere();
    std::vector<std::thread> threads;
    {
        const std::lock_guard guard{lock_};
        stopping_ = true;
        threads.swap(threads_);
    }
    forWriter_.notify_all();
    forReaders_.notify_all();
    for (std::thread& thread : threads) {
        if (waits) {
            thread.join();
        } else {
            thread.detach();  // they keep this until they have ended
        }
    }
}

bool DatabaseCore::isHere() const noexcept {
    const std::lock_guard guard{lock_};
    return std::any_of(threads_.begin(), threads_.end(), [](const std::thread& thread) { return thread.get_id() == std::this_thread::get_id(); });
}

// ------------------------------------------------------------------------------------------------ who waits

template <class Job>
std::exception_ptr DatabaseCore::reasonToRefuse(const std::deque<Job>& queue) const {
    if (stopping_) return std::make_exception_ptr(StoreError{StoreFault::Stopped, "the database is being closed"});
    if (std::is_same_v<Job, Write> && fault_) return std::make_exception_ptr(*fault_);
    if (queue.size() < options_.waiting) return nullptr;
    return std::make_exception_ptr(StoreError{StoreFault::Busy, "as many as may wait for the database: " + std::to_string(queue.size())});
}

template <class Job>
void DatabaseCore::add(std::deque<Job>& queue, const Job& job, std::condition_variable& forWhom) noexcept {
    std::exception_ptr error;
    try {
        const std::lock_guard guard{lock_};
        error = reasonToRefuse(queue);
        if (!error) queue.push_back(job);
    } catch (...) {
        error = std::current_exception();
    }
    if (error) return job->end(std::move(error));
    forWhom.notify_one();
}

void DatabaseCore::put(const Write& job) noexcept { add(writes_, job, forWriter_); }
void DatabaseCore::put(const Read& job) noexcept { add(reads_, job, forReaders_); }

std::size_t DatabaseCore::waiting() const noexcept {
    const std::lock_guard guard{lock_};
    return writes_.size();
}

Health DatabaseCore::health() const {
    const std::lock_guard guard{lock_};
    return {fault_ ? fault_->what() : "", readable_.load(std::memory_order_relaxed)};
}

// ------------------------------------------------------------------------------------------------ the writer

void DatabaseCore::write() noexcept {
    for (;;) {
        std::vector<Done> group = takeWrites();
        if (group.empty()) {
            const std::lock_guard guard{lock_};
            if (stopping_ && writes_.empty()) break;
        } else {
            commit(group);
        }
        looksAgain();
    }
    {
        std::unique_lock lock{lock_};
        forWriter_.wait(lock, [this] { return readersLeft_ == 0; });
    }
    writing_.reset();  // the last connection: what is in the log comes into the file. Of two that close at once neither is the last
}

/// Waits for some. None where the database is being closed, or it is time to look again.
std::vector<DatabaseCore::Done> DatabaseCore::takeWrites() {
    std::unique_lock lock{lock_};
    const auto isDue = [this] { return stopping_ || !writes_.empty(); };
    if (fault_ && !forGood_) {
        forWriter_.wait_for(lock, options_.retry, isDue);
    } else {
        forWriter_.wait(lock, isDue);
    }
    const std::size_t count = std::min(writes_.size(), options_.group);
    std::vector<Done> group;
    group.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        group.push_back({std::move(writes_.front())});
        writes_.pop_front();
    }
    return group;
}

void DatabaseCore::commit(std::vector<Done>& group) noexcept {
    for (std::size_t first = 0; first < group.size();) {
        const std::size_t next = runSome(group, first);
        for (; first < next; ++first) {
            Done& done = group[first];
            if (done.begun || done.error) done.job->end(std::move(done.error));
            done.job.reset();
        }
    }
}

namespace {

/// For those before in a transaction that is lost: a fault of the file is theirs too, what another of them did wrong is not.
[[noreturn]] void throwLoss(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const StoreError&) {
        throw;
    } catch (...) {
        throw StoreError{StoreFault::Unavailable, "the transaction was rolled back by another write that it is shared with; try it again"};
    }
}

}  // namespace

/// One transaction: mostly all of them. Returns the first that is left for the next one.
std::size_t DatabaseCore::runSome(std::vector<Done>& group, std::size_t first) noexcept {
    std::size_t next = first;
    try {
        if (!writing_) {
            const std::lock_guard guard{lock_};
            throw fault_ ? StoreError{*fault_} : StoreError{StoreFault::Unavailable, options_.file.string() + ": it is not open"};
        }
        SqlConnection& connection = writing_->connection;
        connection.run(writing_->begin);
        while (next < group.size() && connection.inTransaction()) runOne(group[next++]);
        // SQLite gives up a whole transaction for some faults of the file: then none of it has happened.
        if (!connection.inTransaction()) throwLoss(group[next - 1].error);
        connection.run(writing_->commit);
        commits_.fetch_add(1, std::memory_order_relaxed);
    } catch (...) {
        const std::exception_ptr error = std::current_exception();
        // Nothing was begun: it is the same for all.
        const std::size_t end = next == first ? group.size() : next;
        for (std::size_t i = first; i < end; ++i) {
            if (!group[i].error) group[i].error = error;
        }
        next = end;
        try {
            if (writing_ && writing_->connection.inTransaction()) writing_->connection.run(writing_->rollback);
        } catch (...) {  // closing it rolls back
            checkFault();
            if (writing_) fault(StoreError{StoreFault::Unavailable, options_.file.string() + ": a transaction could not be rolled back"});
            writing_.reset();
        }
    }
    checkFault();
    return next;
}

/// Its function, and what it throws is its own affair. Leaves the transaction as it was before where it does, or without where the file does not
/// let it.
void DatabaseCore::runOne(Done& done) {
    done.begun = done.job->begin();
    if (!done.begun) return;
    SqlConnection& connection = writing_->connection;
    try {
        connection.run(writing_->savepoint);
        Transaction transaction{connection};
        done.job->run(transaction);
        if (!connection.inTransaction()) throw StoreError{StoreFault::Unavailable, "the transaction has been rolled back, and the write went on"};
        if (connection.hasDanglingReferences()) throw SqlError{kForeignKeyConstraint, "FOREIGN KEY constraint failed"};
        connection.run(writing_->release);
    } catch (...) {
        done.error = std::current_exception();
        if (!connection.inTransaction()) return;
        connection.run(writing_->rollbackTo);
        connection.run(writing_->release);
    }
}

// ------------------------------------------------------------------------------------------------ faults

void DatabaseCore::openForWriting() { writing_ = std::make_unique<Writing>(options_); }

/// What has been seen of the file's meanwhile.
void DatabaseCore::checkFault() noexcept {
    if (!writing_) return;
    if (const auto found = writing_->connection.takeFault()) fault(*found);
}

void DatabaseCore::fault(const StoreError& error) noexcept {
    bool isFirst = false;
    {
        const std::lock_guard guard{lock_};
        if (forGood_) return;
        isFirst = !fault_;
        fault_ = error;
        forGood_ = !error.mayPass();
    }
    if (isFirst) log::error("store", std::string{error.what()} + "; writes are refused until that is mended");
    writing_.reset();
    refuseWaiting();
}

void DatabaseCore::refuseForGood(StoreError why) {
    log::error("store", why.what());
    const std::lock_guard guard{lock_};
    fault_ = std::move(why);
    forGood_ = true;
}

void DatabaseCore::refuseWaiting() noexcept {
    std::deque<Write> refused;
    std::exception_ptr error;
    {
        const std::lock_guard guard{lock_};
        refused.swap(writes_);
        error = std::make_exception_ptr(*fault_);
    }
    for (const Write& job : refused) job->end(error);
}

/// Whether the file can be written again: opened anew, and some pages written, as much as a few commits take.
void DatabaseCore::looksAgain() noexcept {
    {
        const std::lock_guard guard{lock_};
        if (!fault_ || forGood_ || stopping_) return;
    }
    try {
        openForWriting();
        writing_->connection.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        writing_->connection.execute("BEGIN IMMEDIATE; INSERT INTO patchbay_room VALUES (randomblob(65536)); COMMIT");
        writing_->connection.execute("DELETE FROM patchbay_room");
        writing_->connection.takeFault();
    } catch (const StoreError& error) {
        return fault(error);
    } catch (...) {
        return writing_.reset();
    }
    {
        const std::lock_guard guard{lock_};
        fault_.reset();
    }
    log::info("store", options_.file.string() + ": it can be written again");
}

// ------------------------------------------------------------------------------------------------ readers

void DatabaseCore::read() noexcept {
    std::unique_ptr<SqlConnection> connection;
    while (const Read job = takeRead()) readOne(connection, job);
    connection.reset();
    const std::lock_guard guard{lock_};
    --readersLeft_;
    forWriter_.notify_one();
}

/// Waits for one. None where the database is being closed.
DatabaseCore::Read DatabaseCore::takeRead() {
    std::unique_lock lock{lock_};
    forReaders_.wait(lock, [this] { return stopping_ || !reads_.empty(); });
    if (reads_.empty()) return nullptr;
    Read job = std::move(reads_.front());
    reads_.pop_front();
    return job;
}

/// One transaction: whatever it reads is of one moment.
void DatabaseCore::readOne(std::unique_ptr<SqlConnection>& connection, const Read& job) noexcept {
    if (!job->begin()) return;
    std::exception_ptr error;
    try {
        if (!connection) connection = std::make_unique<SqlConnection>(options_, SqlConnection::Access::Read);
        connection->execute("BEGIN");
        Snapshot snapshot{*connection};
        job->run(snapshot);
    } catch (...) {
        error = std::current_exception();
    }
    bool fine = false;
    try {
        if (connection) {
            if (connection->inTransaction()) connection->execute("ROLLBACK");  // nothing was written
            fine = !connection->takeFault();
        }
    } catch (...) {
    }
    if (!fine) connection.reset();  // and is opened anew by the next
    readable_.store(fine, std::memory_order_relaxed);
    job->end(std::move(error));
}

// ------------------------------------------------------------------------------------------------ for the templates

void putJob(DatabaseCore& core, const std::shared_ptr<SqlJob<Transaction>>& job) noexcept { core.put(job); }
void putJob(DatabaseCore& core, const std::shared_ptr<SqlJob<Snapshot>>& job) noexcept { core.put(job); }

}  // namespace patchbay::detail
