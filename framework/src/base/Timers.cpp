#include "base/Timers.hpp"

#include <utility>

namespace patchbay {
namespace {

TimerId idOf(std::uint32_t slot, std::uint32_t generation) noexcept {
    return (static_cast<TimerId>(generation) << 32) | slot;
}

}  // namespace

bool Timers::before(const Entry& a, const Entry& b) noexcept {
    return a.when != b.when ? a.when < b.when : a.sequence < b.sequence;
}

/// Where there is no memory for it, it was not added; when it is due it needs none.
TimerId Timers::add(Clock::time_point when, Task task) {
    if (heap_.size() == heap_.capacity()) heap_.reserve(2 * heap_.size() + 16);
    if (due_.capacity() < heap_.capacity()) due_.reserve(heap_.capacity());
    const std::uint32_t slot = freeSlot();
    heap_.emplace_back();
    slots_[slot].task = std::move(task);
    rise(heap_.size() - 1, Entry{when, sequence_++, slot});
    return idOf(slot, slots_[slot].generation);
}

void Timers::cancel(TimerId timer) noexcept {
    Slot* slot = find(timer);
    if (!slot) return;
    if (slot->place != kNowhere) remove(slot->place);
    const Task forgotten = release(*slot);  // dies last: what it captured may come back to this set
}

std::optional<Clock::time_point> Timers::next() const noexcept {
    if (heap_.empty()) return std::nullopt;
    return heap_.front().when;
}

std::size_t Timers::runDue(Clock::time_point now) {
    while (!heap_.empty() && heap_.front().when <= now) {
        const std::uint32_t slot = heap_.front().slot;
        due_.push_back(idOf(slot, slots_[slot].generation));
        remove(0);
        slots_[slot].place = kNowhere;
    }
    std::size_t ran = 0;
    for (std::size_t i = 0; i < due_.size(); ++i) {  // NOLINT(modernize-loop-convert): it may move, since a task adds timers
        Slot* slot = find(due_[i]);
        if (!slot) continue;  // cancelled by a task before it
        Task task = release(*slot);
        task();
        ++ran;
    }
    due_.clear();
    return ran;
}

std::uint32_t Timers::freeSlot() {
    if (firstFree_ == kNowhere) {
        slots_.emplace_back();
        return static_cast<std::uint32_t>(slots_.size() - 1);
    }
    return std::exchange(firstFree_, slots_[firstFree_].place);
}

Timers::Slot* Timers::find(TimerId timer) noexcept {
    const auto index = static_cast<std::uint32_t>(timer);
    if (index >= slots_.size() || idOf(index, slots_[index].generation) != timer) return nullptr;
    return &slots_[index];
}

Task Timers::release(Slot& slot) noexcept {
    Task task = std::move(slot.task);
    if (++slot.generation == 0) slot.generation = 1;
    slot.place = std::exchange(firstFree_, static_cast<std::uint32_t>(&slot - slots_.data()));
    return task;
}

void Timers::put(std::size_t place, const Entry& entry) noexcept {
    heap_[place] = entry;
    slots_[entry.slot].place = static_cast<std::uint32_t>(place);
}

void Timers::rise(std::size_t place, const Entry& entry) noexcept {
    while (place > 0) {
        const std::size_t parent = (place - 1) / 2;
        if (!before(entry, heap_[parent])) break;
        put(place, heap_[parent]);
        place = parent;
    }
    put(place, entry);
}

void Timers::sink(std::size_t place, const Entry& entry) noexcept {
    while (2 * place + 1 < heap_.size()) {
        std::size_t child = 2 * place + 1;
        if (child + 1 < heap_.size() && before(heap_[child + 1], heap_[child])) ++child;
        if (!before(heap_[child], entry)) break;
        put(place, heap_[child]);
        place = child;
    }
    put(place, entry);
}

void Timers::remove(std::size_t place) noexcept {
    const Entry last = heap_.back();
    heap_.pop_back();
    if (place == heap_.size()) return;
    if (place > 0 && before(last, heap_[(place - 1) / 2]))
        rise(place, last);
    else
        sink(place, last);
}

}  // namespace patchbay
