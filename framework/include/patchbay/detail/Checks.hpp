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
    NoServerEndpoint,
    TwoOnOneLine,
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
    MemberIsTypeKey,
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
    TopicNotStatic,
    TopicNotBool,
    TopicParameter,
    NoSuchTopicVariable,
    SecondTopic,
};

// What a mistake is about, for the compiler to show beside its sentence.
template <class Text>
struct Path;
template <class Text>
struct PathVariable;
template <int Number, class Type>  // counted from 1
struct Parameter;
template <class Type>
struct Returned;

/// A method's mistake, what of its JSON has no form where that is the mistake, and what the compiler shows of it.
template <Mistake mistake_, json::detail::Trouble trouble_, class... About>
struct Refusal {
    static constexpr Mistake mistake = mistake_;
    static constexpr json::detail::Trouble trouble = trouble_;
};

/// Of a name that is no method.
template <class Self>
using NoMethod = Refusal<std::is_same_v<Self, NoServerEndpoint> ? Mistake::NoServerEndpoint : Mistake::NotOneMethod,
                         json::detail::Trouble::None>;

template <class Self, class Why, Mistake mistake, json::detail::Trouble trouble = json::detail::Trouble::None>
inline constexpr bool kFreeOf = mistake != Why::mistake || trouble != Why::trouble;

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
        return std::convertible_to<const T&, std::string_view> || ByteSequence<T> || Sendable<T>;
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
    } else if constexpr (std::convertible_to<const T&, std::string_view> || ByteSequence<T>) {
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
    for (const Role role : {Role::Session, Role::Principal, Role::Config, Role::CloseReason}) {
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

/// Does the macro of another method stand on the line of this one? Then a call is ambiguous.
template <class Self, int Line>
constexpr bool sharesItsLine() {
    return !requires { Access::atLine<Self, Line>(); };
}

/// Two handlers for text are told apart by the names of their structs, also where none are written. The struct of either that has a
/// member called like the key; void for none.
template <class Self, class Mine, class Other>
consteval auto keyMemberOfTwo() {
    constexpr Form mine = formOf<Mine>();
    constexpr Form theirs = formOfHandler<Other>();
    if constexpr (mine == Form::Binary || theirs == Form::Binary || theirs == Form::None) {
        return std::type_identity<void>{};
    } else if constexpr (mine == Form::Typed && KeyMember<Mine>::is(kTypeKey<Self>.key)) {
        return std::type_identity<Mine>{};
    } else if constexpr (theirs == Form::Typed && KeyMember<MessageOf<Other>>::is(kTypeKey<Self>.key)) {
        return std::type_identity<MessageOf<Other>>{};
    } else {
        return std::type_identity<void>{};
    }
}
template <class Self, class Mine>
consteval auto keyMemberOfAny(TypeList<>) {
    return std::type_identity<void>{};
}
template <class Self, class Mine, class First, class... Others>
consteval auto keyMemberOfAny(TypeList<First, Others...>) {
    using Found = decltype(keyMemberOfTwo<Self, Mine, First>());
    if constexpr (std::is_void_v<typename Found::type>) {
        return keyMemberOfAny<Self, Mine>(TypeList<Others...>{});
    } else {
        return Found{};
    }
}

/// Which struct has a member called like the key under which its name stands: the message's, what is sent back, or the message of a
/// handler above. A std::type_identity, of void for none.
template <class Self, On Event, class Method, int Line>
consteval auto keyMember() {
    using Result = std::remove_cvref_t<typename ResultOf<typename MethodTraits<Method>::Return>::Type>;
    using Message = typename Pick<Event, Role::Message, typename MethodTraits<Method>::Parameters>::Type;
    if constexpr (Event != On::Message) {
        return std::type_identity<void>{};
    } else if constexpr (kHasKeyMember<Self, Message>) {
        return std::type_identity<Message>{};
    } else if constexpr (kHasKeyMember<Self, Result>) {
        return std::type_identity<Returned<Result>>{};
    } else if constexpr (kTypeKey<Self>.isWritten) {
        return std::type_identity<void>{};  // each handler above has been looked at
    } else {
        return keyMemberOfAny<Self, Message>(handlers<Self, Line - 1>());
    }
}

/// What is wrong with where an annotation stands, whatever it says.
template <class Self, int Line>
constexpr Mistake mistakeOfPlace() {
    if constexpr (!Access::annotatedItself<Self>) {
        return Mistake::NoServerEndpoint;
    } else if constexpr (Line > kLongestClass) {
        return Mistake::TooFarAway;
    } else {
        return sharesItsLine<Self, Line>() ? Mistake::TwoOnOneLine : Mistake::None;
    }
}

/// The first mistake of `Method`, a pointer to a member function type, whose macro stands at rank `Line`.
template <class Self, On Event, class Method, int Line>
constexpr Mistake findMistake() {
    using Traits = MethodTraits<Method>;
    if constexpr (mistakeOfPlace<Self, Line>() != Mistake::None) {
        return mistakeOfPlace<Self, Line>();
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
        } else if constexpr (!std::is_void_v<typename decltype(keyMember<Self, Event, Method, Line>())::type>) {
            return Mistake::MemberIsTypeKey;
        } else {
            if constexpr (kIsAsync<Return>) {
                constexpr Mistake inCoroutine = findInCoroutine<Event, Result>(List{});
                if (inCoroutine != Mistake::None) return inCoroutine;
            }
            return findConflicts<Event, List>(handlers<Self, Line - 1>());
        }
    }
}

// ------------------------------------------------------------------------------------------------ what it is about

/// The text of an endpoint's path, as a template argument.
template <class Self>
consteval auto pathText() {
    FixedString<Access::path<Self>().size() + 1> text;
    for (std::size_t i = 0; i < Access::path<Self>().size(); ++i) text.text[i] = Access::path<Self>()[i];
    return text;
}

/// Is this parameter what the mistake is about?
template <Mistake mistake, On Event, class P>
constexpr bool isAbout(std::string_view path) {
    switch (mistake) {
        case Mistake::UnknownParameter: return roleOf<Event, P>() == Role::Unknown;
        case Mistake::PathParamType: return !isPathValue<P>();
        case Mistake::NoSuchPathVariable: return !isVariableOf<P>(path);
        case Mistake::AsyncTakesReference: return std::is_reference_v<P>;
        case Mistake::AsyncTakesException: return roleOf<Event, P>() == Role::Exception;
        case Mistake::NoDecoder:
        case Mistake::AsyncTakesView: return roleOf<Event, P>() == Role::Message;
        default: return false;
    }
}

/// The first parameter that the mistake is about: its number from 1 and its type.
template <class Self, Mistake mistake, On Event, int Number, class P, class... Ps>
consteval auto parameter(TypeList<P, Ps...>) {
    if constexpr (sizeof...(Ps) == 0 || isAbout<mistake, Event, P>(Access::path<Self>())) {
        return std::type_identity<Parameter<Number, P>>{};
    } else {
        return parameter<Self, mistake, Event, Number + 1>(TypeList<Ps...>{});
    }
}

/// Why T has no JSON form, as a Refusal; None where it has one and yet is no message.
template <Mistake mistake, json::detail::Direction D, class T, class... About>
consteval auto refusalOfJson() {
    constexpr auto trouble = json::detail::troubleOf<T, D>();
    if constexpr (trouble == json::detail::Trouble::None) {
        return Refusal<mistake, trouble, About...>{};
    } else {
        return Refusal<mistake, trouble, About..., typename decltype(json::detail::troubled<T, D>())::type>{};
    }
}

template <class T>
struct WithoutOptional {
    using Type = T;
};
template <class T>
struct WithoutOptional<std::optional<T>> : WithoutOptional<T> {};

/// The Refusal of a method. Only what the mistake needs is instantiated.
template <class Self, On Event, class Method, int Line, Mistake mistake>
consteval auto refusal() {
    using json::detail::Direction, json::detail::Trouble;
    using Traits = MethodTraits<Method>;
    if constexpr (mistake == Mistake::NoDecoder) {
        using List = typename Traits::Parameters;
        using About = typename decltype(parameter<Self, mistake, Event, 1>(List{}))::type;
        return refusalOfJson<mistake, Direction::Read, typename Pick<Event, Role::Message, List>::Type, About>();
    } else if constexpr (mistake == Mistake::CannotSendResult) {
        using R = std::remove_cvref_t<typename ResultOf<typename Traits::Return>::Type>;
        return refusalOfJson<mistake, Direction::Write, typename WithoutOptional<R>::Type, Returned<R>>();
    } else if constexpr (mistake == Mistake::NoSuchPathVariable) {
        return []<int Number, class P>(std::type_identity<Parameter<Number, P>>) {
            constexpr FixedString name = PathParamTraits<std::remove_cvref_t<P>>::text;
            return Refusal<mistake, Trouble::None, PathVariable<Spelled<name>>, Path<Spelled<pathText<Self>()>>>{};
        }(parameter<Self, mistake, Event, 1>(typename Traits::Parameters{}));
    } else if constexpr (mistake == Mistake::UnknownParameter || mistake == Mistake::PathParamType ||
                         mistake == Mistake::AsyncTakesReference || mistake == Mistake::AsyncTakesException ||
                         mistake == Mistake::AsyncTakesView) {
        using About = typename decltype(parameter<Self, mistake, Event, 1>(typename Traits::Parameters{}))::type;
        return Refusal<mistake, Trouble::None, About>{};
    } else if constexpr (mistake == Mistake::MemberIsTypeKey) {
        return Refusal<mistake, Trouble::None, typename decltype(keyMember<Self, Event, Method, Line>())::type>{};
    } else if constexpr (mistake == Mistake::ReturnsSomething || mistake == Mistake::AsyncReturnsView) {
        return Refusal<mistake, Trouble::None, Returned<typename Traits::Return>>{};
    } else {
        return Refusal<mistake, Trouble::None>{};
    }
}

/// What is wrong with a method, as a Refusal: of Mistake::None where nothing is.
template <class Self, On Event, class Method, int Line>
consteval auto refusalOf() {
    return refusal<Self, Event, Method, Line, findMistake<Self, Event, Method, Line>()>();
}

}  // namespace patchbay::detail
