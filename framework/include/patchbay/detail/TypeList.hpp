#pragma once
// The little that the binding needs of template metaprogramming.

#include <cstddef>
#include <type_traits>

namespace patchbay::detail {

template <class... Ts>
struct TypeList {
    static constexpr std::size_t size = sizeof...(Ts);
};

template <class... As, class... Bs>
constexpr TypeList<As..., Bs...> operator+(TypeList<As...>, TypeList<Bs...>) {
    return {};
}

/// Return type, class and parameters of a pointer to a member function.
template <class Method>
struct MethodTraits {
    static constexpr bool isMethod = false;
};
template <class R, class C, class... Ps>
struct MethodTraits<R (C::*)(Ps...)> {
    static constexpr bool isMethod = true;
    using Return = R;
    using Parameters = TypeList<Ps...>;
};
template <class R, class C, class... Ps>
struct MethodTraits<R (C::*)(Ps...) const> : MethodTraits<R (C::*)(Ps...)> {};
template <class R, class C, class... Ps>
struct MethodTraits<R (C::*)(Ps...) noexcept> : MethodTraits<R (C::*)(Ps...)> {};
template <class R, class C, class... Ps>
struct MethodTraits<R (C::*)(Ps...) const noexcept> : MethodTraits<R (C::*)(Ps...)> {};
template <class R, class C, class... Ps>
struct MethodTraits<R (C::*)(Ps...)&> : MethodTraits<R (C::*)(Ps...)> {};
template <class R, class C, class... Ps>
struct MethodTraits<R (C::*)(Ps...) const&> : MethodTraits<R (C::*)(Ps...)> {};
template <class R, class C, class... Ps>
struct MethodTraits<R (C::*)(Ps...) & noexcept> : MethodTraits<R (C::*)(Ps...)> {};
template <class R, class C, class... Ps>
struct MethodTraits<R (C::*)(Ps...) const & noexcept> : MethodTraits<R (C::*)(Ps...)> {};

template <template <class...> class Template, class T>
inline constexpr bool kIsA = false;
template <template <class...> class Template, class... As>
inline constexpr bool kIsA<Template, Template<As...>> = true;

}  // namespace patchbay::detail
