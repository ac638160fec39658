#pragma once
// What can be wrong with an annotated method, found when compiling.   Source: Jakarta WebSocket §4.2–§4.7
//
// findMistake() looks at one method and at the handlers above it: those are complete when its macro is compiled. The
// macros turn each mistake into a static_assert of its own, so that the compiler prints the method's name at its line.

#include <patchbay/detail/Handlers.hpp>
#include <patchbay/detail/Running.hpp>

#include <span>

namespace patchbay::detail {

enum class Mistake {
    None,
    NotOneMethod,
    NotAMethod,
    UnknownParameter,
    ParameterTwice,
    NoSuchPathVariable,
    PathParamType,
    NoMessage,
    TwoMessages,
    NoDecoder,
    NoException,
    TwoExceptions,
    ReturnsSomething,
    CannotSendResult,
    AsyncTakesReference,
    AsyncTakesView,
    AsyncTakesException,
    AsyncReturnsView,
    SecondOpenHandler,
    SecondCloseHandler,
    SecondErrorHandler,
    SecondTextHandler,
    SecondBinaryHandler,
    SecondOfType,
    TooFarAway,
};

template <class Self, Mistake mistake, Mistake found>
inline constexpr bool kFreeOf = mistake != found;

/// What a method returns, or its coroutine when it is done.
template <class R>
struct ResultOf {
    using Type = R;
};
template <class T>
struct ResultOf<Async<T>> {
    using Type = T;
};

/// What a message handler may return: it is sent back to the peer.   Source: Jakarta WebSocket §4.7
template <class R>
constexpr bool isSendableResult() {
    using T = std::remove_cvref_t<R>;
    if constexpr (std::is_void_v<T>) {
        return true;
    } else if constexpr (kIsOptional<T>) {
        return isSendableResult<typename T::value_type>();
    } else {
        return std::convertible_to<const T&, std::string_view> || std::convertible_to<const T&, Bytes> || Sendable<T>;
    }
}

template <class T>
inline constexpr bool kIsSpan = false;
template <class T, std::size_t N>
inline constexpr bool kIsSpan<std::span<T, N>> = true;

/// Does a T show what somebody else owns? An object that can be sent but not read holds a view somewhere.
template <class T>
constexpr bool isView() {
    if constexpr (std::is_void_v<T>) {
        return false;
    } else if constexpr (kIsOptional<T>) {
        return isView<typename T::value_type>();
    } else if constexpr (std::is_same_v<T, std::string_view> || kIsSpan<T> || std::is_pointer_v<T>) {
        return true;
    } else if constexpr (std::convertible_to<const T&, std::string_view> || std::convertible_to<const T&, Bytes>) {
        return false;
    } else {
        return json::detail::troubleOf<T, json::detail::Direction::Read>() == json::detail::Trouble::View;
    }
}

template <class P>
constexpr bool isPathValue() {
    using T = std::remove_cvref_t<P>;
    if constexpr (PathParamTraits<T>::isOne) {
        return PathValue<typename PathParamTraits<T>::Value>;
    }
    return true;
}

template <class P>
constexpr bool isVariableOf(std::string_view path) {
    using T = std::remove_cvref_t<P>;
    if constexpr (PathParamTraits<T>::isOne) {
        return variableIndex(path, PathParamTraits<T>::name) >= 0;
    }
    return true;
}

template <On Event, class... Ps>
constexpr Mistake findInParameters(TypeList<Ps...> list, [[maybe_unused]] std::string_view path) {
    if ((false || ... || (roleOf<Event, Ps>() == Role::Unknown))) return Mistake::UnknownParameter;
    if (!(true && ... && isPathValue<Ps>())) return Mistake::PathParamType;
    if (!(true && ... && isVariableOf<Ps>(path))) return Mistake::NoSuchPathVariable;
    for (const Role role : {Role::Session, Role::Config, Role::CloseReason}) {
        if (countRole<Event>(list, role) > 1) return Mistake::ParameterTwice;
    }
    if (Event == On::Message) {
        if (countRole<Event>(list, Role::Message) == 0) return Mistake::NoMessage;
        if (countRole<Event>(list, Role::Message) > 1) return Mistake::TwoMessages;
        if (formOf<typename Pick<Event, Role::Message, TypeList<Ps...>>::Type>() == Form::None) return Mistake::NoDecoder;
    }
    if (Event == On::Error) {
        if (countRole<Event>(list, Role::Exception) == 0) return Mistake::NoException;
        if (countRole<Event>(list, Role::Exception) > 1) return Mistake::TwoExceptions;
    }
    return Mistake::None;
}

/// A coroutine goes on when the call that began it is over: it takes along what it needs.
template <On Event, class Result, class... Ps>
constexpr Mistake findInCoroutine(TypeList<Ps...>) {
    if constexpr (Event == On::Error) {
        using Exception = typename Pick<Event, Role::Exception, TypeList<Ps...>>::Type;
        if (!std::is_same_v<Exception, std::exception_ptr>) return Mistake::AsyncTakesException;
    }
    if ((false || ... || std::is_reference_v<Ps>)) return Mistake::AsyncTakesReference;
    if constexpr (Event == On::Message) {
        if (isView<typename Pick<Event, Role::Message, TypeList<Ps...>>::Type>()) return Mistake::AsyncTakesView;
        if (isView<Result>()) return Mistake::AsyncReturnsView;
    }
    return Mistake::None;
}

/// Compares a method with one handler above it.
template <On Event, class List, class Other>
constexpr Mistake findConflict() {
    if constexpr (!requires { Other::event; }) {
        return Mistake::None;  // refused at its own line
    } else if constexpr (Event != Other::event) {
        return Mistake::None;
    } else if constexpr (Event == On::Open) {
        return Mistake::SecondOpenHandler;
    } else if constexpr (Event == On::Close) {
        return Mistake::SecondCloseHandler;
    } else if constexpr (Event == On::Error) {
        using Mine = typename Pick<Event, Role::Exception, List>::Type;
        using Theirs = typename Pick<Event, Role::Exception, typename Other::Traits::Parameters>::Type;
        return std::is_same_v<Mine, Theirs> ? Mistake::SecondErrorHandler : Mistake::None;
    } else {
        using Mine = typename Pick<Event, Role::Message, List>::Type;
        constexpr Form mine = formOf<Mine>();
        constexpr Form theirs = formOfHandler<Other>();
        if constexpr (mine == Form::Typed && theirs == Form::Typed) {
            return shareATypeName<Mine, MessageOf<Other>>() ? Mistake::SecondOfType : Mistake::None;
        } else if constexpr (mine == Form::Typed || theirs == Form::Typed) {
            return Mistake::None;
        } else if constexpr ((mine == Form::Binary) != (theirs == Form::Binary)) {
            return Mistake::None;
        } else {
            return mine == Form::Binary ? Mistake::SecondBinaryHandler : Mistake::SecondTextHandler;
        }
    }
}

template <On Event, class List, class... Others>
constexpr Mistake findConflicts(TypeList<Others...>) {
    Mistake found = Mistake::None;
    ((found = found == Mistake::None ? findConflict<Event, List, Others>() : found), ...);
    return found;
}

/// The first mistake of `Method`, a pointer to a member function type, whose macro stands at rank `Line`.
template <class Self, On Event, class Method, int Line>
constexpr Mistake findMistake() {
    using Traits = MethodTraits<Method>;
    if constexpr (Line > kLongestClass) {
        return Mistake::TooFarAway;
    } else if constexpr (!Traits::isMethod) {
        return Mistake::NotAMethod;
    } else {
        using List = typename Traits::Parameters;
        using Return = typename Traits::Return;
        using Result = typename ResultOf<Return>::Type;
        constexpr Mistake inParameters = findInParameters<Event>(List{}, Access::path<Self>());
        if constexpr (inParameters != Mistake::None) {
            return inParameters;
        } else if constexpr (Event != On::Message && !std::is_void_v<Result>) {
            return Mistake::ReturnsSomething;
        } else if constexpr (!isSendableResult<Result>()) {
            return Mistake::CannotSendResult;
        } else {
            if constexpr (kIsAsync<Return>) {
                constexpr Mistake inCoroutine = findInCoroutine<Event, Result>(List{});
                if (inCoroutine != Mistake::None) return inCoroutine;
            }
            return findConflicts<Event, List>(handlers<Self, Line - 1>());
        }
    }
}

}  // namespace patchbay::detail
