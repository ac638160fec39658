#pragma once
// From the handlers of a class to the functions of its EndpointModel: arguments in the order in which the method asks
// for them, decoded messages, results sent back. A coroutine takes its arguments along, and its result is sent when it is done
// (Running).

#include <patchbay/detail/Checks.hpp>
#include <patchbay/detail/Construction.hpp>
#include <patchbay/detail/EndpointModel.hpp>
#include <patchbay/detail/Names.hpp>
#include <patchbay/detail/TopicBinding.hpp>

#include <array>
#include <atomic>

namespace patchbay::detail {

// ------------------------------------------------------------------------------------------------ arguments

/// Who the peer is, for as long as the call takes.
class GivenPrincipal {
public:
    explicit GivenPrincipal(std::shared_ptr<const Principal> principal) noexcept : principal_{std::move(principal)} {}
    operator const Principal&() const noexcept { return *principal_; }  // NOLINT(google-explicit-constructor): stands for it

private:
    std::shared_ptr<const Principal> principal_;
};

/// The argument of H for a parameter of type P; `special` stands for whatever its one special parameter is: a coroutine gets
/// the object itself, another method a look at it.
template <class Self, class H, class P, class Special>
decltype(auto) argument(const Call& call, [[maybe_unused]] Special& special) {
    using T = std::remove_cvref_t<P>;
    constexpr Role role = roleOf<H::event, P>();
    if constexpr (role == Role::Session) {
        return call.session;
    } else if constexpr (role == Role::Principal) {
        return GivenPrincipal{call.session.principal()};
    } else if constexpr (role == Role::PathParam) {
        constexpr auto name = PathParamTraits<T>::name;
        constexpr auto index = static_cast<std::size_t>(variableIndex(Access::path<Self>(), name));
        return T{fromText<typename PathParamTraits<T>::Value>(name, call.path[index])};
    } else if constexpr (role == Role::Config) {
        return static_cast<const OpenCall&>(call).config;
    } else if constexpr (role == Role::CloseReason) {
        return static_cast<const CloseCall&>(call).reason;
    } else if constexpr (kIsAsync<typename H::Traits::Return>) {
        return std::move(special);
    } else {
        return static_cast<const Special&>(special);
    }
}

struct Nothing {};

/// What a method is called in the log, such as "chat::ChatRoom::said"; nullptr before the class's model is made.
template <class Self, class H>
inline constinit std::atomic<const char*> labelOf{nullptr};
void setLabel(std::atomic<const char*>& label, const std::string& className, const char* method);

template <class Self, class... Hs>
void setLabels(const std::string& className, TypeList<Hs...>) {
    (setLabel(labelOf<Self, Hs>, className, Access::lastHandler<Self, Hs::line>().name), ...);
}

/// Calls the method of H with everything it asks for, and sends back what it returns.
template <class Self, class H, class Special>
Running invoke(void* instance, const Call& call, Special& special) {
    const char* const label = labelOf<Self, H>.load(std::memory_order_relaxed);
    const Labelled labelled{*call.running, label};
    const auto method = [&]<class... Ps>(TypeList<Ps...>) -> decltype(auto) {
        return (static_cast<Self*>(instance)->*H::method)(argument<Self, H, Ps>(call, special)...);
    };
    using Parameters = typename H::Traits::Parameters;
    using Return = typename H::Traits::Return;
    if constexpr (kIsAsync<Return>) {
        return Running::begin(method(Parameters{}), call.strand(call.session), call.session, label);
    } else if constexpr (std::is_void_v<Return>) {
        method(Parameters{});
        return {};
    } else {
        Reply::send(call.session, method(Parameters{}));
        return {};
    }
}

// ------------------------------------------------------------------------------------------------ messages

template <class Self>
using HandlersOf = decltype(handlers<Self, kLongestClass>());

/// The handlers of Self for one event, and for messages of one form.
template <On Event, class... Hs>
constexpr auto select(TypeList<Hs...>) {
    return (TypeList<>{} + ... + std::conditional_t<Hs::event == Event, TypeList<Hs>, TypeList<>>{});
}
template <Form form, class... Hs>
constexpr auto selectForm(TypeList<Hs...>) {
    return (TypeList<>{} + ... + std::conditional_t<formOfHandler<Hs>() == form, TypeList<Hs>, TypeList<>>{});
}

template <class Self, On Event>
using EventHandlers = decltype(select<Event>(HandlersOf<Self>{}));
template <class Self, Form form>
using FormHandlers = decltype(selectForm<form>(EventHandlers<Self, On::Message>{}));
template <class Self>
using PlainTextHandlers = decltype(FormHandlers<Self, Form::Text>{} + FormHandlers<Self, Form::Number>{} +
                                   FormHandlers<Self, Form::Json>{});

/// What the endpoint decodes into, one object per type: a loop reuses them, so that steady state allocates nothing.
template <class Message>
struct ScratchFor {
    Message message{};
};
template <class... Messages>
struct Scratches : ScratchFor<Messages>... {};
template <class... Hs>
Scratches<MessageOf<Hs>...> scratchesOf(TypeList<Hs...>);
template <class Self>
using Scratch = decltype(scratchesOf(FormHandlers<Self, Form::Typed>{} + FormHandlers<Self, Form::Json>{}));
template <class Self, class Message>
Message& scratchFor(const MessageCall& call) {
    return static_cast<ScratchFor<Message>*>(static_cast<Scratch<Self>*>(call.scratch))->message;
}

[[noreturn]] void failTooBig(std::size_t bytes, std::size_t limit);
/// Errors: Forbidden where the peer has none of them.
void requireOneOf(const RoleList& roles, const Session& session, const char* method);

/// Asked before the message is decoded, so that a message over the limit costs nothing and is no DecodeError. The
/// connection's limit is the largest of all handlers', so one without a limit of its own is held to the endpoint's here.
template <class Self, class H>
void checkSize(const MessageCall& call) {
    constexpr std::size_t own = Access::lastHandler<Self, H::line>().options.maxMessageSize;
    const std::size_t limit = own != 0 ? own : call.maxMessageSize;
    if (call.payload.size() > limit) failTooBig(call.payload.size(), limit);
}

/// Asked before the message is decoded.
template <class Self, class H>
void checkRoles(const MessageCall& call) {
    static constexpr RoleList roles = Access::lastHandler<Self, H::line>().options.roles;
    if constexpr (!roles.empty()) {
        requireOneOf(roles, call.session, Access::lastHandler<Self, H::line>().name);
    }
}

/// `payload` as the parameter that takes it: a view, or a copy.
template <class T>
T bytesAs(Bytes payload) {
    if constexpr (std::is_same_v<typename T::value_type, std::byte>) {
        return T(payload.begin(), payload.end());
    } else {
        const auto* const octets = reinterpret_cast<const std::uint8_t*>(payload.data());
        return T(octets, octets + payload.size());
    }
}

template <class Self, class H>
Running deliverPlain(void* instance, const MessageCall& call) {
    using Message = MessageOf<H>;
    constexpr Form form = formOf<Message>();
    checkRoles<Self, H>(call);
    checkSize<Self, H>(call);
    if constexpr (form == Form::Text) {
        Message text{asText(call.payload)};
        return invoke<Self, H>(instance, call, text);
    } else if constexpr (form == Form::Number) {
        auto number = fromText<Message>("the message", asText(call.payload));
        return invoke<Self, H>(instance, call, number);
    } else if constexpr (form == Form::Binary) {
        auto bytes = bytesAs<Message>(call.payload);
        return invoke<Self, H>(instance, call, bytes);
    } else {
        auto& value = scratchFor<Self, Message>(call);
        const json::Value root = call.document.parse(asText(call.payload), call.slack);
        if constexpr (json::Taggable<Message>) {
            json::readNamed(root, value, call.format.json);
        } else {
            json::read(root, value, call.format.json);
        }
        return invoke<Self, H>(instance, call, value);
    }
}

template <class Self, class H>
bool deliverIfNamed(void* instance, const MessageCall& call, json::Value root, std::string_view type, Running& running) {
    using Message = MessageOf<H>;
    if (!TypeNames<Message>::has(type)) return false;
    checkRoles<Self, H>(call);
    checkSize<Self, H>(call);
    auto& value = scratchFor<Self, Message>(call);
    if constexpr (kIsA<std::variant, Message>) {
        json::read(root, value, call.format.json);
    } else {
        json::readTagged(root, value, call.format.json);
    }
    running = invoke<Self, H>(instance, call, value);
    return true;
}

/// The message goes to the typed handler that it names.
template <class Self, class... Hs>
bool deliverTagged(void* instance, const MessageCall& call, json::Value root, std::string_view type, Running& running,
                   TypeList<Hs...>) {
    return (false || ... || deliverIfNamed<Self, Hs>(instance, call, root, type, running));
}

template <class... Hs>
[[noreturn]] void failUnknownTypeOf(std::string_view type, std::string_view key, TypeList<Hs...>) {
    static constexpr std::size_t count = (0 + ... + TypeNames<MessageOf<Hs>>::count);
    static constexpr std::array<std::string_view, count> known = [] {
        std::array<std::string_view, count> names{};
        std::size_t next = 0;
        (TypeNames<MessageOf<Hs>>::each([&](std::string_view name) { names[next++] = name; }), ...);
        return names;
    }();
    json::detail::failUnknownType(json::detail::Place{json::detail::Place{}, key}, type, {known.data(), known.size()});
}

/// True when structs must be told apart by their names.
template <class Self>
constexpr bool needsTags() {
    constexpr std::size_t typed = FormHandlers<Self, Form::Typed>::size;
    constexpr bool hasVariant = []<class... Hs>(TypeList<Hs...>) {
        return (false || ... || kIsA<std::variant, MessageOf<Hs>>);
    }(FormHandlers<Self, Form::Typed>{});
    return typed > 1 || hasVariant || (typed == 1 && PlainTextHandlers<Self>::size > 0);
}

/// The document, and the name in it; nothing when the text is no object with a name.
bool peekType(const MessageCall& call, json::Value& root, std::string_view& type);

template <class Self, class H>
Running deliverOnlyType(void* instance, const MessageCall& call) {
    if (!call.format.tagRequired) return deliverPlain<Self, H>(instance, call);
    const json::Value root = call.document.parse(asText(call.payload), call.slack);
    const std::string_view type = json::readType(root, call.format.json);
    Running running;
    if (!deliverIfNamed<Self, H>(instance, call, root, type, running)) {
        failUnknownTypeOf(type, call.format.json.typeKey, TypeList<H>{});
    }
    return running;
}

template <class Self>
Running onText(void* instance, const MessageCall& call) {
    using Typed = FormHandlers<Self, Form::Typed>;
    using Plain = PlainTextHandlers<Self>;
    constexpr auto plain = []<class H>(TypeList<H>, void* self, const MessageCall& c) { return deliverPlain<Self, H>(self, c); };
    if constexpr (Typed::size == 0) {
        return plain(Plain{}, instance, call);
    } else if constexpr (!needsTags<Self>()) {
        return []<class H>(TypeList<H>, void* self, const MessageCall& c) {
            return deliverOnlyType<Self, H>(self, c);
        }(Typed{}, instance, call);
    } else if constexpr (Plain::size == 0) {
        const json::Value root = call.document.parse(asText(call.payload), call.slack);
        const std::string_view type = json::readType(root, call.format.json);
        Running running;
        if (!deliverTagged<Self>(instance, call, root, type, running, Typed{})) {
            failUnknownTypeOf(type, call.format.json.typeKey, Typed{});
        }
        return running;
    } else {
        json::Value root;
        std::string_view type;
        const bool named = peekType(call, root, type);
        Running running;
        if (!named || !deliverTagged<Self>(instance, call, root, type, running, Typed{})) {
            running = plain(Plain{}, instance, call);
        }
        return running;
    }
}

template <class Self>
Running onBinary(void* instance, const MessageCall& call) {
    return []<class H>(TypeList<H>, void* self, const MessageCall& c) {
        return deliverPlain<Self, H>(self, c);
    }(FormHandlers<Self, Form::Binary>{}, instance, call);
}

// ------------------------------------------------------------------------------------------------ errors

template <class H>
using ExceptionOf = typename Pick<On::Error, Role::Exception, typename H::Traits::Parameters>::Type;

/// How many of the handlers take a more general exception than H; the most specific has the most.
template <class H, class... Hs>
constexpr int specificity(TypeList<Hs...>) {
    if constexpr (std::is_same_v<ExceptionOf<H>, std::exception_ptr>) {
        return -1;
    } else {
        return (0 + ... + std::is_base_of_v<ExceptionOf<Hs>, ExceptionOf<H>>);
    }
}

/// False for what derives from no std::exception: handlers see it as UnknownError.
bool isException(const std::exception_ptr& error) noexcept;

template <class Self, class H>
bool handleError(void* instance, const ErrorCall& call, Running& running) {
    using E = ExceptionOf<H>;
    if constexpr (std::is_same_v<E, std::exception_ptr>) {
        running = invoke<Self, H>(instance, call, call.error);
        return true;
    } else {
        try {
            std::rethrow_exception(call.error);
        } catch (const E& error) {
            running = invoke<Self, H>(instance, call, error);
            return true;
        } catch (...) {
            if constexpr (std::is_base_of_v<E, UnknownError>) {
                if (isException(call.error)) return false;
                const UnknownError unknown;
                const E& error = unknown;
                running = invoke<Self, H>(instance, call, error);
                return true;
            } else {
                return false;
            }
        }
    }
}

template <class Self>
bool onError(void* instance, const ErrorCall& call, Running& running) {
    return [&]<class... Hs>(TypeList<Hs...> list) {
        using Try = bool (*)(void*, const ErrorCall&, Running&);
        struct Candidate {
            int specificity;
            Try handle;
        };
        struct Sorted {
            Candidate all[sizeof...(Hs)];
        };
        constexpr Sorted sorted = [] {
            Sorted them{{Candidate{specificity<Hs>(TypeList<Hs...>{}), &handleError<Self, Hs>}...}};
            for (Candidate& one : them.all) {
                for (Candidate* later = &one + 1; later != them.all + sizeof...(Hs); ++later) {
                    if (later->specificity <= one.specificity) continue;
                    const Candidate swapped = one;
                    one = *later;
                    *later = swapped;
                }
            }
            return them;
        }();
        static_cast<void>(list);
        for (const Candidate& candidate : sorted.all) {
            if (candidate.handle(instance, call, running)) return true;
        }
        return false;
    }(EventHandlers<Self, On::Error>{});
}

// ------------------------------------------------------------------------------------------------ the model

template <class Self>
inline constexpr char kIdentity{};

template <class Self, class... Hs>
void setLimits(EndpointModel& model, TypeList<Hs...>) {
    model.everyHandlerSetsMaxMessage = sizeof...(Hs) > 0;
    [[maybe_unused]] const auto add = [&](std::size_t limit) {
        if (limit == 0) model.everyHandlerSetsMaxMessage = false;
        if (limit > model.maxHandlerMessageBytes) model.maxHandlerMessageBytes = limit;
    };
    (add(Access::lastHandler<Self, Hs::line>().options.maxMessageSize), ...);
}

template <class Self>
void bindHandlers(EndpointModel& model) {
    if constexpr (EventHandlers<Self, On::Open>::size > 0) {
        model.onOpen = [](void* instance, const OpenCall& call) {
            Nothing nothing;
            return []<class H>(TypeList<H>, void* self, const OpenCall& c, Nothing& n) {
                return invoke<Self, H>(self, c, n);
            }(EventHandlers<Self, On::Open>{}, instance, call, nothing);
        };
    }
    if constexpr (FormHandlers<Self, Form::Typed>::size + PlainTextHandlers<Self>::size > 0) model.onText = &onText<Self>;
    if constexpr (FormHandlers<Self, Form::Binary>::size > 0) model.onBinary = &onBinary<Self>;
    if constexpr (EventHandlers<Self, On::Close>::size > 0) {
        model.onClose = [](void* instance, const CloseCall& call) {
            Nothing nothing;
            return []<class H>(TypeList<H>, void* self, const CloseCall& c, Nothing& n) {
                return invoke<Self, H>(self, c, n);
            }(EventHandlers<Self, On::Close>{}, instance, call, nothing);
        };
    }
    if constexpr (EventHandlers<Self, On::Error>::size > 0) model.onError = &onError<Self>;
}

template <class... Hs>
constexpr bool allAccepted(TypeList<Hs...>) {
    return (true && ... && requires { Hs::event; });
}

/// The model of an annotated class. Nothing is bound when the build has already failed at one of its handlers.
template <class Self>
EndpointModel makeModel() {
    static_assert(Access::annotatedItself<Self> || std::is_same_v<Self, NoServerEndpoint>,
                  "Patchbay: this class has no SERVER_ENDPOINT of its own; a base class's annotations do not count "
                  "(Jakarta WebSocket §4.8)");
    EndpointModel model;
    if constexpr (!Access::annotatedItself<Self>) {
        return model;  // the build has failed
    } else if constexpr (allAccepted(HandlersOf<Self>{})) {
        model.describe(qualifiedName<Self>(), Access::path<Self>(), Access::options<Self>(), needsTags<Self>());
        model.identity = &kIdentity<Self>;
        model.image = thisImage();
        model.checkServices = &checkConstructor<Self>;
        model.construct = &constructErased<Self>;
        model.asksForSession = asksForSession<Self>();
        model.newScratch = []() -> std::shared_ptr<void> { return owned(new Scratch<Self>()); };
        setLabels<Self>(model.className, HandlersOf<Self>{});
        setLimits<Self>(model, EventHandlers<Self, On::Message>{});
        bindHandlers<Self>(model);
        model.topics = topicModels<Self>(topics<Self, kLongestClass>());
    }
    return model;
}

}  // namespace patchbay::detail
