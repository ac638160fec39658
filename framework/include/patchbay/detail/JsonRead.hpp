#pragma once
// Reading: thin templates that know the types, over functions that know JSON (JsonRead.cpp).
// A struct becomes a table of its fields; one function walks the members of an object along it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include <patchbay/detail/JsonShapes.hpp>

namespace patchbay::json::detail {

/// Those of fields, structs or enumerators. No span: making one of an array is dear to a compiler, and every struct needs some.
struct Names {
    const std::string_view* first;
    std::size_t count;
};

[[noreturn]] void failReading(const Place& place, const std::string& problem);
/// `type`, at `place`, names none of the messages that may come.
[[noreturn]] void failUnknownType(const Place& place, std::string_view type, Names known);

bool isNull(Value value) noexcept;
bool isText(Value value) noexcept;
bool readBoolean(Value value, const Place& place);
std::int64_t readSigned(Value value, std::int64_t lowest, std::int64_t highest, const Place& place);
std::uint64_t readUnsigned(Value value, std::uint64_t highest, const Place& place);
double readDouble(Value value, const Place& place);
float readFloat(Value value, const Place& place);
std::string_view readText(Value value, const Place& place);
void readText(Value value, std::string& out, const Place& place);
void assignText(std::string& out, const std::string& text);
std::string_view readType(Value object, const Place& place, const Format& format);
/// A number that stands as text.
std::int64_t readSignedDigits(Value text, std::int64_t lowest, std::int64_t highest, const Place& place);
std::uint64_t readUnsignedDigits(Value text, std::uint64_t highest, const Place& place);
/// The index of the name that `value` holds; `what` is for the error, such as "Colour".
std::size_t readName(Value value, Names names, std::string_view what, const Place& place);

/// Walks an array.
class Elements {
public:
    Elements(Value array, const Place& place);
    bool next(Value& element) noexcept;

private:
    Value at_, end_;
};

/// Walks an object.
class Members {
public:
    Members(Value object, const Place& place);
    bool next(std::string_view& name, Value& value) noexcept;

private:
    Value at_, end_;
};

using ReadInto = void (*)(Value value, void* object, const Place& place, const Format& format);

struct ReadField {
    ReadInto read;
    void (*restore)(void* object);  ///< gives the field its default again; nullptr: the member must be there
};

struct ReadStruct {
    std::string_view name;
    Names names;              // of its fields
    const ReadField* fields;  // as many
    bool allowUnknown;
};

struct ReadAlternative {
    std::string_view name;
    ReadInto read;
};

enum class Tag { None, Present, Allowed };

void readStruct(Value value, void* object, const ReadStruct& table, Tag tag, const Place& place, const Format& format);
void readVariant(Value value, void* variant, const ReadAlternative* alternatives, std::size_t count, const Place& place,
                 const Format& format);

template <class T>
void readValue(Value value, T& out, const Place& place, const Format& format);

/// Are two values of a readable type equal? (Plain structs have no ==.)
template <class T>
bool same(const T& left, const T& right) {
    constexpr Shape shape = shapeOf<T>();
    if constexpr (shape == Shape::Struct) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return (same(field<I>(left), field<I>(right)) && ...);
        }
        (std::make_index_sequence<kFieldCount<T>>{});
    } else if constexpr (shape == Shape::Optional) {
        return left.has_value() == right.has_value() && (!left || same(*left, *right));
    } else if constexpr (shape == Shape::List || shape == Shape::Array) {
        auto other = right.begin();
        for (const typename T::value_type& element : left) {
            if (other == right.end() || !same<typename T::value_type>(element, *other++)) return false;
        }
        return other == right.end();
    } else if constexpr (shape == Shape::Map) {
        for (const auto& [name, value] : left) {
            const auto other = right.find(name);
            if (other == right.end() || !same(value, other->second)) return false;
        }
        return left.size() == right.size();
    } else if constexpr (shape == Shape::Variant) {
        return left.index() == right.index() &&
               std::visit(
                   [&](const auto& a) { return same(a, *std::get_if<std::remove_cvref_t<decltype(a)>>(&right)); },
                   left);
    } else if constexpr (shape == Shape::AsText) {
        return left.value == right.value;
    } else {
        return left == right;
    }
}

