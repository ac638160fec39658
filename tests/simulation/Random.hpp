#pragma once
// The numbers that a seed stands for. The same on every machine and standard library, which std::uniform_int_distribution
// is not. Source: xoshiro256** and SplitMix64, Blackman and Vigna (https://prng.di.unimi.it)

#include <array>
#include <cstddef>
#include <cstdint>

namespace patchbay::simulation {

class Random {
public:
    explicit Random(std::uint64_t seed) noexcept {
        for (std::uint64_t& word : state_) {
            std::uint64_t mixed = (seed += 0x9e3779b97f4a7c15);
            mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
            word = mixed ^ (mixed >> 31);
        }
    }

    std::uint64_t next() noexcept {
        const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
        const std::uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = rotate(state_[3], 45);
        return result;
    }
    /// From 0 up to, not with, `end`.   Requires: 0 < end.
    std::uint32_t below(std::uint32_t end) noexcept { return static_cast<std::uint32_t>(((next() >> 32) * end) >> 32); }
    /// From `first` to `last`, both included.
    std::uint32_t between(std::uint32_t first, std::uint32_t last) noexcept { return first + below(last - first + 1); }
    bool chance(std::uint32_t percent) noexcept { return below(100) < percent; }
    template <class T, std::size_t N>
    T oneOf(const T (&choices)[N]) noexcept {
        return choices[below(N)];
    }

private:
    static std::uint64_t rotate(std::uint64_t word, int bits) noexcept { return (word << bits) | (word >> (64 - bits)); }

    std::array<std::uint64_t, 4> state_{};
};

}  // namespace patchbay::simulation
