#pragma once
// How the macros of one class find each other.
//
// Each handler macro declares an overload `patchbayHandler(BlockAt<n>*, RankAt<n>*)`, n being the line of the macro - line of
// SERVER_ENDPOINT. A pointer to a rank converts to one to every lower rank and overload resolution prefers the nearest, so
// calling with the highest rank of a block finds the last handler in it, and calling with one less than its rank finds the one
// before. A block is a type that has nothing to do with any other: lines share the few ranks that there are, and a unit is not
// charged with thousands of bases for one class. Pointers, since a compiler rules one out at once where it would look for
// constructors of an object.
// `__COUNTER__` would be simpler and would break the one-definition rule: a header's lines are the same in every
// translation unit, a counter is not.

namespace patchbay::detail {

inline constexpr int kRanksInBlock = 128;

template <int N>
struct Rank : Rank<N - 1> {};
template <>
struct Rank<0> {};

template <int N>
struct LineBlock;

template <int Line>
using RankAt = Rank<Line % kRanksInBlock>;
template <int Line>
using BlockAt = LineBlock<Line / kRanksInBlock>;

/// The last line of the block below that of line n.
constexpr int lastLineOfBlockBelow(int n) { return n / kRanksInBlock * kRanksInBlock - 1; }

/// The longest distance, in lines, between SERVER_ENDPOINT and a handler of the class.
inline constexpr int kLongestClass = 2000;

}  // namespace patchbay::detail