template <class T>
const T& defaultsOf() {
    static const T defaults{};
    return defaults;
}

template <class T, std::size_t I>
bool hasDefault() {
    using F = FieldType<T, I>;
    using patchbay::detail::Initialiser;
    constexpr Initialiser seen = std::is_class_v<F> ? Initialiser::Unknown : patchbay::detail::initialiserOf<T, I>();
    if constexpr (shapeOf<F>() == Shape::Optional || seen == Initialiser::Present)
        return true;
    else if constexpr (seen == Initialiser::None)
        return false;
    else if constexpr (shapeOf<F>() == Shape::Text || shapeOf<F>() == Shape::List || shapeOf<F>() == Shape::Map)
        return !field<I>(defaultsOf<T>()).empty();
    else
        return !same(field<I>(defaultsOf<T>()), F{});
}

template <class T, std::size_t I>
ReadField readField() {
    ReadField entry{};
    entry.read = [](Value value, void* object, const Place& place, const Format& format) {
        readValue(value, field<I>(*static_cast<T*>(object)), place, format);
    };
    if (hasDefault<T, I>())
        entry.restore = [](void* object) {
            auto& member = field<I>(*static_cast<T*>(object));
            if constexpr (shapeOf<FieldType<T, I>>() == Shape::Text)
                assignText(member, field<I>(defaultsOf<T>()));
            else
                member = field<I>(defaultsOf<T>());
        };
    return entry;
}

template <class T>
const ReadStruct& readStructTable() {
    static const auto fields = []<std::size_t... I>(std::index_sequence<I...>) {
        return std::array<ReadField, sizeof...(I)>{readField<T, I>()...};
    }
    (std::make_index_sequence<kFieldCount<T>>{});
    static const ReadStruct table{
        messageType<T>(), {patchbay::detail::kFieldNames<T>.data(), fields.size()}, fields.data(), allowsUnknown<T>()};
    return table;
}

template <class T>
void readTaggedStruct(Value value, T& out, const Place& place, const Format& format) {
    static_assert(shapeOf<T>() == Shape::Struct, "patchbay::json: only a struct has a type name");
    readStruct(value, &out, readStructTable<T>(), Tag::Present, place, format);
}

template <class T>
void readNamedStruct(Value value, T& out, const Place& place, const Format& format) {
    static_assert(shapeOf<T>() == Shape::Struct, "patchbay::json: only a struct has a type name");
    readStruct(value, &out, readStructTable<T>(), Tag::Allowed, place, format);
}

template <class Variant, std::size_t I>
ReadAlternative readAlternative() {
    return {Alternatives<Variant>::kNames[I], [](Value value, void* object, const Place& place, const Format& format) {
                auto& variant = *static_cast<Variant*>(object);
                if (variant.index() != I) variant.template emplace<I>();
                readTaggedStruct(value, *std::get_if<I>(&variant), place, format);
            }};
}

template <class Variant>
void readAnyOf(Value value, Variant& out, const Place& place, const Format& format) {
    static const auto alternatives = []<std::size_t... I>(std::index_sequence<I...>) {
        return std::array<ReadAlternative, sizeof...(I)>{readAlternative<Variant, I>()...};
    }
    (std::make_index_sequence<std::variant_size_v<Variant>>{});
    readVariant(value, &out, alternatives.data(), alternatives.size(), place, format);
}

template <class T>
T readInteger(Value value, const Place& place) {
    using Limits = std::numeric_limits<T>;
    if constexpr (std::is_signed_v<T>)
        return static_cast<T>(readSigned(value, Limits::min(), Limits::max(), place));
    else
        return static_cast<T>(readUnsigned(value, Limits::max(), place));
}

