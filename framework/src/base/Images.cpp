#include "base/Images.hpp"

#include "base/Doorbell.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>

namespace patchbay {

struct detail::Image {
    std::string name;
    std::vector<images::Range> ranges;
    std::atomic<std::size_t> pins{0};
    int users = 1;   // guarded by `changing`
    int opened = 1;  // likewise
};

namespace images {
namespace {

struct Entry {
    Range range;
    detail::Image* image;
};
using List = std::vector<Entry>;  // in their order; none lies in another

std::mutex changing;
std::atomic<const List*> current{nullptr};

// Never destroyed: threads may ask while the program ends.
std::vector<std::unique_ptr<const List>>& lists() {
    static auto* const all = new std::vector<std::unique_ptr<const List>>;
    return *all;
}

/// Rung when the last pin of an image goes.
Doorbell& unpinned() {
    static auto* const bell = new Doorbell;
    return *bell;
}

void publish(std::unique_ptr<const List> next) {
    lists().push_back(std::move(next));
    current.store(lists().back().get(), std::memory_order_release);
}

}  // namespace

detail::Image* add(std::string name, std::vector<Range> ranges) {
    const std::lock_guard guard{changing};
    const List* const before = current.load(std::memory_order_relaxed);
    auto next = before ? std::make_unique<List>(*before) : std::make_unique<List>();
    auto* const image = new detail::Image{std::move(name), std::move(ranges)};  // stays: a list may still name it
    for (const Range& range : image->ranges) next->push_back({range, image});
    std::ranges::sort(*next, {}, [](const Entry& each) { return each.range.begin; });
    publish(std::move(next));
    return image;
}

std::size_t pins(const detail::Image& image) noexcept { return image.pins.load(); }
bool waitUntilUnpinned(const detail::Image& image, std::chrono::steady_clock::time_point deadline) {
    return unpinned().waitUntil(deadline, [&] { return pins(image) == 0; });
}
const std::string& nameOf(const detail::Image& image) noexcept { return image.name; }

void open(detail::Image& image) noexcept {
    const std::lock_guard guard{changing};
    ++image.users;
    ++image.opened;
}

bool close(detail::Image& image) noexcept {
    const std::lock_guard guard{changing};
    return --image.users == 0;
}

int remove(detail::Image& image) noexcept {
    const std::lock_guard guard{changing};
    if (image.users != 0 || pins(image) != 0) return 0;
    auto next = std::make_unique<List>();
    for (const Entry& entry : *current.load(std::memory_order_relaxed)) {
        if (entry.image != &image) next->push_back(entry);
    }
    publish(std::move(next));
    return image.opened;
}

}  // namespace images

namespace detail {

Image* imageOf(const void* address) noexcept {
    const images::List* const all = images::current.load(std::memory_order_acquire);
    if (!all || all->empty()) return nullptr;
    const auto where = reinterpret_cast<std::uintptr_t>(address);
    // The program, and the libraries that came with it, lie before all of these or behind them, and most who ask are of those.
    if (where < all->front().range.begin || where >= all->back().range.end) return nullptr;
    for (const auto& [range, image] : *all) {
        if (range.begin <= where && where < range.end) return image;
    }
    return nullptr;
}

void pin(Image& image) noexcept { image.pins.fetch_add(1, std::memory_order_relaxed); }
void unpin(Image& image) noexcept {
    if (image.pins.fetch_sub(1) == 1) images::unpinned().ring();
}

}  // namespace detail
}  // namespace patchbay
