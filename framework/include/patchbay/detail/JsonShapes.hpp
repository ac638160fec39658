#pragma once
// Which C++ types have a JSON form, and why the others have none.

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include <patchbay/detail/FixedString.hpp>
#include <patchbay/detail/JsonTypes.hpp>
#include <patchbay/detail/Reflect.hpp>

namespace patchbay::json::detail {

using patchbay::detail::EnumTable, patchbay::detail::field, patchbay::detail::FieldType, patchbay::detail::kFieldCount;

enum class Direction { Read, Write };

enum class Shape {
    Text,
    TextView,
    Boolean,
    Integer,
    Floating,
    Enum,
    AsText,
    Optional,
    List,
    Array,
    Map,
    Variant,
    Struct,
    None
};

template <class T>
inline constexpr bool kIsCharacter =
    std::is_same_v<T, char> || std::is_same_v<T, wchar_t> || std::is_same_v<T, char8_t> ||
    std::is_same_v<T, char16_t> || std::is_same_v<T, char32_t>;

template <class T>
inline constexpr bool kIsAsText = false;
template <class T>
inline constexpr bool kIsAsText<AsText<T>> = true;
template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsVariant = false;
template <class... T>
inline constexpr bool kIsVariant<std::variant<T...>> = true;
template <class T>
inline constexpr bool kIsArray = false;
template <class T, std::size_t N>
inline constexpr bool kIsArray<std::array<T, N>> = true;

template <class T>
concept MapLike = requires(T map, typename T::key_type key) {
    typename T::mapped_type;
    map.try_emplace(key);
    map.clear();
};

template <class T>
concept ListLike = requires(T list) {
    typename T::value_type;
    list.emplace_back();
    list.erase(list.begin(), list.end());
}
&&std::is_same_v<typename T::value_type, std::remove_cvref_t<typename T::value_type>>;

template <class T>
consteval Shape shapeOf() {
    if constexpr (std::is_same_v<T, std::string>)
        return Shape::Text;
    else if constexpr (std::is_same_v<T, std::string_view>)
        return Shape::TextView;
    else if constexpr (std::is_same_v<T, bool>)
        return Shape::Boolean;
    else if constexpr (std::is_integral_v<T> && !kIsCharacter<T> && sizeof(T) <= 8)
        return Shape::Integer;
    else if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double>)
        return Shape::Floating;
    else if constexpr (std::is_enum_v<T>)
        return Shape::Enum;
    else if constexpr (kIsAsText<T>)
        return Shape::AsText;
    else if constexpr (kIsOptional<T>)
        return Shape::Optional;
    else if constexpr (kIsVariant<T>)
        return Shape::Variant;
    else if constexpr (kIsArray<T>)
        return Shape::Array;
    else if constexpr (MapLike<T>)
        return Shape::Map;
    else if constexpr (ListLike<T>)
        return Shape::List;
    else if constexpr (patchbay::detail::PlainStruct<T>)
        return Shape::Struct;
    else
        return Shape::None;
}

template <class T>
constexpr std::string_view messageType() noexcept {
    if constexpr (requires { std::string_view{T::messageType}; })
        return T::messageType;
    else
        return patchbay::detail::TypeName<T>::kName.view();
}

template <class T>
constexpr bool allowsUnknown() noexcept {
    if constexpr (requires { static_cast<bool>(T::allowUnknown); })
        return T::allowUnknown;
    else
        return false;
}

/// Has T a member of that name?
template <class T>
constexpr bool hasMember(std::string_view name) noexcept {
    for (const std::string_view member : patchbay::detail::kFieldNames<T>) {
        if (member == name) return true;
    }
    return false;
}

