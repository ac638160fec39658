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
/// a bool. It converts to `T` by itself.
/// Errors: a name that the endpoint's path does not have, or a `T` that is none of these, fails the build; a value that
/// does not convert is a DecodeError at the error handler.   Source: Jakarta WebSocket §4.3
template <detail::FixedString Name, class T = std::string_view>
struct PathParam {
    T value{};
    operator const T&() const noexcept { return value; }  // NOLINT(google-explicit-constructor): stands for its value
};

}  // namespace patchbay
