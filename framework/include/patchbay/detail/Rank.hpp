#pragma once
// How the macros of one class find each other.
//
// Each handler macro declares an overload `patchbayHandler(Rank<line of the macro - line of SERVER_ENDPOINT>)`. A rank
// converts to every lower one of its block and overload resolution prefers the nearest, so calling with the highest rank
// of a block finds the last handler in it, and calling with one less than its rank finds the one before. Blocks keep the
// conversions short: Clang 14 breaks down over a thousand bases in a row.
// `__COUNTER__` would be simpler and would break the one-definition rule: a header's lines are the same in every
// translation unit, a counter is not.

namespace patchbay::detail {

inline constexpr int kRanksInBlock = 128;

template <int N>
struct Rank : Rank<N - 1> {};
template <int N>
    requires(N % kRanksInBlock == 0)
struct Rank<N> {};

/// The highest rank of the block below that of rank N.
constexpr int rankOfBlockBelow(int n) { return n / kRanksInBlock * kRanksInBlock - 1; }

/// The longest distance, in lines, between SERVER_ENDPOINT and a handler of the class.
inline constexpr int kLongestClass = 2000;

}  // namespace patchbay::detail
