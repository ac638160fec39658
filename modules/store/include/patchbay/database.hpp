#pragma once
// Database: one SQLite file, one thread that writes, some that read. The one door to SQL for every application and plugin of a server.
//
//     struct Note { std::string room, text; std::int64_t at; };
//
//     auto database = std::make_shared<Database>(DatabaseOptions{.file = "data/notes.db"});
//     database->migrate("notes", {"CREATE TABLE note (room TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL)",
//                                 "CREATE INDEX note_by_room ON note (room, at)"});
//     server.provide(database);
//
//     ON_MESSAGE(noted)
//     Async<> noted(Session session, Note note) {
//         co_await database_.write([&](Transaction& sql) { sql.run("INSERT INTO note VALUES (?, ?, ?)", note); });
//         // here it is on the disk
//         const std::vector<Note> all = co_await database_.read([&](Snapshot& sql) {
//             return sql.all<Note>("SELECT room, text, at FROM note WHERE room = ? ORDER BY at", note.room);
//         });
//     }
//
// Writes are done one after the other, in the order of the calls, many in one commit: whoever waits shares the commit's fsync. A write that
// comes back has happened for good. One that throws has not: only what it did itself is rolled back, the others of its commit are not touched. One
// exception: a StoreError of an fsync that failed leaves open whether the commit is on the disk, should the process end before the next one.
// Nothing here blocks the caller, but migrate() and the destructor.
//
// When the file cannot be written (a full disk, a read-only or corrupt file, one of a newer program) writes are refused at once with a
// StoreError, reads go on as long as they can, and health() says why; it looks by itself whether it works again.

#include <patchbay/async.hpp>
#include <patchbay/detail/Sql.hpp>
#include <patchbay/executor.hpp>
#include <patchbay/store.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace patchbay {

/// What is wrong with a statement, its parameters or columns, with its text. What is wrong with the file is a StoreError.
class SqlError : public std::runtime_error {
public:
    SqlError(int code, const std::string& text) : std::runtime_error{text}, code_{code} {}
    /// SQLite's extended result code, such as SQLITE_CONSTRAINT_UNIQUE.
    int code() const noexcept { return code_; }
    /// A row that a constraint of its table forbids.
    bool isConstraint() const noexcept { return (code_ & 0xff) == 19; }

private:
    int code_;
};

/// What is in the file at one moment.   Thread: the one that the function runs on; not to be kept.
class Snapshot {
public:
    explicit Snapshot(detail::SqlConnection& connection) noexcept : connection_{connection} {}
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

    /// Every row, as a T: a plain struct of the columns in their order, or a value for a single one. Parameters are values, or
    /// structs of them, for each `?` in its order.
    /// Errors: SqlError, which also says that a column is NULL or does not fit; StoreError.
    template <class T, class... Ps>
    std::vector<T> all(std::string_view sql, const Ps&... parameters) {
        std::vector<T> rows;
        each<T>(sql, [&](T& row) { rows.push_back(std::move(row)); }, parameters...);
        return rows;
    }
    /// The first row, if there is any.
    template <class T, class... Ps>
    std::optional<T> first(std::string_view sql, const Ps&... parameters) {
        detail::SqlStatement statement{connection_, sql, (detail::sqlWidth<Ps>() + ... + 0)};
        bind(statement, parameters...);
        if (!statement.step()) return std::nullopt;
        statement.requireColumns(detail::sqlWidth<T>());
        return std::optional<T>{row<T>(statement)};
    }
    /// Calls `called` with each row; it may use this, too. One that returns a bool stops with false.
    template <class T, class F, class... Ps>
        requires std::invocable<F&, T&>
    void each(std::string_view sql, F&& called, const Ps&... parameters) {
        detail::SqlStatement statement{connection_, sql, (detail::sqlWidth<Ps>() + ... + 0)};
        bind(statement, parameters...);
        statement.requireColumns(detail::sqlWidth<T>());
        while (statement.step()) {
            T one = row<T>(statement);
            if constexpr (std::is_same_v<std::invoke_result_t<F&, T&>, bool>) {
                if (!called(one)) break;
            } else {
                called(one);
            }
        }
    }

protected:
    template <class... Ps>
    static void bind(detail::SqlStatement& statement, const Ps&... parameters) {
        static_assert((detail::SqlType<Ps> && ...),
                      "Patchbay: a parameter of SQL is a bool, number, enum, text, bytes, a std::optional of those, or a plain struct of those");
        (detail::bindSql(statement, parameters), ...);
    }
    template <class T>
    static T row(const detail::SqlStatement& statement) {
        static_assert(detail::SqlReadable<T>,
                      "Patchbay: a row of SQL is read into a bool, number, enum, std::string, std::vector of bytes, a std::optional of those, or a "
                      "plain struct of those");
        T row{};
        detail::readSql(statement, 0, row);
        return row;
    }

    detail::SqlConnection& connection_;
};

/// What a write sees and changes.   Thread: as Snapshot.
class Transaction : public Snapshot {
public:
    using Snapshot::Snapshot;

