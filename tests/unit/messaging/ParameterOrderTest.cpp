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
std::string noteOf() {
    if constexpr (std::is_same_v<P, Session>) return "session1 ";
    if constexpr (std::is_same_v<P, PathParam<"a">>) return "a=left ";
    if constexpr (std::is_same_v<P, PathParam<"b", int>>) return "b=-7 ";
    if constexpr (std::is_same_v<P, std::string_view>) return "text=hello ";
    if constexpr (std::is_same_v<P, const Say&>) return "say=hello ";
    if constexpr (std::is_same_v<P, const EndpointConfig&>) return "config=/{a}/{b} ";
    if constexpr (std::is_same_v<P, CloseReason>) return "reason=bye ";
    if constexpr (std::is_same_v<P, const std::exception&>) return "error=oh ";
}
template <class... Ps>
std::string notesOf(detail::TypeList<Ps...>) {
    return (std::string{} + ... + noteOf<Ps>());
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
    ON_MESSAGE(got)
    void got(std::string_view) { throw std::runtime_error{"oh"}; }
    ON_ERROR(failed)
    void failed(Ps... given) { (note(given), ...); }
};

/// Speaks to an endpoint whose handler has that order of parameters and compares what it was given.
template <template <class> class Endpoint, class Order, class Speak>
void inOrder(Speak speak) {
    Conversation<Endpoint<Order>> conversation{{"left", "-7"}};
    speak(conversation);
    EXPECT_EQ(conversation.instance().text, notesOf(Order{}));
}
template <template <class> class Endpoint, class All, class Speak, std::size_t... Numbers>
void inOrders(Speak speak, std::index_sequence<Numbers...>) {
    (inOrder<Endpoint, typename Permutation<Numbers, All>::Type>(speak), ...);
}
template <template <class> class Endpoint, class... Ps, class Speak>
void inEveryOrder(Speak speak) {
    constexpr std::size_t factorials[] = {1, 1, 2, 6, 24};
    inOrders<Endpoint, detail::TypeList<Ps...>>(speak, std::make_index_sequence<factorials[sizeof...(Ps)]>{});
}

static_assert(std::is_same_v<Permutation<0, detail::TypeList<int, char, bool>>::Type, detail::TypeList<int, char, bool>>);
static_assert(std::is_same_v<Permutation<5, detail::TypeList<int, char, bool>>::Type, detail::TypeList<bool, char, int>>);

TEST(ParameterOrder, ATextHandlerGetsEverythingInAnyOrder) {
    inEveryOrder<OnMessage, std::string_view, Session, PathParam<"a">, PathParam<"b", int>>(
        [](auto& conversation) { conversation.text("hello"); });
}

TEST(ParameterOrder, AStructHandlerGetsEverythingInAnyOrder) {
    inEveryOrder<OnMessage, const Say&, Session, PathParam<"a">, PathParam<"b", int>>(
        [](auto& conversation) { conversation.text(R"({"text":"hello"})"); });
}

TEST(ParameterOrder, AnOpenHandlerGetsEverythingInAnyOrder) {
    inEveryOrder<OnOpen, Session, const EndpointConfig&, PathParam<"a">, PathParam<"b", int>>([](auto&) {});
}

TEST(ParameterOrder, ACloseHandlerGetsEverythingInAnyOrder) {
    inEveryOrder<OnClose, Session, CloseReason, PathParam<"a">, PathParam<"b", int>>(
        [](auto& conversation) { conversation.leave(CloseCode::Normal, "bye"); });
}

TEST(ParameterOrder, AnErrorHandlerGetsEverythingInAnyOrder) {
    inEveryOrder<OnError, const std::exception&, Session, PathParam<"a">, PathParam<"b", int>>(
        [](auto& conversation) { conversation.text("hello"); });
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
