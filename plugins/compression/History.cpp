#include "History.hpp"

#include <algorithm>
#include <cstring>

namespace patchbay::compression {

void History::keep(int windowBits) {
    block_ = std::make_unique_for_overwrite<std::byte[]>(memory(windowBits));
    capacity_ = static_cast<std::uint32_t>(memory(windowBits));
    size_ = 0;
}

void History::add(Bytes message) noexcept {
    if (message.empty()) return;
    const Bytes newest = message.last(std::min<std::size_t>(message.size(), capacity_));
    const std::size_t older = std::min<std::size_t>(size_, capacity_ - newest.size());
    std::memmove(block_.get(), block_.get() + (size_ - older), older);
    std::memcpy(block_.get() + older, newest.data(), newest.size());
    size_ = static_cast<std::uint32_t>(older + newest.size());
}

}  // namespace patchbay::compression
