#pragma once
// The last bytes of one direction, which its next message may refer to. All that a connection keeps between two
// messages: streams are lent for one message each, and are told the history first.

#include <patchbay/bytes.hpp>

#include <cstdint>
#include <memory>

namespace patchbay::compression {

/// Thread: one at a time.
class History {
public:
    /// It takes its memory from here on.   Requires: 8 to 15.   Errors: std::bad_alloc.
    void keep(int windowBits);
    bool isKept() const noexcept { return block_ != nullptr; }

    /// At most 2^windowBits, oldest first.
    Bytes bytes() const noexcept { return {block_.get(), size_}; }
    /// Adds a message; the oldest bytes go.   Requires: isKept().
    void add(Bytes message) noexcept;
    /// The next message refers to none before it.
    void clear() noexcept { size_ = 0; }

    /// What one takes.   Units: bytes.
    static std::size_t memory(int windowBits) noexcept { return std::size_t{1} << windowBits; }

private:
    std::unique_ptr<std::byte[]> block_;
    std::uint32_t capacity_ = 0;
    std::uint32_t size_ = 0;
};

}  // namespace patchbay::compression
