#pragma once
// What has come of a body that somebody wants as a whole. It takes as much memory as has come, and gives it back to the system, not to
// the heap: what many clients have begun to send and never end is gone with them.

#include "base/MemoryBudget.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::http {

/// Thread: one at a time.
class BodyMemory {
public:
    /// Up to this much a body is a text of the heap's.   Units: bytes.
    static constexpr std::size_t kSmall = 4 * 1024;
    static constexpr std::size_t kBlock = 64 * 1024;

    /// Errors: std::bad_alloc.
    void append(std::string_view piece);
    std::size_t size() const noexcept { return size_; }
    void clear() noexcept;
    /// All of it; nothing is left here.
    std::string take();

private:
    struct Unmap {
        void operator()(char* block) const noexcept;
    };
    using Block = std::unique_ptr<char, Unmap>;
    static Block makeBlock();

    std::string small_;
    std::vector<Block> blocks_;
    std::size_t size_ = 0;
    HeldBytes<Held::Bodies> held_;
};

}  // namespace patchbay::http
