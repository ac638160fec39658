#include <patchbay/message_buffer.hpp>

#include <algorithm>
#include <cstring>

namespace patchbay {

bool MessageBuffer::reserve(std::uint64_t more) {
    if (more > maxBytes_ - size_) return false;
    const std::size_t needed = size_ + static_cast<std::size_t>(more);
    if (block_ && needed <= capacity_) return true;
    // Doubling keeps a message of many small fragments linear; the first frame gets exactly what it announced.
    const std::size_t capacity = std::max(needed, std::min(capacity_ * 2, maxBytes_));
    auto block = std::make_unique_for_overwrite<std::byte[]>(capacity + kSlackBytes);
    if (size_ != 0) std::memcpy(block.get(), block_.get(), size_);
    block_ = std::move(block);
    capacity_ = capacity;
    return true;
}

bool MessageBuffer::append(Bytes piece) {
    if (!reserve(piece.size())) return false;
    if (!piece.empty()) std::memcpy(block_.get() + size_, piece.data(), piece.size());
    size_ += piece.size();
    return true;
}

std::span<std::byte> MessageBuffer::room(std::size_t most) {
    const std::size_t allowed = std::min(most, maxBytes_ - size_);
    if (allowed == 0 || (size_ == capacity_ && !reserve(allowed))) return {};
    return {block_.get() + size_, std::min(most, capacity_ - size_)};
}

void MessageBuffer::reset(std::size_t maxBytes) noexcept {
    block_.reset();
    size_ = 0;
    capacity_ = 0;
    maxBytes_ = maxBytes;
}

}  // namespace patchbay
