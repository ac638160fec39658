#include "DeleteSet.hpp"

#include <algorithm>
#include <unordered_map>

namespace patchbay::yjs::detail {
namespace {

bool startsEarlier(const Range& a, const Range& b) noexcept { return a.clock < b.clock; }

/// Adds a range that starts no earlier than the last.
void addSorted(std::vector<Range>& ranges, Range range) {
    if (!ranges.empty() && ranges.back().end() >= range.clock) {
        Range& last = ranges.back();
        last.length = static_cast<std::uint32_t>(std::max(last.end(), range.end()) - last.clock);
    } else {
        ranges.push_back(range);
    }
}

}  // namespace

std::size_t DeletedRanges::firstBeyond(Clock clock) const noexcept {
    const auto found = std::partition_point(ranges_.begin(), ranges_.end(), [clock](const Range& range) { return range.end() <= clock; });
    return static_cast<std::size_t>(found - ranges_.begin());
}

bool DeletedRanges::add(Range range) {
    // The first that touches it or lies behind it.
    const auto first = std::partition_point(ranges_.begin(), ranges_.end(), [&](const Range& one) { return one.end() < range.clock; });
    if (first == ranges_.end() || first->clock > range.end()) {
        ranges_.insert(first, range);
        return true;
    }
    if (first->clock <= range.clock && first->end() >= range.end()) return false;
    auto last = first;
    Clock end = range.end();
    for (; last != ranges_.end() && last->clock <= range.end(); ++last) end = std::max(end, last->end());
    first->clock = std::min(first->clock, range.clock);
    first->length = static_cast<std::uint32_t>(end - first->clock);
    ranges_.erase(first + 1, last);
    return true;
}

bool DeletedRanges::contains(Range range) const noexcept {
    const std::size_t at = firstBeyond(range.clock);
    return at < ranges_.size() && ranges_[at].clock <= range.clock && ranges_[at].end() >= range.end();
}

std::size_t DeletedRanges::growthBy(const std::vector<Range>& ranges) const noexcept {
    std::size_t growth = 0;
    for (const Range& range : ranges) {
        const auto touched = std::partition_point(ranges_.begin(), ranges_.end(), [&](const Range& one) { return one.end() < range.clock; });
        growth += static_cast<std::size_t>(touched == ranges_.end() || touched->clock > range.end());
    }
    return growth;
}

bool DeletedRanges::addAll(std::vector<Range>& ranges) {
    static constexpr std::size_t kFew = 8;        // insertions that cost no more than a merge
    static constexpr std::size_t kFairPart = 16;  // of what is here: so many searches do
    if (ranges_.empty() || (ranges.size() > kFew && ranges.size() >= ranges_.size() / kFairPart)) return mergeWith(ranges);
    // Whoever says again what is known is not to make us copy all that is here.
    std::vector<Range> fresh;
    for (const Range& range : ranges) {
        if (!contains(range)) fresh.push_back(range);
    }
    if (fresh.size() > kFew) return mergeWith(fresh);
    for (const Range& range : fresh) add(range);
    return !fresh.empty();
}

bool DeletedRanges::mergeWith(std::vector<Range>& ranges) {
    normalise(ranges);
    if (ranges_.empty()) {
        ranges_ = ranges;
        return !ranges.empty();
    }
    std::vector<Range> all;
    all.reserve(ranges_.size() + ranges.size());
    auto mine = ranges_.begin();
    for (const Range& range : ranges) {
        for (; mine != ranges_.end() && mine->clock <= range.clock; ++mine) addSorted(all, *mine);
        addSorted(all, range);
    }
    for (; mine != ranges_.end(); ++mine) addSorted(all, *mine);
    const bool isNew = all != ranges_;
    ranges_ = std::move(all);
    return isNew;
}

void normalise(std::vector<Range>& ranges) {
    if (!std::is_sorted(ranges.begin(), ranges.end(), startsEarlier)) std::stable_sort(ranges.begin(), ranges.end(), startsEarlier);
    std::size_t kept = 0;
    for (std::size_t next = 1; next < ranges.size(); ++next) {
        Range& last = ranges[kept];
        const Range& range = ranges[next];
        if (last.end() >= range.clock) {
            last.length = static_cast<std::uint32_t>(std::max(last.end(), range.end()) - last.clock);
        } else {
            ranges[++kept] = range;
        }
    }
    if (!ranges.empty()) ranges.resize(kept + 1);
}

void readDeleteSet(Reader& reader, const UpdateLimits& limits, DeleteSet& out) {
    out.clear();
    std::unordered_map<ClientId, std::size_t> places;  // only where there are several
    std::size_t total = 0;
    const Clock maxClock = std::min(limits.maxClock, kMaxClock);
    std::uint64_t left = reader.count(2);
    if (left > limits.maxClients) reader.fail(Rule::TooManyClients);
    for (; left != 0 && reader.ok(); --left) {
        const std::byte* const entry = reader.position();
        const ClientId client = reader.varUint();
        const std::uint64_t count = reader.count(2);
        if (reader.ok() && count == 0) reader.fail(Rule::ZeroLength, entry);
        if (!reader.ok()) return;
        total += count;
        if (total > limits.maxDeleteRanges) return reader.fail(Rule::TooManyDeletes);
        std::size_t place = out.size();
        if (left > 1 || !places.empty()) place = places.try_emplace(client, place).first->second;
        if (place == out.size()) out.push_back({client, {}});
        std::vector<Range>& ranges = out[place].ranges;
        if (ranges.empty()) ranges.reserve(count);  // one that stands there often grows as vectors do
        for (std::uint64_t n = 0; n < count; ++n) {
            const std::byte* const start = reader.position();
            const Clock clock = reader.varUint();
            const Clock length = reader.varUint();
            if (!reader.ok()) return;
            if (length == 0) return reader.fail(Rule::ZeroLength, start);
            if (length > maxClock || clock > maxClock - length) return reader.fail(Rule::ClockTooLarge, start);
            ranges.push_back({static_cast<std::uint32_t>(clock), static_cast<std::uint32_t>(length)});
        }
    }
}

void writeRanges(Buffer& out, ClientId client, const std::vector<Range>& ranges) {
    writeVarUint(out, client);
    writeVarUint(out, ranges.size());
    for (const Range& range : ranges) {
        writeVarUint(out, range.clock);
        writeVarUint(out, range.length);
    }
}

void writeDeleteSet(Buffer& out, DeleteSet& set) {
    std::erase_if(set, [](const ClientRanges& one) { return one.ranges.empty(); });
    std::sort(set.begin(), set.end(), [](const ClientRanges& a, const ClientRanges& b) { return a.client > b.client; });
    writeVarUint(out, set.size());
    for (const ClientRanges& one : set) writeRanges(out, one.client, one.ranges);
}

}  // namespace patchbay::yjs::detail
