#include "ByteRange.hpp"

#include "Lists.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

namespace patchbay::web {
namespace {

constexpr ByteRange kWhole{};
constexpr ByteRange kUnsatisfiable{ByteRange::Kind::Unsatisfiable};

/// 1*DIGIT; one that is larger than any file can be is as good as the largest number.
std::optional<std::uint64_t> readNumber(std::string_view text) noexcept {
    if (text.empty() || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} ? value : std::numeric_limits<std::uint64_t>::max();
}

ByteRange lastBytes(std::string_view count, std::uint64_t size) noexcept {
    const auto length = readNumber(count);
    if (!length) return kWhole;
    if (*length == 0) return kUnsatisfiable;
    if (size == 0) return kWhole;  // satisfiable, but no Content-Range can say so
    const std::uint64_t taken = std::min(*length, size);
    return {ByteRange::Kind::Part, size - taken, taken};
}

ByteRange readSpec(std::string_view spec, std::uint64_t size) noexcept {
    const std::size_t dash = spec.find('-');
    if (dash == std::string_view::npos) return kWhole;
    if (dash == 0) return lastBytes(spec.substr(1), size);
    const auto first = readNumber(spec.substr(0, dash));
    const bool open = dash + 1 == spec.size();
    const auto last = open ? std::numeric_limits<std::uint64_t>::max() : readNumber(spec.substr(dash + 1));
    if (!first || !last || *last < *first) return kWhole;
    if (*first >= size) return kUnsatisfiable;
    return {ByteRange::Kind::Part, *first, std::min(*last, size - 1) - *first + 1};
}

}  // namespace

ByteRange parseRange(std::string_view range, std::uint64_t size) noexcept {
    const std::size_t equals = range.find('=');
    if (equals == std::string_view::npos || !equalsIgnoringCase(range.substr(0, equals), "bytes")) return kWhole;
    std::string_view only;
    int count = 0;
    forEachElement(range.substr(equals + 1), [&](std::string_view spec) {
        only = spec;
        ++count;
    });
    return count == 1 ? readSpec(only, size) : kWhole;
}

}  // namespace patchbay::web
