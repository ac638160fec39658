#pragma once
// The values that reading and writing JSON pass around.

#include <concepts>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>

namespace patchbay::json {

/// How deeply arrays and objects may be nested, read or written.
inline constexpr std::size_t kMaxDepth = 128;

/// What an endpoint decides about its messages.
struct Format {
    /// The member that tells messages and the structs of a std::variant apart.
    std::string_view typeKey = "type";
    /// Ignore members that the struct does not have, instead of refusing the message.
    bool allowUnknown = false;
};

/// A place in a Document. Cheap to copy; valid until its Document parses again or dies.
class Value {
    [[maybe_unused]] const void* document_ = nullptr;
    [[maybe_unused]] std::size_t index_ = 0;
};

/// An integer that is written as text, because JavaScript rounds numbers beyond 2^53. Reads text and numbers.
template <std::integral T>
struct AsText {
    T value{};

    constexpr AsText() = default;
    constexpr AsText(T number) noexcept : value{number} {}   // NOLINT(google-explicit-constructor): stands for a T
    constexpr operator T() const noexcept { return value; }  // NOLINT(google-explicit-constructor)
};

/// A value that has no JSON form: text that is not UTF-8, NaN, an enum without a name, nesting without end.
class EncodeError : public std::runtime_error {
public:
    /// `path` is where in the value, such as `order.items[2].price`; empty for the whole of it.
    EncodeError(const std::string& path, const std::string& problem)
        : std::runtime_error{path.empty() ? problem : path + ": " + problem} {}
};

namespace detail {

/// Where reading or writing is, as a list on the stack: costs nothing until an error needs the path.
struct Place {
    static constexpr std::size_t kNoIndex = std::numeric_limits<std::size_t>::max();

    const Place* outer = nullptr;
    std::string_view member{};
    std::size_t index = kNoIndex;
    std::size_t depth = 0;

    Place() = default;
    Place(const Place& around, std::string_view name) : outer{&around}, member{name}, depth{around.depth + 1} {}
    Place(const Place& around, std::size_t at) : outer{&around}, index{at}, depth{around.depth + 1} {}

    /// `order.items[2].price`, `prices["a b"]`.
    std::string path() const;
};

}  // namespace detail
}  // namespace patchbay::json
