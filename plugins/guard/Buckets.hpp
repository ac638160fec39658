#pragma once
// How often each source may: token buckets for as many as there is room for, in a table of one size.
//
// A bucket is one number, when it is full again: `burst` at once, `rate` in a second after that. A full one is as good as none, so its place is
// given to the next. One that is not full keeps its place, however many come: a source at its limit stays limited. Where a source finds no place
// it shares that of its neighbours, and where these find none, that of whoever is there. A source whose neighbours are being limited gets no
// bucket of its own before they are full, so that nobody begins anew by going away.
//
// A place is one of a few, which a keyed hash chooses (SipHash): nobody can bring sources together.   Source: the "virtual scheduling" of GCRA

#include "SipHash.hpp"
#include "Source.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace patchbay::guard {

using Clock = std::chrono::steady_clock;

struct Allowance {
    double rate = 10;         ///< in a second
    std::size_t burst = 100;  ///< at once
};

/// Thread: one at a time.
class Buckets {
public:
    /// Units: of all tables; what it takes, from the beginning, with Room::ForAll.
    static constexpr std::size_t kMostBytes = 23 * 1024 * 1024;
    /// For how many there are places: the divisor.
    enum class Room : std::size_t { ForAll = 1, ForSome = 8 };

    Buckets(Allowance allowance, HashKey key, Room room = Room::ForAll);

    /// Zero where the source may; else how long until it may again, and nothing is taken.
    Clock::duration take(const Source& source, Clock::time_point now);
    /// When its bucket, or that of its neighbours, is full again: `now` where it is.
    Clock::time_point full(const Source& source, Clock::time_point now) noexcept;
    /// Remembers that of a source that is counted elsewhere while it is there.
    void keep(const Source& source, Clock::time_point full, Clock::time_point now) noexcept;
    std::size_t bytes() const noexcept;

private:
    struct Bucket {
        std::uint64_t bits = 0;
        Clock::time_point full{};
    };
    static constexpr std::size_t kWays = 8;
    using Set = std::span<Bucket, kWays>;
    using Table = std::vector<Bucket>;
    struct Tables {
        Table own, shared;
    };

    Set setOf(Table& table, std::uint64_t bits) const noexcept;
    Tables& tablesOf(const Source& source) noexcept { return source.kind == Source::Kind::V4 ? v4_ : others_; }
    Bucket& placeOf(const Source& source, Clock::time_point now) noexcept;

    const Clock::duration each_;  // how long one token takes to come
    const Clock::duration all_;   // all of them
    const HashKey key_;
    Tables v4_, others_;
};

}  // namespace patchbay::guard
