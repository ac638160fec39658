#include "base/Heap.hpp"

#include <malloc.h>

#include <atomic>
#include <chrono>

namespace patchbay {

void trimHeap() noexcept {
#ifdef __GLIBC__
    using Clock = std::chrono::steady_clock;
    static std::atomic<Clock::rep> next{0};
    const auto now = Clock::now().time_since_epoch();
    Clock::rep due = next.load(std::memory_order_relaxed);
    if (now.count() < due) return;
    if (next.compare_exchange_strong(due, Clock::rep{(now + std::chrono::seconds{2}).count()}, std::memory_order_relaxed)) ::malloc_trim(0);
#endif
}

}  // namespace patchbay
