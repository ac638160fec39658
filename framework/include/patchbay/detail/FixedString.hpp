#pragma once
// A text that can be a template argument: the path of an endpoint, the name of a path parameter.

#include <cstddef>
#include <string_view>

namespace patchbay::detail {

template <std::size_t N>
struct FixedString {
    char text[N]{};

    consteval FixedString(const char (&literal)[N]) {  // NOLINT(google-explicit-constructor): a literal is one
        for (std::size_t i = 0; i < N; ++i) text[i] = literal[i];
    }
    constexpr std::string_view view() const noexcept { return {text, N - 1}; }
};

}  // namespace patchbay::detail
