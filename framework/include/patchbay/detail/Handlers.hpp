#pragma once
// The handlers of a class: what a macro records about a method, and what each of the method's parameters is for.

#include <patchbay/close.hpp>
#include <patchbay/detail/PathTemplate.hpp>
#include <patchbay/detail/Rank.hpp>
#include <patchbay/detail/TypeList.hpp>
#include <patchbay/endpoint_config.hpp>
#include <patchbay/endpoint_options.hpp>
#include <patchbay/json.hpp>
#include <patchbay/path_param.hpp>
#include <patchbay/session.hpp>

#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace patchbay::detail {

enum class On { Open, Message, Close, Error };

/// A method that a macro has accepted. `Line` is its rank.
template <On Event, auto Method, int Line>
struct Handler {
    static constexpr On event = Event;
    static constexpr auto method = Method;
    static constexpr int line = Line;
    using Traits = MethodTraits<decltype(Method)>;
    MessageOptions options{};
    const char* name = "";
};

/// MessageOptions, which the compiler looks at once what is written has been found right.
template <class Self>
struct MessageOptionsOf {
    using Type = MessageOptions;
};

/// A method that a macro has refused: the build has failed at its line, and nothing of it is bound.
template <int Line>
struct Refused {
    static constexpr int line = Line;
};

/// Tells handlers apart that stand on one line.
template <FixedString Method>
struct Named;

/// What the macros see of a class without SERVER_ENDPOINT, or where its SERVER_ENDPOINT names no class.
struct NoServerEndpoint {};

/// The friend of every annotated class.
struct Access {
    /// Well-formed for one handler at Line, and not for two.
    template <class Self, int Line>
    static constexpr auto atLine()
        -> decltype(Self::patchbayAtLine(static_cast<BlockAt<Line>*>(nullptr), static_cast<RankAt<Line>*>(nullptr), nullptr)) {}
    /// Is there a handler in Below's block, at Below or before?
    template <class Self, int Below>
    static constexpr bool isInBlock = requires {
        Self::patchbayHandler(static_cast<BlockAt<Below>*>(nullptr), static_cast<RankAt<Below>*>(nullptr), nullptr);
    };
    /// The line at which a call finds the last handler at Below or before; block 0 has SERVER_ENDPOINT's own.
    template <class Self, int Below>
    static constexpr int foundFrom() {
        if constexpr (isInBlock<Self, Below>) {
            return Below;
        } else {
            return foundFrom<Self, lastLineOfBlockBelow(Below)>();
        }
    }
    /// The last handler whose line is at most Below.
    template <class Self, int Below>
    static constexpr auto lastHandler() {
        constexpr int from = foundFrom<Self, Below>();
        return Self::patchbayHandler(static_cast<BlockAt<from>*>(nullptr), static_cast<RankAt<from>*>(nullptr), nullptr);
    }
    /// The same of its topics.
    template <class Self, int Below>
    static constexpr bool isTopicInBlock = requires {
        Self::patchbayTopic(static_cast<BlockAt<Below>*>(nullptr), static_cast<RankAt<Below>*>(nullptr), nullptr);
    };
    template <class Self, int Below>
    static constexpr int topicFoundFrom() {
        if constexpr (isTopicInBlock<Self, Below>) {
            return Below;
        } else {
            return topicFoundFrom<Self, lastLineOfBlockBelow(Below)>();
        }
    }
    template <class Self, int Below>
    static constexpr auto lastTopic() {
        constexpr int from = topicFoundFrom<Self, Below>();
        return Self::patchbayTopic(static_cast<BlockAt<from>*>(nullptr), static_cast<RankAt<from>*>(nullptr), nullptr);
    }
    template <class Self>
    static constexpr std::string_view path() {
        return Self::patchbayPath();
    }
    template <class Self>
    static constexpr ServerEndpointOptions options() {
        return Self::patchbayOptions();
    }
    template <class Self>
    static constexpr bool annotatedItself = requires { requires std::is_same_v<typename Self::PatchbaySelf, Self>; };
};

/// All handlers of Self whose line is at most Below, in the order of the source. Lines begin at 0, SERVER_ENDPOINT's own.
template <class Self, int Below>
constexpr auto handlers() {
    using Last = decltype(Access::lastHandler<Self, Below>());
    if constexpr (Last::line == 0) {
        return TypeList<>{};
    } else {
        return handlers<Self, Last::line - 1>() + TypeList<Last>{};
    }
}

// ------------------------------------------------------------------------------------------------ parameters

template <class T>
struct PathParamTraits {
    static constexpr bool isOne = false;
};
template <FixedString Name, class T>
struct PathParamTraits<PathParam<Name, T>> {
    static constexpr bool isOne = true;
    static constexpr FixedString text = Name;
    static constexpr std::string_view name = Name.view();
    using Value = T;
};

enum class Role { Session, Principal, PathParam, Config, Message, CloseReason, Exception, Unknown };

/// What a handler of `Event` gets for a parameter of type P.
template <On Event, class P>
constexpr Role roleOf() {
    using T = std::remove_cvref_t<P>;
    constexpr bool readOnly =
        !std::is_reference_v<P> || (std::is_lvalue_reference_v<P> && std::is_const_v<std::remove_reference_t<P>>);
    if constexpr (!readOnly || std::is_pointer_v<T>) {
        return Role::Unknown;
    } else if constexpr (std::is_same_v<T, Session>) {
        return Role::Session;
    } else if constexpr (std::is_same_v<T, Principal>) {
        return Role::Principal;
    } else if constexpr (PathParamTraits<T>::isOne) {
        return Role::PathParam;
    } else if constexpr (Event == On::Open && std::is_same_v<T, EndpointConfig>) {
        return Role::Config;
    } else if constexpr (Event == On::Close && std::is_same_v<T, CloseReason>) {
        return Role::CloseReason;
    } else if constexpr (Event == On::Error &&
                         (std::is_same_v<T, std::exception_ptr> || std::is_base_of_v<std::exception, T>)) {
        return Role::Exception;
    } else if constexpr (Event == On::Message && !std::is_same_v<T, EndpointConfig> &&
                         !std::is_same_v<T, CloseReason>) {
        return Role::Message;
    } else {
        return Role::Unknown;
    }
}

