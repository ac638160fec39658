// Reading: what needs no template. A Value is a dom::element in disguise, so that no header names simdjson.
// An iterator over an array or object is a place on simdjson's tape as well, and is kept as a Value too.

#include "patchbay/detail/JsonRead.hpp"

#include "endpoint/JsonSource.hpp"

#include <simdjson.h>

#include <bit>
#include <bitset>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/Suggest.hpp"
#include "base/Utf8.hpp"
#include "patchbay/errors.hpp"

namespace patchbay::json::detail {
namespace {

namespace dom = simdjson::dom;

static_assert(sizeof(dom::array::iterator) == sizeof(Value) && sizeof(dom::object::iterator) == sizeof(Value));
static_assert(std::is_trivially_copyable_v<dom::array::iterator> && std::is_trivially_copyable_v<Value>);

constexpr std::size_t kMostFields = 256;  // more than Boost.PFR can take apart
constexpr std::size_t kShownText = 40;

dom::element element(Value value) noexcept { return std::bit_cast<dom::element>(value); }

std::string shortened(std::string_view text) {
    const std::string_view shown = cutAtCharacter(text, kShownText);
    return std::string{shown} + (shown.size() < text.size() ? "…" : "");
}

std::string quoted(std::string_view text) { return '"' + shortened(text) + '"'; }

/// As the peer wrote it.
std::string shownNumber(std::string_view literal) {
    const bool widened = literal.ends_with(Widened::kExponent) && literal.find('.') == std::string_view::npos;
    if (widened) literal.remove_suffix(Widened::kExponent.size());
    return literal.size() <= kShownText ? std::string{literal} : std::string{literal.substr(0, kShownText)} + "…";
}

/// What is there, for an error.
std::string describe(Value value) {
    const auto found = element(value);
    switch (found.type()) {
        case dom::element_type::ARRAY:
            return "an array";
        case dom::element_type::OBJECT:
            return "an object";
        case dom::element_type::STRING:
            return "the text " + quoted(found.get_string().value_unsafe());
        case dom::element_type::BOOL:
            return found.get_bool().value_unsafe() ? "true" : "false";
        case dom::element_type::NULL_VALUE:
            return "null";
        case dom::element_type::DOUBLE:
            return "the number " + shownNumber(Source::literalOf(value));
        default:
            return "the number " + simdjson::minify(found);
    }
}

[[noreturn]] void failKind(Value value, std::string_view expected, const Place& place) {
    failReading(place, "expected " + std::string{expected} + ", got " + describe(value));
}

[[noreturn]] void failRange(Value value, const std::string& lowest, const std::string& highest, const Place& place) {
    failReading(place, describe(value) + " is not between " + lowest + " and " + highest);
}

/// An integer, as 5.0 and 1e3 are; fails for a fraction.
WholeNumber whole(Value value, const Place& place) {
    const auto number = element(value).get_uint64();
    if (number.error() == simdjson::SUCCESS) return {.magnitude = number.value_unsafe()};
    if (!element(value).is_double()) failKind(value, "an integer", place);
    const auto found = wholeNumber(Source::literalOf(value));
    if (!found) failKind(value, "an integer", place);
    return *found;
}

std::string path(const Place* place) { return place == nullptr ? std::string{} : place->path(); }

/// The fields of a struct that a walk over its object's members has met, and where the next one is likely to be.
class FieldsSeen {
public:
    explicit FieldsSeen(const ReadStruct& table) : table_{table} {}

    static constexpr std::size_t kUnknown = kMostFields;

    /// Members mostly come in the order of the fields, so that the search starts behind the last one found.
    std::size_t find(std::string_view name) {
        const auto [names, count] = table_.names;
        for (std::size_t tried = 0; tried < count; ++tried) {
            const std::size_t i = next_ + tried < count ? next_ + tried : next_ + tried - count;
            if (names[i] != name) continue;
            next_ = i + 1 < count ? i + 1 : 0;
            return i;
        }
        return kUnknown;
    }

    bool isFirst(std::size_t i) {
        const bool first = !seen_[i];
        seen_.set(i);
        return first;
    }

