#pragma once
// A configuration to plain structs: a key is a field. Every mistake is noted with its line and reading goes on, so that one
// run tells them all. A plugin's own keys are read by the same templates, in the plugin.
//
//   field                     YAML
//   bool                      true, false
//   integer                   digits, in the range of its type
//   enum                      its enumerators in lower case with dashes: DropOldest is drop-oldest
//   Size                      digits and B, KiB, MiB, GiB
//   std::chrono::duration     digits and us, ms, s, min, h; `off` is 0
//   std::string               a scalar
//   std::optional<T>          T, or `auto` for none
//   std::vector, std::map     a list, a map
//   struct                    a map, or where T::plain names a field just the value of that field
//   ConfigBlock               anything, kept for whoever reads it later
//
// A key that is missing leaves its field as it was.

#include <patchbay/config.hpp>
#include <patchbay/detail/Reflect.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::detail::config {

/// A node, where it stands (`server.listen[0]`) and where its problems go.
struct ConfigPlace {
    const ConfigNode& node;
    std::string path;
    int line;  ///< from 1; of the key where there is one
    const std::string& file;
    std::vector<ConfigProblem>& problems;

    ConfigPlace member(const std::string& name, const ConfigNode& value, int keyLine) const;
    ConfigPlace element(std::size_t index) const;
    /// Notes a problem in this line.
    void problem(const std::string& text) const;
};

/// The keys of a map and their values, in order. Notes it and is empty where the node is no map; a key that is there
/// twice is noted and left out.
std::vector<std::pair<std::string, ConfigPlace>> members(const ConfigPlace& at);
/// The elements of a list. Notes it and is empty where the node is no list.
std::vector<ConfigPlace> elements(const ConfigPlace& at);

void unknownKey(const ConfigPlace& at, std::string_view key, std::span<const std::string_view> known);

/// The text of a scalar; empty after noting that `expected` is missing.
std::optional<std::string> scalar(const ConfigPlace& at, std::string_view expected);
std::optional<bool> readBool(const ConfigPlace& at);
std::optional<std::int64_t> readInteger(const ConfigPlace& at, std::int64_t lowest, std::int64_t highest);
std::optional<std::size_t> readSize(const ConfigPlace& at);
std::optional<std::chrono::microseconds> readDuration(const ConfigPlace& at);
std::optional<std::size_t> readEnumerator(const ConfigPlace& at, std::span<const std::string_view> names);
/// Notes that a duration is finer than its field.
void tooFine(const ConfigPlace& at, std::string_view unit);

template <class T>
inline constexpr bool kIsDuration = false;
template <class Rep, class Period>
inline constexpr bool kIsDuration<std::chrono::duration<Rep, Period>> = true;
template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;
template <class T>
inline constexpr bool kIsMap = false;
template <class T>
inline constexpr bool kIsMap<std::map<std::string, T>> = true;

template <class T>
void readConfig(const ConfigPlace& at, T& out);

template <class Duration>
void readInto(const ConfigPlace& at, Duration& out) {
    const auto duration = readDuration(at);
    if (!duration) return;
    out = std::chrono::duration_cast<Duration>(*duration);
    if (out != *duration) tooFine(at, std::is_same_v<Duration, std::chrono::milliseconds> ? "ms" : "s");
}

template <class E>
void readEnum(const ConfigPlace& at, E& out) {
    using Table = EnumTable<E>;
    static constexpr auto names = []<std::size_t... I>(std::index_sequence<I...>) {
        return std::array<std::string_view, sizeof...(I)>{Table::name(I)...};
    }
    (std::make_index_sequence<Table::size()>{});
    if (const auto index = readEnumerator(at, names)) out = Table::value(*index);
}

template <class T>
void readList(const ConfigPlace& at, std::vector<T>& out) {
    out.clear();
    for (const ConfigPlace& element : elements(at)) readConfig(element, out.emplace_back());
}

template <class T, std::size_t... I>
void readMember(const std::string& key, const ConfigPlace& value, T& out, std::index_sequence<I...>) {
    static constexpr auto& names = kFieldNames<T>;
    const auto index = static_cast<std::size_t>(std::find(names.begin(), names.end(), key) - names.begin());
    if (index == names.size()) return unknownKey(value, key, names);
    ((index == I ? readConfig(value, field<I>(out)) : void()), ...);
}

