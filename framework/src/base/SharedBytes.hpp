#pragma once
// Immutable bytes with a reference count: a broadcast is encoded once and every queue holds the same block.

#include <patchbay/bytes.hpp>

#include <atomic>
#include <utility>

namespace patchbay {

/// A counted reference to one block of bytes.   Thread: any; the bytes never change once they are shared.
class SharedBytes {
public:
    SharedBytes() noexcept = default;
    /// One block that holds `head` and then `body`.
    static SharedBytes concat(Bytes head, Bytes body);

    SharedBytes(const SharedBytes& other) noexcept : block_{other.block_} { retain(); }
    SharedBytes(SharedBytes&& other) noexcept : block_{std::exchange(other.block_, nullptr)} {}
    SharedBytes& operator=(SharedBytes other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ~SharedBytes() { release(); }

    Bytes bytes() const noexcept;
    std::size_t size() const noexcept { return block_ ? block_->size : 0; }
    explicit operator bool() const noexcept { return block_ != nullptr; }

private:
    struct Block {
        std::atomic<std::uint32_t> references;
        std::size_t size;
    };  // the bytes follow
    void retain() const noexcept {
        if (block_) block_->references.fetch_add(1, std::memory_order_relaxed);
    }
    void release() noexcept;

    Block* block_ = nullptr;
};

}  // namespace patchbay
