#pragma once
// The fields of a plain struct: how many, what they are called, and whether the struct gives them a value of its own.
//
// Rules:
// - A plain struct is an aggregate without base classes and without C arrays; anything else is told apart, not guessed.
// - One trailing `_` of a field name is dropped, so that `class_` can stand for "class".
// - A field has a default if the struct initialises it; see hasDefault() for what can be seen of that.

#include <array>
#include <boost/pfr/core.hpp>
#include <boost/version.hpp>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include <patchbay/detail/Names.hpp>

namespace patchbay::detail {

/// Converts to any field, so that aggregates can be tried with it.
struct AnyField {
    template <class F>
    operator F&() const&&;  // NOLINT(google-explicit-constructor): a conversion is what it is for
};

template <class T>
struct AnyBase {
    template <class B>
    requires(std::is_base_of_v<B, T> && !std::is_same_v<B, T>) operator B&()
        const&&;  // NOLINT(google-explicit-constructor)
};

template <std::size_t>
using AnyFieldAt = AnyField;

template <class T>
concept HasBase = requires {
    T{AnyBase<T>{}};
};

/// Can T be made from `before` fields, one in braces of `inside`, and `after` more?
template <class T, std::size_t... Before, std::size_t... Inside, std::size_t... After>
consteval bool braced(std::index_sequence<Before...>, std::index_sequence<Inside...>, std::index_sequence<After...>) {
    return requires { T{AnyFieldAt<Before>{}..., {AnyFieldAt<Inside>{}...}, AnyFieldAt<After>{}...}; };
}

/// An array's elements count as initialisers of T when their braces are left out; nothing else's do.
template <class T, std::size_t Count, std::size_t At, std::size_t Length = 2>
consteval bool arrayAt() {
    if constexpr (At + Length > Count) {
        return false;
    } else {
        constexpr std::make_index_sequence<At> before;
        constexpr std::make_index_sequence<Length> inside;
        constexpr std::size_t rest = Count - At - Length;
        return (braced<T>(before, inside, std::make_index_sequence<rest>{}) &&
                !braced<T>(before, inside, std::make_index_sequence<rest + 1>{})) ||
               arrayAt<T, Count, At, Length + 1>();
    }
}

template <class T, std::size_t Count>
consteval bool hasArray() {
    return []<std::size_t... I>(std::index_sequence<I...>) { return (arrayAt<T, Count, I>() || ...); }
    (std::make_index_sequence<Count>{});
}

template <class T>
concept Aggregate = std::is_class_v<T> && std::is_aggregate_v<T> && std::is_default_constructible_v<T> &&
    std::is_copy_constructible_v<T>;

template <class T>
inline constexpr std::size_t kFieldCount = boost::pfr::tuple_size_v<T>;

template <class T>
concept PlainStruct = Aggregate<T> && !HasBase<T> && !hasArray<T, kFieldCount<T>>();

template <class T, std::size_t I>
using FieldType = std::remove_cvref_t<decltype(boost::pfr::get<I>(std::declval<T&>()))>;

/// Is it declared `const`? Then nothing can be read into it.
template <class T, std::size_t I>
inline constexpr bool kIsConstField = std::is_const_v<std::remove_reference_t<decltype(boost::pfr::get<I>(std::declval<T&>()))>>;

/// PFR sees no const T: what it makes of that would cost the compiler as much again for every struct.
template <std::size_t I, class T>
constexpr auto& field(T& object) noexcept {
    return boost::pfr::get<I>(object);
}
template <std::size_t I, class T>
constexpr const auto& field(const T& object) noexcept {
    return boost::pfr::get<I>(const_cast<T&>(object));
}

#if BOOST_VERSION >= 108400

template <class T, std::size_t I>
consteval std::string_view rawFieldName() {
    return boost::pfr::get_name<I, T>();
}

#else  // PFR has no names yet: the address of a field of an object that never exists spells the field

#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-internal"
#pragma clang diagnostic ignored "-Wundefined-var-template"
#endif

template <class T>
struct Holder {
    T value;
};

template <class T>
extern Holder<T> nowhere;

template <class P>
struct FieldAddress {
    P pointer;
};
template <class P>
FieldAddress(P) -> FieldAddress<P>;

template <auto Address>
consteval auto prettyField() {
    return std::string_view{__PRETTY_FUNCTION__};
}

template <class T, std::size_t I>
consteval auto rawFieldName() {
    auto text = prettyField<FieldAddress{&boost::pfr::get<I>(nowhere<T>.value)}>();
    text.remove_suffix(text.size() - text.find_last_not_of(")}]") - 1);
    return lastIdentifier(text);
}

#ifdef __clang__
#pragma clang diagnostic pop
#endif

#endif

consteval std::string_view withoutTrailingUnderscore(std::string_view name) {
    return name.size() > 1 && name.back() == '_' ? name.substr(0, name.size() - 1) : name;
}

template <class T, std::size_t I>
inline constexpr auto kFieldName =
    keep<withoutTrailingUnderscore(rawFieldName<T, I>()).size()>(withoutTrailingUnderscore(rawFieldName<T, I>()));

/// Names without the trailing `_`, in the order of the fields.
template <class T>
inline constexpr auto kFieldNames = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<std::string_view, sizeof...(I)>{kFieldName<T, I>.view()...};
}
(std::make_index_sequence<kFieldCount<T>>{});

template <class T>
constexpr bool evaluates() {
    T object;
    static_cast<void>(object);
    return true;
}

/// Can the compiler make a T? Not if a field is a map, and under Clang 14 not if one is a std::string.
template <class T>
concept Evaluable = requires {
    typename std::bool_constant<evaluates<T>()>;
};

template <class T, std::size_t I>
constexpr bool readsField() {
    T object;
    [[maybe_unused]] const auto value = field<I>(object);  // no constant expression where nothing initialised it
    return true;
}

template <class T, std::size_t I>
concept Initialised = requires {
    typename std::bool_constant<readsField<T, I>()>;
};

/// `const T object;` is allowed only where every field is initialised or has a constructor of its own.
template <class T>
concept AllInitialised = requires {
    new const T;
};

/// What the types say about a number, bool or enum: the struct initialises it, does not, or the compiler cannot tell.
enum class Initialiser { None, Present, Unknown };

template <class T, std::size_t I>
consteval Initialiser initialiserOf() {
    if constexpr (AllInitialised<T>)
        return Initialiser::Present;
    else if constexpr (!Evaluable<T>)
        return Initialiser::Unknown;
    else
        return Initialised<T, I> ? Initialiser::Present : Initialiser::None;
}

}  // namespace patchbay::detail