template <On Event, class... Ps>
constexpr int countRole(TypeList<Ps...>, [[maybe_unused]] Role role) {
    return (0 + ... + (roleOf<Event, Ps>() == role));
}

/// The one parameter of a role, without const and reference; void where there is none.
template <On Event, Role role, class List>
struct Pick {
    using Type = void;
};
template <On Event, Role role, class P, class... Ps>
struct Pick<Event, role, TypeList<P, Ps...>> {
    using Type = typename std::conditional_t<roleOf<Event, P>() == role, std::type_identity<std::remove_cvref_t<P>>,
                                             std::type_identity<typename Pick<Event, role, TypeList<Ps...>>::Type>>::type;
};

// ------------------------------------------------------------------------------------------------ messages

/// How a message becomes the parameter of its handler.
enum class Form {
    Text,    // std::string_view, std::string
    Number,  // a number or bool, as text
    Binary,  // Bytes, std::vector<std::byte>, and both of std::uint8_t
    Typed,   // a struct of the application, or a variant of such
    Json,    // any other JSON value: a list, a map, an optional
    None,    // nothing decodes it
};

template <class T>
constexpr Form formOf() {
    if constexpr (std::is_void_v<T>) {
        return Form::None;
    } else if constexpr (std::is_same_v<T, std::string_view> || std::is_same_v<T, std::string>) {
        return Form::Text;
    } else if constexpr (Numeric<T>) {
        return Form::Number;
    } else if constexpr (std::is_same_v<T, Bytes> || std::is_same_v<T, std::vector<std::byte>> ||
                         std::is_same_v<T, std::span<const std::uint8_t>> || std::is_same_v<T, std::vector<std::uint8_t>>) {
        return Form::Binary;
    } else if constexpr (!std::is_class_v<T> || ByteSequence<T> || !json::Readable<T>) {
        return Form::None;
    } else if constexpr (json::Taggable<T> || kIsA<std::variant, T>) {
        return Form::Typed;
    } else {
        return Form::Json;
    }
}

template <class H>
using MessageOf = typename Pick<On::Message, Role::Message, typename H::Traits::Parameters>::Type;

template <class H>
constexpr Form formOfHandler() {
    if constexpr (H::line == 0) {
        return Form::None;
    } else if constexpr (requires { H::event; }) {
        if constexpr (H::event == On::Message) return formOf<MessageOf<H>>();
    }
    return Form::None;
}

/// The names under which a typed handler's messages come: one for a struct, several for a variant.
template <class T>
struct TypeNames {
    static constexpr std::size_t count = 1;
    static constexpr bool has(std::string_view name) { return json::typeName<T>() == name; }
    template <class Visit>
    static constexpr void each(Visit visit) {
        visit(json::typeName<T>());
    }
};
template <class... Ts>
struct TypeNames<std::variant<Ts...>> {
    static constexpr std::size_t count = (0 + ... + TypeNames<Ts>::count);
    static constexpr bool has(std::string_view name) { return (false || ... || TypeNames<Ts>::has(name)); }
    template <class Visit>
    static constexpr void each(Visit visit) {
        (TypeNames<Ts>::each(visit), ...);
    }
};

/// Is one of T's members called `key`, where T's name would stand? A variant's structs have their names always.
template <class T>
struct KeyMember {
    static constexpr bool isAlways(std::string_view) { return false; }
    static constexpr bool is(std::string_view key) {
        if constexpr (std::is_class_v<T>) {
            if constexpr (json::Taggable<T>) return json::detail::hasMember<T>(key);
        }
        return false;
    }
};
template <class... Ts>
struct KeyMember<std::variant<Ts...>> {
    static constexpr bool isAlways(std::string_view key) { return is(key); }
    static constexpr bool is(std::string_view key) { return (false || ... || KeyMember<Ts>::is(key)); }
};
template <class T>
struct KeyMember<std::optional<T>> : KeyMember<T> {};

/// Clang 14 finds no constant in a requirement that makes a vector itself.
template <class Self>
constexpr std::size_t typeKeySize() {
    return Access::options<Self>().typeKey.size();
}
/// Under which key names stand, and whether every struct has one; without key where the options are computed at run time.
struct TypeKey {
    std::string_view key;
    bool isWritten = false;
};
template <class Self>
constexpr TypeKey typeKeyOf() {
    if constexpr (requires { typename std::bool_constant<(typeKeySize<Self>() > 0)>; }) {
        constexpr std::string_view key = Access::options<Self>().typeKey;
        return {key, Access::options<Self>().typeTags != TypeTags::Never};
    } else {
        return {};
    }
}
template <class Self>
inline constexpr TypeKey kTypeKey = typeKeyOf<Self>();
/// Would T's name stand where one of its members does, whatever other handlers there are?
template <class Self, class T>
inline constexpr bool kHasKeyMember = kTypeKey<Self>.isWritten ? KeyMember<T>::is(kTypeKey<Self>.key)
                                                               : KeyMember<T>::isAlways(kTypeKey<Self>.key);

template <class A, class B>
constexpr bool shareATypeName() {
    bool shared = false;
    TypeNames<A>::each([&](std::string_view name) { shared = shared || TypeNames<B>::has(name); });
    return shared;
}

}  // namespace patchbay::detail
