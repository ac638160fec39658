#include <patchbay/message_buffer.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace patchbay {

// NOLINTBEGIN(cppcoreguidelines-no-malloc): only realloc() grows a block where it lies
void MessageBuffer::Free::operator()(std::byte* block) const noexcept { std::free(block); }

bool MessageBuffer::reserve(std::uint64_t more) {
    if (more > maxBytes_ - size_) return false;
    const std::size_t needed = size_ + static_cast<std::size_t>(more);
    if (block_ && needed <= capacity_) return true;
    // Doubling keeps a message of many small pieces linear. The system moves pages of what is large instead of copying it.
    const std::size_t capacity = std::max(needed, std::min(capacity_ * 2, maxBytes_));
    auto* const block = static_cast<std::byte*>(std::realloc(block_.get(), capacity + kSlackBytes));
    if (!block) throw std::bad_alloc{};
    static_cast<void>(block_.release());
    block_.reset(block);
    capacity_ = capacity;
    return true;
}
// NOLINTEND(cppcoreguidelines-no-malloc)

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
