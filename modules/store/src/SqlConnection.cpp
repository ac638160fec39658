#include "SqlConnection.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <new>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

namespace patchbay::detail {
namespace {

constexpr std::size_t kMostKept = 128;  // statements
constexpr int kBusyTimeout = 5000;      // milliseconds: another process has the file
constexpr std::size_t kShownSql = 200;

std::string shown(std::string_view sql) {
    return std::string{sql.substr(0, kShownSql)} + (sql.size() > kShownSql ? "…" : "");
}

/// What is wrong with the file, where it is that.
std::optional<StoreFault> faultOf(int code) noexcept {
    if (code == SQLITE_CORRUPT_VTAB) return std::nullopt;  // of a table of an application's own making
    switch (code & 0xff) {
        case SQLITE_FULL: return StoreFault::NoRoom;
        case SQLITE_READONLY: return StoreFault::ReadOnly;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: return StoreFault::Corrupt;
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
        case SQLITE_PROTOCOL:
        case SQLITE_BUSY: return StoreFault::Unavailable;  // LOCKED is of one connection that gets in its own way
        default: return std::nullopt;
    }
}

const char* meaning(StoreFault fault) noexcept {
    switch (fault) {
        case StoreFault::NoRoom: return "the disk is full";
        case StoreFault::ReadOnly: return "it may not be written";
        case StoreFault::Corrupt: return "it is no database, or damaged: restore a copy";
        default: return "it cannot be used";
    }
}

/// Where a quotation or a comment that begins at `at` ends; `at` where none does.   Source: SQLite's tokens
std::size_t endOfQuoted(std::string_view sql, std::size_t at) noexcept {
    const auto behind = [&](std::string_view end, std::size_t from) {
        const std::size_t found = sql.find(end, from);
        return found == std::string_view::npos ? sql.size() : found + end.size();
    };
    const std::string_view rest = sql.substr(at);
    if (rest.starts_with("--")) return behind("\n", at);
    if (rest.starts_with("/*")) return behind("*/", at + 2);
    if (rest.starts_with('[')) return behind("]", at);
    if (rest.starts_with('\'') || rest.starts_with('"') || rest.starts_with('`')) return behind(rest.substr(0, 1), at + 1);
    return at;
}

/// The word ROLLBACK stands in it: as a statement, of which the authorizer hears, and in OR ROLLBACK, ON CONFLICT ROLLBACK, RAISE(ROLLBACK), of
/// which nobody does.
bool rollsBack(std::string_view sql) noexcept {
    const auto isOfWord = [](char c) { return c == '_' || c == '$' || std::isalnum(static_cast<unsigned char>(c)) != 0 || (static_cast<unsigned char>(c) & 0x80U) != 0; };
    constexpr std::string_view kWord = "rollback";
    for (std::size_t at = 0; at < sql.size();) {
        if (const std::size_t end = endOfQuoted(sql, at); end != at) {
            at = end;
            continue;
        }
        std::size_t end = at;
        while (end < sql.size() && isOfWord(sql[end])) ++end;
        const auto isSame = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
        if (std::ranges::equal(sql.substr(at, end - at), kWord, isSame)) return true;
        at = std::max(end, at + 1);
    }
    return false;
}

/// Only its owner may read what is in it. SQLite gives its other files the same mode.
void makePrivate(const std::string& file) noexcept {
    const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (made >= 0) ::close(made);
}

}  // namespace

void StatementCloser::operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
void SqlConnection::Closer::operator()(sqlite3* connection) const noexcept { sqlite3_close_v2(connection); }

SqlConnection::SqlConnection(const DatabaseOptions& options, Access access) : file_{options.file.string()}, access_{access} { open(options); }

SqlConnection::~SqlConnection() = default;

void SqlConnection::open(const DatabaseOptions& options) {
    if (access_ == Access::Write && options.vfs.empty()) makePrivate(file_);
    const int create = access_ == Access::Write ? SQLITE_OPEN_CREATE : 0;
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(file_.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | create,
                                     options.vfs.empty() ? nullptr : options.vfs.c_str());
    connection_.reset(opened);
    if (code != SQLITE_OK) fail(code, {});
    sqlite3_busy_timeout(opened, kBusyTimeout);
    sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);       // no statement can damage the file
    sqlite3_db_config(opened, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);         // "no column" is not a text
    sqlite3_db_config(opened, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_set_authorizer(opened, &SqlConnection::authorize, this);
    execute("PRAGMA temp_store = MEMORY");  // a savepoint's journal
    execute("PRAGMA foreign_keys = ON");
    if (access_ == Access::Read) {
        execute("PRAGMA query_only = ON");
        execute("SELECT count(*) FROM sqlite_schema");  // whether it is a database at all
        return;
    }
    if (sqlite3_db_readonly(opened, "main") == 1) fail(SQLITE_READONLY, {});
    execute("PRAGMA journal_mode = WAL");
    execute("PRAGMA synchronous = FULL");  // in WAL: a commit is on the disk when it returns
    execute("PRAGMA journal_size_limit = 67108864");
    execute("CREATE TABLE IF NOT EXISTS patchbay_schema (owner TEXT PRIMARY KEY, steps INTEGER NOT NULL) STRICT, WITHOUT ROWID");
    execute("CREATE TABLE IF NOT EXISTS patchbay_room (bytes BLOB NOT NULL) STRICT");  // DatabaseCore looks by it whether there is any
}

// ------------------------------------------------------------------------------------------------ statements

int SqlConnection::authorize(void* self, int action, const char* first, const char*, const char*, const char*) {
    if (!static_cast<SqlConnection*>(self)->guest_) return SQLITE_OK;
    switch (action) {
        case SQLITE_TRANSACTION:
        case SQLITE_SAVEPOINT:
        case SQLITE_ATTACH:
        case SQLITE_DETACH: return SQLITE_DENY;
        case SQLITE_PRAGMA: return std::string_view{first} == "data_version" ? SQLITE_OK : SQLITE_DENY;  // FTS5 asks for it
        default: return SQLITE_OK;
    }
}

void SqlConnection::execute(const char* sql) {
    const int code = sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(code, sql);
}

void SqlConnection::executeScript(const std::string& sql) {
    if (rollsBack(sql)) fail(SQLITE_AUTH, sql);
    guest_ = true;
    const int code = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    guest_ = false;
    if (code != SQLITE_OK) fail(code, sql);
}

StatementHandle SqlConnection::prepare(std::string_view sql, bool guest) {
    if (guest && rollsBack(sql)) fail(SQLITE_AUTH, sql);
    sqlite3_stmt* statement = nullptr;
    const char* rest = nullptr;
    guest_ = guest;
    const int code = sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement, &rest);
    guest_ = false;
    StatementHandle handle{statement};
    if (code != SQLITE_OK) fail(code, sql);
    const auto isBlank = [](char c) { return c == ';' || std::isspace(static_cast<unsigned char>(c)) != 0; };
    std::string_view left{rest, static_cast<std::size_t>(sql.data() + sql.size() - rest)};
    while (!left.empty() && isBlank(left.front())) left.remove_prefix(1);
    if (!handle || !left.empty()) throw SqlError{SQLITE_MISUSE, "one statement at a time: " + shown(sql)};
    return handle;
}

