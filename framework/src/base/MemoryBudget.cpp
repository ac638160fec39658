#include "base/MemoryBudget.hpp"

#include "base/MemoryReserve.hpp"

#include <algorithm>
#include <mutex>
#include <new>
#include <vector>

namespace patchbay {
namespace {

std::size_t atLeastNothing(std::ptrdiff_t bytes) noexcept { return static_cast<std::size_t>(std::max<std::ptrdiff_t>(bytes, 0)); }

/// Never destroyed, as what refers to it may be.
struct All {
    std::mutex lock;
    std::vector<MemoryBudget*> budgets;
    static All& get() {
        static All& all = *new All;
        return all;
    }
};

}  // namespace

std::shared_ptr<MemoryBudget> MemoryBudget::make(std::size_t limit) {
    All& all = All::get();
    const std::lock_guard guard{all.lock};
    auto found = std::ranges::find_if(all.budgets, [](const MemoryBudget* one) { return !one->taken_ && one->isEmpty(); });
    if (found == all.budgets.end()) {
        all.budgets.reserve(all.budgets.size() + 1);
        all.budgets.push_back(new MemoryBudget);
        found = all.budgets.end() - 1;
    }
    std::shared_ptr<MemoryBudget> budget{*found, [](MemoryBudget* used) {
                                             const std::lock_guard guardOfEnd{All::get().lock};
                                             used->limit_.store(0, std::memory_order_relaxed);
                                             used->taken_ = false;
                                         }};
    budget->limit_.store(limit, std::memory_order_relaxed);
    budget->taken_ = true;
    return budget;
}

MemoryBudget& MemoryBudget::ofNobody() noexcept {
    static MemoryBudget nobodys;
    return nobodys;
}

bool MemoryBudget::isEmpty() const noexcept {
    return std::ranges::all_of(merged_, [](const auto& kind) { return kind.load(std::memory_order_relaxed) == 0; });
}

/// Less than nothing while one loop has told that it gave back what another has not told that it took.
std::size_t MemoryBudget::of(Held what) const noexcept {
    return atLeastNothing(merged_[static_cast<std::size_t>(what)].load(std::memory_order_relaxed));
}

std::size_t MemoryBudget::used() const noexcept {
    std::ptrdiff_t all = 0;
    for (const auto& kind : merged_) all += kind.load(std::memory_order_relaxed);
    return atLeastNothing(all);
}

void MemoryBudget::require(std::size_t more) const {
    if (MemoryReserve::isOut()) throw std::bad_alloc{};
    if (const std::size_t most = limit(); most != 0 && (more > most || used() > most - more)) throw std::bad_alloc{};
}

void MemoryAccount::merge() noexcept {
    for (std::size_t kind = 0; kind < unmerged_.size(); ++kind) merge(static_cast<Held>(kind));
}

}  // namespace patchbay
