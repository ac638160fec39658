// A handler asks for what it needs in any order: every permutation of what each kind of handler may ask for.

#include "support/Conversation.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace patchbay::test {
namespace {

struct Say {
    std::string text;
};

/// The list that is left of `List` when its element at Index is out, and that element.
template <std::size_t Index, class Before, class List>
struct TakeOut;
template <std::size_t Index, class... Bs, class T, class... Ts>
struct TakeOut<Index, detail::TypeList<Bs...>, detail::TypeList<T, Ts...>>
    : TakeOut<Index - 1, detail::TypeList<Bs..., T>, detail::TypeList<Ts...>> {};
template <class... Bs, class T, class... Ts>
struct TakeOut<0, detail::TypeList<Bs...>, detail::TypeList<T, Ts...>> {
    using Element = T;
    using Rest = detail::TypeList<Bs..., Ts...>;
};

/// The permutation of List with that number, 0 to size! - 1.
template <std::size_t Number, class List>
struct Permutation {
    using Taken = TakeOut<Number % List::size, detail::TypeList<>, List>;
    using Type = decltype(detail::TypeList<typename Taken::Element>{} +
                          typename Permutation<Number / List::size, typename Taken::Rest>::Type{});
};
template <std::size_t Number>
struct Permutation<Number, detail::TypeList<>> {
    using Type = detail::TypeList<>;
};

/// Writes down what a handler was given, in its order.
class Notes {
public:
    virtual ~Notes() = default;
    std::string text;

protected:
    void note(const Session& session) { text += "session" + std::to_string(session.id()) + " "; }
    void note(PathParam<"a"> a) { text += "a=" + std::string{a.value} + " "; }
    void note(PathParam<"b", int> b) { text += "b=" + std::to_string(b.value) + " "; }
    void note(std::string_view message) { text += "text=" + std::string{message} + " "; }
    void note(const Say& message) { text += "say=" + message.text + " "; }
    void note(const EndpointConfig& config) { text += "config=" + config.path + " "; }
    void note(const CloseReason& reason) { text += "reason=" + reason.text() + " "; }
    void note(const std::exception& error) { text += "error=" + std::string{error.what()} + " "; }
};

template <class P>
constexpr const char* noteOf() {
    if constexpr (std::is_same_v<P, Session>) return "session1 ";
    if constexpr (std::is_same_v<P, PathParam<"a">>) return "a=left ";
    if constexpr (std::is_same_v<P, PathParam<"b", int>>) return "b=-7 ";
    if constexpr (std::is_same_v<P, std::string_view>) return "text=hello ";
    if constexpr (std::is_same_v<P, const Say&>) return "say=hello ";
    if constexpr (std::is_same_v<P, const EndpointConfig&>) return "config=/{a}/{b} ";
    if constexpr (std::is_same_v<P, CloseReason>) return "reason=bye ";
    if constexpr (std::is_same_v<P, const std::exception&>) return "error=oh ";
}

template <class List>
class OnMessage;
template <class... Ps>
class OnMessage<detail::TypeList<Ps...>> : public Notes {
    SERVER_ENDPOINT(OnMessage, "/{a}/{b}")
    ON_MESSAGE(got)
    void got(Ps... given) { (note(given), ...); }
};

template <class List>
class OnOpen;
template <class... Ps>
class OnOpen<detail::TypeList<Ps...>> : public Notes {
    SERVER_ENDPOINT(OnOpen, "/{a}/{b}")
    ON_OPEN(opened)
    void opened(Ps... given) { (note(given), ...); }
};

template <class List>
class OnClose;
template <class... Ps>
class OnClose<detail::TypeList<Ps...>> : public Notes {
    SERVER_ENDPOINT(OnClose, "/{a}/{b}")
    ON_CLOSE(closed)
    void closed(Ps... given) { (note(given), ...); }
};

template <class List>
class OnError;
template <class... Ps>
class OnError<detail::TypeList<Ps...>> : public Notes {
    SERVER_ENDPOINT(OnError, "/{a}/{b}")
    ON_ERROR(failed)
    void failed(Ps... given) { (note(given), ...); }
};

/// An instance whose handler has a certain order of parameters, what its annotations are bound to, and what it should note.
struct Ordered {
    std::unique_ptr<Notes> notes;
    void* instance;
    detail::EndpointModel model;
    std::vector<const char*> expected;
};

/// Calls handlers as the dispatcher does; the session is a real one. That a session's events come to these functions is for
/// other tests, and would make this file, which has 120 classes, many times as dear to compile.
class Caller {
public:
    void open(const Ordered& endpoint) {
        endpoint.model.onOpen(endpoint.instance, {call_, config_});
        expectNotes(endpoint);
    }
    void text(const Ordered& endpoint, std::string_view message) {
        endpoint.model.onText(endpoint.instance, {call_, asBytes(message), 0, document_, &scratch_, format_, message.size()});
        expectNotes(endpoint);
    }
    void close(const Ordered& endpoint, const CloseReason& reason) {
        endpoint.model.onClose(endpoint.instance, {call_, reason});
        expectNotes(endpoint);
    }
    void fail(const Ordered& endpoint, const std::exception_ptr& error) {
        detail::Running running;
        EXPECT_TRUE(endpoint.model.onError(endpoint.instance, {call_, error}, running));
        expectNotes(endpoint);
    }

private:
    static void expectNotes(const Ordered& endpoint) {
        std::string expected;
        for (const char* note : endpoint.expected) expected += note;
        EXPECT_EQ(endpoint.notes->text, expected);
    }

