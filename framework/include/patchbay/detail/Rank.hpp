#pragma once
// How the macros of one class find each other.
//
// Each handler macro declares an overload `patchbayHandler(Rank<line of the macro - line of SERVER_ENDPOINT>)`. A rank
// converts to every lower one and overload resolution prefers the nearest, so calling with a high rank finds the last
// handler of the class, and calling with one less than its rank finds the one before. `__COUNTER__` would be shorter and
// would break the one-definition rule: a header's lines are the same in every translation unit, a counter is not.

namespace patchbay::detail {

template <int N>
struct Rank : Rank<N - 1> {};
template <>
struct Rank<0> {};

/// The longest distance, in lines, between SERVER_ENDPOINT and a handler of the class.
inline constexpr int kLongestClass = 2000;

// Instantiated in steps, so that no step nests deeper than a compiler allows (GCC 900, Clang 1024).
template struct Rank<500>;
template struct Rank<1000>;
template struct Rank<1500>;
template struct Rank<kLongestClass>;

}  // namespace patchbay::detail
