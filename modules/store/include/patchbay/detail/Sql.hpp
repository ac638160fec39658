#pragma once
// What the templates of database.hpp need: a prepared statement, and plain values and structs to its parameters and from its columns.
//
//   C++                                         SQLite
//   bool, integers, enums                       INTEGER; a std::uint64_t beyond its range is an error
//   float, double                               REAL
//   std::string, std::string_view, literals     TEXT, as it is: any bytes, zeros too
//   Bytes, std::vector<std::byte>, octets       BLOB
//   std::optional<T>                            T, or NULL; nothing else is ever NULL
//   plain struct                                its fields, one after the other

#include <patchbay/bytes.hpp>
#include <patchbay/detail/Reflect.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

struct sqlite3_stmt;

namespace patchbay::detail {

class SqlConnection;

/// A prepared statement in use. The connection keeps it for the next who has the same text.
/// Errors: SqlError, StoreError.   Thread: its connection's.
class SqlStatement {
public:
    /// Errors: also for more than one statement, and where the text has not so many parameters.
    SqlStatement(SqlConnection& connection, std::string_view sql, std::size_t parameters);
    ~SqlStatement();
    SqlStatement(const SqlStatement&) = delete;
    SqlStatement& operator=(const SqlStatement&) = delete;

    // The next parameter. What it is given must stay as long as the statement.
    void bind(std::int64_t value);
    void bind(double value);
    void bind(std::string_view text);
    void bind(Bytes bytes);
    void bindNull();
    [[noreturn]] void refuseNumber(std::uint64_t value) const;

    /// The next row; false at the end.
    bool step();
    /// Errors: where the rows have another number of columns.
    void requireColumns(std::size_t count) const;
    bool isNull(int column) const noexcept;
    std::int64_t integer(int column) const;
    double real(int column) const;
    std::string_view text(int column) const;  ///< until the next step
    Bytes bytes(int column) const;            ///< likewise
    [[noreturn]] void refuseColumn(int column, const char* expected) const;

private:
    void check(int code) const;

    SqlConnection& connection_;
    sqlite3_stmt* statement_;
    int bound_ = 0;
};

// ------------------------------------------------------------------------------------------------ which types

template <class T>
inline constexpr bool kIsSqlOptional = false;
template <class T>
inline constexpr bool kIsSqlOptional<std::optional<T>> = true;

template <class T>
concept SqlText = std::convertible_to<const T&, std::string_view>;
template <class T>
concept SqlBytes = ByteSequence<T> && !SqlText<T>;
template <class T>
concept SqlNumber = (std::integral<T> || std::floating_point<T> || std::is_enum_v<T>) && sizeof(T) <= 8;
template <class T>
concept SqlScalar = SqlNumber<T> || SqlText<T> || SqlBytes<T>;

template <class T>
consteval bool isSqlValue() {
    if constexpr (kIsSqlOptional<T>) {
        return SqlScalar<typename T::value_type>;
    } else {
        return SqlScalar<T>;
    }
}
template <class T>
consteval bool isSqlStruct() {
    if constexpr (isSqlValue<T>() || !std::is_class_v<T>) {
        return false;
    } else if constexpr (PlainStruct<T>) {
        return []<std::size_t... I>(std::index_sequence<I...>) { return (isSqlValue<FieldType<T, I>>() && ...); }
        (std::make_index_sequence<kFieldCount<T>>{});
    } else {
        return false;
    }
}
template <class T>
concept SqlType = isSqlValue<T>() || isSqlStruct<T>();

/// How many parameters or columns it is.
template <class T>
consteval std::size_t sqlWidth() {
    if constexpr (isSqlStruct<T>()) {
        return kFieldCount<T>;
    } else {
        return 1;
    }
}

/// What a column is read into owns it.
template <class T>
concept SqlReadable = SqlType<T> && !std::is_same_v<T, std::string_view> && !std::is_pointer_v<T> && !std::is_same_v<T, Bytes>;

// ------------------------------------------------------------------------------------------------ there and back

template <class T>
void bindSql(SqlStatement& statement, const T& value) {
    if constexpr (kIsSqlOptional<T>) {
        if (value) {
            bindSql(statement, *value);
        } else {
            statement.bindNull();
        }
    } else if constexpr (isSqlStruct<T>()) {
        [&]<std::size_t... I>(std::index_sequence<I...>) { (bindSql(statement, field<I>(value)), ...); }
        (std::make_index_sequence<kFieldCount<T>>{});
    } else if constexpr (std::is_enum_v<T>) {
        bindSql(statement, static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (std::integral<T>) {
        if constexpr (std::is_unsigned_v<T> && sizeof(T) == 8) {
            if (value > static_cast<T>(std::numeric_limits<std::int64_t>::max())) statement.refuseNumber(value);
        }
        statement.bind(static_cast<std::int64_t>(value));
    } else if constexpr (std::floating_point<T>) {
        statement.bind(static_cast<double>(value));
    } else if constexpr (SqlText<T>) {
        statement.bind(std::string_view{value});
    } else if constexpr (std::convertible_to<const T&, Bytes>) {
        statement.bind(Bytes{value});
    } else {
        statement.bind(asBytes(std::span<const std::uint8_t>{value}));
    }
}

template <class T>
void readSql(const SqlStatement& statement, int column, T& out) {
    if constexpr (kIsSqlOptional<T>) {
        if (statement.isNull(column)) {
            out.reset();
        } else {
            readSql(statement, column, out.emplace());
        }
    } else if constexpr (isSqlStruct<T>()) {
        [&]<std::size_t... I>(std::index_sequence<I...>) { (readSql(statement, column + static_cast<int>(I), field<I>(out)), ...); }
        (std::make_index_sequence<kFieldCount<T>>{});
    } else if constexpr (std::is_same_v<T, bool>) {
        const std::int64_t value = statement.integer(column);
        if (value != 0 && value != 1) statement.refuseColumn(column, "0 or 1");
        out = value != 0;
    } else if constexpr (std::is_enum_v<T>) {
        std::underlying_type_t<T> value{};
        readSql(statement, column, value);
        out = static_cast<T>(value);
    } else if constexpr (std::integral<T>) {
        const std::int64_t value = statement.integer(column);
        if (!std::in_range<T>(value)) statement.refuseColumn(column, "a number that fits");
        out = static_cast<T>(value);
    } else if constexpr (std::floating_point<T>) {
        out = static_cast<T>(statement.real(column));
    } else if constexpr (SqlText<T>) {
        out = statement.text(column);
    } else {
        const Bytes bytes = statement.bytes(column);
        const auto* const first = reinterpret_cast<const typename T::value_type*>(bytes.data());
        out.assign(first, first + bytes.size());
    }
}

}  // namespace patchbay::detail
