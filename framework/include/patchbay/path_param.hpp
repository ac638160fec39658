#pragma once
// PathParam<"room">: a handler's parameter that takes the value of {room} from the request's path.

#include <patchbay/detail/FixedString.hpp>

#include <concepts>
#include <string>
#include <string_view>

namespace patchbay {

/// The types a path variable converts to.   Source: Jakarta WebSocket §4.3 (text, primitives)
template <class T>
concept PathValue = std::same_as<T, std::string_view> || std::same_as<T, std::string> ||
                    (std::is_arithmetic_v<T> && !std::same_as<T, char>);

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
