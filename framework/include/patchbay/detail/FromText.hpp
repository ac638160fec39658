#pragma once
// Texts of a peer, such as the values of path variables, as what is asked for.

#include <string>
#include <string_view>
#include <type_traits>

namespace patchbay::detail {

// Errors: DecodeError for a text that is not the whole of a T.
bool toBool(std::string_view what, std::string_view text);
/// Defined for every type of number.
template <class T>
T toNumber(std::string_view what, std::string_view text);
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
