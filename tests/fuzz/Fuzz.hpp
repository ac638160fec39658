#pragma once
// What the fuzzers share. A fuzzer looks for more than crashes: whatever `require` says must hold for any input.

#include <patchbay/bytes.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::fuzz {

/// Ends the run with `rule`; libFuzzer then keeps the input that broke it.
inline void require(bool holds, std::string_view rule) {
    if (holds) return;
    std::fprintf(stderr, "broken: %.*s\n", static_cast<int>(rule.size()), rule.data());
    std::abort();
}

/// Takes the bytes that choose how a run is done off the front of its input.
class Input {
public:
    Input(const std::uint8_t* data, std::size_t size) : left_{reinterpret_cast<const char*>(data), size} {}

    /// 0 when nothing is left.
    std::uint8_t byte() {
        if (left_.empty()) return 0;
        const auto value = static_cast<std::uint8_t>(left_.front());
        left_.remove_prefix(1);
        return value;
    }

    /// Up to the next line feed, which is taken as well.
    std::string_view line() {
        const std::size_t end = std::min(left_.find('\n'), left_.size());
        const std::string_view line = left_.substr(0, end);
        left_.remove_prefix(std::min(end + 1, left_.size()));
        return line;
    }

    /// As many bytes as the next one says; all that are left if it says 255, or if there are fewer.
    std::string_view piece() {
        const std::uint8_t size = byte();
        const std::string_view piece = left_.substr(0, size == 255 ? left_.size() : size);
        left_.remove_prefix(piece.size());
        return piece;
    }

    bool atEnd() const { return left_.empty(); }
    std::string_view rest() const { return left_; }

private:
    std::string_view left_;
};

/// Cuts a text into pieces of two sizes by turns; a size of 0 is all that is left.
class Chunks {
public:
    Chunks(std::string_view text, std::size_t first, std::size_t second) : left_{text}, sizes_{first, second} {}

    bool atEnd() const { return left_.empty(); }

    std::string_view next() {
        const std::size_t size = sizes_[turn_];
        turn_ = 1 - turn_;
        const std::string_view chunk = left_.substr(0, size == 0 ? left_.size() : size);
        left_.remove_prefix(chunk.size());
        return chunk;
    }

private:
    std::string_view left_;
    std::size_t sizes_[2];
    std::size_t turn_ = 0;
};

}  // namespace patchbay::fuzz