// Why a type has no JSON form: the one list, for the enum and for every static_assert that says so.
#define PATCHBAY_JSON_TROUBLES(X, ...)                                                                                 \
    X(Pointer, "a pointer has no JSON form; hold the value itself or a std::optional of it", __VA_ARGS__)             \
    X(CArray, "a C array cannot be read or written; use std::array", __VA_ARGS__)                                     \
    X(BaseClass, "a struct with a base class cannot be read or written; make the base a field", __VA_ARGS__)          \
    X(Constant, "a const member cannot be read; leave the const out", __VA_ARGS__)                                    \
    X(MoveOnly, "a struct that cannot be copied (with a std::unique_ptr in it, say) has no JSON form; hold the value itself", \
      __VA_ARGS__)                                                                                                     \
    X(Constructor, "a type with constructors or private members has no JSON form; use a plain struct", __VA_ARGS__)   \
    X(Time, "a time point or duration has no JSON form; hold a number, such as milliseconds since 1970", __VA_ARGS__) \
    X(Future, "a std::future has no JSON form; wait for its value, in a coroutine that returns Async", __VA_ARGS__)   \
    X(View, "a std::string_view cannot be read, nothing owns its text; use std::string", __VA_ARGS__)                 \
    X(Character, "a character type is neither text nor number; use std::string or std::int8_t", __VA_ARGS__)          \
    X(MapKey, "the key of a map must be std::string", __VA_ARGS__)                                                    \
    X(NotAStruct, "the alternatives of a std::variant must be structs", __VA_ARGS__)                                  \
    X(SameName, "two structs of a std::variant have the same name; give one a messageType", __VA_ARGS__)              \
    X(Other, "this type has no JSON form", __VA_ARGS__)

#define PATCHBAY_NAME_TROUBLE(trouble, sentence, ...) trouble,
enum class Trouble { None, PATCHBAY_JSON_TROUBLES(PATCHBAY_NAME_TROUBLE, ) };
#undef PATCHBAY_NAME_TROUBLE

/// A std::chrono::duration or time_point.
template <class T>
concept TimeLike = requires {
    typename T::rep;
    typename T::period;
};
template <class T>
concept FutureLike = requires(const T future) {
    future.valid();
    future.wait();
};

template <class T>
consteval Trouble troubleOfShapeless() {
    if constexpr (std::is_pointer_v<T> || std::is_null_pointer_v<T> || std::is_member_pointer_v<T> ||
                  requires(T pointer) {
                      pointer.operator->();
                      pointer.get();
                  })
        return Trouble::Pointer;
    else if constexpr (std::is_array_v<T>)
        return Trouble::CArray;
    else if constexpr (kIsCharacter<T>)
        return Trouble::Character;
    else if constexpr (!std::is_class_v<T>)
        return Trouble::Other;
    else if constexpr (TimeLike<T>)
        return Trouble::Time;
    else if constexpr (FutureLike<T>)
        return Trouble::Future;
    else if constexpr (!std::is_aggregate_v<T> || !std::is_default_constructible_v<T>)
        return Trouble::Constructor;
    else if constexpr (!std::is_copy_constructible_v<T>)
        return Trouble::MoveOnly;
    else if constexpr (patchbay::detail::HasBase<T>)
        return Trouble::BaseClass;
    else
        return Trouble::CArray;
}

template <class T, Direction D, class... Seen>
consteval Trouble troubleOf();

constexpr Trouble either(Trouble first, Trouble second) { return first != Trouble::None ? first : second; }

template <class Variant>
struct Alternatives;

template <class... T>
struct Alternatives<std::variant<T...>> {
    static constexpr std::array<std::string_view, sizeof...(T)> kNames{messageType<T>()...};

    static consteval bool sameName() {
        for (std::size_t i = 0; i < kNames.size(); ++i)
            for (std::size_t j = 0; j < i; ++j)
                if (kNames[i] == kNames[j]) return true;
        return false;
    }

    template <Direction D, class... Seen>
    static consteval Trouble trouble() {
        if (((shapeOf<T>() != Shape::Struct) || ...)) return Trouble::NotAStruct;
        if (sameName()) return Trouble::SameName;
        Trouble first = Trouble::None;
        ((first = either(first, troubleOf<T, D, Seen...>())), ...);
        return first;
    }
};

template <class T, std::size_t I, Direction D, class... Seen>
consteval Trouble troubleOfField() {
    if constexpr (D == Direction::Read && patchbay::detail::kIsConstField<T, I>)
        return Trouble::Constant;
    else
        return troubleOf<FieldType<T, I>, D, T, Seen...>();
}

template <class T, Direction D, class... Seen>
consteval Trouble troubleOfFields() {
    return []<std::size_t... I>(std::index_sequence<I...>) {
        Trouble first = Trouble::None;
        ((first = either(first, troubleOfField<T, I, D, Seen...>())), ...);
        return first;
    }
    (std::make_index_sequence<kFieldCount<T>>{});
}

