#include "Payload.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bench {

namespace {

constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::array<std::string_view, 16> kWords{"the ",  "message ", "goes ",     "out ",     "over ",   "a ",
                                                  "wire ", "and ",     "somebody ", "answers ", "before ", "long ",
                                                  "with ", "another ", "letter ",   "today "};
constexpr std::array<std::string_view, 12> kMixedWords{"grüße ", "and ",  "привет ", "世界 ", "naïve ",   "🚀 ",
                                                       "κόσμε ", "many ", "日本語 ", "€ ",    "smörgås ", "😀🎉 "};

/// Words in an order that does not repeat soon, exactly `size` bytes: what has no room becomes dots.
template <std::size_t Count>
std::string text(const std::array<std::string_view, Count>& words, std::size_t size, std::uint32_t variant) {
    std::string all;
    all.reserve(size);
    for (std::uint32_t state = variant * 2654435761U;;) {
        state = state * 1664525U + 1013904223U;
        const auto word = words[(state >> 16) % Count];
        if (all.size() + word.size() > size) break;
        all += word;
    }
    return all.append(size - all.size(), '.');
}

/// A quarter of it goes into the list, word by word, the rest into the text.
std::string json(std::size_t size, std::uint32_t variant) {
    std::string end = "\",\"number\":1234.5,\"list\":[\"first\"";
    for (std::size_t index = 0; end.size() < size / 4; ++index) {
        const auto word = kWords[(variant + index * 5) % kWords.size()];
        end += ",\"" + std::string{word.substr(0, word.size() - 1)} + '"';
    }
    end += "]}";
    const std::string begin = "{\"text\":\"";
    return begin + text(kWords, size - begin.size() - end.size(), variant) + end;
}

std::string textOf(Kind kind, std::size_t size, std::uint32_t variant) {
    if (kind == Kind::Json) return json(size, variant);
    if (kind == Kind::Ascii) return text(kWords, size, variant);
    return std::string(kNumberBytes, '0') + text(kMixedWords, size - kNumberBytes, variant);
}

}  // namespace

Payload makePayload(Kind kind, std::size_t size, std::uint32_t variant) {
    Payload payload{.bytes = std::vector<std::byte>(size), .numberAt = 0};
    if (kind == Kind::Binary) {
        for (std::size_t index = 0; index < size; ++index)
            payload.bytes[index] = static_cast<std::byte>(index * 7 + index / 251);
        return payload;
    }
    const auto characters = textOf(kind, size, variant);
    std::ranges::copy(std::as_bytes(std::span{characters}), payload.bytes.begin());
    if (kind == Kind::Json) payload.numberAt = characters.find(":\"") + 2;
    return payload;
}

Number writeNumber(Kind kind, std::uint64_t number) noexcept {
    if (kind == Kind::Binary) return std::bit_cast<Number>(number);
    Number digits{};
    for (std::size_t index = kNumberBytes; index-- != 0; number >>= 4)
        digits[index] = static_cast<std::byte>(kDigits[number & 15]);
    return digits;
}

std::uint64_t readNumber(Kind kind, const Number& bytes) {
    if (kind == Kind::Binary) return std::bit_cast<std::uint64_t>(bytes);
    std::uint64_t number = 0;
    for (const auto byte : bytes) {
        const auto digit = kDigits.find(static_cast<char>(byte));
        if (digit == std::string_view::npos) throw std::runtime_error{"a message came that is none of ours"};
        number = number << 4 | digit;
    }
    return number;
}

}  // namespace bench