StatementHandle SqlConnection::prepareOwn(const char* sql) { return prepare(sql, false); }

void SqlConnection::run(const StatementHandle& statement) {
    sqlite3_step(statement.get());
    const int code = sqlite3_reset(statement.get());
    if (code != SQLITE_OK) fail(code, sqlite3_sql(statement.get()));
}

StatementHandle SqlConnection::borrow(std::string_view sql) {
    const auto found = byText_.find(sql);
    if (found == byText_.end()) return prepare(sql, true);
    const auto at = found->second;
    StatementHandle statement = std::move(at->statement);
    byText_.erase(found);
    kept_.erase(at);
    return statement;
}

/// The text it is found by is its own, as SQLite has it. Without memory, or where there is one already, it goes.
void SqlConnection::giveBack(StatementHandle statement) noexcept {
    sqlite3_reset(statement.get());
    sqlite3_clear_bindings(statement.get());
    try {
        std::string sql{sqlite3_sql(statement.get())};
        if (byText_.contains(sql)) return;
        kept_.push_front({std::move(sql), std::move(statement)});
        byText_.emplace(kept_.front().sql, kept_.begin());
        if (kept_.size() <= kMostKept) return;
        byText_.erase(kept_.back().sql);
        kept_.pop_back();
    } catch (const std::bad_alloc&) {
        byText_.clear();
        kept_.clear();
    }
}

bool SqlConnection::inTransaction() const noexcept { return sqlite3_get_autocommit(connection_.get()) == 0; }

bool SqlConnection::hasDanglingReferences() const noexcept {
    int now = 0;
    int most = 0;
    sqlite3_db_status(connection_.get(), SQLITE_DBSTATUS_DEFERRED_FKS, &now, &most, 0);
    return now != 0;
}

std::int64_t SqlConnection::lastRowId() const noexcept { return sqlite3_last_insert_rowid(connection_.get()); }
std::int64_t SqlConnection::changes() const noexcept { return sqlite3_changes64(connection_.get()); }

