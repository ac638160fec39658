#include "support/CountedAllocations.hpp"

#include <algorithm>
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

thread_local bool suffers = false;
std::atomic<bool> isShort{false};
std::atomic<std::size_t> asked{0}, firstToFail{0}, lastToFail{0}, leastToFail{0};

bool isThere(std::size_t size) noexcept {
    if (suffers && isShort.load(std::memory_order_relaxed) && size >= leastToFail.load(std::memory_order_relaxed)) {
        const std::size_t mine = asked.fetch_add(1, std::memory_order_relaxed);
        if (mine >= firstToFail.load(std::memory_order_relaxed) && mine < lastToFail.load(std::memory_order_relaxed)) return false;
    }
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

void* counted(std::size_t size) noexcept { return isThere(size) ? count(std::malloc(size == 0 ? 1 : size)) : nullptr; }

void* countedAligned(std::size_t size, std::align_val_t alignment) noexcept {
    const auto unit = static_cast<std::size_t>(alignment);
    if (!isThere(size)) return nullptr;
    return count(std::aligned_alloc(unit, (size + unit - 1) / unit * unit));
}

/// As the standard has it: whoever has set a handler may make room.
template <class Allocate>
void* orThrown(Allocate allocate) {
    for (;;) {
        if (void* const memory = allocate()) return memory;
        const std::new_handler handler = std::get_new_handler();
        if (!handler) throw std::bad_alloc{};
        handler();
    }
}

void* taken(std::size_t size) {
    return orThrown([=] { return counted(size); });
}

void* takenOrNot(std::size_t size) noexcept {
    try {
        return taken(size);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void* takenAligned(std::size_t size, std::align_val_t unit) {
    return orThrown([=] { return countedAligned(size, unit); });
}

void released(void* memory) noexcept {
    if (memory) --live;
    std::free(memory);
}

}  // namespace

// All of them, since sanitizers replace each one that is left out and then see a mismatch.
void* operator new(std::size_t size) { return taken(size); }
void* operator new[](std::size_t size) { return taken(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return takenOrNot(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return takenOrNot(size); }
void* operator new(std::size_t size, std::align_val_t unit) { return takenAligned(size, unit); }
void* operator new[](std::size_t size, std::align_val_t unit) { return takenAligned(size, unit); }
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

Shortage::Shortage(Of of) noexcept {
    asked = 0;
    firstToFail = of.after;
    lastToFail = of.after + of.count;
    leastToFail = of.least;
    isShort = true;
}
Shortage::~Shortage() { isShort = false; }
std::size_t Shortage::failed() const noexcept {
    const std::size_t all = std::min(asked.load(), lastToFail.load()), first = firstToFail;
    return all > first ? all - first : 0;
}

void suffersShortages() noexcept { suffers = true; }

}  // namespace patchbay::test