    /// Returns how many rows it has inserted, changed or deleted; for what is none of these, such as CREATE, nothing that means anything.   Errors: as all(). BEGIN, COMMIT, ATTACH, PRAGMA and the like, and ROLLBACK
    /// in whatever place, are not for applications: whoever writes shares a transaction with others.
    template <class... Ps>
    std::int64_t run(std::string_view sql, const Ps&... parameters) {
        detail::SqlStatement statement{connection_, sql, (detail::sqlWidth<Ps>() + ... + 0)};
        bind(statement, parameters...);
        while (statement.step()) {
        }
        return changes();
    }
    /// The INTEGER PRIMARY KEY of the row that was inserted last.
    std::int64_t lastRowId() const noexcept;

private:
    friend class Database;
    std::int64_t changes() const noexcept;
    /// Several statements.
    void script(const std::string& sql);
};

struct DatabaseOptions {
    std::filesystem::path file;       ///< made where it is not there, readable by its owner alone; its folder has to be there
    std::size_t readers = 2;          ///< threads that read
    std::size_t waiting = 10'000;     ///< writes that wait, and likewise reads; one more is refused as Busy
    std::size_t group = 1'000;        ///< writes of one commit at most
    std::chrono::milliseconds retry{1000};  ///< how often it looks whether a file that could not be written can be
    std::string vfs = {};             ///< SQLite's name of a file system; empty: its own. For tests
};

namespace detail {

class DatabaseCore;

/// A function that waits for its turn.
template <class On>
class SqlJob {
public:
    SqlJob() = default;
    SqlJob(const SqlJob&) = delete;
    SqlJob& operator=(const SqlJob&) = delete;
    virtual ~SqlJob() = default;
    /// False: nobody waits for it any longer, and that was all.
    virtual bool begin() noexcept { return true; }
    virtual void run(On& on) = 0;
    /// What has come of it: no error, and it is done for good. Once; without a begin() where it is refused.
    virtual void end(std::exception_ptr error) noexcept = 0;
};

void putJob(DatabaseCore& core, const std::shared_ptr<SqlJob<Transaction>>& job) noexcept;
void putJob(DatabaseCore& core, const std::shared_ptr<SqlJob<Snapshot>>& job) noexcept;

/// One that a coroutine awaits. Its function runs on a thread of the database's: of the executor's wait it has what happens
/// when the session ends meanwhile.
template <class F, class On>
class SqlWait final : public RunBase, public SqlJob<On> {
    using Value = std::remove_cvref_t<std::invoke_result_t<F, On&>>;
    using Function =
        std::conditional_t<std::is_reference_v<F>, std::reference_wrapper<std::remove_reference_t<F>>, F>;
    static_assert(!kIsAsync<Value>, "Patchbay: a database calls a plain function; it cannot wait within a transaction");

public:
    SqlWait(std::shared_ptr<DatabaseCore> core, F&& function)
        : RunBase{nullptr}, core_{std::move(core)}, function_{std::in_place, std::forward<F>(function)} {}

    PATCHBAY_HIDDEN void start(Strand&, const std::shared_ptr<SqlWait>& self) noexcept {
        const auto core = std::move(core_);
        putJob(*core, std::shared_ptr<SqlJob<On>>{self});
    }
    Value result() {
        if (wasCancelled()) throw Cancelled{};
        return result_.take();
    }

private:
    bool begin() noexcept override { return begun_ = beginCall(); }
    void run(On& on) override {
        if constexpr (std::is_void_v<Value>) {
            std::invoke(std::move(*function_), on);
        } else {
            result_.set(std::invoke(std::move(*function_), on));
        }
    }
    void end(std::exception_ptr error) noexcept override {
        if (error) result_.fail(std::move(error));
        function_.reset();
        if (begun_) {
            endCall();
        } else {
            Wait::end(End::Done);
        }
    }

    std::shared_ptr<DatabaseCore> core_;
    std::optional<Function> function_;
    Result<Value> result_;
    bool begun_ = false;
};

/// One whose receiver is told.
template <class F, class On>
class SqlCall final : public SqlJob<On> {
    using Value = std::remove_cvref_t<std::invoke_result_t<F&, On&>>;

public:
    template <class G>
    SqlCall(G&& function, Receiver<Value> receiver) : function_{std::forward<G>(function)}, receiver_{std::move(receiver)} {}

private:
    void run(On& on) override {
        if constexpr (std::is_void_v<Value>) {
            std::invoke(function_, on);
        } else {
            result_.set(std::invoke(function_, on));
        }
    }
    void end(std::exception_ptr error) noexcept override {
        if (error) result_.fail(std::move(error));
        receiver_.tell(std::move(result_));
    }

    F function_;
    Receiver<Value> receiver_;
    Outcome<Value> result_;
};

/// What write() and read() return, to be awaited; nothing has begun.
template <class W>
class [[nodiscard]] SqlRun : Awaitable {
public:
    explicit SqlRun(std::shared_ptr<W> wait) noexcept : wait_{std::move(wait)} {}

private:
    friend class PromiseBase;
    std::shared_ptr<W> wait() {
        if (!wait_) failAwaitedTwice();
        return std::move(wait_);
    }

