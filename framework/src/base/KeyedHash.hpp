#pragma once
// A hash of what peers choose, such as the names of topics: by a key that is drawn when the process starts, so that nobody who
// does not know it can choose names that fall into one bucket.   Source: Aumasson, Bernstein: SipHash (SipHash-1-3)

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace patchbay {

struct HashKey {
    std::uint64_t first, second;
};
/// This process's.   Thread: any.
const HashKey& hashKey() noexcept;

std::uint64_t keyedHash(std::string_view text, const HashKey& key) noexcept;

/// For tables whose keys are texts; looks up without making a std::string.
struct KeyedTextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return keyedHash(text, hashKey()); }
};

}  // namespace patchbay