void SqlConnection::fail(int code, std::string_view sql) {
    if ((code & 0xff) == SQLITE_NOMEM) throw std::bad_alloc{};
    const bool isLast = connection_ && (sqlite3_errcode(connection_.get()) & 0xff) == (code & 0xff);
    const char* const text = isLast ? sqlite3_errmsg(connection_.get()) : sqlite3_errstr(code);
    if (access_ == Access::Read && (code & 0xff) == SQLITE_READONLY) throw SqlError{code, "a read does not write: " + shown(sql)};
    if (const auto fault = faultOf(code)) {
        fault_.emplace(*fault, file_ + ": " + meaning(*fault) + " (" + text + ")");
        throw StoreError{*fault_};
    }
    if ((code & 0xff) == SQLITE_AUTH)
        throw SqlError{code, "a statement that is not for applications, who share a transaction with others: " + shown(sql)};
    throw SqlError{code, std::string{text} + ": " + shown(sql)};
}

// ------------------------------------------------------------------------------------------------ a statement in use

SqlStatement::SqlStatement(SqlConnection& connection, std::string_view sql, std::size_t parameters)
    : connection_{connection}, statement_{nullptr} {
    // A transaction that SQLite has given up, on a full disk say: what came now would be outside of it.
    if (!connection.inTransaction()) throw SqlError{SQLITE_ABORT, "the transaction has been rolled back: " + shown(sql)};
    StatementHandle statement = connection.borrow(sql);
    const auto has = static_cast<std::size_t>(sqlite3_bind_parameter_count(statement.get()));
    if (has != parameters) {
        throw SqlError{SQLITE_RANGE, "the statement has " + std::to_string(has) + " parameters and is given " + std::to_string(parameters) + ": " + shown(sql)};
    }
    statement_ = statement.release();
}

SqlStatement::~SqlStatement() { connection_.giveBack(StatementHandle{statement_}); }

void SqlStatement::check(int code) const {
    if (code != SQLITE_OK) connection_.fail(code, sqlite3_sql(statement_));
}

void SqlStatement::bind(std::int64_t value) { check(sqlite3_bind_int64(statement_, ++bound_, value)); }
void SqlStatement::bind(double value) { check(sqlite3_bind_double(statement_, ++bound_, value)); }
void SqlStatement::bind(std::string_view text) {
    const char* const data = text.empty() ? "" : text.data();  // a null pointer would be NULL
    check(sqlite3_bind_text64(statement_, ++bound_, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
}
void SqlStatement::bind(Bytes bytes) {
    const void* const data = bytes.empty() ? static_cast<const void*>("") : bytes.data();
    check(sqlite3_bind_blob64(statement_, ++bound_, data, bytes.size(), SQLITE_STATIC));
}
void SqlStatement::bindNull() { check(sqlite3_bind_null(statement_, ++bound_)); }
void SqlStatement::refuseNumber(std::uint64_t value) const {
    throw SqlError{SQLITE_RANGE, "SQLite has no number as large as " + std::to_string(value) + ": " + shown(sqlite3_sql(statement_))};
}

bool SqlStatement::step() {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    connection_.fail(code, sqlite3_sql(statement_));
}

void SqlStatement::requireColumns(std::size_t count) const {
    const auto has = static_cast<std::size_t>(sqlite3_column_count(statement_));
    if (has == count) return;
    throw SqlError{SQLITE_RANGE, "its rows have " + std::to_string(has) + " columns, and what they are read into " + std::to_string(count) + ": " +
                                     shown(sqlite3_sql(statement_))};
}

bool SqlStatement::isNull(int column) const noexcept { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
std::int64_t SqlStatement::integer(int column) const {
    if (sqlite3_column_type(statement_, column) != SQLITE_INTEGER) refuseColumn(column, "an integer");
    return sqlite3_column_int64(statement_, column);
}
double SqlStatement::real(int column) const {
    const int type = sqlite3_column_type(statement_, column);
    if (type != SQLITE_FLOAT && type != SQLITE_INTEGER) refuseColumn(column, "a number");
    return sqlite3_column_double(statement_, column);
}
std::string_view SqlStatement::text(int column) const {
    if (sqlite3_column_type(statement_, column) != SQLITE_TEXT) refuseColumn(column, "text");
    const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    if (!text) throw std::bad_alloc{};
    return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}
Bytes SqlStatement::bytes(int column) const {
    if (sqlite3_column_type(statement_, column) != SQLITE_BLOB) refuseColumn(column, "bytes");
    const auto* const bytes = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}
void SqlStatement::refuseColumn(int column, const char* expected) const {
    const char* const name = sqlite3_column_name(statement_, column);
    throw SqlError{SQLITE_MISMATCH, std::string{"the column "} + (name ? name : "?") + " is not " + expected + ": " + shown(sqlite3_sql(statement_))};
}

}  // namespace patchbay::detail

namespace patchbay {

std::int64_t Transaction::lastRowId() const noexcept { return connection_.lastRowId(); }
std::int64_t Transaction::changes() const noexcept { return connection_.changes(); }
void Transaction::script(const std::string& sql) { connection_.executeScript(sql); }

}  // namespace patchbay
