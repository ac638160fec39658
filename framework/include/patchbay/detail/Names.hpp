#pragma once
// Names that the compiler knows and C++20 does not tell: of a type, and of the enumerators of an enum.
// Read from __PRETTY_FUNCTION__ when compiling, and copied, so that only the names themselves reach the binary.
//
// Limits: only enumerators from -128 to 255 have names; where two share a value, the compiler picks one.
// Clang does not know the enumerators of an enum inside a class template before something has used one.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace patchbay::detail {

/// Characters that outlive the compilation, as many as the name has.
template <std::size_t Size>
struct StaticName {
    std::array<char, Size + 1> text{};
    constexpr std::string_view view() const noexcept { return {text.data(), Size}; }
};

template <std::size_t Size>
consteval StaticName<Size> keep(std::string_view text) {
    StaticName<Size> kept;
    for (std::size_t i = 0; i < Size; ++i) kept.text[i] = text[i];
    return kept;
}

constexpr bool isNameChar(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

/// The identifier that `text` ends with; empty where it ends with something else, as with a number.
consteval std::string_view lastIdentifier(std::string_view text) {
    std::size_t start = text.size();
    while (start > 0 && isNameChar(text[start - 1])) --start;
    const bool number = start < text.size() && text[start] >= '0' && text[start] <= '9';
    return number ? std::string_view{} : text.substr(start);
}

template <class T>
consteval auto prettyType() {
    return std::string_view{__PRETTY_FUNCTION__};
}

/// What the compiler calls T, with its namespaces.
template <class T>
consteval std::string_view qualifiedName() {
    constexpr std::size_t before = prettyType<int>().find("T = int") + 4;
    const auto text = prettyType<T>();
    return text.substr(before, text.rfind(']') - before);
}

/// `a::B<c::D, int>` without what stands before each `::`, so `B<D,int>` under every compiler.
template <std::size_t Longest>
struct Unqualified {
    std::array<char, Longest + 1> text{};
    std::size_t size = 0;

    consteval explicit Unqualified(std::string_view from) {
        std::array<std::size_t, 32> starts{};  // where the name being read began, per level of template arguments
        std::size_t level = 0;
        std::size_t parentheses = 0;  // as in `main()::Local` and `(anonymous namespace)::Local`
        for (std::size_t i = 0; i < from.size(); ++i) {
            const char c = from[i];
            if (c == '(') ++parentheses;
            if (c == ')') --parentheses;
            if (parentheses == 0 && c == ':') {
                size = starts[level];
                ++i;
            } else if (parentheses != 0 || c != ' ') {
                text[size++] = c;
                if (parentheses == 0 && c == '<') starts[++level] = size;
                if (parentheses == 0 && c == '>') --level;
                if (parentheses == 0 && c == ',') starts[level] = size;
            }
        }
    }
    consteval std::string_view view() const { return {text.data(), size}; }
};

template <class T>
struct TypeName {
    static constexpr auto kQualified = qualifiedName<T>();
    static constexpr Unqualified<kQualified.size()> kShort{kQualified};
    static constexpr auto kName = keep<kShort.size>(kShort.view());
};

template <auto... Values>
consteval auto prettyValues() {
    return std::string_view{__PRETTY_FUNCTION__};
}

/// The enumerators of E, by rising value.
template <class E>
class EnumTable {
    using Number = std::underlying_type_t<E>;
    static constexpr int kChunk = 64;  // values that one name lists: Clang bounds the work of one evaluation
    static constexpr int kFirst = std::is_signed_v<Number> ? -128 : 0;
    static constexpr int kEnd = std::is_same_v<Number, bool>                      ? 2
                                : std::is_signed_v<Number> && sizeof(Number) == 1 ? 128
                                                                                  : 256;
    static constexpr int kTried = kEnd - kFirst;

    using Chunk = std::array<std::string_view, kChunk>;

    /// Cuts `[Values = {ns::E::A, (ns::E)1}]` at its commas; a value without an enumerator is written as a cast.
    template <int First, int... I>
    static consteval Chunk chunk(std::integer_sequence<int, I...>) {
        auto text = prettyValues<static_cast<E>(First + I)...>();
        text.remove_prefix(text.find("Values = ") + 10);
        Chunk names{};
        std::size_t value = 0;
        std::size_t start = 0;
        int depth = 0;  // in brackets of template arguments or parameters
        for (std::size_t i = 0; value < sizeof...(I); ++i) {
            const char c = text[i];
            if (depth == 0 && (c == ',' || c == '}' || c == '>')) {
                names[value++] = lastIdentifier(text.substr(start, i - start));
                start = i + 1;
            }
            depth += c == '<' || c == '(' ? 1 : c == '>' || c == ')' ? -1 : 0;
        }
        return names;
    }

    static constexpr int inChunk(int index) {
        const int left = kTried - index * kChunk;
        return left < kChunk ? left : kChunk;
    }
    template <int Index>
    static constexpr Chunk kNames = chunk<kFirst + Index * kChunk>(std::make_integer_sequence<int, inChunk(Index)>{});

    struct Sizes {
        std::size_t names = 0;
        std::size_t characters = 0;
    };

    /// Calls `with(value, name)` for every enumerator.
    template <class With>
    static constexpr void each(With with) {
        [&]<int... Index>(std::integer_sequence<int, Index...>) {
            (eachOf(kNames<Index>, kFirst + Index * kChunk, with), ...);
        }
        (std::make_integer_sequence<int, (kTried + kChunk - 1) / kChunk>{});
    }

    template <class With>
    static constexpr void eachOf(const Chunk& names, int first, With& with) {
        for (int i = 0; i < kChunk; ++i)
            if (!names[i].empty()) with(first + i, names[i]);
    }

    static constexpr Sizes sizes() {
        Sizes sum;
        each([&](int, std::string_view name) {
            ++sum.names;
            sum.characters += name.size();
        });
        return sum;
    }

    struct Kept {
        std::array<char, sizes().characters + 1> characters{};
        std::array<std::size_t, sizes().names + 1> starts{};
        std::array<E, sizes().names + 1> values{};
    };

    static constexpr Kept kept() {
        Kept all;
        std::size_t name = 0;
        std::size_t end = 0;
        each([&](int value, std::string_view text) {
            all.values[name] = static_cast<E>(value);
            for (const char c : text) all.characters[end++] = c;
            all.starts[++name] = end;
        });
        return all;
    }

    static constexpr Kept kKept = kept();

public:
    static constexpr std::size_t size() noexcept { return sizes().names; }
    static constexpr E value(std::size_t i) noexcept { return kKept.values[i]; }
    static constexpr std::string_view name(std::size_t i) noexcept {
        return {kKept.characters.data() + kKept.starts[i], kKept.starts[i + 1] - kKept.starts[i]};
    }
};

/// The name of an enumerator; empty for a value that has none.
template <class E>
constexpr std::string_view enumName(E value) noexcept {
    for (std::size_t i = 0; i < EnumTable<E>::size(); ++i)
        if (EnumTable<E>::value(i) == value) return EnumTable<E>::name(i);
    return {};
}

}  // namespace patchbay::detail