template <class T>
T readFloating(Value value, const Place& place) {
    if constexpr (std::is_same_v<T, float>)
        return readFloat(value, place);
    else
        return readDouble(value, place);
}

template <class T>
T readDigits(Value value, const Place& place) {
    using Limits = std::numeric_limits<T>;
    if (!isText(value)) return readInteger<T>(value, place);
    if constexpr (std::is_signed_v<T>)
        return static_cast<T>(readSignedDigits(value, Limits::min(), Limits::max(), place));
    else
        return static_cast<T>(readUnsignedDigits(value, Limits::max(), place));
}

template <class E>
E readEnum(Value value, const Place& place) {
    static constexpr auto names = []<std::size_t... I>(std::index_sequence<I...>) {
        return std::array<std::string_view, sizeof...(I)>{EnumTable<E>::name(I)...};
    }
    (std::make_index_sequence<EnumTable<E>::size()>{});
    return EnumTable<E>::value(readName(value, {names.data(), names.size()}, patchbay::detail::TypeName<E>::kName.view(), place));
}

/// Keeps the elements that are there, with their memory, as far as the array goes.
template <class List>
void readList(Value value, List& out, const Place& place, const Format& format) {
    Elements elements{value, place};
    Value element;
    std::size_t count = 0;
    if constexpr (std::is_same_v<typename List::value_type, bool>) {
        out.clear();
        while (elements.next(element)) out.emplace_back(readBoolean(element, Place{place, count++}));
    } else {
        auto slot = out.begin();
        while (elements.next(element)) {
            if (slot == out.end()) {
                out.emplace_back();
                slot = std::prev(out.end());
            }
            readValue(element, *slot, Place{place, count++}, format);
            ++slot;
        }
        out.erase(slot, out.end());
    }
}

template <class T, std::size_t N>
void readArray(Value value, std::array<T, N>& out, const Place& place, const Format& format) {
    Elements elements{value, place};
    Value element;
    std::size_t count = 0;
    for (; elements.next(element); ++count)
        if (count < N) readValue(element, out[count], Place{place, count}, format);
    if (count != N) failReading(place, "expected " + std::to_string(N) + " elements, got " + std::to_string(count));
}

template <class Map>
void readMap(Value value, Map& out, const Place& place, const Format& format) {
    out.clear();
    Members members{value, place};
    std::string_view name;
    Value member;
    while (members.next(name, member)) {
        const Place inner{place, name};
        const auto [entry, isNew] = out.try_emplace(std::string{name});
        if (!isNew) failReading(inner, "is there twice");
        readValue(member, entry->second, inner, format);
    }
}

template <class T>
void readOptional(Value value, std::optional<T>& out, const Place& place, const Format& format) {
    if (isNull(value)) {
        out.reset();
        return;
    }
    if (!out) out.emplace();
    readValue(value, *out, place, format);
}

template <class T>
void readValue(Value value, T& out, const Place& place, const Format& format) {
    constexpr Shape shape = shapeOf<T>();
    if constexpr (shape == Shape::Text)
        readText(value, out, place);
    else if constexpr (shape == Shape::Boolean)
        out = readBoolean(value, place);
    else if constexpr (shape == Shape::Integer)
        out = readInteger<T>(value, place);
    else if constexpr (shape == Shape::Floating)
        out = readFloating<T>(value, place);
    else if constexpr (shape == Shape::Enum)
        out = readEnum<T>(value, place);
    else if constexpr (shape == Shape::AsText)
        out.value = readDigits<decltype(out.value)>(value, place);
    else if constexpr (shape == Shape::Optional)
        readOptional(value, out, place, format);
    else if constexpr (shape == Shape::List)
        readList(value, out, place, format);
    else if constexpr (shape == Shape::Array)
        readArray(value, out, place, format);
    else if constexpr (shape == Shape::Map)
        readMap(value, out, place, format);
    else if constexpr (shape == Shape::Variant)
        readAnyOf(value, out, place, format);
    else
        readStruct(value, &out, readStructTable<T>(), Tag::None, place, format);
}

}  // namespace patchbay::json::detail
