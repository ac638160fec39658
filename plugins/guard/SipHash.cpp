#include "SipHash.hpp"

#include <bit>
#include <cstddef>
#include <random>

namespace patchbay::guard {
namespace {

template <int kRoundsOfWord, int kRoundsAtEnd>
class State {
public:
    explicit State(const HashKey& key) noexcept
        : a_{key[0] ^ 0x736f6d6570736575}, b_{key[1] ^ 0x646f72616e646f6d}, c_{key[0] ^ 0x6c7967656e657261}, d_{key[1] ^ 0x7465646279746573} {}

    void add(std::uint64_t word) noexcept {
        d_ ^= word;
        for (int i = 0; i < kRoundsOfWord; ++i) round();
        a_ ^= word;
    }
    std::uint64_t end() noexcept {
        c_ ^= 0xFF;
        for (int i = 0; i < kRoundsAtEnd; ++i) round();
        return a_ ^ b_ ^ c_ ^ d_;
    }

private:
    void round() noexcept {
        a_ += b_, b_ = std::rotl(b_, 13) ^ a_, a_ = std::rotl(a_, 32);
        c_ += d_, d_ = std::rotl(d_, 16) ^ c_;
        a_ += d_, d_ = std::rotl(d_, 21) ^ a_;
        c_ += b_, b_ = std::rotl(b_, 17) ^ c_, c_ = std::rotl(c_, 32);
    }

    std::uint64_t a_, b_, c_, d_;
};

/// Of at most eight bytes, the first the least significant.
std::uint64_t littleEndian(std::string_view bytes) noexcept {
    std::uint64_t word = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) word = word << 8 | static_cast<unsigned char>(bytes[i]);
    return word;
}

}  // namespace

HashKey randomHashKey() {
    std::random_device random;
    const auto word = [&] { return std::uint64_t{random()} << 32 | random(); };
    return {word(), word()};
}

std::uint64_t sipHash(const HashKey& key, std::string_view bytes) noexcept {
    constexpr std::size_t kWord = 8;
    State<2, 4> state{key};
    const std::uint64_t length = std::uint64_t{bytes.size() & 0xFF} << 56;
    for (; bytes.size() >= kWord; bytes.remove_prefix(kWord)) state.add(littleEndian(bytes.substr(0, kWord)));
    state.add(length | littleEndian(bytes));
    return state.end();
}

std::uint64_t placeHash(const HashKey& key, std::uint64_t word, std::uint8_t kind) noexcept {
    State<1, 3> state{key};
    state.add(word);
    state.add(std::uint64_t{9} << 56 | kind);
    return state.end();
}

}  // namespace patchbay::guard
