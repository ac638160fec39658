#pragma once
// SipHash: a hash that nobody can foretell who has not its key, so that nobody can bring sources together. Names by SipHash-2-4; places in
// tables, which nobody is shown, by SipHash-1-3, as other languages' tables have it.
// Source: Aumasson and Bernstein, 2012

#include <array>
#include <cstdint>
#include <string_view>

namespace patchbay::guard {

using HashKey = std::array<std::uint64_t, 2>;

HashKey randomHashKey();

/// SipHash-2-4.
std::uint64_t sipHash(const HashKey& key, std::string_view bytes) noexcept;
/// SipHash-1-3 of nine bytes: those of `word`, least significant first, and `kind`.
std::uint64_t placeHash(const HashKey& key, std::uint64_t word, std::uint8_t kind) noexcept;

}  // namespace patchbay::guard
