// `patchbay.1` beside plain clients, over every carrier, with handlers on the loop and on the pool.   Source: framework/WIRE.md

#include "contract/Worlds.hpp"
#include "support/Journal.hpp"

#include <patchbay/annotations.hpp>
#include <patchbay/async.hpp>
#include <patchbay/faulty_store.hpp>
#include <patchbay/configurator.hpp>
#include <patchbay/history.hpp>
#include <patchbay/hooks.hpp>
#include <patchbay/topics.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <optional>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr, testing::Not, testing::StartsWith;

struct Add {
    int a, b;
};
struct Sum {
    int sum;
};
struct Note {
    std::string text;
};
struct Slow {
    std::string code;
};
struct Break {};
struct Wait {};
struct WaitForNobody {};

struct Desk {
    Journal journal;
    /// Ends the wait that began last.
    void finish(int sum) {
        const std::lock_guard guard{lock};
        wait->set(sum);
    }
    std::mutex lock;
    std::optional<Completion<int>> wait;
    std::atomic<bool> hangsUp{false};
};

/// Knows `X-User`, who may be a stranger first where `X-Later` says so.
class Porter : public Configurator {
public:
    void modifyHandshake(const HandshakeRequest& request, HandshakeResponse& response) override {
        response.principal.name = request.header("X-User");
        if (response.principal.isSomebody()) response.principal.roles = {"user"};
        if (!request.header("X-Later").empty()) response.authenticateWithin = 10s;
    }
};

/// Takes `{"auth":"NAME"}`; `late` is believed later.
class Introduction final : public MessageInterceptor {
public:
    Verdict received(const Session& session, InterceptedMessage& message) override {
        std::string text{asText(message.payload())};
        if (text == "drop me") return Verdict::Drop;
        if (!text.starts_with("{\"auth\":\"")) return Verdict::Pass;
        const std::string name = text.substr(9, text.size() - 11);
        const Principal known{.name = name, .roles = {"user"}, .expires = std::chrono::system_clock::now() + 3'599'500ms};
        if (name != "late") {
            session.setPrincipal(known);
            return Verdict::Drop;
        }
        session.pauseReceiving();
        const std::lock_guard guard{lock_};
        waiting_ = session;
        return Verdict::Drop;
    }
    /// False where nobody waits yet.
    bool believe() {
        const std::lock_guard guard{lock_};
        if (!waiting_.isOpen()) return false;
        waiting_.setPrincipal({.name = "late", .roles = {"user"}, .expires = std::chrono::system_clock::now() + 3'599'500ms});
        waiting_.resumeReceiving();
        return true;
    }

private:
    std::mutex lock_;
    Session waiting_;
};

template <Dispatch where, bool forUsers>
class DeskOn {
    SERVER_ENDPOINT(DeskOn, "/desk", .subprotocols = {"desk.v2", "desk.v1"}, .configurator = configuredBy<Porter>, .dispatch = where)
public:
    DeskOn(Topics& topics, Desk& desk) : topics_{topics}, desk_{desk} {}
    ON_OPEN(opened)
    void opened(Session session) {
        desk_.journal.add("open " + session.subprotocol() + " of " + session.principal()->name);
        session.subscribe("news");
        session.send(Sum{0});
    }
    ON_MESSAGE(added)
    Sum added(const Add& add) {
        desk_.journal.add("add " + std::to_string(add.a));
        return {add.a + add.b};
    }
    ON_MESSAGE(noted)
    void noted(Session session, const Note& note) {
        topics_.publish("news", note);
        session.send("noted " + note.text);
    }
    ON_MESSAGE(slowed)
    void slowed(const Slow& slow) { throw patchbay::Refused{slow.code, "wait a bit"}; }
    ON_MESSAGE(broke)
    void broke(const Break&) { throw 42; }
    ON_MESSAGE(waited)
    Async<Sum> waited(Wait) {
        Completion<int> done;
        {
            const std::lock_guard guard{desk_.lock};
            desk_.wait = done;
        }
        desk_.journal.add("wait");
        co_return Sum{co_await done};
    }
    /// Waits without being told of its session's end, and speaks into it.
    ON_MESSAGE(spoke)
    void spoke(Session session, WaitForNobody) {
        desk_.journal.add("speak");
        if (desk_.hangsUp.exchange(false)) session.close();
        session.send("spoken");
    }
    ON_MESSAGE(said)
    std::string said(std::string_view text) { return "heard " + std::string{text}; }
    ON_MESSAGE(given)
    std::vector<std::byte> given(Bytes bytes) { return {bytes.begin(), bytes.end()}; }
    ON_ERROR(failed)
    void failed(const std::exception& error) { desk_.journal.add(std::string{"error "} + error.what()); }
    ON_CLOSE(closed)
    void closed(CloseReason reason) { desk_.journal.add("close " + std::to_string(static_cast<int>(reason.code()))); }

private:
    Topics& topics_;
    Desk& desk_;
};

constexpr std::string_view kSecret = "Vq3-0123456789abcdefgh";

std::string hello(std::string_view rest = "", std::string_view secret = kSecret, int next = 1) {
    return "{\"hello\":{\"client\":\"" + std::string{secret} + "\",\"next\":" + std::to_string(next) + std::string{rest} + "}}";
}

/// A client, object by object.
template <class Client>
class Wire {
public:
    explicit Wire(Client client) : client_{std::move(client)} {}
    Client& operator*() noexcept { return client_; }
    void say(std::string_view text) { client_.send(text); }
    std::string next() {
        if (objects_.empty()) {
            std::string message = client_.next();
            for (std::size_t end = 0; end != std::string::npos; message.erase(0, end + 1)) {
                end = message.find('\n');
                objects_.push_back(message.substr(0, end));
                if (end == std::string::npos) break;
            }
        }
        std::string first = std::move(objects_.front());
        objects_.pop_front();
        return first;
    }
    /// The next that begins so.
    std::string next(std::string_view start) {
        for (;;) {
            std::string object = next();
            if (object.starts_with(start)) return object;
        }
    }
    std::string ask(int id, std::string_view data) {
        say("{\"id\":" + std::to_string(id) + ",\"data\":" + std::string{data} + "}");
        return next("{\"id\":" + std::to_string(id));
    }

private:
    Client client_;
    std::deque<std::string> objects_;
};

