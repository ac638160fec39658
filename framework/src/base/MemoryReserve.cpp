#include "base/MemoryReserve.hpp"

#include <sys/mman.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>

namespace patchbay {
namespace {

std::mutex lock;  // guards what follows; nothing is allocated under it
std::size_t owners = 0;
std::size_t size = 0;  // as the first owner had it
void* held = nullptr;
std::new_handler applications = nullptr;
std::uint64_t times = 0;  // that it has been given back

std::atomic<std::size_t> heldSize{0};  // of all, what threads have gathered too
std::atomic<bool> out{false};

/// What one has gathered: pieces, each with the next one's address in its first bytes. Plain words, since neither a look at them nor a
/// thread's end may need memory.
struct Gathered {
    void* first;
    std::size_t bytes;
};
[[gnu::tls_model("initial-exec")]] constinit thread_local Gathered gathered{nullptr, 0};
[[gnu::tls_model("initial-exec")]] constinit thread_local bool keeps = false;  // some of its own, always
[[gnu::tls_model("initial-exec")]] constinit thread_local std::uint64_t tried = 0;  // which of these times this thread has tried to live on

/// From the system itself: what malloc() gives may lie in one thread's part of the heap, where no other has anything of it.
/// Requires: the lock is held.
bool take() noexcept {
    if (owners == 0) return false;
    if (!held) {
        void* const place = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (place != MAP_FAILED) held = place;
        if (held) heldSize.fetch_add(size, std::memory_order_relaxed);
    }
    out.store(!held, std::memory_order_relaxed);
    return held != nullptr;
}

/// Requires: the lock is held.
void giveBack() noexcept {
    if (void* const gone = std::exchange(held, nullptr)) {
        ::munmap(gone, size);
        heldSize.fetch_sub(size, std::memory_order_relaxed);
    }
    out.store(owners > 0, std::memory_order_relaxed);
}

/// False where there is less.
bool gather(std::size_t bytes, std::size_t piece) noexcept {
    while (gathered.bytes < bytes) {
        void* const block = std::malloc(piece);  // NOLINT(cppcoreguidelines-no-malloc): operator new would ask here
        if (!block) return false;
        std::memcpy(block, &gathered.first, sizeof gathered.first);
        gathered = {block, gathered.bytes + piece};
        heldSize.fetch_add(piece, std::memory_order_relaxed);
    }
    return true;
}

void giveBackGathered() noexcept {
    while (void* const block = gathered.first) {
        std::memcpy(&gathered.first, block, sizeof gathered.first);
        std::free(block);  // NOLINT(cppcoreguidelines-no-malloc): as it was made
    }
    heldSize.fetch_sub(std::exchange(gathered.bytes, 0), std::memory_order_relaxed);
}

/// Of operator new: it returns where it is worth another try. Each thread has one for what it has gathered, and for each time that the
/// rest is given back, whoever had it given back: of two that fail together the second must not take from the first what that has not
/// come to yet.
void onFailure() {
    const bool hadGathered = gathered.first != nullptr;
    giveBackGathered();
    std::new_handler next = nullptr;
    {
        const std::lock_guard guard{lock};
        if (held) {
            giveBack();
            ++times;
        }
        if (owners > 0 && std::exchange(tried, times) != times) return;
        if (hadGathered) return;
        take();  // what has been given back was not enough
        next = applications;
    }
    if (keeps) gather(MemoryReserve::kKept, MemoryReserve::kPiece);
    if (!next) throw std::bad_alloc{};
    next();
}

}  // namespace

MemoryReserve::MemoryReserve(std::size_t bytes) noexcept {
    const std::lock_guard guard{lock};
    if (owners++ > 0) return;
    size = bytes;
    take();
    applications = std::set_new_handler(&onFailure);
}

/// An application that has set another one since keeps that, which may call ours: it finds nothing, then.
MemoryReserve::~MemoryReserve() {
    const std::lock_guard guard{lock};
    if (--owners > 0) return;
    if (std::get_new_handler() == &onFailure) std::set_new_handler(applications);
    giveBack();
}

bool MemoryReserve::isOut() noexcept { return out.load(std::memory_order_relaxed) && gathered.bytes < kGathered; }

void MemoryReserve::keepSome() noexcept {
    {
        const std::lock_guard guard{lock};
        keeps = owners > 0;
    }
    if (keeps) gather(kKept, kFirstPiece);
}

std::size_t MemoryReserve::heldBytes() noexcept { return heldSize.load(std::memory_order_relaxed); }

bool MemoryReserve::refill() noexcept {
    {
        const std::lock_guard guard{lock};
        if (!take() && owners > 0) return gather(kGathered, kPiece);
    }
    if (!keeps || gathered.bytes > kKept) giveBackGathered();
    if (keeps) gather(kKept, kPiece);
    return true;
}

void MemoryReserve::letGo() noexcept {
    keeps = false;
    giveBackGathered();
}

}  // namespace patchbay
