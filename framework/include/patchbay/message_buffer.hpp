#pragma once
// Bytes of a message that is not whole yet, or on its way through an extension. Never larger than its limit, never filled
// before it is written, and with slack behind its end, which a JSON reader may read.

#include <patchbay/bytes.hpp>

#include <array>
#include <limits>
#include <memory>

namespace patchbay {

class MemoryBudget;

/// How many bytes behind a message may be read (not used).
inline constexpr std::size_t kSlackBytes = 64;

/// Thread: one at a time.   Errors: std::bad_alloc where the memory is not there.
class MessageBuffer {
public:
    static constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max() / 2;

    explicit MessageBuffer(std::size_t maxBytes) noexcept : maxBytes_{maxBytes} {}

    /// Makes room for `more` bytes. False, and nothing allocated, if that would go over the limit.
    [[nodiscard]] bool reserve(std::uint64_t more);
    /// Adds `piece`. False, and nothing added, if that would go over the limit.
    [[nodiscard]] bool append(Bytes piece);

    /// What it holds, with kSlackBytes behind it that may be read.
    std::span<std::byte> bytes() noexcept { return {block_ ? block_.get() : kNothing.data(), size_}; }
    std::size_t size() const noexcept { return size_; }
    /// How much of it there is memory for.
    std::size_t capacity() const noexcept { return block_ ? block_.get_deleter().capacity : 0; }
    std::size_t maxBytes() const noexcept { return maxBytes_; }

    /// Room to write at most `most` bytes into, at least one; empty at the limit. What was written counts with commit().
    std::span<std::byte> room(std::size_t most);
    /// The first `bytes` of the room are part of the message now.   Requires: room() was the last call.
    void commit(std::size_t bytes) noexcept { size_ += bytes; }

    /// Forgets the bytes and keeps their memory.
    void clear() noexcept { size_ = 0; }
    /// Gives the memory back and starts anew with another limit.
    void reset(std::size_t maxBytes) noexcept;

private:
    static inline std::array<std::byte, kSlackBytes> kNothing{};  // the slack of an empty buffer; never written

    struct Free {
        Free() noexcept : capacity{0}, budget{nullptr} {}
        std::size_t capacity;
        MemoryBudget* budget;  // in which it is counted; nullptr: in none
        void operator()(std::byte* block) const noexcept;
    };

    std::unique_ptr<std::byte[], Free> block_;  // capacity() + kSlackBytes
    std::size_t size_ = 0;
    std::size_t maxBytes_;
};

}  // namespace patchbay