template <class TheWorld, Dispatch where>
struct On {
    using World = TheWorld;
    static constexpr Dispatch kWhere = where;
};

template <class Kind>
class WireContract : public testing::Test {
protected:
    using World = typename Kind::World;
    using Client = decltype(std::declval<World&>().connect(""));
    using Endpoint = DeskOn<Kind::kWhere, false>;

    WireContract() {
        world.provide(desk);
        world.template deploy<Endpoint>();
        world.server().addInterceptor(introduction);
    }
    Wire<Client> connect(HeaderFields headers = {}) {
        return Wire<Client>{world.connect("/desk", {.headers = std::move(headers), .subprotocols = {"patchbay.1", "desk.v1"}})};
    }
    /// One that has been welcomed, and has got what the open handler sends.
    Wire<Client> enter(std::string_view helloRest = "", HeaderFields headers = {}, int next = 1) {
        auto client = connect(std::move(headers));
        client.say(hello(helloRest, kSecret, next));
        EXPECT_THAT(client.next(), StartsWith("{\"welcome\":"));
        client.next("{\"data\":{\"type\":\"Sum\"");
        return client;
    }

    std::shared_ptr<Desk> desk = std::make_shared<Desk>();
    Journal& journal = desk->journal;
    std::shared_ptr<Introduction> introduction = std::make_shared<Introduction>();
    World world;
};
using Kinds = testing::Types<On<KitWorld, Dispatch::Loop>, On<KitWorld, Dispatch::Worker>, On<SocketWorld, Dispatch::Loop>, On<SocketWorld, Dispatch::Worker>,
                             On<TlsWorld, Dispatch::Loop>>;
TYPED_TEST_SUITE(WireContract, Kinds);

// ------------------------------------------------------------------------------------------------ hello and welcome

TYPED_TEST(WireContract, AnswersPatchbayAndNamesTheApplicationsSubprotocolInWelcome) {
    auto client = this->connect({{"X-User", "ann"}});
    EXPECT_EQ((*client).subprotocol(), "patchbay.1");
    EXPECT_EQ(this->journal.count("open"), 0U) << "its handler runs behind welcome";
    client.say(hello());
    const std::string welcome = client.next();
    EXPECT_THAT(welcome, StartsWith("{\"welcome\":{\"session\":\""));
    EXPECT_THAT(welcome, HasSubstr(R"(,"user":"ann","subprotocol":"desk.v1","ping":25,"limits":{"message":65536,"topics":65536,"ids":1000}}})"));
    EXPECT_THAT(welcome, HasSubstr("\"you\":\""));
    EXPECT_THAT(welcome, Not(HasSubstr(std::string{kSecret})));
    EXPECT_THAT(client.next("{\"data\""), R"({"data":{"type":"Sum","sum":0}})");
    this->journal.waitFor("open desk.v1 of ann");
}

TYPED_TEST(WireContract, LeavesPlainClientsAsTheyAre) {
    auto plain = this->world.connect("/desk", {.subprotocols = {"desk.v2"}});
    EXPECT_EQ(plain.subprotocol(), "desk.v2");
    EXPECT_EQ(plain.next(), R"({"type":"Sum","sum":0})");
    plain.send(R"({"type":"Add","a":1,"b":2})");
    EXPECT_EQ(plain.next(), R"({"type":"Sum","sum":3})");
    plain.send(R"({"type":"Slow","code":"slow-mode"})");
    this->journal.waitFor("error slow-mode: wait a bit");
}

TYPED_TEST(WireContract, EndsWith1002WhereTheFirstObjectIsNoHello) {
    for (const auto* first : {R"({"id":1,"data":1})", R"({"dance":1})", R"({"hello":{"client":"short","next":1}})", R"({"hello":{"client":"0123456789abcdefghijkl","next":9223372036854775808}})"}) {
        auto client = this->connect();
        client.say(first);
        EXPECT_EQ((*client).goodbye().code, CloseCode::ProtocolError) << first;
    }
    EXPECT_EQ(this->journal.count("open"), 0U);
}

TYPED_TEST(WireContract, EndsWith1002AtASecondHello) {
    auto client = this->enter();
    client.say(hello());
    EXPECT_EQ((*client).goodbye().code, CloseCode::ProtocolError);
    this->journal.waitFor("close 1002");
}

TYPED_TEST(WireContract, EndsWith1007WhereSomethingIsNoJsonAndHandlesWhatCameBefore) {
    auto client = this->enter();
    client.say("{\"id\":1,\"data\":\"hi\"}\n{\"id\":2,\"data\":}");
    const Goodbye goodbye = (*client).goodbye();
    EXPECT_EQ(goodbye.code, CloseCode::InvalidPayload);
    EXPECT_EQ(goodbye.text, "an object that is no JSON");
}

TYPED_TEST(WireContract, ShowsTheTokenOfAHelloToTheHooksBeforeWelcome) {
    for (const auto* name : {"ann", "late"}) {
        auto client = this->connect();
        client.say(hello(",\"token\":\"" + std::string{name} + "\""));
        if (name == std::string_view{"late"}) {
            EXPECT_TRUE(this->world.eventually([&] { return this->introduction->believe(); }));
        }
        const std::string welcome = client.next();
        EXPECT_THAT(welcome, HasSubstr("\"user\":\"" + std::string{name} + "\""));
        EXPECT_THAT(welcome, HasSubstr("\"expires\":35"));  // 3599, or less where it took its time
        this->journal.waitFor("open desk.v1 of " + std::string{name});
    }
}

// ------------------------------------------------------------------------------------------------ requests

