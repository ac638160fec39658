#include "support/CountedAllocations.hpp"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace {

thread_local std::size_t here = 0;
thread_local std::ptrdiff_t live = 0;
std::atomic<std::size_t> everywhere{0};
constexpr std::size_t kNone = SIZE_MAX;
thread_local std::size_t left = kNone;  // of this thread's, before there is no memory

bool isThere() noexcept {
    if (left == kNone) return true;
    return left > 0 && left-- > 0;
}

void* count(void* memory) noexcept {
    if (!memory) return nullptr;
    ++here;
    ++live;
    everywhere.fetch_add(1, std::memory_order_relaxed);
    return memory;
}

void* counted(std::size_t size) noexcept { return isThere() ? count(std::malloc(size == 0 ? 1 : size)) : nullptr; }

void* countedAligned(std::size_t size, std::align_val_t alignment) noexcept {
    const auto unit = static_cast<std::size_t>(alignment);
    if (!isThere()) return nullptr;
    return count(std::aligned_alloc(unit, (size + unit - 1) / unit * unit));
}

void* orThrown(void* memory) {
    if (memory) return memory;
    throw std::bad_alloc{};
}

void released(void* memory) noexcept {
    if (memory) --live;
    std::free(memory);
}

}  // namespace

// All of them, since sanitizers replace each one that is left out and then see a mismatch.
void* operator new(std::size_t size) { return orThrown(counted(size)); }
void* operator new[](std::size_t size) { return orThrown(counted(size)); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void* operator new(std::size_t size, std::align_val_t unit) { return orThrown(countedAligned(size, unit)); }
void* operator new[](std::size_t size, std::align_val_t unit) { return orThrown(countedAligned(size, unit)); }
void operator delete(void* memory) noexcept { released(memory); }
void operator delete[](void* memory) noexcept { released(memory); }
void operator delete(void* memory, std::size_t) noexcept { released(memory); }
void operator delete[](void* memory, std::size_t) noexcept { released(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { released(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { released(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { released(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { released(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { released(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { released(memory); }

namespace patchbay::test {

std::size_t allocations() noexcept { return here; }
std::ptrdiff_t liveBlocks() noexcept { return live; }
std::size_t allocationsElsewhere() noexcept { return everywhere.load(std::memory_order_relaxed) - here; }

NoMemory::NoMemory(std::size_t after) noexcept { left = after; }
NoMemory::~NoMemory() { left = kNone; }

}  // namespace patchbay::test
