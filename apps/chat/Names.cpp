#include "Names.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>

namespace chat {
namespace {

struct Range {
    char32_t first, last;
};

constexpr bool isIn(std::span<const Range> ranges, char32_t c) {
    return std::ranges::any_of(ranges, [c](Range range) { return c >= range.first && c <= range.last; });
}

constexpr std::array kSpaces{Range{0x09, 0x0D}, Range{0xA0, 0xA0},     Range{0x1680, 0x1680}, Range{0x2000, 0x200A},
                             Range{0x2028, 0x2029}, Range{0x202F, 0x202F}, Range{0x205F, 0x205F}, Range{0x3000, 0x3000}};
constexpr std::array kUnseen{
    Range{0x00, 0x1F},     Range{0x7F, 0x9F},     Range{0xAD, 0xAD},     Range{0x34F, 0x34F},   Range{0x61C, 0x61C},
    Range{0x115F, 0x1160}, Range{0x17B4, 0x17B5}, Range{0x180B, 0x180F}, Range{0x200B, 0x200F}, Range{0x202A, 0x202E},
    Range{0x2060, 0x206F}, Range{0x2800, 0x2800}, Range{0x3164, 0x3164}, Range{0xE000, 0xF8FF}, Range{0xFDD0, 0xFDEF},
    Range{0xFE00, 0xFE0F}, Range{0xFEFF, 0xFEFF}, Range{0xFFA0, 0xFFA0}, Range{0xFFF0, 0xFFFF}, Range{0x1BCA0, 0x1BCA3},
    Range{0x1D173, 0x1D17A}, Range{0xE0000, 0x10FFFF}};
constexpr std::array kMathematics{Range{0x2100, 0x214F}, Range{0x24B6, 0x24E9}, Range{0x1D400, 0x1D7FF}};
constexpr std::array kMarks{Range{0x300, 0x36F}, Range{0x483, 0x489}, Range{0x1AB0, 0x1AFF}, Range{0x1DC0, 0x1DFF}, Range{0x20D0, 0x20FF}};
// Those with capitals, whose letters resemble each other's.
constexpr std::array kLatin{Range{'A', 'Z'}, Range{'a', 'z'}, Range{0xC0, 0x24F}, Range{0x250, 0x2AF}, Range{0x1E00, 0x1EFF}};
constexpr std::array kGreek{Range{0x370, 0x3FF}, Range{0x1F00, 0x1FFF}};
constexpr std::array kCyrillic{Range{0x400, 0x52F}, Range{0x1C80, 0x1C8F}, Range{0xA640, 0xA69F}};
constexpr std::array kArmenian{Range{0x530, 0x58F}};
constexpr std::array kCherokee{Range{0x13A0, 0x13FF}, Range{0xAB70, 0xABBF}};
constexpr std::array<std::span<const Range>, 5> kAlphabets{kLatin, kGreek, kCyrillic, kArmenian, kCherokee};

/// U+00C0 to U+017F without their marks; a space for what is not made of a letter and a mark.
constexpr std::string_view kPlain =
    "aaaaaa ceeeeiiii nooooo ouuuuy  aaaaaa ceeeeiiii nooooo ouuuuy y"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii  jjkk llllllllllnnnnnn   oooooo  rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(kPlain.size() == 0x180 - 0xC0);

constexpr std::array kLikeLatin = std::to_array<std::pair<char32_t, char>>({
    {U'А', 'a'}, {U'В', 'b'}, {U'Е', 'e'}, {U'К', 'k'}, {U'М', 'm'}, {U'Н', 'h'}, {U'О', 'o'}, {U'Р', 'p'}, {U'С', 'c'},
    {U'Т', 't'}, {U'У', 'y'}, {U'Х', 'x'}, {U'а', 'a'}, {U'е', 'e'}, {U'к', 'k'}, {U'о', 'o'}, {U'р', 'p'}, {U'с', 'c'},
    {U'у', 'y'}, {U'х', 'x'}, {U'Ѕ', 's'}, {U'ѕ', 's'}, {U'І', 'l'}, {U'і', 'l'}, {U'Ј', 'j'}, {U'ј', 'j'}, {U'һ', 'h'},
    {U'ԁ', 'd'}, {U'ԛ', 'q'}, {U'ԝ', 'w'}, {U'Ӏ', 'l'}, {U'ӏ', 'l'}, {U'Α', 'a'}, {U'Β', 'b'}, {U'Ε', 'e'}, {U'Ζ', 'z'},
    {U'Η', 'h'}, {U'Ι', 'l'}, {U'Κ', 'k'}, {U'Μ', 'm'}, {U'Ν', 'n'}, {U'Ο', 'o'}, {U'Ρ', 'p'}, {U'Τ', 't'}, {U'Υ', 'y'},
    {U'Χ', 'x'}, {U'α', 'a'}, {U'ι', 'l'}, {U'κ', 'k'}, {U'ν', 'v'}, {U'ο', 'o'}, {U'ρ', 'p'}, {U'υ', 'u'}, {U'χ', 'x'},
    {U'ո', 'n'}, {U'ս', 'u'}, {U'օ', 'o'}, {U'Ս', 'u'}, {U'Օ', 'o'}, {U'ı', 'l'}, {U'ł', 'l'}, {U'Ł', 'l'}, {U'ø', 'o'},
    {U'Ø', 'o'}});

/// The first character of `text`, which is UTF-8, and takes it away.
char32_t next(std::string_view& text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t c = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length && i < text.size(); ++i) c = c << 6 | (static_cast<unsigned char>(text[i]) & 0x3FU);
    text.remove_prefix(std::min(length, text.size()));
    return c;
}

void append(std::string& out, char32_t c) {
    const auto tail = [c](int shift) { return static_cast<char>(0x80U | (c >> shift & 0x3FU)); };
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out.append({static_cast<char>(0xC0U | c >> 6), tail(0)});
    } else if (c < 0x10000) {
        out.append({static_cast<char>(0xE0U | c >> 12), tail(6), tail(0)});
    } else {
        out.append({static_cast<char>(0xF0U | c >> 18), tail(12), tail(6), tail(0)});
    }
}

