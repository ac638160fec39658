#include "base/MemoryReserve.hpp"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>

namespace patchbay {
namespace {

std::mutex lock;  // guards what follows; nothing is allocated under it
std::size_t owners = 0;
void* held = nullptr;
std::new_handler applications = nullptr;
std::uint64_t times = 0;  // that it has been given back

std::atomic<std::size_t> heldSize{0};
std::atomic<bool> out{false};
thread_local std::uint64_t tried = 0;  // which of these times this thread has tried to live on

/// What had been given back may lie in the heap by now, in pieces: then less than all of it is better than none.
/// Requires: the lock is held.
bool take() noexcept {
    if (owners == 0) return false;
    for (std::size_t size = MemoryReserve::kBytes; !held && size >= MemoryReserve::kLeast; size /= 4) {
        held = std::malloc(size);  // NOLINT(cppcoreguidelines-no-malloc): operator new would ask here
        if (held) heldSize.store(size, std::memory_order_relaxed);
    }
    out.store(!held, std::memory_order_relaxed);
    return held != nullptr;
}

/// Requires: the lock is held.
void giveBack() noexcept {
    std::free(held);  // NOLINT(cppcoreguidelines-no-malloc): as it was made
    held = nullptr;
    heldSize.store(0, std::memory_order_relaxed);
    out.store(owners > 0, std::memory_order_relaxed);
}

/// Of operator new: it returns where it is worth another try. Each thread has one for each time that it is given back, whoever had it
/// given back: of two that fail together the second must not take from the first what that has not come to yet.
void onFailure() {
    std::new_handler next = nullptr;
    {
        const std::lock_guard guard{lock};
        if (held) {
            giveBack();
            ++times;
        }
        if (owners > 0 && std::exchange(tried, times) != times) return;
        take();  // what has been given back was not enough
        next = applications;
    }
    if (!next) throw std::bad_alloc{};
    next();
}

}  // namespace

MemoryReserve::MemoryReserve() noexcept {
    const std::lock_guard guard{lock};
    if (owners++ > 0) return;
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

bool MemoryReserve::isOut() noexcept { return out.load(std::memory_order_relaxed); }

std::size_t MemoryReserve::heldBytes() noexcept { return heldSize.load(std::memory_order_relaxed); }

bool MemoryReserve::refill() noexcept {
    const std::lock_guard guard{lock};
    return take() || owners == 0;
}

}  // namespace patchbay
