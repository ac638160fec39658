#pragma once
// The annotations: SERVER_ENDPOINT, ON_OPEN, ON_MESSAGE, ON_CLOSE, ON_ERROR, TOPIC.
//
//     class Echo {
//         SERVER_ENDPOINT(Echo, "/echo")
//     public:
//         ON_MESSAGE(echo)
//         std::string_view echo(std::string_view text) { return text; }
//     };
//
// SERVER_ENDPOINT stands first in the class; each handler macro stands above its method, one to a line. Attributes
// follow as designated initialisers (endpoint_options.hpp); `5min` and `4_KiB` work there. A handler asks for what it
// needs, in any order:
//
//     open     Session, Principal (principal.hpp), EndpointConfig, PathParam<"name">…
//     message  exactly one message, and Session, Principal, PathParam<"name">…
//     close    Session, Principal, CloseReason, PathParam<"name">…
//     error    exactly one exception type (or std::exception_ptr), and Session, Principal, PathParam<"name">…
//
// A message is std::string_view or std::string; Bytes, std::vector<std::byte>, or either of std::uint8_t; a number or bool; or
// anything that is read from JSON: a struct, a variant of structs, a list, a map. What a message handler returns is sent back; an
// empty std::optional sends nothing. Per kind (text, binary) there is at most one untyped handler, and one typed handler per
// struct. A mistake fails the build, with the method's name at its line.   Source: Jakarta WebSocket §4
//
// The constructor asks for services (services.hpp), its endpoint's Topics&, its Session, PathParam<"name">…, eight at most. With a
// Session in it, it is called before the open handler, and what it throws closes the session as what that throws; else it is called
// during the handshake, which its exception ends with 500 (400 for a PathParam that does not convert).
//
// TOPIC names a pattern of topics, who may be in them, and what they keep (history.hpp): a static method of Principal and of the pattern's own
// PathParam<"name">…, above which it stands. Names that no pattern fits are topics that the endpoint's code alone decides about.
//
// A handler that takes its time returns Async<void>, or Async<Reply> for what it sends back, and takes everything by value: it
// is a coroutine, see async.hpp.
//
// Limits: no local classes (they cannot have static members); class templates are not registered by themselves: call
// `server.deploy<Room<int>>()`; a class is at most 2 000 lines long; an overloaded method cannot be a handler.

#include <patchbay/close.hpp>
#include <patchbay/detail/Attributes.hpp>
#include <patchbay/detail/Binding.hpp>
#include <patchbay/detail/Checks.hpp>
#include <patchbay/detail/Registration.hpp>
#include <patchbay/endpoint_options.hpp>
#include <patchbay/path_param.hpp>
#include <patchbay/session.hpp>

// GCC points at where the words of a macro are written, unless that is a system's header: then at where the macro is used.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC system_header
#endif

