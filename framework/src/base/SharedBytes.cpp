#include "base/SharedBytes.hpp"

#include <cstring>
#include <new>

namespace patchbay {

SharedBytes SharedBytes::concat(Bytes head, Bytes body) {
    const std::size_t size = head.size() + body.size();
    void* memory = ::operator new(sizeof(Block) + size);
    SharedBytes result;
    result.block_ = new (memory) Block{1, size};
    auto* data = reinterpret_cast<std::byte*>(result.block_ + 1);
    if (!head.empty()) std::memcpy(data, head.data(), head.size());
    if (!body.empty()) std::memcpy(data + head.size(), body.data(), body.size());
    return result;
}

Bytes SharedBytes::bytes() const noexcept {
    if (!block_) return {};
    return {reinterpret_cast<const std::byte*>(block_ + 1), block_->size};
}

void SharedBytes::release() noexcept {
    if (block_ && block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        block_->~Block();
        ::operator delete(block_);
    }
}

}  // namespace patchbay
