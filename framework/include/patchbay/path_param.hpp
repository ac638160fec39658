#pragma once
// PathParam<"room">: a handler's parameter that takes the value of {room} from the request's path.

#include <patchbay/detail/FixedString.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

namespace patchbay {

namespace detail {
/// Numbers and bool; a character is neither.
template <class T>
concept Numeric = std::is_arithmetic_v<T> && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
                  !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;
}  // namespace detail

/// The types a path variable converts to.   Source: Jakarta WebSocket §4.3 (text, primitives)
template <class T>
concept PathValue = std::same_as<T, std::string_view> || std::same_as<T, std::string> ||
                    detail::Numeric<T>;

/// The value of the path variable `Name`, percent-decoded: text (a view that lives as long as the session), a number or
/// a bool. It converts to `T` by itself; text is a std::string_view, and becomes a std::string where one is wanted.
/// Errors: a name that the endpoint's path does not have, or a `T` that is none of these, fails the build; a value that
/// does not convert is a DecodeError at the error handler.   Source: Jakarta WebSocket §4.3
template <detail::FixedString Name, class T = std::string_view>
struct PathParam {
    T value{};
    operator const T&() const noexcept { return value; }  // NOLINT(google-explicit-constructor): stands for its value
};

template <detail::FixedString Name>
struct PathParam<Name, std::string_view> : std::string_view {
    operator std::string() const { return std::string{begin(), end()}; }  // NOLINT(google-explicit-constructor)

    friend std::string operator+(PathParam a, std::string_view b) { return std::string{a.begin(), a.end()}.append(b); }
    friend std::string operator+(std::string_view a, PathParam b) { return std::string{a}.append(b.begin(), b.end()); }

    std::string_view value = *this;  // as a number has it
};

template <detail::FixedString A, detail::FixedString B>
std::string operator+(PathParam<A> a, PathParam<B> b) {
    return a + std::string_view{b};
}

}  // namespace patchbay
