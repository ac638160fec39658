#pragma once
// Everything that a run does and sees, as one number, so that two runs can be compared; and, when asked for, as lines.
// No address, no time of the machine's and no random number but the seed's may come in here.

#include <cstdint>
#include <cstdio>

namespace patchbay::simulation {

class Trace {
public:
    explicit Trace(std::FILE* lines = nullptr) noexcept : lines_{lines} {}

    /// Requires: `what` is a literal with no more than three %llu.
    void add(const char* what, std::uint64_t a = 0, std::uint64_t b = 0, std::uint64_t c = 0) noexcept {
        for (const char* letter = what; *letter != '\0' && *letter != ' '; ++letter)
            mix(static_cast<unsigned char>(*letter));
        mix(a);
        mix(b);
        mix(c);
        if (lines_) print(what, a, b, c);
    }
    std::uint64_t hash() const noexcept { return hash_; }

private:
    void mix(std::uint64_t value) noexcept {
        hash_ = (hash_ ^ value) * 0x9fb21c651e98df25;
        hash_ ^= hash_ >> 32;
    }
    void print(const char* what, std::uint64_t a, std::uint64_t b, std::uint64_t c) const noexcept;

    std::FILE* const lines_;
    std::uint64_t hash_ = 0x2545f4914f6cdd1d;
};

}  // namespace patchbay::simulation
