#include "base/Printable.hpp"

#include "base/Utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace patchbay {
namespace {

struct Range {
    char32_t first, last;
};
/// C1 controls, then what has no width or turns the direction of writing, ends lines, or is no character.
constexpr std::array kUnseen{Range{0x80, 0x9F},     Range{0xAD, 0xAD},     Range{0x34F, 0x34F},   Range{0x61C, 0x61C},
                             Range{0x115F, 0x1160}, Range{0x180B, 0x180F}, Range{0x200B, 0x200F}, Range{0x2028, 0x202E},
                             Range{0x2060, 0x206F}, Range{0x3164, 0x3164}, Range{0xE000, 0xF8FF}, Range{0xFE00, 0xFE0F},
                             Range{0xFEFF, 0xFEFF}, Range{0xFFA0, 0xFFA0}, Range{0xFFF0, 0xFFFB}, Range{0xFFFE, 0xFFFF},
                             Range{0xE0000, 0x10FFFF}};

constexpr bool isSeen(char32_t c) {
    return c >= 0x20 && c != 0x7F && std::ranges::none_of(kUnseen, [c](Range range) { return c >= range.first && c <= range.last; });
}

std::string_view hexOf(char32_t number, std::array<char, 8>& room) noexcept {
    const auto end = std::to_chars(room.data(), room.data() + room.size(), static_cast<std::uint32_t>(number), 16).ptr;
    return {room.data(), end};
}

void appendByte(std::string& out, unsigned char byte) {
    std::array<char, 8> room;
    out.append(byte < 0x10 ? "\\x0" : "\\x").append(hexOf(byte, room));
}

/// How many bytes the character that begins with `lead` has; 0 for none.
std::size_t lengthOf(unsigned char lead) noexcept { return lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0; }

/// Appends the first character of `text`, or its first byte where that begins none; returns how many bytes it was.
std::size_t appendFirst(std::string& out, std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = lengthOf(lead);
    if (length == 0 || length > text.size() || !isUtf8(asBytes(text.substr(0, length)))) {
        appendByte(out, lead);
        return 1;
    }
    char32_t c = length == 1 ? lead : lead & (0x7FU >> length);
    for (const char next : text.substr(1, length - 1)) c = c << 6 | (static_cast<unsigned char>(next) & 0x3FU);
    std::array<char, 8> room;
    if (isSeen(c)) {
        out.append(text.substr(0, length));
    } else if (c == '\n') {
        out += "\\n";
    } else if (c < 0x80) {
        appendByte(out, lead);
    } else {
        out.append("\\u{").append(hexOf(c, room)).append("}");
    }
    return length;
}

}  // namespace

bool isPlain(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return (c >= ' ' && c < 0x7F) || c == '\n'; });
}

std::string printable(std::string_view text) {
    std::string out;
    while (!text.empty()) text.remove_prefix(appendFirst(out, text));
    return out;
}

std::string printableLines(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        if (text.front() == '\n') out += '\n';
        text.remove_prefix(text.front() == '\n' ? 1 : appendFirst(out, text));
    }
    return out;
}

}  // namespace patchbay