    std::shared_ptr<W> wait_;
};

/// Rows of an application's that join a commit.
class SqlPart : public CommitPart {
public:
    explicit SqlPart(const void* database) noexcept : database_{database} {}
    const void* database() const noexcept override { return database_; }
    virtual void run(Transaction& sql) = 0;

private:
    const void* const database_;
};
template <class F>
class SqlPartOf final : public SqlPart {
public:
    template <class G>
    SqlPartOf(const void* database, G&& function) : SqlPart{database}, function_{std::forward<G>(function)} {}
    void run(Transaction& sql) override { std::invoke(function_, sql); }

private:
    F function_;
};

}  // namespace detail

/// Thread: any, where nothing else is said.
class Database {
public:
    /// Opens the file, and makes it where it is not there. What is wrong with it is told by health(), and by whatever is asked of it.
    /// Errors: std::invalid_argument for a number that is 0.
    explicit Database(DatabaseOptions options);
    /// Writes what waits, and closes. On a thread of its own, in a receiver, it does not wait for that.
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    /// Brings the tables of `owner` up to date: does those of `steps`, scripts of SQL, that have not been done, all or none of them. Steps
    /// are only ever added: what has been done is known by its number. Waits for it: call it before the server runs.
    /// A file that knows more steps was written by a newer program: that is logged, and writes are refused from then on.
    /// Errors: SqlError, with the step; StoreError where there is something to do and the file cannot be written; std::logic_error on a
    /// thread of its own.
    void migrate(const std::string& owner, const std::vector<std::string>& steps);

    /// `co_await database.write(f)`: calls f with a Transaction, and is what f returns, once it is on the disk.
    /// f may refer to what the handler and its endpoint have: the handler does not go on before that, not even when the session ends. But an
    /// f that has not begun by then is not called; what must be done even then takes a receiver.
    /// Errors: what f throws, and nothing of it is done; StoreError likewise; Cancelled, and it was done or not.
    template <class F>
        requires std::invocable<F, Transaction&>
    PATCHBAY_HIDDEN auto write(F&& f) {
        return wait<Transaction>(std::forward<F>(f));
    }
    /// The same without a coroutine. f owns what it needs. The receiver is told on a thread of the database's, or within this call where it is
    /// refused; those of writes in the order of commits.
    template <class F, class Value = std::remove_cvref_t<std::invoke_result_t<std::decay_t<F>&, Transaction&>>>
    PATCHBAY_HIDDEN void write(F&& f, Receiver<Value> receiver) {
        put<Transaction>(std::forward<F>(f), std::move(receiver));
    }
    /// `co_await database.read(f)`: calls f with a Snapshot, which has what every write that has come back has done.
    template <class F>
        requires std::invocable<F, Snapshot&>
    PATCHBAY_HIDDEN auto read(F&& f) {
        return wait<Snapshot>(std::forward<F>(f));
    }
    template <class F, class Value = std::remove_cvref_t<std::invoke_result_t<std::decay_t<F>&, Snapshot&>>>
    PATCHBAY_HIDDEN void read(F&& f, Receiver<Value> receiver) {
        put<Snapshot>(std::forward<F>(f), std::move(receiver));
    }
    /// A part of a store's commit: f is called with its Transaction, and if it throws nothing of the commit is done. f owns what it needs.
    template <class F>
        requires std::invocable<std::decay_t<F>&, Transaction&>
    PATCHBAY_HIDDEN std::shared_ptr<CommitPart> part(F&& f) {
        return detail::makeWait<detail::SqlPartOf<std::decay_t<F>>>(identity(), std::forward<F>(f));
    }

    Health health() const;
    /// How many writes wait.
    std::size_t waiting() const noexcept;
    /// How many commits it has made.
    std::uint64_t commits() const noexcept;

private:
    friend class SqliteStore;

    template <class On, class F>
    PATCHBAY_HIDDEN auto wait(F&& f) {
        static_assert(std::is_reference_v<F> || detail::kSafeInAwait<F>,
                      "Patchbay: GCC 12 destroys twice what this function holds by value, when it is a temporary within co_await; "
                      "capture by reference, [&], which is safe here, or give it a name and pass that: database.write(f)");
        using Awaited = detail::SqlWait<F, On>;
        return detail::SqlRun<Awaited>{detail::makeWait<Awaited>(core_, std::forward<F>(f))};
    }
    template <class On, class F, class Value>
    PATCHBAY_HIDDEN void put(F&& f, Receiver<Value> receiver) {
        detail::putJob(*core_, detail::makeWait<detail::SqlCall<std::decay_t<F>, On>>(std::forward<F>(f), std::move(receiver)));
    }
    const void* identity() const noexcept { return core_.get(); }

    const std::shared_ptr<detail::DatabaseCore> core_;
};

}  // namespace patchbay
