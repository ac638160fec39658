#include <patchbay/message_buffer.hpp>

#include "base/MemoryBudget.hpp"
#include "base/MemoryReserve.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace patchbay {
namespace {

/// Small messages are served also by a server that has nothing left for large ones.   Units: bytes.
constexpr std::size_t kMostUnasked = 4096;

}  // namespace

// NOLINTBEGIN(cppcoreguidelines-no-malloc): only realloc() grows a block where it lies
void MessageBuffer::Free::operator()(std::byte* block) const noexcept {
    if (budget) budget->add(Held::Messages, -static_cast<std::ptrdiff_t>(capacity));
    std::free(block);
}

bool MessageBuffer::reserve(std::uint64_t more) {
    if (more > maxBytes_ - size_) return false;
    const std::size_t needed = size_ + static_cast<std::size_t>(more), before = capacity();
    if (block_ && needed <= before) return true;
    // Doubling keeps a message of many small pieces linear. The system moves pages of what is large instead of copying it.
    const std::size_t grown = std::max(needed, std::min(before * 2, maxBytes_));
    if (grown > kMostUnasked || MemoryReserve::isOut()) requireMemoryHere(grown - before);
    auto* const block = static_cast<std::byte*>(std::realloc(block_.get(), grown + kSlackBytes));
    if (!block) throw std::bad_alloc{};
    static_cast<void>(block_.release());
    Free& free = block_.get_deleter();
    if (before == 0) free.budget = MemoryAccount::here() ? &MemoryAccount::here()->budget() : nullptr;
    free.capacity = grown;
    block_.reset(block);
    if (free.budget) free.budget->add(Held::Messages, static_cast<std::ptrdiff_t>(grown) - static_cast<std::ptrdiff_t>(before));
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
    if (allowed == 0 || (size_ == capacity() && !reserve(allowed))) return {};
    return {block_.get() + size_, std::min(most, capacity() - size_)};
}

void MessageBuffer::reset(std::size_t maxBytes) noexcept {
    block_.reset();
    size_ = 0;
    maxBytes_ = maxBytes;
}

}  // namespace patchbay
