#include "Plan.hpp"

#include <algorithm>

namespace patchbay::yjs::detail {
namespace {

constexpr auto kLowestInFront = [](const auto& a, const auto& b) { return a.clock > b.clock; };

}  // namespace

Fault Plan::make(const Clients& clients, UpdateView& view) {
    clients_ = &clients;
    view_ = &view;
    progress_.clear();
    waiters_.clear();
    ready_.clear();
    isWhole_ = true;
    for (const Section& section : view.sections()) {
        const Clock before = detail::endOf(clients, section.client);
        const SectionCursor cursor{section};
        progress_.push_back({&section, cursor, cursor, before, before, {}});
        ready_.push_back(progress_.size() - 1);
    }
    while (!ready_.empty()) {
        const std::size_t index = ready_.back();
        ready_.pop_back();
        if (const Fault fault = advance(index)) return fault;
    }
    for (const Progress& one : progress_) isWhole_ = isWhole_ && one.isWhole();
    splitDeletes();
    return {};
}

void Plan::release() noexcept {
    giveBack(progress_);
    giveBack(ready_);
    giveBack(deletes_);
    giveBack(deletesToWait_);
    waiters_.clear();
}

Fault Plan::advance(std::size_t index) {
    Progress& progress = progress_[index];
    for (; !progress.rest.atEnd(); progress.rest.next()) {
        const Struct& one = progress.rest.current();
        if (one.info == kSkip || one.endClock() <= progress.end) continue;
        if (one.clock > progress.end) {
            progress.waitsFor = {progress.section->client, one.clock - 1};
            return {};
        }
        if (const Id* const missing = missingOf(one)) {
            progress.waitsFor = *missing;
            if (const std::size_t other = indexOf(missing->client); other != kNone) {
                std::vector<Waiter>& heap = waiters_[other];
                heap.push_back({missing->clock, index});
                std::push_heap(heap.begin(), heap.end(), kLowestInFront);
            }
            return {};
        }
        if (one.isItem() && one.hasParentId && !canHaveChildren(one.parent)) return {Rule::ParentIsNoType, 0};
        if (!progress.isNew()) progress.first = progress.rest;
        progress.end = one.endClock();
        wake(index);
    }
    return {};
}

const Id* Plan::missingOf(const Struct& one) const noexcept {
    if (!one.isItem()) return nullptr;
    if (one.hasOrigin() && !isHere(one.origin)) return &one.origin;
    if (one.hasRightOrigin() && !isHere(one.rightOrigin)) return &one.rightOrigin;
    if (one.hasParentId && !isHere(one.parent)) return &one.parent;
    return nullptr;
}

/// A type; or what may have been one, before somebody deleted it.
bool Plan::canHaveChildren(const Id& id) const noexcept {
    const auto found = clients_->find(id.client);
    Struct parent;
    if (found != clients_->end() && id.clock < found->second.run.end()) {
        parent = found->second.run.find(id.clock).what;
    } else {
        const Section& section = *view_->sectionOf(id.client);
        parent = detail::find(section.structs, view_->marksOf(section), id.clock).what;
    }
    return !parent.isItem() || parent.ref() == kType || parent.ref() == kDeleted;
}

Clock Plan::endOf(ClientId client) const noexcept {
    const std::size_t index = indexOf(client);
    return index == kNone ? detail::endOf(*clients_, client) : progress_[index].end;
}

std::size_t Plan::indexOf(ClientId client) const noexcept {
    const Section* const section = view_->sectionOf(client);
    return section == nullptr ? kNone : static_cast<std::size_t>(section - view_->sections().data());
}

void Plan::wake(std::size_t index) {
    const auto found = waiters_.find(index);
    if (found == waiters_.end()) return;
    std::vector<Waiter>& heap = found->second;
    while (!heap.empty() && heap.front().clock < progress_[index].end) {
        ready_.push_back(heap.front().section);
        std::pop_heap(heap.begin(), heap.end(), kLowestInFront);
        heap.pop_back();
    }
}

void Plan::splitDeletes() {
    deletes_.clear();
    deletesToWait_.clear();
    for (ClientRanges& one : view_->deletes()) {
        const Clock end = endOf(one.client);
        const auto isKnown = [end](const Range& range) { return range.end() <= end; };
        if (std::all_of(one.ranges.begin(), one.ranges.end(), isKnown)) {
            deletes_.push_back(std::move(one));
            continue;
        }
        ClientRanges now{one.client, {}}, later{one.client, {}};
        for (const Range& range : one.ranges) {
            const auto cut = static_cast<std::uint32_t>(std::clamp<Clock>(end, range.clock, range.end()));
            if (cut != range.clock) now.ranges.push_back({range.clock, cut - range.clock});
            if (cut != range.end()) later.ranges.push_back({cut, static_cast<std::uint32_t>(range.end() - cut)});
        }
        normalise(now.ranges);
        normalise(later.ranges);
        deletes_.push_back(std::move(now));
        deletesToWait_.push_back(std::move(later));
        isWhole_ = false;
    }
}

Buffer Plan::rest() {
    SectionsWriter writer;
    for (const Progress& one : progress_) {
        if (one.isWhole()) continue;
        const Struct& first = one.rest.current();
        const Bytes all = one.section->structs;
        writer.addRaw(one.section->client, first.clock, one.rest.left(), {first.begin, all.data() + all.size()});
    }
    Buffer out;
    writer.finish(out);
    writeDeleteSet(out, deletesToWait_);
    return out;
}

std::vector<Id> Plan::waits() const {
    std::vector<Id> waits;
    for (const Progress& one : progress_) {
        if (!one.isWhole()) waits.push_back(one.waitsFor);
    }
    for (const ClientRanges& one : deletesToWait_) {
        waits.push_back({one.client, one.ranges.front().clock});
    }
    return waits;
}

}  // namespace patchbay::yjs::detail
