// What plugins hang into a server: handshake interceptors, session listeners, message interceptors.   Source: hooks.hpp

#include "contract/ContractTest.hpp"
#include "support/StderrLines.hpp"

#include <algorithm>
#include <cctype>

namespace patchbay::test {
namespace {

using Verdict = MessageInterceptor::Verdict;

/// Does what the test says, at each handshake.
class AtHandshake final : public HandshakeInterceptor {
public:
    using Action = std::function<void(const HandshakeRequest&, HandshakeResponse&)>;
    explicit AtHandshake(Action action) : action_{std::move(action)} {}
    void onHandshake(const HandshakeRequest& request, HandshakeResponse& response) override { action_(request, response); }

private:
    const Action action_;
};

/// Does what the test says when it is known who comes.
class AtTheEnd final : public HandshakeInterceptor {
public:
    using Action = std::function<std::optional<HandshakeResponse::Rejection>(const HandshakeResponse&)>;
    explicit AtTheEnd(Action action) : action_{std::move(action)} {}
    void onHandshake(const HandshakeRequest&, HandshakeResponse&) override {}
    std::optional<HandshakeResponse::Rejection> onIdentified(const HandshakeRequest&, const HandshakeResponse& response) override {
        return action_(response);
    }

private:
    const Action action_;
};

/// Has each message of each session pay, and writes that down.
class Tollgate final : public SessionListener {
public:
    explicit Tollgate(Journal& journal, std::chrono::milliseconds wait) : journal_{journal}, wait_{wait} {}
    void opened(const Session& session) override { session.setToll(std::make_shared<Paid>(journal_, wait_)); }
    void closed(const Session&, const CloseReason&) override {}

private:
    class Paid final : public MessageToll {
    public:
        Paid(Journal& journal, std::chrono::milliseconds wait) : journal_{journal}, wait_{wait} {}
        std::chrono::nanoseconds pay(std::size_t bytes, std::chrono::steady_clock::time_point) noexcept override {
            journal_.add("paid " + std::to_string(bytes));
            return wait_;
        }

    private:
        Journal& journal_;
        const std::chrono::milliseconds wait_;
    };

    Journal& journal_;
    const std::chrono::milliseconds wait_;
};

/// Writes down that sessions come and go.
class Doorkeeper final : public SessionListener {
public:
    Doorkeeper(Journal& journal, std::string name, bool fails = false)
        : journal_{journal}, name_{std::move(name)}, fails_{fails} {}
    void opened(const Session&) override { note("saw it open"); }
    void closed(const Session&, const CloseReason& reason) override {
        note("saw it close for " + std::string{patchbay::name(reason.cause())});
    }

private:
    void note(const std::string& what) {
        journal_.add(name_ + ' ' + what);
        if (fails_) throw std::runtime_error{"a listener's mistake"};
    }