    class Bystander {
        SERVER_ENDPOINT(Bystander, "/")
        ON_OPEN(opened)
        void opened() {}
    };
    Conversation<Bystander> conversation_;
    const Session session_ = conversation_.session();
    const std::vector<std::string> path_{"left", "-7"};
    const EndpointConfig config_{"", "/{a}/{b}", {}, {}, {}, {}};
    const detail::Call call_{session_, path_};
    json::Document document_;
    detail::Scratch<OnMessage<detail::TypeList<const Say&>>> scratch_;  // is the same for every order
    const detail::WireFormat format_{};
};

template <class Endpoint, class... Ps>
void addOrdered(std::vector<Ordered>& all, detail::TypeList<Ps...>) {
    auto* instance = new Endpoint;
    all.push_back({std::unique_ptr<Notes>{instance}, instance, {}, {noteOf<Ps>()...}});
    detail::bindHandlers<Endpoint>(all.back().model);
}
template <template <class> class Endpoint, class All, std::size_t... Numbers>
std::vector<Ordered> numbered(std::index_sequence<Numbers...>) {
    std::vector<Ordered> all;
    (addOrdered<Endpoint<typename Permutation<Numbers, All>::Type>>(all, typename Permutation<Numbers, All>::Type{}), ...);
    return all;
}
template <template <class> class Endpoint, class... Ps>
std::vector<Ordered> inEveryOrder() {
    constexpr std::size_t factorials[] = {1, 1, 2, 6, 24};
    auto all = numbered<Endpoint, detail::TypeList<Ps...>>(std::make_index_sequence<factorials[sizeof...(Ps)]>{});
    EXPECT_EQ(all.size(), factorials[sizeof...(Ps)]);
    return all;
}

static_assert(std::is_same_v<Permutation<0, detail::TypeList<int, char, bool>>::Type, detail::TypeList<int, char, bool>>);
static_assert(std::is_same_v<Permutation<5, detail::TypeList<int, char, bool>>::Type, detail::TypeList<bool, char, int>>);

TEST(ParameterOrder, ATextHandlerGetsEverythingInAnyOrder) {
    Caller caller;
    for (const auto& endpoint : inEveryOrder<OnMessage, std::string_view, Session, PathParam<"a">, PathParam<"b", int>>()) {
        caller.text(endpoint, "hello");
    }
}

TEST(ParameterOrder, AStructHandlerGetsEverythingInAnyOrder) {
    Caller caller;
    for (const auto& endpoint : inEveryOrder<OnMessage, const Say&, Session, PathParam<"a">, PathParam<"b", int>>()) {
        caller.text(endpoint, R"({"text":"hello"})");
    }
}

TEST(ParameterOrder, AnOpenHandlerGetsEverythingInAnyOrder) {
    Caller caller;
    for (const auto& endpoint : inEveryOrder<OnOpen, Session, const EndpointConfig&, PathParam<"a">, PathParam<"b", int>>()) {
        caller.open(endpoint);
    }
}

TEST(ParameterOrder, ACloseHandlerGetsEverythingInAnyOrder) {
    Caller caller;
    for (const auto& endpoint : inEveryOrder<OnClose, Session, CloseReason, PathParam<"a">, PathParam<"b", int>>()) {
        caller.close(endpoint, CloseReason{CloseCode::Normal, "bye", CloseCause::Peer});
    }
}

TEST(ParameterOrder, AnErrorHandlerGetsEverythingInAnyOrder) {
    Caller caller;
    for (const auto& endpoint : inEveryOrder<OnError, const std::exception&, Session, PathParam<"a">, PathParam<"b", int>>()) {
        caller.fail(endpoint, std::make_exception_ptr(std::runtime_error{"oh"}));
    }
}

TEST(ParameterOrder, AHandlerMayAskForNothingButWhatIsRequired) {
    Conversation<OnOpen<detail::TypeList<>>> opened{{"left", "-7"}};
    EXPECT_EQ(opened.instance().text, "");
    Conversation<OnMessage<detail::TypeList<std::string_view>>> spoken{{"left", "-7"}};
    spoken.text("hello");
    EXPECT_EQ(spoken.instance().text, "text=hello ");
}

}  // namespace
}  // namespace patchbay::test