template <class T>
void readStruct(const ConfigPlace& at, T& out) {
    static_assert(PlainStruct<T>, "a configuration is made of plain structs");
    constexpr std::make_index_sequence<kFieldCount<T>> fields;
    if constexpr (requires { T::plain; }) {
        if (at.node.kind == ConfigNode::Kind::Text) return readMember(std::string{T::plain}, at, out, fields);
    }
    if (at.node.kind == ConfigNode::Kind::Nothing) return;  // a section of which every line is commented out
    for (const auto& [key, value] : members(at)) readMember(key, value, out, fields);
}

template <class T>
void readConfig(const ConfigPlace& at, T& out) {
    if constexpr (kIsOptional<T>) {
        const auto before = at.problems.size();
        out.reset();
        if (at.node.kind == ConfigNode::Kind::Text && at.node.text == "auto") return;
        readConfig(at, out.emplace());
        if (at.problems.size() != before && !kIsVector<typename T::value_type>) out.reset();  // nothing came of it
    } else if constexpr (std::is_same_v<T, bool>) {
        out = readBool(at).value_or(out);
    } else if constexpr (std::integral<T>) {
        constexpr auto most =
            std::min<std::uint64_t>(std::numeric_limits<T>::max(), std::numeric_limits<std::int64_t>::max());
        const auto number = readInteger(at, std::numeric_limits<T>::min(), static_cast<std::int64_t>(most));
        if (number) out = static_cast<T>(*number);
    } else if constexpr (std::is_enum_v<T>) {
        readEnum(at, out);
    } else if constexpr (std::is_same_v<T, Size>) {
        if (const auto size = readSize(at)) out.bytes = *size;
    } else if constexpr (kIsDuration<T>) {
        readInto(at, out);
    } else if constexpr (std::is_same_v<T, ConfigBlock>) {
        out = {std::make_shared<const ConfigNode>(at.node), at.file, at.path, at.line};
    } else if constexpr (std::is_same_v<T, std::string>) {
        if (auto text = scalar(at, "text")) out = std::move(*text);
    } else if constexpr (kIsVector<T>) {
        readList(at, out);
    } else if constexpr (kIsMap<T>) {
        for (const auto& [key, value] : members(at)) readConfig(value, out[key]);
    } else {
        readStruct(at, out);
    }
}

// ------------------------------------------------------------------------------------------------ for documentation

/// One key, what is written for it, and what holds without it.
struct KeyDescription {
    std::string key;
    std::string kind;
    std::string byDefault;
};

/// As a configuration would write it.
std::string shownSize(std::size_t bytes);
std::string shownDuration(std::chrono::microseconds duration);
std::string shownEnumerator(std::string_view name);

template <class T>
std::pair<std::string, std::string> kindAndValue(const T& value) {
    if constexpr (kIsOptional<T>) {
        auto [kind, shown] = kindAndValue(value.value_or(typename T::value_type{}));
        return {kind + " or auto", value ? shown : "auto"};
    } else if constexpr (std::is_same_v<T, bool>) {
        return {"true or false", value ? "true" : "false"};
    } else if constexpr (std::integral<T>) {
        return {"number", std::to_string(value)};
    } else if constexpr (std::is_enum_v<T>) {
        std::string words;
        for (std::size_t i = 0; i < EnumTable<T>::size(); ++i) words += (i ? ", " : "") + shownEnumerator(EnumTable<T>::name(i));
        return {words, shownEnumerator(enumName(value))};
    } else if constexpr (std::is_same_v<T, Size>) {
        return {"size", shownSize(value)};
    } else if constexpr (kIsDuration<T>) {
        return {"duration", shownDuration(value)};
    } else if constexpr (kIsVector<T>) {
        return {"list", "[ ]"};
    } else if constexpr (kIsMap<T>) {
        return {"keys and values", "{ }"};
    } else {
        return {"text", value.empty() ? "none" : value};
    }
}

/// Each key of a struct, those of structs within it by their path.
template <class T>
void describe(const T& value, const std::string& path, std::vector<KeyDescription>& out) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        const auto one = [&]<class F>(std::string_view name, const F& member) {
            const std::string key = path.empty() ? std::string{name} : path + '.' + std::string{name};
            if constexpr (PlainStruct<F> && !std::is_same_v<F, Size>) {
                describe(member, key, out);
            } else {
                auto [kind, shown] = kindAndValue(member);
                out.push_back({key, std::move(kind), std::move(shown)});
            }
        };
        (one(kFieldNames<T>[I], field<I>(value)), ...);
    }(std::make_index_sequence<kFieldCount<T>>{});
}

}  // namespace patchbay::detail::config
