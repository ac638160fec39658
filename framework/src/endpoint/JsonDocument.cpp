// Parsing: simdjson's DOM, whose tape and buffers are used again from message to message.
// A DOM error has no position, so that a text that failed is walked once more with simdjson's on-demand parser.

#include "endpoint/JsonSource.hpp"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "patchbay/errors.hpp"
#include "patchbay/json.hpp"

namespace patchbay::json {
namespace {

namespace dom = simdjson::dom;
namespace ondemand = simdjson::ondemand;

static_assert(kReadableSlack >= simdjson::SIMDJSON_PADDING);
static_assert(sizeof(Value) == sizeof(dom::element) && std::is_trivially_copyable_v<dom::element>);

simdjson::error_code walk(ondemand::value value, std::size_t depth);

simdjson::error_code walkArray(ondemand::value value, std::size_t depth) {
    ondemand::array array;
    if (const auto error = value.get_array().get(array)) return error;
    for (auto element : array) {
        ondemand::value inner;
        if (const auto error = element.get(inner)) return error;
        if (const auto error = walk(inner, depth + 1)) return error;
    }
    return simdjson::SUCCESS;
}

simdjson::error_code walkObject(ondemand::value value, std::size_t depth) {
    ondemand::object object;
    if (const auto error = value.get_object().get(object)) return error;
    for (auto member : object) {
        std::string_view name;
        if (const auto error = member.unescaped_key().get(name)) return error;
        ondemand::value inner;
        if (const auto error = member.value().get(inner)) return error;
        if (const auto error = walk(inner, depth + 1)) return error;
    }
    return simdjson::SUCCESS;
}

simdjson::error_code walk(ondemand::value value, std::size_t depth) {
    if (depth >= kMaxDepth) return simdjson::DEPTH_ERROR;
    ondemand::json_type type{};
    if (const auto error = value.type().get(type)) return error;
    switch (type) {
        case ondemand::json_type::array:
            return walkArray(value, depth);
        case ondemand::json_type::object:
            return walkObject(value, depth);
        case ondemand::json_type::string:
            return value.get_string().error();
        case ondemand::json_type::number:
            return value.get_number().error();
        case ondemand::json_type::boolean:
            return value.get_bool().error();
        case ondemand::json_type::null: {
            bool isNull = false;  // any value that begins with an n is taken for null until it is read
            const auto error = value.is_null().get(isNull);
            return error || isNull ? error : simdjson::N_ATOM_ERROR;
        }
    }
    return simdjson::SUCCESS;
}

/// Where the first mistake is, as far as that can be told.
std::optional<std::size_t> mistake(std::string_view text) {
    const simdjson::padded_string copy{text};
    ondemand::parser parser;
    ondemand::document document;
    if (parser.iterate(copy).get(document) != simdjson::SUCCESS) return std::nullopt;
    ondemand::value root;
    if (document.get_value().get(root) == simdjson::SUCCESS && walk(root, 0) == simdjson::SUCCESS) return std::nullopt;
    const char* at = nullptr;
    if (document.current_location().get(at) != simdjson::SUCCESS) return std::nullopt;
    return std::min<std::size_t>(static_cast<std::size_t>(at - copy.data()), text.size());
}

std::string_view explain(simdjson::error_code error) {
    switch (error) {
        case simdjson::EMPTY:
            return "it is empty";
        case simdjson::UTF8_ERROR:
            return "it is not valid UTF-8";
        case simdjson::UNCLOSED_STRING:
            return "a text is not closed";
        case simdjson::UNESCAPED_CHARS:
            return "a control character in a text is not escaped";
        case simdjson::STRING_ERROR:
            return "a text has a wrong escape";
        case simdjson::NUMBER_ERROR:
            return "a number is malformed or too large";
        case simdjson::DEPTH_ERROR:
            return "it is nested too deeply";
        case simdjson::CAPACITY:
            return "it is too large";
        case simdjson::MEMALLOC:
            return "there is no memory for it";
        default:
            return "a value, comma, colon or bracket is missing or wrong";
    }
}

std::string position(std::string_view text, std::size_t at) {
    const auto before = text.substr(0, at);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const auto column = at - (before.rfind('\n') + 1) + 1;  // npos + 1 is 0
    return " (line " + std::to_string(line) + ", column " + std::to_string(column) + ")";
}

/// `widened`: what was parsed in the place of the text; nullptr for the text itself.
[[noreturn]] void failParsing(std::string_view text, simdjson::error_code error, const detail::Widened* widened = nullptr) {
    std::string problem = "not JSON: " + std::string{explain(error)};
    const bool located = error != simdjson::DEPTH_ERROR && error != simdjson::CAPACITY && error != simdjson::EMPTY;
    const auto at = located ? mistake(widened ? std::string_view{widened->text()} : text) : std::nullopt;
    if (at) problem += position(text, widened ? widened->original(*at) : *at);
    throw DecodeError{{}, problem};
}

}  // namespace

struct Document::Parser {
    dom::parser dom;
    detail::Source source;
    detail::Widened widened;
    std::vector<char> copy;

    /// Grows by doubling: simdjson alone would allocate anew for every message that is longer by a byte.
    simdjson::error_code makeRoom(std::size_t size) {
        if (dom.capacity() >= size && source.capacity() >= size && dom.capacity() != 0) return simdjson::SUCCESS;
        const auto capacity = std::bit_ceil(std::max<std::size_t>(size, 1024));
        if (const auto error = dom.allocate(capacity, kMaxDepth)) return error;
        return source.allocate(capacity);
    }

    const char* readable(std::string_view text, std::size_t slack) {
        if (slack >= kReadableSlack) return text.data();
        if (copy.size() < text.size() + kReadableSlack) copy.resize(std::bit_ceil(text.size() + kReadableSlack));
        if (!text.empty()) std::memcpy(copy.data(), text.data(), text.size());
        return copy.data();
    }

    simdjson::error_code parse(std::string_view text, std::size_t slack, dom::element& root) {
        if (const auto error = makeRoom(text.size())) return error;
        const char* const there = readable(text, slack);
        source.begin({there, text.size()});
        return dom.parse_into_document(source, there, text.size(), false).get(root);
    }
};

Document::Document() : parser_{new Parser} {}
Document::~Document() { delete parser_; }
Document::Document(Document&& other) noexcept : parser_{std::exchange(other.parser_, nullptr)} {}
Document& Document::operator=(Document&& other) noexcept {
    std::swap(parser_, other.parser_);
    return *this;
}

Value Document::parse(std::string_view text, std::size_t readableSlack) {
    if (text.empty()) failParsing(text, simdjson::EMPTY);
    dom::element root;
    auto error = parser_->parse(text, readableSlack, root);
    const bool widens = error == simdjson::NUMBER_ERROR && parser_->widened.widen(text);
    if (widens) error = parser_->parse(parser_->widened.text(), 0, root);
    if (error == simdjson::MEMALLOC) throw std::bad_alloc{};
    if (error) failParsing(text, error, widens ? &parser_->widened : nullptr);
    return std::bit_cast<Value>(root);
}

}  // namespace patchbay::json