/// The first reason found in T or in what it is made of; `Seen` are the structs that it is part of.
template <class T, Direction D, class... Seen>
consteval Trouble troubleOf() {
    constexpr Shape shape = shapeOf<T>();
    if constexpr ((std::is_same_v<T, Seen> || ...))
        return Trouble::None;
    else if constexpr (shape == Shape::None)
        return troubleOfShapeless<T>();
    else if constexpr (shape == Shape::TextView)
        return D == Direction::Read ? Trouble::View : Trouble::None;
    else if constexpr (shape == Shape::Optional || shape == Shape::List || shape == Shape::Array)
        return troubleOf<typename T::value_type, D, Seen...>();
    else if constexpr (shape == Shape::Map)
        return std::is_same_v<typename T::key_type, std::string> ? troubleOf<typename T::mapped_type, D, Seen...>()
                                                                 : Trouble::MapKey;
    else if constexpr (shape == Shape::Variant)
        return Alternatives<T>::template trouble<D, Seen...>();
    else if constexpr (shape == Shape::Struct)
        return troubleOfFields<T, D, Seen...>();
    else
        return Trouble::None;
}

/// What the compiler's message shows of a trouble: the member that it is about, from the outermost struct on, and its type.
template <class Place, class Type>
struct Member;

template <class T, Direction D, class... Seen>
consteval std::size_t troubledField() {
    return []<std::size_t... I>(std::index_sequence<I...>) {
        std::size_t first = sizeof...(I);
        ((first = first == sizeof...(I) && troubleOfField<T, I, D, Seen...>() != Trouble::None ? I : first), ...);
        return first;
    }
    (std::make_index_sequence<kFieldCount<T>>{});
}

/// The Member<…> that makes the trouble, as a std::type_identity.   Requires: troubleOf<T, D>() is one.
template <class T, Direction D, patchbay::detail::FixedString Place = "", class... Seen>
consteval auto troubled() {
    using patchbay::detail::FixedString;
    constexpr Shape shape = shapeOf<T>();
    if constexpr (shape == Shape::Optional || shape == Shape::List || shape == Shape::Array) {
        return troubled<typename T::value_type, D, Place, Seen...>();
    } else if constexpr (shape == Shape::Map && requires { requires std::is_same_v<typename T::key_type, std::string>; }) {
        return troubled<typename T::mapped_type, D, Place, Seen...>();
    } else if constexpr (shape == Shape::Struct) {
        constexpr std::size_t index = troubledField<T, D, Seen...>();
        constexpr auto& name = patchbay::detail::kFieldName<T, index>;
        constexpr std::integral_constant<std::size_t, name.view().size()> size;
        constexpr auto place = patchbay::detail::joined(Place, name.view(), size);
        if constexpr (troubleOfField<T, index, D, Seen...>() == Trouble::Constant && patchbay::detail::kIsConstField<T, index>) {
            return std::type_identity<Member<patchbay::detail::Spelled<place>, const FieldType<T, index>>>{};
        } else {
            return troubled<FieldType<T, index>, D, place, T, Seen...>();
        }
    } else if constexpr (Place.view().empty()) {
        return std::type_identity<T>{};
    } else {
        return std::type_identity<Member<patchbay::detail::Spelled<Place>, T>>{};
    }
}

#define PATCHBAY_REFUSE_TROUBLE(name, sentence, ...) \
    static_assert(trouble != Trouble::name, "patchbay::json: " sentence);

/// Fails the build with the reason; the compiler names `Whole`, and `About`, what of it is meant.
template <class Whole, class About, Trouble trouble>
consteval void refuseJson() {
    PATCHBAY_JSON_TROUBLES(PATCHBAY_REFUSE_TROUBLE, )
}
#undef PATCHBAY_REFUSE_TROUBLE

/// Fails the build where T has no JSON form.
template <class T, Direction D>
consteval void requireJson() {
    constexpr Trouble trouble = troubleOf<T, D>();
    if constexpr (trouble != Trouble::None) {
        refuseJson<T, typename decltype(troubled<T, D>())::type, trouble>();
    }
}

}  // namespace patchbay::json::detail
