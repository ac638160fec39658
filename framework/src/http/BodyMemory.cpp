#include "http/BodyMemory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace patchbay::http {

void BodyMemory::Unmap::operator()(char* block) const noexcept { ::munmap(block, kBlock); }

BodyMemory::Block BodyMemory::makeBlock() {
    requireMemoryHere(kBlock);
    void* const block = ::mmap(nullptr, kBlock, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) throw std::bad_alloc{};
    return Block{static_cast<char*>(block)};
}

void BodyMemory::append(std::string_view piece) {
    if (blocks_.empty() && size_ + piece.size() <= kSmall) {
        small_.append(piece);
        size_ += piece.size();
        held_.set(small_.capacity());
        return;
    }
    while (!piece.empty()) {
        const std::size_t at = (size_ - small_.size()) % kBlock;
        if (at == 0) {
            blocks_.push_back(makeBlock());
            held_.set(small_.capacity() + blocks_.size() * kBlock);
        }
        const std::size_t count = std::min(piece.size(), kBlock - at);
        std::memcpy(blocks_.back().get() + at, piece.data(), count);
        size_ += count;
        piece.remove_prefix(count);
    }
}

void BodyMemory::clear() noexcept {
    std::string{}.swap(small_);
    blocks_.clear();
    size_ = 0;
    held_.set(0);
}

std::string BodyMemory::take() {
    std::string all = std::move(small_);
    all.reserve(size_);
    for (Block& block : blocks_) {
        all.append(block.get(), std::min(size_ - all.size(), kBlock));
        block.reset();
    }
    clear();
    return all;
}

}  // namespace patchbay::http