char32_t looksLike(char32_t c) {
    if (c >= 'A' && c <= 'Z') c += 'a' - 'A';
    if (c == 'i' || c == '1' || c == '|') return 'l';
    if (c == '0') return 'o';
    if (c < 0x80) return c;
    const auto* const found = std::ranges::find(kLikeLatin, c, &std::pair<char32_t, char>::first);
    if (found != kLikeLatin.end()) return static_cast<char32_t>(found->second);
    if (c < 0xC0 || c >= 0x180 || kPlain[c - 0xC0] == ' ') return c;
    const char plain = kPlain[c - 0xC0];
    return plain == 'i' ? U'l' : static_cast<char32_t>(plain);
}

}  // namespace

std::string tidied(std::string_view name) {
    constexpr char32_t kEmojiSelector = 0xFE0F, kFullWidth = 0xFF01, kFullWidthEnd = 0xFF5E;
    std::string out;
    bool spaceDue = false;
    while (!name.empty()) {
        char32_t c = next(name);
        if (c == kEmojiSelector) continue;
        if (c >= kFullWidth && c <= kFullWidthEnd) c -= kFullWidth - '!';
        if (c == ' ' || isIn(kSpaces, c)) {
            spaceDue = !out.empty();
            continue;
        }
        if (std::exchange(spaceDue, false)) out += ' ';
        append(out, c);
    }
    return out;
}

std::string_view problemOfName(std::string_view name) {
    constexpr int kMostMarks = 2;
    int marks = 0;
    const std::span<const Range>* alphabet = nullptr;
    while (!name.empty()) {
        const char32_t c = next(name);
        if (isIn(kUnseen, c)) return "This name has characters that nobody can see. Please choose another.";
        if (isIn(kMathematics, c)) return "This name has letters of mathematics. Please use ordinary ones.";
        marks = isIn(kMarks, c) ? marks + 1 : 0;
        if (marks > kMostMarks) return "This name has too many marks on one letter. Please choose another.";
        const auto* const found = std::ranges::find_if(kAlphabets, [c](auto letters) { return isIn(letters, c); });
        if (found == kAlphabets.end()) continue;
        if (alphabet && alphabet != found) return "This name mixes alphabets whose letters look alike. Please use one of them.";
        alphabet = found;
    }
    return {};
}

std::string lookOf(std::string_view name) {
    std::string look;
    while (!name.empty()) {
        const char32_t c = next(name);
        if (!isIn(kMarks, c)) append(look, looksLike(c));
    }
    return look;
}

}  // namespace chat