    void restoreMissing(void* object, const Place& place) const {
        for (std::size_t i = 0; i < table_.names.count; ++i) {
            if (seen_[i]) continue;
            if (table_.fields[i].restore == nullptr) failReading(Place{place, table_.names.first[i]}, "is missing");
            table_.fields[i].restore(object);
        }
    }

private:
    const ReadStruct& table_;
    std::bitset<kMostFields + 1> seen_;  // one more for the type's own member
    std::size_t next_ = 0;
};

}  // namespace

std::string Place::path() const {
    if (outer == nullptr) return {};
    std::string text = detail::path(outer);
    if (index != kNoIndex) return text + '[' + std::to_string(index) + ']';
    bool plain = !member.empty();
    for (const char c : member) plain = plain && patchbay::detail::isNameChar(c);
    if (!plain) return text + '[' + quoted(member) + ']';
    if (!text.empty()) text += '.';
    return text.append(member);
}

void failReading(const Place& place, const std::string& problem) { throw DecodeError{place.path(), problem}; }

void failUnknownType(const Place& place, std::string_view type, Names known) {
    std::string problem = "no message is called '" + shortened(type) + "'; known are ";
    for (std::size_t i = 0; i < known.count; ++i) problem.append(i > 0 ? ", " : "").append(known.first[i]);
    failReading(place, problem);
}

namespace {

template <class Number>
Number digits(Value value, Number lowest, Number highest, const Place& place) {
    const std::string_view text = readText(value, place);
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < lowest || number > highest) {
        failReading(place, quoted(text) + " is no integer that fits");
    }
    return number;
}

}  // namespace

std::int64_t readSignedDigits(Value text, std::int64_t lowest, std::int64_t highest, const Place& place) {
    return digits(text, lowest, highest, place);
}
std::uint64_t readUnsignedDigits(Value text, std::uint64_t highest, const Place& place) {
    return digits(text, std::uint64_t{0}, highest, place);
}

bool isNull(Value value) noexcept { return element(value).is_null(); }
bool isText(Value value) noexcept { return element(value).is_string(); }

bool readBoolean(Value value, const Place& place) {
    const auto found = element(value).get_bool();
    if (found.error()) failKind(value, "true or false", place);
    return found.value_unsafe();
}

std::int64_t readSigned(Value value, std::int64_t lowest, std::int64_t highest, const Place& place) {
    const auto found = element(value).get_int64();
    std::int64_t number = 0;
    if (found.error() == simdjson::SUCCESS) {
        number = found.value_unsafe();
    } else {
        const WholeNumber integer = whole(value, place);
        const std::uint64_t most = std::uint64_t{1} << 63;  // of those below zero
        if (integer.isTooLarge || integer.magnitude > (integer.isNegative ? most : most - 1))
            failRange(value, std::to_string(lowest), std::to_string(highest), place);
        number = static_cast<std::int64_t>(integer.isNegative ? 0 - integer.magnitude : integer.magnitude);
    }
    if (number < lowest || number > highest) failRange(value, std::to_string(lowest), std::to_string(highest), place);
    return number;
}

std::uint64_t readUnsigned(Value value, std::uint64_t highest, const Place& place) {
    const auto found = element(value).get_uint64();
    if (found.error() == simdjson::SUCCESS && found.value_unsafe() <= highest) return found.value_unsafe();
    const bool isBelowZero = found.error() != simdjson::SUCCESS && element(value).is_int64();
    const WholeNumber integer = isBelowZero ? WholeNumber{.isTooLarge = true} : whole(value, place);
    const bool fits = !integer.isTooLarge && integer.magnitude <= highest && (!integer.isNegative || integer.magnitude == 0);
    if (!fits) failRange(value, "0", std::to_string(highest), place);
    return integer.magnitude;
}

double readDouble(Value value, const Place& place) {
    const auto found = element(value).get_double();
    if (found.error()) failKind(value, "a number", place);
    return found.value_unsafe();
}

/// Rounded once: where the double of a literal lies half way between two floats, or below the normal ones, the literal decides.
float readFloat(Value value, const Place& place) {
    using Limits = std::numeric_limits<float>;
    constexpr double kTooLarge = 0x1.ffffffp127;  // half way from the largest to what would follow it
    constexpr std::uint64_t kDropped = (std::uint64_t{1} << 29) - 1, kHalf = std::uint64_t{1} << 28;
    const double number = readDouble(value, place);
    const double size = std::abs(number);
    if (size >= kTooLarge) failReading(place, describe(value) + " is too large");
    if (size > static_cast<double>(Limits::max())) return number < 0 ? Limits::lowest() : Limits::max();
    const bool isClose = (std::bit_cast<std::uint64_t>(number) & kDropped) == kHalf || (size < Limits::min() && size > 0);
    float exact = static_cast<float>(number);
    if (!isClose || !element(value).is_double()) return exact;
    const std::string_view literal = Source::literalOf(value);
    std::from_chars(literal.data(), literal.data() + literal.size(), exact);  // leaves it as it is where nothing is that small
    return exact;
}

