#pragma once
// UTF-8 checked while it arrives: bad bytes are found in the very piece that brings them.
//
//   state     next byte → state                                             (RFC 3629 §4)
//   Start     00..7F Start · C2..DF One · E0 AfterE0 · ED AfterED · other E1..EF Two · F0 AfterF0 · F1..F3 Three ·
//             F4 AfterF4
//   One       80..BF Start          Two      80..BF One         Three    80..BF Two
//   AfterE0   A0..BF One            AfterED  80..9F One         (no overlong form, no surrogate)
//   AfterF0   90..BF Two            AfterF4  80..8F Two         (no overlong form, nothing beyond U+10FFFF)
//   anything else                   Bad, for good

#include <patchbay/bytes.hpp>

namespace patchbay {

/// True if the whole of `text` is UTF-8.
bool isUtf8(Bytes text) noexcept;

/// As much of `text` as fits in `maxBytes` without cutting a character.
std::string_view cutAtCharacter(std::string_view text, std::size_t maxBytes) noexcept;

/// Checks one text that arrives in pieces.
class Utf8Checker {
public:
    /// False as soon as the text cannot become UTF-8 any more.
    bool feed(Bytes piece) noexcept;
    /// True if the text may end here.
    bool atCharacterEnd() const noexcept { return state_ == State::Start; }

private:
    enum class State : std::uint8_t { Start, One, Two, Three, AfterE0, AfterED, AfterF0, AfterF4, Bad };

    static State step(State state, std::uint8_t byte) noexcept;

    State state_ = State::Start;
};

}  // namespace patchbay
