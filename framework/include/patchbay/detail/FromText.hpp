#pragma once
// Texts of a peer, such as the values of path variables, as what is asked for.

#include <charconv>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace patchbay::detail {

// Errors: DecodeError for a text that is not the whole of a T.
[[noreturn]] void failConversion(std::string_view what, std::string_view text, std::string_view wanted);
bool isFinite(long double value) noexcept;
bool toBool(std::string_view what, std::string_view text);
template <class T>
T toNumber(std::string_view what, std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range) failConversion(what, text, "a number in the range of its type");
    if (error != std::errc{} || end != text.data() + text.size()) {
        failConversion(what, text, std::is_integral_v<T> ? "a whole number" : "a number");
    }
    if constexpr (std::is_floating_point_v<T>) {
        if (!isFinite(value)) failConversion(what, text, "a number");  // "nan" and "inf", which from_chars takes
    }
    return value;
}
template <class T>
T fromText(std::string_view what, std::string_view text) {
    if constexpr (std::is_same_v<T, bool>) {
        return toBool(what, text);
    } else if constexpr (std::is_arithmetic_v<T>) {
        return toNumber<T>(what, text);
    } else {
        return T{text};
    }
}

}  // namespace patchbay::detail
