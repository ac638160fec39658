#pragma once
// One connection to the file, of one thread at a time: opening, statements that are kept prepared, SQLite's codes as exceptions.
//
// Two kinds of statements. The module's own may do anything. Guests' (SqlStatement, whatever application they come from) share a transaction with
// others: what would end it, change the connection or open other files is refused by SQLite's authorizer.

#include <patchbay/database.hpp>

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace patchbay::detail {

struct StatementCloser {
    void operator()(sqlite3_stmt* statement) const noexcept;
};
using StatementHandle = std::unique_ptr<sqlite3_stmt, StatementCloser>;

/// Errors: StoreError for what is wrong with the file, SqlError for a statement, std::bad_alloc.   Thread: one at a time.
class SqlConnection {
public:
    enum class Access : std::uint8_t { Write, Read };

    /// Opens it. For writing it is made where it is not there.
    SqlConnection(const DatabaseOptions& options, Access access);
    ~SqlConnection();
    SqlConnection(const SqlConnection&) = delete;
    SqlConnection& operator=(const SqlConnection&) = delete;

    /// The module's own, with what SQL a script has.
    void execute(const char* sql);
    /// The same of an owner's: it may not end the transaction either.
    void executeScript(const std::string& sql);
    /// The module's own, to be stepped again and again by run().
    StatementHandle prepareOwn(const char* sql);
    void run(const StatementHandle& statement);

    /// A guest's, prepared before or now, for nobody else until it is given back.   Errors: also more than one statement.
    StatementHandle borrow(std::string_view sql);
    void giveBack(StatementHandle statement) noexcept;

    bool inTransaction() const noexcept;
    /// Rows that refer to none, which a commit would find.
    bool hasDanglingReferences() const noexcept;
    std::int64_t lastRowId() const noexcept;
    std::int64_t changes() const noexcept;

    /// What is wrong with the file has been thrown since this was asked last.
    std::optional<StoreError> takeFault() noexcept { return std::exchange(fault_, std::nullopt); }
    /// Throws what `code` says, of a statement with that text.
    [[noreturn]] void fail(int code, std::string_view sql);

private:
    struct Closer {
        void operator()(sqlite3* connection) const noexcept;
    };
    struct Kept {
        std::string sql;
        StatementHandle statement;
    };
    static int authorize(void* self, int action, const char* first, const char* second, const char* database, const char* trigger);
    void open(const DatabaseOptions& options);
    StatementHandle prepare(std::string_view sql, bool guest);

    const std::string file_;
    const Access access_;
    std::unique_ptr<sqlite3, Closer> connection_;
    // The most recently used is first; each once.
    std::list<Kept> kept_;
    std::unordered_map<std::string_view, std::list<Kept>::iterator> byText_;  // texts of kept_
    bool guest_ = false;  // what is being prepared is a guest's
    std::optional<StoreError> fault_;
};

}  // namespace patchbay::detail
