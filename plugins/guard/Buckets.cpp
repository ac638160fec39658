#include "Buckets.hpp"

#include <algorithm>
#include <bit>

namespace patchbay::guard {
namespace {

// Places, of 16 bytes.
constexpr std::size_t kOwn4 = std::size_t{1} << 18, kShared4 = std::size_t{1} << 16;
constexpr std::size_t kOwn6 = std::size_t{1} << 20, kShared6 = std::size_t{1} << 17;

/// SipHash-2-4 of two words.   Source: Aumasson and Bernstein, 2012
std::uint64_t sipHash(const Buckets::Key& key, std::uint64_t first, std::uint64_t second) noexcept {
    std::uint64_t a = key[0] ^ 0x736f6d6570736575, b = key[1] ^ 0x646f72616e646f6d, c = key[0] ^ 0x6c7967656e657261, d = key[1] ^ 0x7465646279746573;
    const auto round = [&] {
        a += b, b = std::rotl(b, 13) ^ a, a = std::rotl(a, 32);
        c += d, d = std::rotl(d, 16) ^ c;
        a += d, d = std::rotl(d, 21) ^ a;
        c += b, b = std::rotl(b, 17) ^ c, c = std::rotl(c, 32);
    };
    for (const std::uint64_t word : {first, second, std::uint64_t{16} << 56}) {
        d ^= word;
        round(), round();
        a ^= word;
    }
    c ^= 0xFF;
    for (int i = 0; i < 4; ++i) round();
    return a ^ b ^ c ^ d;
}

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

Buckets::Buckets(Allowance allowance, Key key)
    : each_{perToken(allowance)},
      all_{each_ * static_cast<Clock::rep>(allowance.burst)},
      key_{key},
      v4_{Table(kOwn4), Table(kShared4)},
      v6_{Table(kOwn6), Table(kShared6)} {
    static_assert((kOwn4 + kShared4 + kOwn6 + kShared6) * sizeof(Bucket) <= kMostBytes);
}

std::size_t Buckets::bytes() const noexcept {
    return (v4_.own.size() + v4_.shared.size() + v6_.own.size() + v6_.shared.size()) * sizeof(Bucket);
}

Buckets::Set Buckets::setOf(Table& table, std::uint64_t bits) const noexcept {
    const std::uint64_t hash = sipHash(key_, bits, table.size());
    return Set{table.data() + hash % (table.size() / kWays) * kWays, kWays};
}

Buckets::Bucket& Buckets::placeOf(const Source& source, Clock::time_point now) noexcept {
    Tables& tables = source.kind == Source::Kind::V4 ? v4_ : v6_;
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

}  // namespace patchbay::guard