/// Makes `Class` an endpoint at `path`, a level-1 template such as "/chat/{room}" (Jakarta WebSocket §3.1.1), and
/// registers it. Further arguments: ServerEndpointOptions.
#define SERVER_ENDPOINT(Class, path, ...)                                                                              \
private:                                                                                                               \
    friend struct ::patchbay::detail::Access;                                                                          \
    using PatchbaySelf = Class;                                                                                        \
    static constexpr int patchbayLine = __LINE__;                                                                      \
    static constexpr ::std::string_view patchbayPath() { return path; }                                                \
    void patchbayIsThisClass() {                                                                                       \
        static_assert(::std::is_same_v<::std::remove_pointer_t<decltype(this)>, PatchbaySelf> ||                       \
                          ::std::is_same_v<PatchbaySelf, ::patchbay::detail::NoServerEndpoint>,                        \
                      "Patchbay: SERVER_ENDPOINT(" #Class ", " #path "): it stands in another class than it names");   \
    }                                                                                                                  \
    PATCHBAY_CHECK_ITS_PATH(Class, path, NoLeadingSlash, "the path must start with '/'")                               \
    PATCHBAY_CHECK_ITS_PATH(Class, path, EmptySegment, "the path has an empty segment ('//')")                         \
    PATCHBAY_CHECK_ITS_PATH(Class, path, DotSegment, "the path has a '.' or '..' segment")                             \
    PATCHBAY_CHECK_ITS_PATH(Class, path, BadVariable, "a variable is a whole segment, such as {room}")                 \
    PATCHBAY_CHECK_ITS_PATH(Class, path, VariableTwice, "a variable stands twice in the path")                         \
    PATCHBAY_CHECK_ITS_PATH(Class, path, BadCharacter, "the path has a character that is not allowed: write it decoded, " \
                                                   "without query, fragment or white space")                           \
    __VA_OPT__(PATCHBAY_CHECK_ATTRIBUTES("SERVER_ENDPOINT(" #Class ", " #path "): ", PATCHBAY_ATTRIBUTES, #__VA_ARGS__)) \
    template <class PatchbayOptions = ::patchbay::ServerEndpointOptions>                                               \
    static constexpr PatchbayOptions patchbayOptions() {                                                               \
        using namespace ::std::chrono_literals;                                                                        \
        using namespace ::patchbay::literals;                                                                          \
        using ::patchbay::configuredBy;                                                                                \
        using enum ::patchbay::WhenFull;                                                                               \
        using enum ::patchbay::Dispatch;                                                                               \
        using enum ::patchbay::TypeTags;                                                                               \
        if constexpr (PATCHBAY_ATTRIBUTES_ARE(None, PATCHBAY_ATTRIBUTES, #__VA_ARGS__)) {                              \
            return PatchbayOptions{__VA_ARGS__};                                                                       \
        } else {                                                                                                       \
            return {};                                                                                                 \
        }                                                                                                              \
    }                                                                                                                  \
    static constexpr ::patchbay::detail::Refused<0> patchbayHandler(::patchbay::detail::BlockAt<0>*,                   \
                                                                    ::patchbay::detail::RankAt<0>*, const void*) {     \
        return {};                                                                                                     \
    }                                                                                                                  \
    static constexpr ::patchbay::detail::Refused<0> patchbayTopic(::patchbay::detail::BlockAt<0>*,                     \
                                                                  ::patchbay::detail::RankAt<0>*, const void*) {       \
        return {};                                                                                                     \
    }                                                                                                                  \
    static void patchbayAtLine(::patchbay::detail::BlockAt<0>*, ::patchbay::detail::RankAt<0>*, const int*);           \
    static inline const ::patchbay::detail::Registration patchbayRegistration{                                         \
        &::patchbay::detail::makeModel<PatchbaySelf>};

/// Called once per connection, before any message.   Source: Jakarta WebSocket §4.4
#define ON_OPEN(method) PATCHBAY_NAMED(method)("ON_OPEN(" #method "): ", Open, method, )

/// Called for each message of its kind, or of its struct. Further arguments: MessageOptions.
/// Source: Jakarta WebSocket §4.7
#define ON_MESSAGE(method, ...) PATCHBAY_NAMED(method)("ON_MESSAGE(" #method "): ", Message, method, __VA_ARGS__)

/// Called exactly once when the session has ended, for whatever cause.   Source: Jakarta WebSocket §4.5
#define ON_CLOSE(method) PATCHBAY_NAMED(method)("ON_CLOSE(" #method "): ", Close, method, )

/// Called for what another handler threw and for messages that do not decode; where several fit, the most specific
/// exception type wins.   Source: Jakarta WebSocket §4.6, §5.2.2
#define ON_ERROR(method) PATCHBAY_NAMED(method)("ON_ERROR(" #method "): ", Error, method, )

/// Topics whose names are such as `pattern`, such as "{room}" or "rooms/{room}/news": `static bool method(const Principal&, PathParam<"room">)`
/// says whether a user may be in one. It is asked by whoever subscribes, on whatever thread that is, and for each session whose principal
/// has changed; what it throws is a no. Further arguments: TopicOptions.
#define TOPIC(method, pattern, ...) PATCHBAY_TOPIC("TOPIC(" #method ", " #pattern "): ", method, "/" pattern, __VA_ARGS__)

// ------------------------------------------------------------------------------------------------ how it is done

#define PATCHBAY_CHECK_PATH(where, path, problem, text) \
    static_assert(::patchbay::detail::checkPath(path) != ::patchbay::detail::PathProblem::problem, "Patchbay: " where text);
#define PATCHBAY_CHECK_ITS_PATH(Class, path, problem, text) \
    PATCHBAY_CHECK_PATH("SERVER_ENDPOINT(" #Class ", " #path "): ", path, problem, text)

// The members of the attributes' structs, in their order (endpoint_options.hpp).
#define PATCHBAY_ATTRIBUTES                                                                                     \
    "subprotocols, configurator, origins, roles, idleTimeout, maxMessageSize, sendQueue, receiveQueue, maxMessageRate, " \
    "maxByteRate, maxSessions, dispatch, typeTags, typeKey, allowUnknown"
#define PATCHBAY_MESSAGE_ATTRIBUTES "maxMessageSize, roles"

#define PATCHBAY_ATTRIBUTES_ARE(problem, names, written) \
    (::patchbay::detail::attributeProblem(names, written) == ::patchbay::detail::AttributeProblem::problem)
#define PATCHBAY_CHECK_ATTRIBUTES(where, names, written)                          \
    static_assert(!PATCHBAY_ATTRIBUTES_ARE(Unknown, names, written),              \
                  "Patchbay: " where "there is no such attribute; they are: " names); \
    static_assert(!PATCHBAY_ATTRIBUTES_ARE(Order, names, written),                \
                  "Patchbay: " where "each attribute stands once, in this order: " names);

// PATCHBAY_HANDLER, where the annotation names a method.
#define PATCHBAY_NAMED(...) PATCHBAY_##__VA_OPT__(HANDLER)
#define PATCHBAY_(where, event, name, ...) PATCHBAY_NO_NAME_##event
#define PATCHBAY_TELL(error) _Pragma(#error)
#define PATCHBAY_NO_NAME_Open PATCHBAY_TELL(GCC error "Patchbay: ON_OPEN(): it names no method; write ON_OPEN(opened) above void opened(...)")
#define PATCHBAY_NO_NAME_Message \
    PATCHBAY_TELL(GCC error "Patchbay: ON_MESSAGE(): it names no method; write ON_MESSAGE(said) above void said(...)")
#define PATCHBAY_NO_NAME_Close PATCHBAY_TELL(GCC error "Patchbay: ON_CLOSE(): it names no method; write ON_CLOSE(closed) above void closed(...)")
#define PATCHBAY_NO_NAME_Error PATCHBAY_TELL(GCC error "Patchbay: ON_ERROR(): it names no method; write ON_ERROR(failed) above void failed(...)")

// A class without SERVER_ENDPOINT finds these, and one sentence says so instead of a hundred.
inline constexpr int patchbayLine = 0;
using PatchbaySelf = ::patchbay::detail::NoServerEndpoint;

// The condition is what the compilers point at: GCC at where its name was written, and beside it at the arguments of the lambda;
// Clang at the line, and says what the condition requires, so the arguments stand in it.
#ifdef __clang__
#define PATCHBAY_REFUSE(name, text, ...) \
    static_assert(::patchbay::detail::kFreeOf<PatchbayIn, PatchbayWhy, __VA_ARGS__>, "Patchbay: " text);
#else
#define PATCHBAY_REFUSE(name, text, ...)                                                                \
    {                                                                                                   \
        constexpr bool name = ::patchbay::detail::kFreeOf<PatchbayIn, PatchbayWhy, __VA_ARGS__>; \
        static_assert(name, "Patchbay: " text);                                                         \
    }
#endif
#define PATCHBAY_CHECK(name, where, mistake, text) PATCHBAY_REFUSE(name, where text, ::patchbay::detail::Mistake::mistake)
#define PATCHBAY_CHECK_JSON(trouble, sentence, name, where, mistake, text)                  \
    PATCHBAY_REFUSE(name, where text sentence, ::patchbay::detail::Mistake::mistake, \
                    ::patchbay::json::detail::Trouble::trouble)

// Where an annotation stands, as overload resolution finds it. A TOPIC's name has a slash: a handler may have its method's.
#define PATCHBAY_POSITION(named)                                                                              \
    ::patchbay::detail::BlockAt<__LINE__ - patchbayLine>*, ::patchbay::detail::RankAt<__LINE__ - patchbayLine>*, \
        const ::patchbay::detail::Named<named>*
#define PATCHBAY_CHECK_PLACE(name, where)                                                                                          \
    PATCHBAY_CHECK(name, where, NoServerEndpoint,                                                                                  \
                   "the class has no SERVER_ENDPOINT, or one that does not name it: it stands first in the class")                 \
    PATCHBAY_CHECK(name, where, TwoOnOneLine, "another annotation stands on the same line; each has a line of its own")
#define PATCHBAY_CHECK_ASKED(name, where)                                                             \
    PATCHBAY_CHECK(name, where, ParameterTwice, "the same thing is asked for twice")                  \
    PATCHBAY_CHECK(name, where, PathParamType, "a PathParam is text (std::string_view, std::string), a number or bool")

// `&Class::method` stands in generic lambdas: there a name that is none, or that of several methods, can be told, and the
// sentences are instantiated only where there is a mistake.
#define PATCHBAY_HANDLER(where, event, name, ...)                                                                      \
    static void patchbayAtLine(PATCHBAY_POSITION(#name));                                                              \
    static constexpr auto patchbayHandler(PATCHBAY_POSITION(#name)) {                                                  \
        using namespace ::patchbay::literals;                                                                          \
        __VA_OPT__(PATCHBAY_CHECK_ATTRIBUTES(where, PATCHBAY_MESSAGE_ATTRIBUTES, #__VA_ARGS__))                        \
        constexpr int patchbayRank = __LINE__ - patchbayLine;                                                          \
        constexpr auto patchbayWhy = []<class PatchbayIn>(::std::type_identity<PatchbayIn>) {                          \
            if constexpr (requires { typename ::std::type_identity<decltype(&PatchbayIn::name)>; }) {                  \
                return ::patchbay::detail::refusalOf<PatchbayIn, ::patchbay::detail::On::event,                        \
                                                     decltype(&PatchbayIn::name), patchbayRank>();                     \
            } else {                                                                                                   \
                return ::patchbay::detail::NoMethod<PatchbayIn>{};                                                     \
            }                                                                                                          \
        }(::std::type_identity<PatchbaySelf>{});                                                                       \
        return []<class PatchbayIn, class PatchbayWhy>(::std::type_identity<PatchbayIn>, PatchbayWhy) {                \
            if constexpr (PatchbayWhy::mistake == ::patchbay::detail::Mistake::None __VA_OPT__(                        \
                              && PATCHBAY_ATTRIBUTES_ARE(None, PATCHBAY_MESSAGE_ATTRIBUTES, #__VA_ARGS__))) {          \
                return ::patchbay::detail::Handler<::patchbay::detail::On::event, &PatchbayIn::name, patchbayRank>{    \
                    typename ::patchbay::detail::MessageOptionsOf<PatchbayIn>::Type{__VA_ARGS__}, #name};              \
            } else {                                                                                                   \
                PATCHBAY_CHECK_PLACE(name, where)                                                                      \
                PATCHBAY_CHECK(name, where, NotOneMethod,                                                              \
                               "the class has no method of that name, or several: an overloaded method, a "            \
                               "template and one that returns auto cannot be a handler")                               \
                PATCHBAY_CHECK(name, where, NotAMethod,                                                                \
                               "this is no member function of the class (a static one cannot be a handler)")           \
                PATCHBAY_CHECK(name, where, UnknownParameter,                                                          \
                               "a parameter is of a type that this handler cannot get; it may ask for "                \
                               PATCHBAY_MAY_##event ", by value or const reference")                                   \
                PATCHBAY_CHECK(name, where, NoSuchPathVariable,                                                        \
                               "a PathParam names a variable that the endpoint's path does not have")                  \
                PATCHBAY_CHECK_ASKED(name, where)                                                                      \
                PATCHBAY_CHECK(name, where, NoMessage,                                                                 \
                               "no parameter takes the message: add a text, bytes, a number or a struct")              \
                PATCHBAY_CHECK(name, where, TwoMessages, "two parameters take the message; exactly one may")           \
                PATCHBAY_CHECK(name, where, NoDecoder,                                                                 \
                               "nothing decodes the message parameter: it must be text, bytes, a number, or a "        \
                               "type that JSON can be read into")                                                      \
                PATCHBAY_JSON_TROUBLES(PATCHBAY_CHECK_JSON, name, where, NoDecoder,                                    \
                                   "nothing decodes the message parameter: ")                                          \
                PATCHBAY_CHECK(name, where, NoException,                                                               \
                               "an error handler needs the exception: const std::exception&, a type derived from"      \
                               " it, or std::exception_ptr")                                                           \
                PATCHBAY_CHECK(name, where, TwoExceptions, "two parameters take the exception; exactly one may")       \
                PATCHBAY_CHECK(name, where, ReturnsSomething,                                                          \
                               "only message handlers return something; this one must return void or Async<void>")     \
                PATCHBAY_CHECK(name, where, CannotSendResult, "nothing encodes what this method returns")              \
                PATCHBAY_JSON_TROUBLES(PATCHBAY_CHECK_JSON, name, where, CannotSendResult,                             \
                                   "nothing encodes what this method returns: ")                                       \
                PATCHBAY_CHECK(name, where, MemberIsTypeKey,                                                           \
                               "a member is called like the key under which its struct's name stands in a message: "   \
                               "rename it, or choose another .typeKey (.typeTags = Never is enough for a class with "  \
                               "one handler for text, and no variant)")                                                \
                PATCHBAY_CHECK(name, where, AsyncTakesReference,                                                       \
                               "a handler that returns Async takes everything by value: what a reference names "       \
                               "is gone when it goes on")                                                              \
                PATCHBAY_CHECK(name, where, AsyncTakesView,                                                            \
                               "a handler that returns Async takes a text as std::string and bytes as "                \
                               "std::vector<std::byte>: what a view shows is gone when it goes on")                    \
                PATCHBAY_CHECK(name, where, AsyncTakesException,                                                       \
                               "a handler that returns Async takes the exception as std::exception_ptr: any "          \
                               "other is gone when it goes on")                                                        \
                PATCHBAY_CHECK(name, where, AsyncReturnsView,                                                          \
                               "what an Async returns is sent when its variables are gone: it must own its texts"      \
                               " and bytes, in a std::string or std::vector<std::byte>")                               \
                PATCHBAY_CHECK(name, where, SecondOpenHandler, "the class has an open handler already")                \
                PATCHBAY_CHECK(name, where, SecondCloseHandler, "the class has a close handler already")               \
                PATCHBAY_CHECK(name, where, SecondErrorHandler, "the class has a handler for this exception already")  \
                PATCHBAY_CHECK(name, where, SecondTextHandler, "the class has an untyped text handler already")        \
                PATCHBAY_CHECK(name, where, SecondBinaryHandler, "the class has an untyped binary handler already")    \
                PATCHBAY_CHECK(name, where, SecondOfType, "the class has a handler for messages of this name already") \
                PATCHBAY_CHECK(name, where, TooFarAway,                                                                \
                               "the class is too long: a handler stands at most 2 000 lines below "                    \
                               "SERVER_ENDPOINT")                                                                      \
                return ::patchbay::detail::Refused<patchbayRank>{};                                                    \
            }                                                                                                          \
        }(::std::type_identity<PatchbaySelf>{}, patchbayWhy);                                                          \
    }

#define PATCHBAY_TOPIC_ATTRIBUTES "history"

// As PATCHBAY_HANDLER.
#define PATCHBAY_TOPIC(where, name, path, ...)                                                                         \
    PATCHBAY_CHECK_PATH(where, path, EmptySegment, "the pattern has an empty segment; it begins with none")            \
    PATCHBAY_CHECK_PATH(where, path, DotSegment, "the pattern has a '.' or '..' segment")                              \
    PATCHBAY_CHECK_PATH(where, path, BadVariable, "a variable is a whole segment, such as {room}")                     \
    PATCHBAY_CHECK_PATH(where, path, VariableTwice, "a variable stands twice in the pattern")                          \
    PATCHBAY_CHECK_PATH(where, path, BadCharacter, "the pattern has a character that is not allowed")                  \
    __VA_OPT__(PATCHBAY_CHECK_ATTRIBUTES(where, PATCHBAY_TOPIC_ATTRIBUTES, #__VA_ARGS__))                              \
    static void patchbayAtLine(PATCHBAY_POSITION(#name "/"));                                                          \
    static constexpr auto patchbayTopic(PATCHBAY_POSITION(#name "/")) {                                                \
        using namespace ::std::chrono_literals;                                                                        \
        using namespace ::patchbay::literals;                                                                          \
        constexpr int patchbayRank = __LINE__ - patchbayLine;                                                          \
        constexpr auto patchbayWhy = []<class PatchbayIn>(::std::type_identity<PatchbayIn>) {                          \
            if constexpr (requires { typename ::std::type_identity<decltype(&PatchbayIn::name)>; }) {                  \
                return ::patchbay::detail::topicRefusalOf<PatchbayIn, decltype(&PatchbayIn::name), patchbayRank, path>(); \
            } else {                                                                                                   \
                return ::patchbay::detail::NoMethod<PatchbayIn>{};                                                     \
            }                                                                                                          \
        }(::std::type_identity<PatchbaySelf>{});                                                                       \
        return []<class PatchbayIn, class PatchbayWhy>(::std::type_identity<PatchbayIn>, PatchbayWhy) {                \
            if constexpr (PatchbayWhy::mistake == ::patchbay::detail::Mistake::None &&                                 \
                          ::patchbay::detail::checkPath(path) == ::patchbay::detail::PathProblem::None __VA_OPT__(     \
                              && PATCHBAY_ATTRIBUTES_ARE(None, PATCHBAY_TOPIC_ATTRIBUTES, #__VA_ARGS__))) {            \
                return ::patchbay::detail::TopicRule<&PatchbayIn::name, patchbayRank>{                                 \
                    path, typename ::patchbay::detail::TopicOptionsOf<PatchbayIn>::Type{__VA_ARGS__}};                 \
            } else {                                                                                                   \
                PATCHBAY_CHECK_PLACE(name, where)                                                                      \
                PATCHBAY_CHECK(name, where, NotOneMethod,                                                              \
                               "the class has no method of that name, or several: an overloaded method, a "            \
                               "template and one that returns auto cannot say who may join")                           \
                PATCHBAY_CHECK(name, where, TopicNotStatic,                                                            \
                               "this is no static method: it is asked on whatever thread subscribes, also where "      \
                               "there is no instance of the class")                                                    \
                PATCHBAY_CHECK(name, where, TopicNotBool, "this method must return bool: whether the user may join")   \
                PATCHBAY_CHECK(name, where, TopicParameter,                                                            \
                               "a parameter is of a type that this method cannot get; it may ask for Principal and "   \
                               "PathParam, by value or const reference")                                               \
                PATCHBAY_CHECK(name, where, NoSuchTopicVariable,                                                       \
                               "a PathParam names a variable that the pattern does not have")                          \
                PATCHBAY_CHECK_ASKED(name, where)                                                                      \
                PATCHBAY_CHECK(name, where, SecondTopic, "the class has a TOPIC of this pattern already")              \
                PATCHBAY_CHECK(name, where, TooFarAway,                                                                \
                               "the class is too long: a TOPIC stands at most 2 000 lines below SERVER_ENDPOINT")      \
                return ::patchbay::detail::Refused<patchbayRank>{};                                                    \
            }                                                                                                          \
        }(::std::type_identity<PatchbaySelf>{}, patchbayWhy);                                                          \
    }

#define PATCHBAY_MAY_Open "Session, Principal, EndpointConfig and PathParam"
#define PATCHBAY_MAY_Message "one message, Session, Principal and PathParam"
#define PATCHBAY_MAY_Close "Session, Principal, CloseReason and PathParam"
#define PATCHBAY_MAY_Error "one exception, Session, Principal and PathParam"
