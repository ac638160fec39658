#include "base/KeyedHash.hpp"

#include <bit>
#include <cstring>
#include <random>

namespace patchbay {
namespace {

/// The state of SipHash, and one of its rounds.
struct Sip {
    std::uint64_t v0, v1, v2, v3;

    void round() noexcept {
        v0 += v1, v1 = std::rotl(v1, 13), v1 ^= v0, v0 = std::rotl(v0, 32);
        v2 += v3, v3 = std::rotl(v3, 16), v3 ^= v2;
        v0 += v3, v3 = std::rotl(v3, 21), v3 ^= v0;
        v2 += v1, v1 = std::rotl(v1, 17), v1 ^= v2, v2 = std::rotl(v2, 32);
    }
    void add(std::uint64_t word) noexcept {
        v3 ^= word;
        round();
        v0 ^= word;
    }
};

}  // namespace

const HashKey& hashKey() noexcept {
    static const HashKey key = [] {
        std::random_device random;
        const auto word = [&random] { return std::uint64_t{random()} << 32 | random(); };
        return HashKey{word(), word()};
    }();
    return key;
}

std::uint64_t keyedHash(std::string_view text, const HashKey& key) noexcept {
    static_assert(std::endian::native == std::endian::little);
    constexpr std::size_t kWord = sizeof(std::uint64_t);
    Sip sip{key.first ^ 0x736f6d6570736575U, key.second ^ 0x646f72616e646f6dU, key.first ^ 0x6c7967656e657261U,
            key.second ^ 0x7465646279746573U};
    std::uint64_t last = std::uint64_t{text.size()} << 56;
    for (; text.size() >= kWord; text.remove_prefix(kWord)) {
        std::uint64_t word;
        std::memcpy(&word, text.data(), kWord);
        sip.add(word);
    }
    std::uint64_t rest = 0;
    if (!text.empty()) std::memcpy(&rest, text.data(), text.size());
    sip.add(last | rest);
    sip.v2 ^= 0xFF;
    for (int i = 0; i < 3; ++i) sip.round();
    return sip.v0 ^ sip.v1 ^ sip.v2 ^ sip.v3;
}

}  // namespace patchbay
