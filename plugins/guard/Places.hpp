#pragma once
// Places for something of each source, in tables of one size: Buckets' and Owed's.
//
// Who owes nothing is as good as unknown, so its place is given to the next. Who owes keeps its place, however many come: a source at its
// limit stays limited. Where a source finds no place it shares that of its neighbours, and where these find none, that of whoever is there. A
// source whose neighbours owe gets no place of its own before they do not, so that nobody begins anew by going away.
//
// A place is one of a few, which the source's keyed hash chooses: nobody can bring sources together.

#include "Source.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace patchbay::guard {

using Clock = std::chrono::steady_clock;

/// For how many there are places: the divisor.
enum class Room : std::size_t { ForAll = 1, ForSome = 8 };

/// `Place`: has `bits`, whose it is, and full(), when that owes nothing any more.   Thread: one at a time.
template <class Place>
class Places {
public:
    /// Units: what it takes, from the beginning.
    static constexpr std::size_t bytes(Room room) noexcept { return (kOwn4 + kShared4 + kOwn6 + kShared6) / static_cast<std::size_t>(room) * sizeof(Place); }

    explicit Places(Room room) : v4_{kOwn4, kShared4, room}, others_{kOwn6, kShared6, room} {}

    /// That of a source, or of its neighbours.
    Place& of(const Source& source, Clock::time_point now) noexcept {
        Tables& tables = source.kind == Source::Kind::V4 ? v4_ : others_;
        const Set set = setOf(tables.own, source);
        Place* const own = find(set, source.bits);
        if (own && own->full() > now) return *own;
        Place* const mine = own ? own : vacant(set, now);
        if (mine && !areShared_) return own ? *own : claim(*mine, source.bits);
        return sharedOr(mine, source, tables.shared, now);
    }

private:
    static constexpr std::size_t kOwn4 = std::size_t{1} << 18, kShared4 = std::size_t{1} << 16;
    static constexpr std::size_t kOwn6 = std::size_t{1} << 20, kShared6 = std::size_t{1} << 17;
    static constexpr std::size_t kWays = 8;
    using Set = std::span<Place, kWays>;
    using Table = std::vector<Place>;
    struct Tables {
        Tables(std::size_t owns, std::size_t shares, Room room)
            : own(owns / static_cast<std::size_t>(room)), shared(shares / static_cast<std::size_t>(room)) {}
        Table own, shared;
    };

    /// That of its neighbours, unless it may have `mine`.
    Place& sharedOr(Place* mine, const Source& source, Table& table, Clock::time_point now) noexcept {
        areShared_ = true;
        const Source neighbours = source.neighbours();
        const Set theirs = setOf(table, neighbours);
        Place* const shared = find(theirs, neighbours.bits);
        if (shared && shared->full() > now) return *shared;
        if (mine) return mine->bits == source.bits ? *mine : claim(*mine, source.bits);
        if (shared) return *shared;
        if (Place* const place = vacant(theirs, now)) return claim(*place, neighbours.bits);
        return *std::ranges::min_element(theirs, {}, [](const Place& each) { return each.full(); });
    }

    static Set setOf(Table& table, const Source& source) noexcept {
        return Set{table.data() + source.hash % (table.size() / kWays) * kWays, kWays};
    }
    /// nullptr where it has none.
    static Place* find(Set set, std::uint64_t bits) noexcept {
        for (Place& each : set) {
            if (each.bits == bits) return &each;
        }
        return nullptr;
    }
    static Place* vacant(Set set, Clock::time_point now) noexcept {
        for (Place& each : set) {
            if (each.full() <= now) return &each;
        }
        return nullptr;
    }
    static Place& claim(Place& place, std::uint64_t bits) noexcept {
        place = {bits};
        return place;
    }

    Tables v4_, others_;
    bool areShared_ = false;  // some place is, or was
};

}  // namespace patchbay::guard
