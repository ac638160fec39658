#include "base/Utf8.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

namespace patchbay {
namespace {

constexpr std::size_t kSmall = 64;  // below this, a look for ASCII in words beats the call into simdjson

std::uint8_t byteAt(Bytes bytes, std::size_t i) noexcept { return std::to_integer<std::uint8_t>(bytes[i]); }

bool isAscii(Bytes text) noexcept {
    const std::byte* at = text.data();
    std::size_t left = text.size();
    std::uint64_t seen = 0;
    for (; left >= sizeof seen; at += sizeof seen, left -= sizeof seen) {
        std::uint64_t word;
        std::memcpy(&word, at, sizeof word);
        seen |= word;
    }
    for (; left > 0; ++at, --left) seen |= std::to_integer<std::uint64_t>(*at);
    return (seen & 0x8080808080808080U) == 0;
}

/// How many bytes at the end of `text` are the start of a character whose rest has not come: 0 to 3.
std::size_t unfinishedTail(Bytes text) noexcept {
    const std::size_t limit = std::min<std::size_t>(3, text.size());
    for (std::size_t back = 1; back <= limit; ++back) {
        const std::uint8_t byte = byteAt(text, text.size() - back);
        if (byte < 0x80) return 0;
        if (byte < 0xC0) continue;
        const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
        return length > back ? back : 0;
    }
    return 0;
}

}  // namespace

bool isUtf8(Bytes text) noexcept {
    if (text.size() < kSmall && isAscii(text)) return true;
    return simdjson::validate_utf8(reinterpret_cast<const char*>(text.data()), text.size());
}

std::string_view cutAtCharacter(std::string_view text, std::size_t maxBytes) noexcept {
    const std::string_view cut = text.substr(0, maxBytes);
    return cut.size() == text.size() ? cut : cut.substr(0, cut.size() - unfinishedTail(asBytes(cut)));
}

bool Utf8Checker::feed(Bytes piece) noexcept {
    while (state_ != State::Start && state_ != State::Bad && !piece.empty()) {
        state_ = step(state_, byteAt(piece, 0));
        piece = piece.subspan(1);
    }
    if (state_ == State::Bad) return false;
    const Bytes tail = piece.last(unfinishedTail(piece));
    if (!isUtf8(piece.first(piece.size() - tail.size()))) state_ = State::Bad;
    for (const std::byte byte : tail) state_ = step(state_, std::to_integer<std::uint8_t>(byte));
    return state_ != State::Bad;
}

Utf8Checker::State Utf8Checker::step(State state, std::uint8_t byte) noexcept {
    const auto within = [byte](std::uint8_t low, std::uint8_t high, State next) {
        return byte >= low && byte <= high ? next : State::Bad;
    };
    switch (state) {
        case State::Start:
            if (byte < 0x80) return State::Start;
            if (byte < 0xE0) return within(0xC2, 0xDF, State::One);
            if (byte == 0xE0) return State::AfterE0;
            if (byte == 0xED) return State::AfterED;
            if (byte < 0xF0) return State::Two;
            if (byte == 0xF0) return State::AfterF0;
            if (byte < 0xF4) return State::Three;
            return within(0xF4, 0xF4, State::AfterF4);
        case State::One:
            return within(0x80, 0xBF, State::Start);
        case State::Two:
            return within(0x80, 0xBF, State::One);
        case State::Three:
            return within(0x80, 0xBF, State::Two);
        case State::AfterE0:
            return within(0xA0, 0xBF, State::One);
        case State::AfterED:
            return within(0x80, 0x9F, State::One);
        case State::AfterF0:
            return within(0x90, 0xBF, State::Two);
        case State::AfterF4:
            return within(0x80, 0x8F, State::Two);
        case State::Bad:
            break;
    }
    return State::Bad;
}

}  // namespace patchbay
