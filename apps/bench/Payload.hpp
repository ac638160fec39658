#pragma once
// What a message of the run holds: a pattern of the kind and size asked for, with a place for the message's number.

#include "Options.hpp"

#include <array>
#include <cstddef>
#include <vector>

namespace bench {

inline constexpr std::size_t kNumberBytes = 8;
using Number = std::array<std::byte, kNumberBytes>;

struct Payload {
    std::vector<std::byte> bytes;
    std::size_t numberAt = 0;  ///< where the kNumberBytes of the number stand
};

/// `ascii`: English words. `mixed`: words with characters of one to four bytes, valid UTF-8 up to the last byte.
/// `json`: an object of a text, a number and a list of texts, without white space.   Texts of another `variant` have
/// other words, or the same in another order; all have the number at the same place. Requires: size as Options allow
/// it.
Payload makePayload(Kind kind, std::size_t size, std::uint32_t variant);

/// Eight bytes; in text eight hexadecimal digits, which begin again after 2^32.
Number writeNumber(Kind kind, std::uint64_t number) noexcept;
/// The number that stands there; in text only if it has digits.   Errors: std::runtime_error for other characters.
std::uint64_t readNumber(Kind kind, const Number& bytes);

}  // namespace bench
