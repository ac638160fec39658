#pragma once
// How often each source may: token buckets for as many as there is room for (Places.hpp). A bucket is one number, when it is full again:
// `burst` at once, `rate` in a second after that.   Source: the "virtual scheduling" of GCRA

#include "Places.hpp"
#include "Source.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace patchbay::guard {

struct Allowance {
    double rate = 10;         ///< in a second
    std::size_t burst = 100;  ///< at once
};

struct Bucket {
    std::uint64_t bits = 0;
    Clock::time_point until{};
    Clock::time_point full() const noexcept { return until; }
};

/// Thread: one at a time.
class Buckets {
public:
    /// Units: what it takes, from the beginning.
    static constexpr std::size_t kBytes = Places<Bucket>::bytes(Room::ForAll);

    explicit Buckets(Allowance allowance);

    /// Zero where the source may; else how long until it may again, and nothing is taken.
    Clock::duration take(const Source& source, Clock::time_point now);

private:
    const Clock::duration each_;  // how long one token takes to come
    const Clock::duration all_;   // all of them
    Places<Bucket> places_;
};

}  // namespace patchbay::guard
