#pragma once
// Plain structs to JSON and back, with no annotation: the fields of a struct are the members of an object.
//
//   C++                                         JSON
//   bool, integers, float, double               true/false, number; NaN and infinities are an EncodeError
//   std::string (and std::string_view, written) text, valid UTF-8
//   enum                                        its enumerator's name
//   std::optional<T>                            T; empty: null, and as a member left out when writing
//   std::vector, deque, list, array             array; of std::uint8_t too, which as a whole message is bytes
//   std::map<std::string, T>, unordered_map     object
//   plain struct                                object; `class_` is the member "class"
//   std::variant of structs                     object that says under Format::typeKey which struct it is
//   AsText<std::uint64_t>                       text of digits, for numbers that JavaScript would round (beyond 2^53)
//
// Reading rules:
// - A missing member is an error unless its field is optional or has a default in the struct; a field without value
// gets
//   that default again, also in an object that was used before.
// - null is an empty optional and nothing else. A member twice is an error, and so is one that the struct does not
// have,
//   unless Format::allowUnknown or `static constexpr bool allowUnknown = true;` in the struct.
// - A number that its field cannot hold, or a fraction for an integer, is an error. 5.0 and 1e3 are integers; what goes by
//   rounding only (9007199254740992.5, 1e-400) is none. A member that is ignored may be any number that a double holds.
// - Errors name the place, such as `order.items[2].price`, and what is known there.
//
// What counts as a default: an initialiser of a number, bool or enum; any other value than the empty one of another
// type (so write std::optional where an empty text or list should be allowed to be missing). Where the compiler cannot
// evaluate a struct (a map among its fields; under Clang 14 also a std::string) and not all of its numbers, bools and
// enums have an initialiser, only initialisers other than 0 and false are seen: initialise all or write std::optional.
//
// GCC 12 breaks down ("internal compiler error … check_noexcept_r") over a list of texts as an initialiser, such as
// `std::vector<std::string> tags = {"a"};`. Initialise with a function's result: `= defaultTags();`.
//
// What cannot work fails to compile and says why: pointers, C arrays, base classes, constructors, private members.
// Steady state: reading into an object that is used again, by a Document that is used again, allocates nothing as long
// as texts and lists fit what they held before (maps do allocate).

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include <patchbay/detail/JsonRead.hpp>
#include <patchbay/detail/JsonShapes.hpp>
#include <patchbay/detail/JsonTypes.hpp>
#include <patchbay/detail/JsonWrite.hpp>

namespace patchbay::json {

/// Bytes that must be readable behind a text so that it is parsed where it lies.
inline constexpr std::size_t kReadableSlack = 64;

/// A parsed text. Used again and again it keeps its memory; its Values are valid until it parses again.
/// Thread: one at a time.
class Document {
public:
    Document();
    ~Document();
    Document(Document&&) noexcept;
    Document& operator=(Document&&) noexcept;

    /// Parses `text`. `readableSlack` says how many bytes behind it may be read, whatever they hold: with kReadableSlack it is
    /// parsed where it lies, and must stay as it is while Values are read; with fewer it is copied first.
    /// Errors: DecodeError with line, column and what is wrong; nesting deeper than kMaxDepth is one.
    Value parse(std::string_view text, std::size_t readableSlack = 0);

private:
    struct Parser;
    Parser* parser_;  // its own; no std::unique_ptr, which every unit that includes this would pay for
};

/// Can `read` make a T?
template <class T>
concept Readable = detail::troubleOf<T, detail::Direction::Read>()
== detail::Trouble::None;

/// Can `write` write a T?
template <class T>
concept Writable = detail::troubleOf<T, detail::Direction::Write>()
== detail::Trouble::None;

/// Has T a type name in messages? Plain structs have.
template <class T>
inline constexpr bool isTaggable = detail::shapeOf<T>() == detail::Shape::Struct;

/// A struct with a name of its own: what tagged messages consist of.
template <class T>
concept Taggable = detail::shapeOf<T>()
== detail::Shape::Struct;

/// The name that stands for a struct in tagged messages: its own without namespaces or enclosing classes, or
/// `static constexpr std::string_view messageType` in it. Give templates a messageType: compilers spell them
/// differently.
template <class T>
constexpr std::string_view typeName() noexcept {
    return detail::messageType<T>();
}

/// Reads all of `value` into `out`, whatever it held before.
/// Errors: DecodeError, with the path; `out` then holds parts of both.
template <class T>
void read(Value value, T& out, const Format& format = {}) {
    detail::requireJson<T, detail::Direction::Read>();
    if constexpr (Readable<T>) detail::readValue(value, out, detail::Place{}, format);
}

/// The same for a struct that the member named Format::typeKey has chosen: that member is no unknown one.
template <class T>
void readTagged(Value object, T& out, const Format& format = {}) {
    detail::requireJson<T, detail::Direction::Read>();
    if constexpr (Readable<T>) detail::readTaggedStruct(object, out, detail::Place{}, format);
}

/// The same for a struct that nothing else could be: it may be named, by its own name.
template <class T>
void readNamed(Value object, T& out, const Format& format = {}) {
    detail::requireJson<T, detail::Direction::Read>();
    if constexpr (Readable<T>) detail::readNamedStruct(object, out, detail::Place{}, format);
}

/// The text under Format::typeKey.   Errors: DecodeError for no object, no such member, no text.
inline std::string_view readType(Value object, const Format& format = {}) {
    return detail::readType(object, detail::Place{}, format);
}

/// Parses and reads once; a loop keeps a Document instead.
template <class T>
T read(std::string_view text, const Format& format = {}) {
    Document document;
    T out{};
    read(document.parse(text), out, format);
    return out;
}

/// Appends `value` to `out`.   Errors: EncodeError, with the path; `out` is then as it was.
template <class T>
void write(std::string& out, const T& value, const Format& format = {}) {
    detail::requireJson<T, detail::Direction::Write>();
    if constexpr (Writable<T>) {
        detail::Appending appending{out};
        detail::writeValue(out, value, detail::Place{}, format);
        appending.done();
    }
}

/// Appends `{"type":"Said",…}`: the struct with its type name under Format::typeKey, which comes first.
/// Errors: EncodeError, also where one of its members is called like that.
template <class T>
void writeTagged(std::string& out, const T& value, const Format& format = {}) {
    detail::requireJson<T, detail::Direction::Write>();
    if constexpr (Writable<T>) {
        detail::Appending appending{out};
        detail::writeTaggedStruct(out, value, detail::Place{}, format);
        appending.done();
    }
}

template <class T>
std::string write(const T& value) {
    std::string out;
    write(out, value);
    return out;
}

}  // namespace patchbay::json
