#pragma once
// Writing: thin templates that know the types, over functions that know JSON (JsonWrite.cpp).

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <patchbay/detail/JsonShapes.hpp>

namespace patchbay::json::detail {

[[noreturn]] void failWriting(const Place& place, const std::string& problem);
/// A member of the struct `type` is called as the key under which its name would stand: that member's place.
[[noreturn]] void failMemberIsTypeKey(const Place& member, std::string_view type);

void writeText(std::string& out, std::string_view text, const Place& place);
void writeDouble(std::string& out, double number, const Place& place);
void writeFloat(std::string& out, float number, const Place& place);
void writeSigned(std::string& out, std::int64_t number);
void writeUnsigned(std::string& out, std::uint64_t number);
/// Fails where nesting goes deeper than kMaxDepth.
void enter(const Place& place);

void takeBack(std::string& out, std::size_t before) noexcept;

/// Takes back what was appended unless it was done.
class Appending {
public:
    explicit Appending(std::string& out) : out_{out}, before_{out.size()} {}
    ~Appending() {
        if (!done_) takeBack(out_, before_);
    }
    Appending(const Appending&) = delete;
    Appending& operator=(const Appending&) = delete;
    void done() noexcept { done_ = true; }

private:
    std::string& out_;
    std::size_t before_;
    bool done_ = false;
};

template <class T>
void writeValue(std::string& out, const T& value, const Place& place, const Format& format);

template <std::size_t Size>
consteval auto memberStart(std::string_view name) {
    patchbay::detail::StaticName<Size> start;
    start.text[0] = '"';
    for (std::size_t i = 0; i < name.size(); ++i) start.text[i + 1] = name[i];
    start.text[Size - 2] = '"';
    start.text[Size - 1] = ':';
    return start;
}

/// `"name":`
template <class T, std::size_t I>
inline constexpr auto kMemberStart =
    memberStart<patchbay::detail::kFieldName<T, I>.view().size() + 3>(patchbay::detail::kFieldName<T, I>.view());

inline void separate(std::string& out, char open) {
    if (out.back() != open) out += ',';
}

template <std::size_t I, class T>
void writeMember(std::string& out, const T& object, const Place& place, const Format& format) {
    const auto& member = field<I>(object);
    if constexpr (shapeOf<FieldType<T, I>>() == Shape::Optional)
        if (!member.has_value()) return;
    separate(out, '{');
    out += kMemberStart<T, I>.view();
    writeValue(out, member, Place{place, patchbay::detail::kFieldName<T, I>.view()}, format);
}

/// The fields, after whatever the object has already.
template <class T>
void writeMembers(std::string& out, const T& object, const Place& place, const Format& format) {
    enter(place);
    [&]<std::size_t... I>(std::index_sequence<I...>) { (writeMember<I>(out, object, place, format), ...); }
    (std::make_index_sequence<kFieldCount<T>>{});
    static_cast<void>(object), static_cast<void>(format);  // of a struct without fields
    out += '}';
}

template <class T>
void writeTaggedStruct(std::string& out, const T& object, const Place& place, const Format& format) {
    static_assert(shapeOf<T>() == Shape::Struct, "patchbay::json: only a struct has a type name");
    if (hasMember<T>(format.typeKey)) failMemberIsTypeKey(Place{place, format.typeKey}, messageType<T>());
    out += '{';
    writeText(out, format.typeKey, place);
    out += ':';
    writeText(out, messageType<T>(), place);
    writeMembers(out, object, place, format);
}

template <class List>
void writeList(std::string& out, const List& list, const Place& place, const Format& format) {
    enter(place);
    out += '[';
    std::size_t index = 0;
    for (const auto& element : list) {
        if (index != 0) out += ',';
        writeValue<typename List::value_type>(out, element, Place{place, index++}, format);
    }
    out += ']';
}

template <class Map>
void writeMap(std::string& out, const Map& map, const Place& place, const Format& format) {
    enter(place);
    out += '{';
    for (const auto& [name, value] : map) {
        const Place inner{place, name};
        separate(out, '{');
        writeText(out, name, inner);
        out += ':';
        writeValue(out, value, inner, format);
    }
    out += '}';
}

template <class E>
void writeEnum(std::string& out, E value, const Place& place) {
    const auto name = patchbay::detail::enumName(value);
    if (name.empty())
        failWriting(place, std::to_string(static_cast<std::int64_t>(value)) + " is no enumerator of " +
                               std::string{patchbay::detail::TypeName<E>::kName.view()});
    writeText(out, name, place);
}

template <class T>
void writeValue(std::string& out, const T& value, const Place& place, const Format& format) {
    constexpr Shape shape = shapeOf<T>();
    if constexpr (shape == Shape::Text || shape == Shape::TextView) {
        writeText(out, value, place);
    } else if constexpr (shape == Shape::Boolean) {
        out += value ? "true" : "false";
    } else if constexpr (shape == Shape::Integer) {
        if constexpr (std::is_signed_v<T>)
            writeSigned(out, value);
        else
            writeUnsigned(out, value);
    } else if constexpr (shape == Shape::Floating) {
        if constexpr (std::is_same_v<T, float>)
            writeFloat(out, value, place);
        else
            writeDouble(out, value, place);
    } else if constexpr (shape == Shape::Enum) {
        writeEnum(out, value, place);
    } else if constexpr (shape == Shape::AsText) {
        out += '"';
        writeValue(out, value.value, place, format);
        out += '"';
    } else if constexpr (shape == Shape::Optional) {
        if (value.has_value())
            writeValue(out, *value, place, format);
        else
            out += "null";
    } else if constexpr (shape == Shape::List || shape == Shape::Array) {
        writeList(out, value, place, format);
    } else if constexpr (shape == Shape::Map) {
        writeMap(out, value, place, format);
    } else if constexpr (shape == Shape::Variant) {
        if (value.valueless_by_exception()) failWriting(place, "a variant without value");
        std::visit([&](const auto& object) { writeTaggedStruct(out, object, place, format); }, value);
    } else {
        out += '{';
        writeMembers(out, value, place, format);
    }
}

}  // namespace patchbay::json::detail