TYPED_TEST(WireContract, GivesEachRequestOneOutcome) {
    auto client = this->enter();
    EXPECT_EQ(client.ask(1, R"({"type":"Add","a":1,"b":2})"), R"({"id":1,"data":{"type":"Sum","sum":3}})");
    EXPECT_EQ(client.ask(2, R"({"type":"Note","text":"x"})"), R"({"id":2,"ok":true})");
    EXPECT_EQ(client.ask(3, R"({"type":"Slow","code":"slow-mode"})"), R"({"id":3,"error":{"code":"slow-mode","text":"wait a bit","retry":false}})");
    EXPECT_EQ(client.ask(4, R"({"type":"Break"})"), R"({"id":4,"error":{"code":"failed","retry":false}})");
    EXPECT_THAT(client.ask(5, R"({"type":"Add","a":1})"), StartsWith(R"({"id":5,"error":{"code":"malformed","text":"b: )"));
    EXPECT_EQ(client.ask(6, R"("hi\n")"), R"({"id":6,"data":"heard hi\n"})");
    EXPECT_EQ(client.ask(7, R"("drop me")"), R"({"id":7,"error":{"code":"forbidden","retry":false}})");
    EXPECT_EQ(client.ask(8, R"({"type":"Slow","code":"Not A Code"})"), R"({"id":8,"error":{"code":"refused","text":"wait a bit","retry":false}})");
    this->journal.waitFor("error a handler threw something");
    EXPECT_EQ(this->journal.count("error slow-mode"), 0U) << "a refusal is an outcome, and no error";
}

TYPED_TEST(WireContract, AnswersBytesWithBytes) {
    auto client = this->enter();
    (*client).sendBinary(std::string_view{"{\"id\":1}\n\0\n", 11});
    EXPECT_EQ((*client).nextBinary(), (std::string_view{"{\"id\":1}\n\0\n", 11}));
}

TYPED_TEST(WireContract, SaysWhatItDoesNotKnowOrUnderstand) {
    auto client = this->enter();
    client.say(R"({"id":1,"dance":true})");
    EXPECT_EQ(client.next("{\"id\""), R"({"id":1,"error":{"code":"unsupported","retry":false}})");
    client.say(R"({"id":2,"join":7})");
    EXPECT_THAT(client.next("{\"id\""), StartsWith(R"({"id":2,"error":{"code":"malformed","text":)"));
    client.say(R"({"id":3,"join":"elsewhere"})");
    EXPECT_EQ(client.next("{\"id\""), R"({"id":3,"error":{"code":"forbidden","retry":false}})");
}

TYPED_TEST(WireContract, AnswersNothingWhereThereIsNoId) {
    auto client = this->enter();
    client.say("{\"data\":{\"type\":\"Add\",\"a\":5,\"b\":5}}\n{\"data\":{\"type\":\"Slow\",\"code\":\"x\"}}\n{\"dance\":1}\n{\"id\":1,\"data\":\"last\"}");
    EXPECT_EQ(client.next(), R"({"id":1,"data":"heard last"})");
    EXPECT_EQ(this->journal.count("add 5"), 1U);
}

TYPED_TEST(WireContract, HandlesTheObjectsOfOneMessageInTheirOrder) {
    auto client = this->enter();
    client.say("{\"id\":1,\"data\":\"a\"}\n{\"id\":2,\"data\":\"b\"}\n{\"id\":3,\"data\":\"c\"}");
    for (const auto* answer : {R"({"id":1,"data":"heard a"})", R"({"id":2,"data":"heard b"})", R"({"id":3,"data":"heard c"})"}) EXPECT_EQ(client.next(), answer);
}

TYPED_TEST(WireContract, AnswersAPing) {
    auto client = this->enter();
    client.say("{}");
    EXPECT_EQ(client.next(), "{}");
}

// ------------------------------------------------------------------------------------------------ once

TYPED_TEST(WireContract, GivesTheRecordedOutcomeToWhoAsksAgain) {
    {
        auto client = this->enter();
        EXPECT_EQ(client.ask(1, R"({"type":"Add","a":1,"b":2})"), R"({"id":1,"data":{"type":"Sum","sum":3}})");
        EXPECT_THAT(client.ask(1, R"({"type":"Add","a":1,"b":2})"), StartsWith(R"({"id":1,"error":{"code":"malformed")"));
        (*client).vanish();
    }
    this->journal.waitFor("close 1006");
    auto again = this->enter();
    EXPECT_EQ(again.ask(1, R"({"type":"Add","a":1,"b":2})"), R"({"id":1,"data":{"type":"Sum","sum":3}})");
    EXPECT_EQ(this->journal.count("add 1"), 1U);
    EXPECT_EQ(again.ask(2, R"({"type":"Add","a":7,"b":2})"), R"({"id":2,"data":{"type":"Sum","sum":9}})");
}

TYPED_TEST(WireContract, GivesItToTwoConnectionsOfOneClient) {
    auto one = this->enter(), two = this->enter();
    one.say(R"({"id":1,"data":{"type":"Wait"}})");
    this->journal.waitFor("wait");
    two.say(R"({"id":1,"data":{"type":"Wait"}})");
    EXPECT_EQ(two.ask(2, R"("behind it")"), R"({"id":2,"data":"heard behind it"})");
    this->desk->finish(4);
    EXPECT_EQ(one.next("{\"id\":1"), R"({"id":1,"data":{"type":"Sum","sum":4}})");
    EXPECT_EQ(two.next("{\"id\":1"), R"({"id":1,"data":{"type":"Sum","sum":4}})");
    EXPECT_EQ(this->journal.count("wait"), 1U);
}

/// Its handler has not come to its end: it is as if it had never begun.
TYPED_TEST(WireContract, BeginsAnewWhatTheEndOfAConnectionHasCancelled) {
    auto one = this->enter();
    one.say(R"({"id":1,"data":{"type":"Wait"}})");
    this->journal.waitFor("wait");
    auto two = this->enter();
    two.say(R"({"id":1,"data":{"type":"Wait"}})");
    EXPECT_EQ(two.ask(2, R"("behind it")"), R"({"id":2,"data":"heard behind it"})");
    (*one).vanish();
    this->journal.waitForCount("wait", 2);
    this->desk->finish(5);
    EXPECT_EQ(two.next("{\"id\":1"), R"({"id":1,"data":{"type":"Sum","sum":5}})");
}

/// What it has been told by SessionClosed is no outcome: nobody was there to hear it.
TYPED_TEST(WireContract, BeginsAnewWhatHasFoundItsSessionClosed) {
    this->desk->hangsUp = true;
    auto one = this->enter();
    one.say(R"({"id":1,"data":{"type":"WaitForNobody"}})");
    EXPECT_EQ((*one).goodbye().code, CloseCode::Normal);
    auto two = this->enter();
    EXPECT_EQ(two.ask(1, R"({"type":"WaitForNobody"})"), R"({"id":1,"ok":true})");
    EXPECT_EQ(this->journal.count("speak"), 2U);
}

TYPED_TEST(WireContract, ForgetsWhatIsBelowNext) {
    {
        auto client = this->enter();
        client.ask(1, R"("one")");
        client.ask(2, R"("two")");
        client.ask(9, R"("nine")");
    }
    auto again = this->enter("", {}, 9);
    EXPECT_EQ(again.ask(2, R"("two")"), R"({"id":2,"error":{"code":"forgotten","retry":false}})");
    EXPECT_EQ(again.ask(8, R"("never")"), R"({"id":8,"error":{"code":"forgotten","retry":false}})");
    EXPECT_EQ(again.ask(9, R"("other")"), R"({"id":9,"data":"heard nine"})");
    auto backwards = this->enter("", {}, 1);
    EXPECT_EQ(backwards.ask(2, R"("two")"), R"({"id":2,"error":{"code":"forgotten","retry":false}})");
}

TYPED_TEST(WireContract, TellsNobodyElseWhoKnowsTheSecret) {
    auto ann = this->enter("", {{"X-User", "ann"}});
    EXPECT_EQ(ann.ask(1, R"("of ann")"), R"({"id":1,"data":"heard of ann"})");
    auto bob = this->enter("", {{"X-User", "bob"}});
    EXPECT_EQ(bob.ask(1, R"("of bob")"), R"({"id":1,"data":"heard of bob"})");
}

TYPED_TEST(WireContract, KeepsAnOutcomeThatNobodyHasHeard) {
    auto one = this->enter();
    one.say(R"({"id":1,"data":{"type":"Add","a":3,"b":3}})");
    (*one).vanish();
    this->journal.waitFor("close 1006");
    auto two = this->enter();
    EXPECT_EQ(two.ask(1, R"({"type":"Add","a":3,"b":3})"), R"({"id":1,"data":{"type":"Sum","sum":6}})");
    EXPECT_EQ(this->journal.count("add 3"), 1U);
}

TYPED_TEST(WireContract, KeepsAThousandOutcomesOfAClientAndForgetsTheOneBefore) {
    auto client = this->enter();
    for (int id = 1; id <= 1001; ++id) client.ask(id, "\"" + std::to_string(id) + "\"");
    auto again = this->enter();
    EXPECT_EQ(again.ask(1, "\"1\""), R"({"id":1,"error":{"code":"forgotten","retry":false}})");
    EXPECT_EQ(again.ask(2, "\"x\""), R"({"id":2,"data":"heard 2"})");
}

/// What is kept here of a client's outcomes is bounded: the rest is the store's.
TYPED_TEST(WireContract, AsksTheStoreForWhatIsTooLongToKeep) {
    auto client = this->enter();
    const std::string longer(40'000, 'x');
    client.ask(1, "\"" + longer + "\"");
    client.ask(2, "\"" + longer + "\"");
    client.ask(3, "\"" + longer + "\"");
    auto again = this->enter();
    again.say("{\"id\":1,\"data\":\"other\"}\n{\"id\":2,\"data\":\"other\"}");
    for (const auto* id : {"1", "2"}) EXPECT_EQ(again.next(), std::string{"{\"id\":"} + id + ",\"data\":\"heard " + longer + "\"}");
}

// ------------------------------------------------------------------------------------------------ credentials

TYPED_TEST(WireContract, RefreshesInBand) {
    auto client = this->enter("", {{"X-User", "ann"}});
    client.say(R"({"id":16,"auth":"ann"})");
    EXPECT_THAT(client.next(), StartsWith(R"({"id":16,"data":{"expires":35)"));
}

/// Outcomes are a user's: nobody's would be looked for in vain by who comes back as somebody.
TYPED_TEST(WireContract, LeavesWhoHasComeAsNobodyNobody) {
    auto client = this->enter();
    client.say(R"({"id":1,"auth":"ann"})");
    EXPECT_EQ(client.next("{\"id\":1"), R"({"id":1,"error":{"code":"forbidden","retry":false}})");
}

// ------------------------------------------------------------------------------------------------ topics

TYPED_TEST(WireContract, WrapsWhatIsPublishedForItsClientsAndLeavesItBareForOthers) {
    auto plain = this->world.connect("/desk");
    EXPECT_EQ(plain.next(), R"({"type":"Sum","sum":0})");
    auto client = this->enter();
    this->world.template topicsOf<typename TestFixture::Endpoint>().publish("news", "breaking");
    EXPECT_EQ(client.next("{\"topic\""), R"({"topic":"news","data":"breaking"})");
    EXPECT_EQ(plain.next(), "breaking");
    EXPECT_EQ(client.ask(1, R"({"type":"Note","text":"x"})"), R"({"id":1,"ok":true})");
    EXPECT_EQ(plain.next(), R"({"type":"Note","text":"x"})");
}

/// Publication, what is sent, and the outcome: in the order in which the handler has called and returned.
TYPED_TEST(WireContract, KeepsTheOrderOfAHandlersCallsAndItsOutcome) {
    auto client = this->enter();
    client.say(R"({"id":1,"data":{"type":"Note","text":"x"}})");
    EXPECT_EQ(client.next("{\"topic\""), R"({"topic":"news","data":{"type":"Note","text":"x"}})");
    EXPECT_EQ(client.next(), R"({"data":"noted x"})");
    EXPECT_EQ(client.next(), R"({"id":1,"ok":true})");
}

TYPED_TEST(WireContract, PublishesBytesAsABinaryMessage) {
    auto client = this->enter();
    client.ask(1, R"("here")");
    this->world.template topicsOf<typename TestFixture::Endpoint>().publish("news", asBytes("a\nb"));
    EXPECT_EQ((*client).nextBinary(), "{\"topic\":\"news\"}\na\nb");
}

// ------------------------------------------------------------------------------------------------ by a clock turned by hand

class WireByTheClock : public testing::Test {
protected:
    using Kind = DeskOn<Dispatch::Loop, true>;
    WireByTheClock() {
        world.provide(desk);
        world.deploy<Kind>();
        world.server().addInterceptor(std::make_shared<Introduction>());
    }
    Wire<KitWorld::Client> enter() {
        Wire<KitWorld::Client> client{world.connect("/desk", {.subprotocols = {"patchbay.1"}})};
        client.say(hello());
        client.next("{\"data\"");
        return client;
    }
    std::shared_ptr<Desk> desk = std::make_shared<Desk>();
    KitWorld world;
};

TEST_F(WireByTheClock, WhoSaysNoHelloIsEndedByTheTimeOfAHandshake) {
    auto client = world.connect("/desk", {.subprotocols = {"patchbay.1"}});
    world.pass(4'999ms);
    EXPECT_THROW(client.goodbye(), std::runtime_error);
    world.pass(1ms);
    EXPECT_EQ(client.goodbye().code, CloseCode::TryAgainLater);
    EXPECT_EQ(client.goodbye().text, "no hello");
}

TEST_F(WireByTheClock, WhoIsSilentIsAskedAndEndedTenSecondsLater) {
    auto client = enter();
    world.pass(24'999ms);
    EXPECT_THROW(client.next(), std::logic_error);
    world.pass(1ms);
    EXPECT_EQ(client.next(), "{}");
    world.pass(9'999ms);
    EXPECT_THROW((*client).goodbye(), std::runtime_error);
    world.pass(1ms);
    EXPECT_EQ((*client).goodbye().code, CloseCode::GoingAway);
}

TEST_F(WireByTheClock, APingsAnswerIsNotAnsweredAndALaterPingIs) {
    auto client = enter();
    for (int round = 0; round < 3; ++round) {
        world.pass(25s);
        EXPECT_EQ(client.next(), "{}");
        client.say("{}");
        EXPECT_THROW(client.next(), std::logic_error);
    }
    client.say("{}");
    EXPECT_EQ(client.next(), "{}");
}

/// Otherwise each side would take the other's answer for a question, for ever.
TEST_F(WireByTheClock, AMessageThatCrossesAPingIsNoAnswerAndThePongBehindItIs) {
    auto client = enter();
    world.pass(25s);
    EXPECT_EQ(client.next(), "{}");
    EXPECT_EQ(client.ask(1, R"("crossing")"), R"({"id":1,"data":"heard crossing"})");
    client.say("{}");
    EXPECT_THROW(client.next(), std::logic_error);
    client.say("{}");
    EXPECT_EQ(client.next(), "{}");
}

TEST_F(WireByTheClock, TwoPingsOfItsOwnHaveTwoAnswers) {
    auto client = enter();
    for (int pings = 0; pings < 2; ++pings) {
        world.pass(25s);
        EXPECT_EQ(client.next(), "{}");
        EXPECT_THAT(client.ask(pings + 1, R"("slow")"), HasSubstr("heard slow"));
    }
    client.say("{}\n{}");
    EXPECT_THROW(client.next(), std::logic_error);
    client.say("{}");
    EXPECT_EQ(client.next(), "{}");
}

TEST_F(WireByTheClock, EachObjectOfAMessagePaysForItself) {
    ServerConfig config;
    config.limits.maxMessageRate = 2;
    KitWorld rated{config};
    rated.provide(desk);
    rated.deploy<Kind>();
    Wire<KitWorld::Client> client{rated.connect("/desk", {.subprotocols = {"patchbay.1"}})};
    client.say(hello());
    client.next("{\"data\"");
    client.say("{}\n{}\n{}\n{}");  // with the hello five: two seconds of messages and one more
    for (int pongs = 0; pongs < 4; ++pongs) EXPECT_EQ(client.next(), "{}");
    client.say("{}");
    EXPECT_THROW(client.next(), std::logic_error) << "it is read more slowly";
    rated.pass(1s);
    EXPECT_EQ(client.next(), "{}");
}

TEST_F(WireByTheClock, NoLimitOfTopicsIsSaidAsTheGreatestNumber) {
    ServerConfig config;
    config.limits.maxTopics = 0;
    KitWorld free{config};
    free.provide(desk);
    free.deploy<Kind>();
    Wire<KitWorld::Client> client{free.connect("/desk", {.subprotocols = {"patchbay.1"}})};
    client.say(hello());
    EXPECT_THAT(client.next(), HasSubstr("\"topics\":9007199254740991,"));
}

TEST_F(WireByTheClock, WhatIsDueInOneTurnComesInOneMessage) {
    auto client = enter();
    auto& topics = world.topicsOf<Kind>();
    const std::string many = "x";
    for (int count = 0; count < 3; ++count) topics.publish("news", many);
    EXPECT_EQ((*client).next(), "{\"topic\":\"news\",\"data\":\"x\"}\n{\"topic\":\"news\",\"data\":\"x\"}\n{\"topic\":\"news\",\"data\":\"x\"}");
}

// ------------------------------------------------------------------------------------------------ topics with history

struct Tell {
    std::string room, text;
};
struct TellOthers {
    std::string room, text;
};
struct Leave {
    std::string room;
};

template <Dispatch where>
class RoomsOn {
    SERVER_ENDPOINT(RoomsOn, "/rooms", .dispatch = where)
    TOPIC(mayJoin, "{room}", .history = {.messages = 3})
public:
    explicit RoomsOn(Topics& topics) : topics_{topics} {}
    static bool mayJoin(PathParam<"room"> room) { return std::string_view{room} != "secret"; }
    ON_MESSAGE(told)
    void told(const Tell& tell) { topics_.publish(tell.room, tell.text); }
    ON_MESSAGE(toldOthers)
    void toldOthers(Session session, const TellOthers& tell) { topics_.publish(tell.room, tell.text, session); }
    ON_MESSAGE(leaving)
    void leaving(Session session, const Leave& leave) { session.unsubscribe(leave.room); }

private:
    Topics& topics_;
};

template <class Kind>
class WireRooms : public testing::Test {
protected:
    using World = typename Kind::World;
    using Client = decltype(std::declval<World&>().connect(""));
    WireRooms() { world.template deploy<RoomsOn<Kind::kWhere>>(); }
    Wire<Client> enter(std::string_view helloRest = "") {
        Wire<Client> client{world.connect("/rooms", {.subprotocols = {"patchbay.1"}})};
        client.say(hello(helloRest));
        const std::string welcome = client.next("{\"welcome\"");
        const std::size_t you = welcome.find("\"you\":\"") + 7;
        name = welcome.substr(you, 32);
        return client;
    }
    void tell(Wire<Client>& client, int id, std::string_view text) {
        client.say("{\"id\":" + std::to_string(id) + R"(,"data":{"type":"Tell","room":"a","text":")" + std::string{text} + "\"}}");
    }
    /// Joins room a, where nothing has been published. Returns its epoch.
    std::string joinNew(Wire<Client>& client) {
        client.say(R"({"id":1,"join":"a"})");
        const std::string joined = client.next();
        EXPECT_THAT(joined, StartsWith(R"({"joined":"a","epoch":")"));
        EXPECT_THAT(joined, testing::EndsWith(R"(","offset":0,"from":0})"));
        EXPECT_EQ(client.next(), R"({"id":1,"ok":true})");
        return joined.substr(23, joined.find('"', 23) - 23);
    }
    std::string publication(int offset, int id, std::string_view text) const {
        return "{\"topic\":\"a\",\"offset\":" + std::to_string(offset) + ",\"by\":[\"" + name + "\"," + std::to_string(id) + "],\"data\":\"" + std::string{text} + "\"}";
    }
    std::string name;
    World world;
};
TYPED_TEST_SUITE(WireRooms, Kinds);

TYPED_TEST(WireRooms, AreJoinedAndToldWithOffsetsAndBywhom) {
    auto client = this->enter();
    this->joinNew(client);
    this->tell(client, 2, "one");
    EXPECT_EQ(client.next(), this->publication(1, 2, "one"));
    EXPECT_EQ(client.next(), R"({"id":2,"ok":true})");
    client.say(R"({"id":3,"leave":"a"})");
    EXPECT_EQ(client.next(), R"({"id":3,"ok":true})");
    this->tell(client, 4, "two");
    EXPECT_EQ(client.next(), R"({"id":4,"ok":true})");
}

TYPED_TEST(WireRooms, AreToldWhatIsKeptAlsoWhereTheyAreExcepted) {
    auto client = this->enter();
    const std::string epoch = this->joinNew(client);
    client.say(R"({"id":2,"data":{"type":"TellOthers","room":"a","text":"mine"}})");
    EXPECT_EQ(client.next(), this->publication(1, 2, "mine"));
    EXPECT_EQ(client.next(), R"({"id":2,"ok":true})");
    client.say("{\"id\":3,\"join\":\"a\",\"since\":{\"epoch\":\"" + epoch + "\",\"offset\":0}}");
    EXPECT_EQ(client.next(), "{\"joined\":\"a\",\"epoch\":\"" + epoch + R"(","offset":1,"from":0,"recovered":true})");
    EXPECT_EQ(client.next(), this->publication(1, 2, "mine"));
    EXPECT_EQ(client.next(), R"({"id":3,"ok":true})");
}

TYPED_TEST(WireRooms, GiveBackExactlyWhatWasMissed) {
    auto client = this->enter();
    const std::string epoch = this->joinNew(client);
    for (int id = 2; id <= 4; ++id) this->tell(client, id, "t" + std::to_string(id));
    client.next("{\"id\":4");
    auto byHello = this->enter(",\"since\":{\"a\":{\"epoch\":\"" + epoch + "\",\"offset\":1}}");
    byHello.say(R"({"id":10,"join":"a"})");
    EXPECT_EQ(byHello.next(), "{\"joined\":\"a\",\"epoch\":\"" + epoch + R"(","offset":3,"from":1,"recovered":true})");
    EXPECT_EQ(byHello.next(), this->publication(2, 3, "t3"));
    EXPECT_EQ(byHello.next(), this->publication(3, 4, "t4"));
    EXPECT_EQ(byHello.next(), R"({"id":10,"ok":true})");
    byHello.say("{\"id\":11,\"join\":\"a\",\"since\":{\"epoch\":\"" + epoch + "\",\"offset\":3}}");
    EXPECT_EQ(byHello.next(), "{\"joined\":\"a\",\"epoch\":\"" + epoch + R"(","offset":3,"from":3,"recovered":true})");
    EXPECT_EQ(byHello.next(), R"({"id":11,"ok":true})");
}

TYPED_TEST(WireRooms, SayWhereNothingCanBeGivenBack) {
    auto client = this->enter();
    const std::string epoch = this->joinNew(client);
    this->tell(client, 2, "one");
    client.next("{\"id\":2");
    for (const std::string& since : {std::string{R"("epoch":"other","offset":0)"}, "\"epoch\":\"" + epoch + "\",\"offset\":7", std::string{R"("epoch":"zzzzzzzzzzzzzzzz","offset":0)"}}) {
        client.say("{\"id\":3,\"join\":\"a\",\"since\":{" + since + "}}");
        EXPECT_EQ(client.next(), "{\"joined\":\"a\",\"epoch\":\"" + epoch + R"(","offset":1,"from":1,"recovered":false})");
        EXPECT_EQ(client.next(), R"({"id":3,"ok":true})");
    }
}

TYPED_TEST(WireRooms, KeepOutWhoMayNotAndHaveHistoryForWhoIsIn) {
    auto client = this->enter();
    client.say(R"({"id":1,"join":"secret"})");
    EXPECT_EQ(client.next(), R"({"id":1,"error":{"code":"forbidden","retry":false}})");
    client.say(R"({"id":2,"join":"no/room"})");
    EXPECT_EQ(client.next(), R"({"id":2,"error":{"code":"forbidden","retry":false}})");
    client.say(R"({"id":3,"history":"a"})");
    EXPECT_EQ(client.next(), R"({"id":3,"error":{"code":"not-joined","retry":false}})");
    const std::string epoch = this->joinNew(client);
    for (int id = 4; id <= 6; ++id) this->tell(client, id, "t" + std::to_string(id));
    client.next("{\"id\":6");
    client.say(R"({"id":7,"history":"a","before":3,"limit":1})");
    EXPECT_EQ(client.next(), "{\"id\":7,\"data\":{\"epoch\":\"" + epoch + "\",\"list\":[{\"offset\":2,\"by\":[\"" + this->name + "\",5],\"data\":\"t5\"}],\"more\":true}}");
}

TYPED_TEST(WireRooms, SayWhenTheApplicationHasTakenSomebodyOut) {
    auto client = this->enter();
    this->joinNew(client);
    client.say(R"({"id":2,"data":{"type":"Leave","room":"a"}})");
    EXPECT_EQ(client.next(), R"({"left":"a"})");
    EXPECT_EQ(client.next(), R"({"id":2,"ok":true})");
}

/// Says in a room who has come, before who has come is in it.
template <Dispatch where>
class PorchOn {
    SERVER_ENDPOINT(PorchOn, "/porch", .dispatch = where)
    TOPIC(mayJoin, "porch", .history = {.messages = 3})
public:
    explicit PorchOn(Topics& topics) : topics_{topics} {}
    static bool mayJoin() { return true; }
    ON_OPEN(opened)
    void opened(Session session) {
        topics_.publish("porch", "somebody");
        session.send("announced");
    }

private:
    Topics& topics_;
};

/// The server's own store in memory tells what it knows of the client within its call, and welcome comes of that.
template <class Kind>
class WirePorch : public testing::Test {
protected:
    typename Kind::World world;
};
TYPED_TEST_SUITE(WirePorch, Kinds);

TYPED_TEST(WirePorch, AnOpenHandlerMayPublishWhatIsKeptInMemory) {
    this->world.template deploy<PorchOn<TypeParam::kWhere>>();
    auto connection = this->world.connect("/porch", {.subprotocols = {"patchbay.1"}});
    Wire<decltype(connection)> client{std::move(connection)};
    client.say(hello());
    EXPECT_EQ(client.next("{\"data\""), R"({"data":"announced"})");
    client.say(R"({"id":1,"join":"porch"})");
    EXPECT_THAT(client.next(), HasSubstr(R"("offset":1,"from":1})"));
}

template <WhenFull policy>
class Narrow {
    SERVER_ENDPOINT(Narrow, "/narrow", .sendQueue = {.bytes = 10'000, .whenFull = policy})
public:
    ON_MESSAGE(said)
    std::string said(std::string_view text) { return std::string(3'000, text.empty() ? ' ' : text[0]); }
};

/// Outcomes: each comes, or the connection ends, and the client asks again on another.
template <WhenFull policy>
void losesNoOutcome() {
    KitWorld world;
    world.deploy<Narrow<policy>>();
    Wire<KitWorld::Client> client{world.connect("/narrow", {.subprotocols = {"patchbay.1"}})};
    client.say(hello());
    client.next("{\"welcome\"");
    (*client).stall();
    for (int id = 1; id <= 6; ++id) client.say("{\"id\":" + std::to_string(id) + ",\"data\":\"x\"}");
    (*client).resume();
    EXPECT_EQ((*client).goodbye().code, CloseCode::TryAgainLater);
    Wire<KitWorld::Client> again{world.connect("/narrow", {.subprotocols = {"patchbay.1"}})};
    again.say(hello());
    for (int id = 1; id <= 6; ++id) EXPECT_THAT(again.ask(id, "\"x\""), StartsWith("{\"id\":" + std::to_string(id) + ",\"data\":\"x"));
}

TEST(WireAndAFullQueue, DropNewestEndsAConnectionThatHasNoRoomForAnOutcome) { losesNoOutcome<WhenFull::DropNewest>(); }
TEST(WireAndAFullQueue, DropOldestTakesNoOutcomeThatWaits) { losesNoOutcome<WhenFull::DropOldest>(); }

// ------------------------------------------------------------------------------------------------ what is on a disk

struct Enter {
    std::string text;
};
struct EnterAndThrow {};
struct EnterAndWait {};
struct EnterAndWaitForEver {};
struct EnterAndWaitForAnother {};

class Ledger {
    SERVER_ENDPOINT(Ledger, "/ledger", .sendQueue = {.whenFull = WhenFull::DropNewest})
    TOPIC(mayJoin, "{book}", .history = {.durable = true})
public:
    explicit Ledger(Topics& topics) : topics_{topics} {}
    static bool mayJoin(PathParam<"book">) { return true; }
    ON_MESSAGE(entered)
    void entered(const Enter& enter) {
        topics_.publish("book", enter.text);
        topics_.publish("book", enter.text + " again");
    }
    ON_MESSAGE(threw)
    void threw(const EnterAndThrow&) {
        topics_.publish("book", "in vain");
        throw patchbay::Refused{"no", "never"};
    }
    ON_MESSAGE(waited)
    Async<Sum> waited(EnterAndWait) {
        const TopicPosition position = co_await topics_.publish("book", "awaited");
        co_return Sum{static_cast<int>(position.offset)};
    }
    /// Does not look what came of it.
    ON_MESSAGE(waitedForAnother)
    Async<> waitedForAnother(EnterAndWaitForAnother) {
        topics_.publish("book", "unseen");
        co_await sleepFor(1s);
    }
    /// Waits, which commits what is held.
    ON_ERROR(failed)
    Async<> failed(std::exception_ptr) {
        co_await topics_.publish("book", "sorry");
    }
    ON_MESSAGE(broke)
    void broke(const Break&) {
        topics_.publish("book", "in vain");
        throw 42;
    }
    ON_MESSAGE(waitedForEver)
    Async<Sum> waitedForEver(EnterAndWaitForEver) {
        co_await topics_.publish("book", "awaited");
        co_return Sum{co_await Completion<int>{}};
    }

private:
    Topics& topics_;
};

/// The kit's server keeps what is durable in a store that does as it is told.
class WireOnADisk : public testing::Test {
protected:
    WireOnADisk() { world.deploy<Ledger>(); }
    Wire<KitWorld::Client> enter() {
        Wire<KitWorld::Client> client{world.connect("/ledger", {.subprotocols = {"patchbay.1"}})};
        client.say(hello());
        EXPECT_THAT(client.next(), StartsWith("{\"welcome\""));
        return client;
    }
    Wire<KitWorld::Client> enterAndJoin() {
        auto client = enter();
        client.say(R"({"id":1,"join":"book"})");
        EXPECT_THAT(client.next(), StartsWith("{\"joined\""));
        EXPECT_EQ(client.next(), R"({"id":1,"ok":true})");
        return client;
    }
    KitWorld world;
    testkit::FaultyStore& store = dynamic_cast<testkit::TestServer&>(world.server()).store();
};

TEST_F(WireOnADisk, WhatARequestPublishesIsOneCommitWithItsOutcomeAndNobodySeesItBefore) {
    auto client = enterAndJoin();
    store.hold();
    client.say(R"({"id":2,"data":{"type":"Enter","text":"one"}})");
    EXPECT_THROW(client.next(), std::logic_error);
    EXPECT_EQ(store.held(), 1U);
    store.release();
    EXPECT_THAT(client.next(), StartsWith(R"({"topic":"book","offset":1,)"));
    EXPECT_THAT(client.next(), StartsWith(R"({"topic":"book","offset":2,)"));
    EXPECT_EQ(client.next(), R"({"id":2,"ok":true})");
}

TEST_F(WireOnADisk, WhereItCannotBeWrittenNothingIsDoneAndTheRequestMayComeAgain) {
    auto client = enterAndJoin();
    store.fail(StoreFault::NoRoom);
    client.say(R"({"id":2,"data":{"type":"Enter","text":"one"}})");
    EXPECT_EQ(client.next(), R"({"id":2,"error":{"code":"busy","retry":true}})");
    store.mend();
    client.say(R"({"id":3,"data":{"type":"Enter","text":"one"}})");
    EXPECT_THAT(client.next(), StartsWith(R"({"topic":"book","offset":1,)"));
}

TEST_F(WireOnADisk, WhatIsPublishedBeforeARefusalIsNotPublished) {
    auto client = enterAndJoin();
    client.say(R"({"id":2,"data":{"type":"EnterAndThrow"}})");
    EXPECT_THAT(client.next(), StartsWith(R"({"id":2,"error":{"code":"no")"));
    client.say(R"({"id":3,"data":{"type":"Enter","text":"one"}})");
    EXPECT_THAT(client.next(), StartsWith(R"({"topic":"book","offset":1,)"));
}

TEST_F(WireOnADisk, AnErrorHandlerThatWaitsCommitsWhatItPublishesAndNotWhatTheHandlerDid) {
    auto client = enterAndJoin();
    client.say(R"({"id":2,"data":{"type":"Break"}})");
    EXPECT_THAT(client.next(), HasSubstr(R"("offset":1,"by":)"));
    EXPECT_THAT(client.next(), StartsWith(R"({"id":2,"error":{"code":"failed")"));
    client.say(R"({"id":3,"history":"book"})");
    const std::string history = client.next();
    EXPECT_THAT(history, HasSubstr("sorry"));
    EXPECT_THAT(history, Not(HasSubstr("in vain")));
}

TEST_F(WireOnADisk, WhatCouldNotBeWrittenOnTheWayIsNoOk) {
    auto client = enterAndJoin();
    store.fail(StoreFault::NoRoom);
    client.say(R"({"id":2,"data":{"type":"EnterAndWaitForAnother"}})");
    store.mend();
    world.pass(1s);
    EXPECT_EQ(client.next(), R"({"id":2,"error":{"code":"failed","retry":false}})");
}

TEST_F(WireOnADisk, APublicationThatAHandlerAwaitsIsCommittedThen) {
    auto client = enterAndJoin();
    client.say(R"({"id":2,"data":{"type":"EnterAndWait"}})");
    EXPECT_THAT(client.next(), StartsWith(R"({"topic":"book","offset":1,)"));
    EXPECT_EQ(client.next(), R"({"id":2,"data":{"type":"Sum","sum":1}})");
}

/// It would be published twice.
TEST_F(WireOnADisk, WhatHasBeenPublishedInPartIsNotBegunAnew) {
    auto client = enterAndJoin();
    client.say(R"({"id":2,"data":{"type":"EnterAndWaitForEver"}})");
    EXPECT_THAT(client.next(), StartsWith(R"({"topic":"book","offset":1,)"));
    (*client).vanish();
    auto again = enter();
    EXPECT_EQ(again.ask(2, R"({"type":"EnterAndWaitForEver"})"), R"({"id":2,"error":{"code":"failed","retry":false}})");
}

TEST_F(WireOnADisk, OnePageOfHistoryIsReadAtATime) {
    auto client = enterAndJoin();
    store.hold();
    client.say("{\"id\":2,\"history\":\"book\"}\n{\"id\":3,\"history\":\"book\"}");
    EXPECT_EQ(client.next(), R"({"id":3,"error":{"code":"busy","retry":true}})");
    store.release();
    EXPECT_THAT(client.next(), StartsWith(R"({"id":2,"data":)"));
    client.say(R"({"id":4,"history":"book"})");
    EXPECT_THAT(client.next(), StartsWith(R"({"id":4,"data":)"));
}

TEST_F(WireOnADisk, AStoreThatCannotBeReadSendsTheClientAwayToComeBack) {
    store.fail(StoreFault::Unavailable);
    Wire<KitWorld::Client> client{world.connect("/ledger", {.subprotocols = {"patchbay.1"}})};
    client.say(hello());
    EXPECT_EQ((*client).goodbye().code, CloseCode::TryAgainLater);
}

TEST_F(WireOnADisk, AStoreThatIsSlowHasTenSecondsFromTheHello) {
    store.hold();
    const auto come = [&] {
        Wire<KitWorld::Client> client{world.connect("/ledger", {.subprotocols = {"patchbay.1"}})};
        world.pass(4s);
        client.say(hello());
        world.pass(9'999ms);
        return client;
    };
    auto first = come();
    store.release();
    EXPECT_THAT(first.next(), StartsWith("{\"welcome\""));
    (*first).vanish();
    store.hold();
    auto second = come();
    EXPECT_THROW((*second).goodbye(), std::runtime_error);
    world.pass(1ms);
    EXPECT_EQ((*second).goodbye().code, CloseCode::TryAgainLater) << "who is sent away with 1008 does not come again";
}

TEST_F(WireOnADisk, WhereTopicsStandIsSaidWhenWhatWasLostHasRoomAgain) {
    auto client = enterAndJoin();
    (*client).stall();
    for (int id = 2; id < 40; ++id) client.say("{\"id\":" + std::to_string(id) + R"(,"data":{"type":"Enter","text":")" + std::string(60'000, 'x') + "\"}}");
    (*client).resume();
    world.pass(1s);
    EXPECT_THAT(client.next("{\"at\""), testing::MatchesRegex(R"(\{"at":\{"book":[0-9]+\}\})"));
}

}  // namespace
}  // namespace patchbay::test