    Journal& journal_;
    const std::string name_;
    const bool fails_;
};

/// What happens to messages on each of their ways; left out, they pass.
struct Ways {
    using Way = std::function<Verdict(InterceptedMessage&)>;
    Way received = [](InterceptedMessage&) { return Verdict::Pass; };
    Way sending = [](InterceptedMessage&) { return Verdict::Pass; };
    Way publishing = [](InterceptedMessage&) { return Verdict::Pass; };
};

class OnTheWay final : public MessageInterceptor {
public:
    explicit OnTheWay(Ways ways) : ways_{std::move(ways)} {}
    Verdict received(const Session&, InterceptedMessage& message) override { return ways_.received(message); }
    Verdict sending(const Session&, InterceptedMessage& message) override { return ways_.sending(message); }
    Verdict publishing(std::string_view, InterceptedMessage& message) override { return ways_.publishing(message); }

private:
    const Ways ways_;
};

std::string textOf(const InterceptedMessage& message) { return std::string{asText(message.payload())}; }

Verdict shout(InterceptedMessage& message) {
    std::string text = textOf(message);
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    message.replace(std::move(text));
    return Verdict::Pass;
}

/// Passes on what it adds `suffix` to, but for the word `dropped`.
Ways::Way adding(std::string suffix, std::string dropped = "secret") {
    return [suffix = std::move(suffix), dropped = std::move(dropped)](InterceptedMessage& message) {
        if (textOf(message) == dropped) return Verdict::Drop;
        message.replace(textOf(message) + suffix);
        return Verdict::Pass;
    };
}

template <class World>
class Hooks : public ContractTest<World> {
protected:
    void intercept(AtHandshake::Action action) {
        this->world.server().addInterceptor(std::make_shared<AtHandshake>(std::move(action)));
    }
    void intercept(Ways ways) { this->world.server().addInterceptor(std::make_shared<OnTheWay>(std::move(ways))); }
    void listen(const std::string& name, bool fails = false) {
        this->world.server().addListener(std::make_shared<Doorkeeper>(this->journal, name, fails));
    }
    void echo() {
        this->script->onMessage = [](Session, std::string_view text) { return Script::Reply{text}; };
    }
    Refused refusal(std::string_view target) {
        try {
            this->world.connect(target);
        } catch (const Refused& refused) {
            return refused;
        }
        throw std::runtime_error{"the handshake was accepted"};
    }
};
TYPED_TEST_SUITE(Hooks, Worlds, WorldNames);

TYPED_TEST(Hooks, HandshakeInterceptorsRunInTheirOrderAndBeforeTheConfigurator) {
    const auto followed = [](std::string name) {
        return [name](const HandshakeRequest&, HandshakeResponse& response) {
            response.headers.emplace_back(name, response.headers.empty() ? "first" : "behind " + response.headers.back().first);
            response.principal.name = name;
        };
    };
    this->intercept(followed("X-One"));
    this->intercept(followed("X-Two"));
    this->script->onMessage = [](Session session, std::string_view) { return Script::Reply{session.displayName()}; };
    auto client = this->world.connect("/scripted/a", {.headers = {{"X-User", "ann"}}});
    EXPECT_EQ(client.header("x-one"), "first");
    EXPECT_EQ(client.header("x-two"), "behind X-One");
    EXPECT_EQ(client.header("x-door"), "opened");
    client.send("who am I?");
    EXPECT_EQ(client.next(), "ann") << "the configurator has the last word";
}

TYPED_TEST(Hooks, TheFirstInterceptorThatRejectsIsTheLastThatIsAsked) {
    this->intercept([](const HandshakeRequest&, HandshakeResponse& response) { response.reject(402, {{"X-Price", "1"}}, "pay\n"); });
    this->intercept([this](const HandshakeRequest&, HandshakeResponse&) { this->journal.add("second"); });
    const Refused refused = this->refusal("/scripted/a");
    EXPECT_EQ(refused.status(), 402);
    EXPECT_EQ(findHeader(refused.headers(), "X-Price"), "1");
    EXPECT_EQ(findHeader(refused.headers(), "X-Door"), "") << "nor is the configurator";
    EXPECT_EQ(refused.body(), "pay\n");
    EXPECT_EQ(this->journal.count("second"), 0u);
}

TYPED_TEST(Hooks, WhoItIsIsJudgedBehindTheConfiguratorAndTheFirstThatRefusesIsTheLastThatIsAsked) {
    const auto judge = [this](std::string name, std::string refuses) {
        this->world.server().addInterceptor(std::make_shared<AtTheEnd>([this, name, refuses](const HandshakeResponse& response) {
            this->journal.add(name + " sees " + response.principal.name);
            const bool refused = response.principal.name == refuses;
            return refused ? std::optional{HandshakeResponse::Rejection{403, {{"X-By", name}}, "not you\n"}} : std::nullopt;
        }));
    };
    judge("one", "bob");
    judge("two", "eve");
    const auto status = [&](std::string user) {
        try {
            this->world.connect("/scripted/a", {.headers = {{"X-User", std::move(user)}}});
            return std::string{"101"};
        } catch (const Refused& refused) {
            return std::to_string(refused.status()) + " by " + std::string{findHeader(refused.headers(), "X-By")} + ": " + refused.body();
        }
    };
    EXPECT_EQ(status("ann"), "101");
    EXPECT_EQ(status("bob"), "403 by one: not you\n");
    EXPECT_EQ(status("eve"), "403 by two: not you\n");
    EXPECT_EQ(this->journal.count("two sees bob"), 0U);
    EXPECT_EQ(this->journal.count("two sees ann"), 1U);
}

TYPED_TEST(Hooks, MessagesPayATollAndItsSessionIsReadWhenThatIsOver) {
    this->world.server().addListener(std::make_shared<Tollgate>(this->journal, std::chrono::milliseconds{20}));
    this->echo();
    auto client = this->world.connect("/scripted/a");
    client.send("hello");
    client.send("you");
    EXPECT_EQ(client.next(), "hello");
    this->world.pass(std::chrono::milliseconds{20});
    EXPECT_EQ(client.next(), "you");
    EXPECT_EQ(this->journal.count("paid 5"), 1U);
    EXPECT_EQ(this->journal.count("paid 3"), 1U);
}

TYPED_TEST(Hooks, AnInterceptorThatThrowsAtAHandshakeIs500AndKeepsItsSecret) {
    StderrLines lines;
    this->intercept([](const HandshakeRequest&, HandshakeResponse&) { throw std::runtime_error{"the password is mellon"}; });
    const Refused refused = this->refusal("/scripted/a");
    EXPECT_EQ(refused.status(), 500);
    EXPECT_EQ(refused.body().find("mellon"), std::string::npos);
    lines.journal().waitFor("Error /scripted/{room}: the handshake failed: the password is mellon");
}

TYPED_TEST(Hooks, ListenersStandAroundTheHandlersOfASession) {
    this->listen("outer");
    this->listen("inner");
    auto client = this->world.connect("/scripted/a");
    this->journal.waitFor("open");
    client.close(4000, "bye");
    this->journal.waitFor("outer saw it close");
    EXPECT_THAT(this->journal.lines(), ElementsAre("outer saw it open", "inner saw it open", "open", "close 4000 peer bye",
                                                   "inner saw it close for peer", "outer saw it close for peer"));
}

TYPED_TEST(Hooks, AListenerThatThrowsChangesNothing) {
    this->listen("clumsy", true);
    this->listen("careful");
    this->echo();
    auto client = this->world.connect("/scripted/a");
    client.send("still here");
    EXPECT_EQ(client.next(), "still here");
    client.close(1000, "");
    this->journal.waitFor("clumsy saw it close");
    EXPECT_EQ(this->journal.count("careful saw it"), 2u);
}

TYPED_TEST(Hooks, WhatArrivesPassesTheInterceptorsInTheirOrder) {
    this->intercept({.received = adding(" one")});
    this->intercept({.received = &shout});
    this->intercept({.received = adding(" three")});
    this->echo();
    auto client = this->world.connect("/scripted/a");
    client.send("secret");
    client.send("hello");
    EXPECT_EQ(client.next(), "HELLO ONE three");
    EXPECT_EQ(this->journal.count("message "), 1u) << "the dropped one reaches no handler";
}

TYPED_TEST(Hooks, WhatIsSentPassesTheInterceptorsToo) {
    this->intercept({.sending = adding(" one")});
    this->intercept({.sending = &shout});
    this->echo();
    auto client = this->world.connect("/scripted/a");
    client.send("secret");
    client.send("hello");
    EXPECT_EQ(client.next(), "HELLO ONE");
}

TYPED_TEST(Hooks, WhatIsPublishedPassesTheInterceptorsOnceForAll) {
    this->intercept({.publishing = [this](InterceptedMessage& message) {
        this->journal.add("published " + textOf(message));
        return adding(" to all")(message);
    }});
    this->script->onOpen = [](Session session) { session.subscribe("news"); };
    auto ann = this->world.connect("/scripted/a");
    auto bob = this->world.connect("/scripted/b");
    ASSERT_TRUE(this->world.eventually([&] { return this->journal.count("open") == 2; }));
    Topics& topics = topicsOfScripted(this->world);
    topics.publish("news", "secret");
    topics.publish("news", "hello");
    EXPECT_EQ(ann.next(), "hello to all");
    EXPECT_EQ(bob.next(), "hello to all");
    EXPECT_EQ(this->journal.count("published hello"), 1u);
}

TYPED_TEST(Hooks, AnInterceptorThatThrowsAtAMessageGoesTheWayOfAHandlersException) {
    this->intercept({.received = [](InterceptedMessage& message) -> Verdict {
        if (textOf(message) == "bad") throw std::runtime_error{"not that one"};
        return Verdict::Pass;
    }});
    this->echo();
    auto client = this->world.connect("/scripted/a");
    client.send("bad");
    client.send("good");
    EXPECT_EQ(client.next(), "good");
    EXPECT_EQ(this->journal.count("error not that one"), 1u);
}

/// Writes down the label under which it is called: what the watchdog and a stop would name.
class Labelled final : public SessionListener, public MessageInterceptor {
public:
    explicit Labelled(Journal& journal) noexcept : journal_{journal} {}
    void opened(const Session&) override { note("opened"); }
    void closed(const Session&, const CloseReason&) override { note("closed"); }
    Verdict received(const Session&, InterceptedMessage&) override { return note("received"); }
    Verdict sending(const Session&, InterceptedMessage&) override { return note("sending"); }

private:
    Verdict note(const std::string& where) {
        const char* const label = detail::runningHere().load();
        journal_.add(where + " by " + (label ? label : "nobody"));
        return Verdict::Pass;
    }
    Journal& journal_;
};

TYPED_TEST(Hooks, ListenersAndInterceptorsHaveALabelForTheWatchdog) {
    const auto hook = std::make_shared<Labelled>(this->journal);
    this->world.server().addListener(hook);
    this->world.server().addInterceptor(std::static_pointer_cast<MessageInterceptor>(hook));
    this->echo();
    auto client = this->world.connect("/scripted/a");
    client.send("hello");
    EXPECT_EQ(client.next(), "hello");
    client.close(1000, "");
    this->journal.waitFor("closed by a session listener");
    for (const char* const line : {"opened by a session listener", "received by a message interceptor",
                                   "sending by a message interceptor"}) {
        EXPECT_EQ(this->journal.count(line), 1u) << line;
    }
}

TYPED_TEST(Hooks, ATickerTicksOnAlsoWhenItThrows) {
    using namespace std::chrono_literals;
    this->world.server().everyOnEachLoop(10ms, [this](std::chrono::steady_clock::time_point) {
        this->journal.add("tick");
        throw std::runtime_error{"a ticker's mistake"};
    });
    this->world.connect("/scripted/a").close(1000, "");  // the server runs
    this->world.pass(35ms);
    this->journal.waitForCount("tick", 3);
    EXPECT_THROW(this->world.server().everyOnEachLoop(0ms, [](auto) {}), std::invalid_argument);
}

}  // namespace
}  // namespace patchbay::test
