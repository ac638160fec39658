#pragma once
// SipHash-2-4: a hash that nobody can foretell who has not its key, so that nobody can bring sources together.
// Source: Aumasson and Bernstein, 2012

#include <array>
#include <cstdint>
#include <string_view>

namespace patchbay::guard {

using HashKey = std::array<std::uint64_t, 2>;

HashKey randomHashKey();

std::uint64_t sipHash(const HashKey& key, std::string_view bytes) noexcept;
/// The same of the sixteen bytes of both, least significant first.
std::uint64_t sipHash(const HashKey& key, std::uint64_t first, std::uint64_t second) noexcept;

}  // namespace patchbay::guard
