#pragma once
// A text that can be a template argument: the path of an endpoint, the name of a path parameter. And texts that a compiler's
// message shows: a mistake is told by a static_assert, whose sentence is a literal, so what it is about stands in types.

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace patchbay::detail {

template <std::size_t N>
struct FixedString {
    char text[N]{};

    constexpr FixedString() = default;
    consteval FixedString(const char (&literal)[N]) {  // NOLINT(google-explicit-constructor): a literal is one
        for (std::size_t i = 0; i < N; ++i) text[i] = literal[i];
    }
    constexpr std::string_view view() const noexcept { return {text, N - 1}; }
};

/// `a.b` of two texts; of an empty first one the second alone.
template <std::size_t N, std::size_t M>
consteval auto joined(const FixedString<N>& a, std::string_view b, std::integral_constant<std::size_t, M>) {
    FixedString<N + M + (N > 1 ? 1 : 0)> text;
    std::size_t end = 0;
    for (const char c : a.view()) text.text[end++] = c;
    if (N > 1) text.text[end++] = '.';
    for (const char c : b) text.text[end++] = c;
    return text;
}

// GCC spells the characters of a class's array as a text, Clang as numbers; single characters it spells.
#ifdef __clang__
template <char... Characters>
struct Text;
template <FixedString text, std::size_t... I>
Text<text.text[I]...> spell(std::index_sequence<I...>);
template <FixedString text>
using Spelled = decltype(spell<text>(std::make_index_sequence<text.view().size()>{}));
#else
template <FixedString text>
struct Text;
template <FixedString text>
using Spelled = Text<text>;
#endif

}  // namespace patchbay::detail
