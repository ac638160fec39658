#include "Buckets.hpp"

#include <algorithm>

namespace patchbay::guard {
namespace {

// Places.
constexpr std::size_t kOwn4 = std::size_t{1} << 18, kShared4 = std::size_t{1} << 16;
constexpr std::size_t kOwn6 = std::size_t{1} << 20, kShared6 = std::size_t{1} << 17;

Clock::duration perToken(const Allowance& allowance) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>{1 / allowance.rate});
}

/// Of that source; nullptr where it has none.
auto* find(auto set, std::uint64_t bits) noexcept {
    const auto found = std::ranges::find_if(set, [&](const auto& each) { return each.bits == bits; });
    return found == set.end() ? nullptr : &*found;
}

/// Whose tokens are all there.
auto* vacant(auto set, Clock::time_point now) noexcept {
    const auto found = std::ranges::find_if(set, [&](const auto& each) { return each.full <= now; });
    return found == set.end() ? nullptr : &*found;
}

auto& claim(auto& place, std::uint64_t bits) noexcept {
    place = {bits, {}};
    return place;
}

}  // namespace

Buckets::Buckets(Allowance allowance, HashKey key, Room room)
    : each_{perToken(allowance)},
      all_{each_ * static_cast<Clock::rep>(allowance.burst)},
      key_{key},
      v4_{Table(kOwn4 / static_cast<std::size_t>(room)), Table(kShared4 / static_cast<std::size_t>(room))},
      others_{Table(kOwn6 / static_cast<std::size_t>(room)), Table(kShared6 / static_cast<std::size_t>(room))} {
    static_assert((kOwn4 + kShared4 + kOwn6 + kShared6) * sizeof(Bucket) <= kMostBytes);
}

std::size_t Buckets::bytes() const noexcept {
    return (v4_.own.size() + v4_.shared.size() + others_.own.size() + others_.shared.size()) * sizeof(Bucket);
}

Buckets::Set Buckets::setOf(Table& table, std::uint64_t bits) const noexcept {
    const std::uint64_t hash = sipHash(key_, bits, table.size());
    return Set{table.data() + hash % (table.size() / kWays) * kWays, kWays};
}

Buckets::Bucket& Buckets::placeOf(const Source& source, Clock::time_point now) noexcept {
    Tables& tables = tablesOf(source);
    const Set set = setOf(tables.own, source.bits);
    Bucket* const own = find(set, source.bits);
    if (own && own->full > now) return *own;
    const Set neighbours = setOf(tables.shared, source.neighbours());
    Bucket* const shared = find(neighbours, source.neighbours());
    if (shared && shared->full > now) return *shared;
    if (own) return *own;
    if (Bucket* const place = vacant(set, now)) return claim(*place, source.bits);
    if (shared) return *shared;
    if (Bucket* const place = vacant(neighbours, now)) return claim(*place, source.neighbours());
    return *std::ranges::min_element(neighbours, {}, &Bucket::full);
}

Clock::duration Buckets::take(const Source& source, Clock::time_point now) {
    Bucket& bucket = placeOf(source, now);
    const Clock::time_point full = std::max(bucket.full, now) + each_;
    if (const auto over = full - now - all_; over > Clock::duration::zero()) return over;
    bucket.full = full;
    return {};
}

Clock::time_point Buckets::full(const Source& source, Clock::time_point now) noexcept {
    return std::max(placeOf(source, now).full, now);
}

void Buckets::keep(const Source& source, Clock::time_point full, Clock::time_point now) noexcept {
    if (full <= now) return;
    Bucket& bucket = placeOf(source, now);
    bucket.full = std::max(bucket.full, full);
}

}  // namespace patchbay::guard