std::string_view readText(Value value, const Place& place) {
    const auto found = element(value).get_string();
    if (found.error()) failKind(value, "text", place);
    return found.value_unsafe();
}

void readText(Value value, std::string& out, const Place& place) { out.assign(readText(value, place)); }
void assignText(std::string& out, const std::string& text) { out = text; }

std::size_t readName(Value value, Names names, std::string_view what, const Place& place) {
    const auto text = readText(value, place);
    for (std::size_t i = 0; i < names.count; ++i)
        if (names.first[i] == text) return i;
    failReading(place, quoted(text) + " is no " + std::string{what} + suggestion(text, {names.first, names.count}));
}

Elements::Elements(Value array, const Place& place) {
    const auto found = element(array).get_array();
    if (found.error()) failKind(array, "an array", place);
    at_ = std::bit_cast<Value>(found.value_unsafe().begin());
    end_ = std::bit_cast<Value>(found.value_unsafe().end());
}

bool Elements::next(Value& value) noexcept {
    auto at = std::bit_cast<dom::array::iterator>(at_);
    if (!(at != std::bit_cast<dom::array::iterator>(end_))) return false;
    value = std::bit_cast<Value>(*at);
    at_ = std::bit_cast<Value>(++at);
    return true;
}

Members::Members(Value object, const Place& place) {
    const auto found = element(object).get_object();
    if (found.error()) failKind(object, "an object", place);
    at_ = std::bit_cast<Value>(found.value_unsafe().begin());
    end_ = std::bit_cast<Value>(found.value_unsafe().end());
}

bool Members::next(std::string_view& name, Value& value) noexcept {
    auto at = std::bit_cast<dom::object::iterator>(at_);
    if (!(at != std::bit_cast<dom::object::iterator>(end_))) return false;
    name = at.key();
    value = std::bit_cast<Value>(at.value());
    at_ = std::bit_cast<Value>(++at);
    return true;
}

std::string_view readType(Value object, const Place& place, const Format& format) {
    Members members{object, place};
    std::string_view name;
    Value value;
    while (members.next(name, value))
        if (name == format.typeKey) return readText(value, Place{place, name});
    failReading(Place{place, format.typeKey}, "is missing: it says which message this is");
}

namespace {

/// Errors: DecodeError for another name, unless the struct ignores what it does not know.
bool isItsName(Value tag, const ReadStruct& table, const Place& place, const Format& format) {
    const bool isLenient = format.allowUnknown || table.allowUnknown;
    if (isLenient && !isText(tag)) return false;
    const std::string_view type = readText(tag, place);
    if (type != table.name && !isLenient) {
        failUnknownType(place, type, {&table.name, 1});
    }
    return type == table.name;
}

}  // namespace

void readStruct(Value value, void* object, const ReadStruct& table, Tag tag, const Place& place, const Format& format) {
    Members members{value, place};
    FieldsSeen seen{table};
    std::string_view name;
    Value member;
    while (members.next(name, member)) {
        const Place inner{place, name};
        const std::size_t i = seen.find(name);
        const bool isTag = i == FieldsSeen::kUnknown && tag != Tag::None && name == format.typeKey &&
                           (tag == Tag::Present || isItsName(member, table, inner, format));
        if ((i != FieldsSeen::kUnknown || isTag) && !seen.isFirst(i)) failReading(inner, "is there twice");
        if (i != FieldsSeen::kUnknown) {
            table.fields[i].read(member, object, inner, format);
        } else if (!isTag && !format.allowUnknown && !table.allowUnknown) {
            failReading(inner, "is no member of " + std::string{table.name} + suggestion(name, {table.names.first, table.names.count}));
        }
    }
    seen.restoreMissing(object, place);
}

void readVariant(Value value, void* variant, const ReadAlternative* first, std::size_t count, const Place& place,
                 const Format& format) {
    const std::span alternatives{first, count};
    const auto type = readType(value, place, format);
    for (const auto& alternative : alternatives)
        if (alternative.name == type) return alternative.read(value, variant, place, format);
    std::vector<std::string_view> names;
    for (const auto& alternative : alternatives) names.push_back(alternative.name);
    failReading(Place{place, format.typeKey}, quoted(type) + " is none of the known types" + suggestion(type, names));
}

}  // namespace patchbay::json::detail
