// Who a peer is, and what that allows: roles of endpoints and of handlers, a principal that changes, that expires, that comes late.
// Source: FEATURES S3, S6; Jakarta WebSocket §7.2, §8.1

#include "contract/ContractTest.hpp"

#include <patchbay/users.hpp>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::system_clock;

struct Sentence {
    std::string over;
};

/// `X-User: ann judge` is ann, in that role; `X-For: 50` in so many milliseconds nobody any more.
class Usher : public Configurator {
public:
    void modifyHandshake(const HandshakeRequest& request, HandshakeResponse& response) override {
        const std::string_view user = request.header("X-User");
        const std::size_t space = std::min(user.find(' '), user.size());
        response.principal.name = user.substr(0, space);
        if (space < user.size()) response.principal.roles = {std::string{user.substr(space + 1)}};
        if (response.principal.isSomebody()) {
            response.principal.displayName = "the honourable " + response.principal.name;
            response.principal.claims = {{"seat", "1"}};
            response.principal.foundBy = "usher";
        }
        if (const std::string_view left = request.header("X-For"); !left.empty()) {
            response.principal.expires = system_clock::now() + std::chrono::milliseconds{std::stoi(std::string{left})};
        }
        if (!request.header("X-Later").empty()) response.authenticateWithin = std::chrono::milliseconds{std::stoi(std::string{request.header("X-Later")})};
    }
};

template <Dispatch where>
class CourtOn {
    SERVER_ENDPOINT(CourtOn, "/court", .configurator = configuredBy<Usher>, .roles = {"judge", "clerk"}, .dispatch = where)
public:
    explicit CourtOn(Script& script) : script_{script} {}
    ON_OPEN(opened)
    void opened(Session session, const Principal& who) {
        script_.onOpen(session);
        script_.journal.add("open " + who.name);
    }
    ON_MESSAGE(sentenced, .roles = {"judge"})
    std::string sentenced(const Sentence& sentence, Principal who) { return who.name + " over " + sentence.over; }
    ON_MESSAGE(asked)
    std::string asked(Session session, std::string_view what, const Principal& who) {
        if (what == "name") return session.displayName() + ", " + who.claims.at("seat") + ", by " + who.foundBy;
        if (what == "others") return std::to_string(session.openSessions().size());
        return session.isUserInRole("judge") ? "a judge" : "no judge";
    }
    ON_ERROR(forbidden)
    void forbidden(Session session, const Forbidden& error) { session.send(error.what()); }
    ON_CLOSE(closed)
    void closed(CloseReason reason, const Principal& who) { script_.journal.add(who.name + " " + closeLine(reason)); }

private:
    Script& script_;
};

/// `iam NAME` names the peer.
class Introduction final : public MessageInterceptor {
public:
    Verdict received(const Session& session, InterceptedMessage& message) override {
        const std::string_view text = asText(message.payload());
        if (text == "throw") throw 42;
        if (text == "wait") {
            session.pauseReceiving();
            const std::lock_guard guard{lock_};
            waiting_ = session;
            return Verdict::Drop;
        }
        if (!text.starts_with("iam ")) return Verdict::Pass;
        session.setPrincipal({.name = std::string{text.substr(4)}, .roles = {text == "iam eve" ? "thief" : "clerk"}});
        return Verdict::Drop;
    }
    Session waiting() const {
        const std::lock_guard guard{lock_};
        return waiting_;
    }

private:
    mutable std::mutex lock_;
    Session waiting_;
};

/// Writes down whose sessions' principals change.
class Registrar final : public SessionListener {
public:
    explicit Registrar(Journal& journal) : journal_{journal} {}
    void opened(const Session& session) override { journal_.add(session.isStranger() ? "a stranger" : "somebody"); }
    void principalChanged(const Session& session) override {
        journal_.add("now " + session.principal()->name + ' ' + session.principal()->roles.at(0));
        throw 42;
    }
    void closed(const Session&, const CloseReason&) override {}

private:
    Journal& journal_;
};

template <class World>
class Principals : public ContractTest<World> {
protected:
    Principals() {
        if (kHandlers == HandlerKind::Worker)
            this->world.template deploy<CourtOn<Dispatch::Worker>>();
        else
            this->world.template deploy<CourtOn<Dispatch::Loop>>();
        this->world.server().addInterceptor(introduction);
    }
    std::shared_ptr<Introduction> introduction = std::make_shared<Introduction>();
    auto enter(std::string user, HeaderFields more = {}) {
        more.emplace_back("X-User", std::move(user));
        return this->world.connect("/court", {.headers = std::move(more)});
    }
    Users& users() { return *this->world.server().template service<Users>(); }
    int status(HeaderFields headers) {
        try {
            this->world.connect("/court", {.headers = std::move(headers)});
            return 101;
        } catch (const Refused& refused) {
            return refused.status();
        }
    }
    static constexpr std::string_view kSentence = R"({"type":"Sentence","over":"bob"})";
};
TYPED_TEST_SUITE(Principals, Worlds, WorldNames);

template <class World>
Topics& courtTopics(World& world) {
    if (kHandlers == HandlerKind::Worker) return world.template topicsOf<CourtOn<Dispatch::Worker>>();
    return world.template topicsOf<CourtOn<Dispatch::Loop>>();
}

TYPED_TEST(Principals, HaveANameToShowClaimsAndAWayTheyWereFound) {
    auto ann = this->enter("ann judge");
    ann.send("name");
    EXPECT_EQ(ann.next(), "the honourable ann, 1, by usher");
    ann.send(this->kSentence);
    EXPECT_EQ(ann.next(), "ann over bob");
}

TYPED_TEST(Principals, WithoutTheRoleOfAHandlerMakeAnErrorAndTheSessionStays) {
    auto bob = this->enter("bob clerk");
    bob.send(this->kSentence);
    EXPECT_EQ(bob.next(), "sentenced needs the role judge");
    bob.send(R"({"type":"Sentence","no":"such member"})");
    EXPECT_EQ(bob.next(), "sentenced needs the role judge") << "nothing is decoded for him";
    bob.send("role");
    EXPECT_EQ(bob.next(), "no judge");
}

TYPED_TEST(Principals, WithoutARoleOfTheEndpointAre401AndWithAnother403AndExpired401) {
    EXPECT_EQ(this->status({}), 401);
    EXPECT_EQ(this->status({{"X-User", "eve thief"}}), 403);
    EXPECT_EQ(this->status({{"X-User", "ann judge"}, {"X-For", "-60000"}}), 401);
    EXPECT_EQ(this->status({{"X-User", "ann\xff judge"}}), 400);
    EXPECT_EQ(this->status({{"X-User", "ann judge"}}), 101);
}

TYPED_TEST(Principals, ThatChangeAreSeenByTheNextMessageOfEachOfTheirSessions) {
    auto one = this->enter("ann clerk"), two = this->enter("ann clerk"), other = this->enter("bob clerk");
    for (auto* each : {&one, &two, &other}) {
        each->send("role");
        EXPECT_EQ(each->next(), "no judge");
    }
    EXPECT_EQ(this->users().sessionsOf("ann").size(), 2U);
    EXPECT_EQ(this->users().change("ann", [](Principal& who) { who.roles = {"judge"}; }), 2U);
    for (auto* each : {&one, &two}) {
        each->send(this->kSentence);
        EXPECT_EQ(each->next(), "ann over bob");
    }
    other.send(this->kSentence);
    EXPECT_EQ(other.next(), "sentenced needs the role judge");
}

TYPED_TEST(Principals, ThatLoseTheRoleOfTheirEndpointAreClosed) {
    auto ann = this->enter("ann clerk");
    this->journal.waitFor("open ann");
    this->users().change("ann", [](Principal& who) { who.roles = {"thief"}; });
    const Goodbye goodbye = ann.goodbye();
    EXPECT_EQ(goodbye.code, CloseCode::PolicyViolation);
    EXPECT_EQ(goodbye.text, "not allowed");
    this->journal.waitFor("ann close 1008 policy not allowed");
}

/// What is called in one task waits together in the loop's queue, the end of the session before what is published behind it.
TYPED_TEST(Principals, ThatLoseARoleGetNothingOfWhatIsPublishedOrSentBehindThat) {
    for (const bool expires : {false, true}) {
        auto& topics = courtTopics(this->world);
        Session anns;
        this->script->onOpen = [&](Session opened) {
            topics.subscribe(opened, "verdicts");
            if (opened.principal()->name == "ann") anns = opened;
        };
        auto ann = this->enter("ann clerk"), bob = this->enter("bob clerk");
        bob.send("role");
        EXPECT_EQ(bob.next(), "no judge");
        ann.send("role");
        EXPECT_EQ(ann.next(), "no judge");
        anns.post([&] {
            topics.publish("verdicts", "before");
            this->users().change("ann", [expires](Principal& who) {
                if (expires)
                    who.expires = system_clock::now() - 1h;
                else
                    who.roles = {"thief"};
            });
            topics.publish("verdicts", "guilty");
            anns.trySend("for your eyes alone");
        });
        EXPECT_EQ(bob.next(), "before");
        EXPECT_EQ(bob.next(), "guilty");
        EXPECT_EQ(ann.next(), "before");
        EXPECT_THROW(ann.next(), std::exception) << "a goodbye, and nothing else";
        this->journal.waitFor(expires ? "ann close 1008 expired expired" : "ann close 1008 policy not allowed");
        bob.close(1000, "");
        bob.goodbye();
        this->world.eventually([&] { return this->world.sessionCount() == 0; });
    }
}

TYPED_TEST(Principals, OfSomebodyElseAreRefusedAndNothingChanges) {
    Session session;
    this->script->onOpen = [&](Session opened) { session = std::move(opened); };
    auto ann = this->enter("ann judge");
    this->journal.waitFor("open ann");
    EXPECT_THROW(session.setPrincipal({.name = "bob", .roles = {"judge"}}), std::invalid_argument);
    EXPECT_THROW(session.setPrincipal({.name = "", .roles = {"judge"}}), std::invalid_argument);
    EXPECT_THROW(session.setPrincipal({.name = "ann", .displayName = "\xff"}), std::invalid_argument);
    EXPECT_THROW(this->users().change("ann", [](Principal&) { throw 42; }), int);
    ann.send(this->kSentence);
    EXPECT_EQ(ann.next(), "ann over bob");
    ann.close(1000, "");
    ann.goodbye();
    this->journal.waitFor("ann close 1000");
    this->world.eventually([&] { return this->world.sessionCount() == 0; });
    EXPECT_TRUE(saysClosed([&] { session.setPrincipal({.name = "ann"}); }));
    EXPECT_TRUE(this->users().sessionsOf("ann").empty());
}

TYPED_TEST(Principals, ThatExpireAreClosedWithThatWordAndARefreshMovesIt) {
    auto kept = this->enter("ann judge", {{"X-For", "10000"}});
    this->journal.waitFor("open ann");
    EXPECT_EQ(this->users().change("ann", [](Principal& who) { who.expires = system_clock::now() + 1h; }), 1U);
    auto ended = this->enter("bob judge", {{"X-For", "300"}});
    this->journal.waitFor("open bob");
    this->world.pass(10'001ms);
    const Goodbye goodbye = ended.goodbye();
    EXPECT_EQ(goodbye.code, CloseCode::PolicyViolation);
    EXPECT_EQ(goodbye.text, "expired");
    this->journal.waitFor("bob close 1008 expired expired");
    EXPECT_EQ(this->world.closedFor(CloseCause::Expired), 1U);
    kept.send("role");
    EXPECT_EQ(kept.next(), "a judge");
}

TYPED_TEST(Principals, OfWhoIsBannedAreClosedWithThatWord) {
    auto one = this->enter("ann judge"), two = this->enter("ann clerk"), other = this->enter("bob clerk");
    for (auto* each : {&one, &two, &other}) {
        each->send("role");
        each->next();
    }
    EXPECT_EQ(this->users().close("ann", CloseCause::Banned), 2U);
    for (auto* each : {&one, &two}) EXPECT_EQ(each->goodbye().text, "banned");
    this->world.eventually([&] { return this->world.closedFor(CloseCause::Banned) == 2; });
    EXPECT_EQ(this->world.closedFor(CloseCause::Banned), 2U);
    other.send("role");
    EXPECT_EQ(other.next(), "no judge");
}

// ------------------------------------------------------------------------------------------------ strangers

TYPED_TEST(Principals, ThatComeByTheFirstMessageOpenTheSessionThen) {
    auto clerk = this->enter("ann clerk");
    clerk.send("others");
    EXPECT_EQ(clerk.next(), "1");
    auto bob = this->world.connect("/court", {.headers = {{"X-Later", "60000"}}});
    clerk.send("others");
    EXPECT_EQ(clerk.next(), "1") << "nobody sees a stranger";
    EXPECT_EQ(this->journal.count("open "), 1U);
    bob.send("iam bob");
    bob.send("role");
    EXPECT_EQ(bob.next(), "no judge");
    this->journal.waitFor("open bob");
    clerk.send("others");
    EXPECT_EQ(clerk.next(), "2");
}

TYPED_TEST(Principals, ThatChangeAreToldToListenersAndOfStrangersBeforeTheOpenHandler) {
    this->world.server().addListener(std::make_shared<Registrar>(this->journal));
    auto bob = this->world.connect("/court", {.headers = {{"X-Later", "60000"}}});
    bob.send("iam bob");
    this->journal.waitFor("open bob");
    this->users().change("bob", [](Principal& who) { who.roles = {"judge"}; });
    ASSERT_TRUE(this->world.eventually([&] { return this->journal.count("now bob judge") == 1; }));
    this->users().change("bob", [](Principal& who) { who.roles = {"thief"}; });
    EXPECT_EQ(bob.goodbye().text, "not allowed");
    this->journal.waitFor("bob close 1008 policy not allowed");
    EXPECT_THAT(this->journal.lines(), ElementsAre("a stranger", "now bob clerk", "open bob", "now bob judge", "bob close 1008 policy not allowed"));
}

TYPED_TEST(Principals, ThatAreLookedUpElsewhereLetWhatComesBehindWait) {
    auto bob = this->world.connect("/court", {.headers = {{"X-Later", "60000"}}});
    bob.send("wait");
    bob.send("role");
    ASSERT_TRUE(this->world.eventually([&] { return this->introduction->waiting().isOpen(); }));
    const Session session = this->introduction->waiting();
    session.post([this] { this->journal.add("task"); });
    EXPECT_EQ(this->journal.count("task"), 0U);
    session.setPrincipal({.name = "bob", .roles = {"clerk"}});
    session.resumeReceiving();
    EXPECT_EQ(bob.next(), "no judge");
    this->journal.waitFor("task");
    EXPECT_THAT(this->journal.lines(), ElementsAre("open bob", "task")) << "tasks too come behind the open handler";
}

TYPED_TEST(Principals, OfStrangersWhoSaySomethingElseFirstAreClosedAndNoHandlerRan) {
    for (const std::string_view first : {"role", "throw", R"({"type":"Sentence","over":"bob"})"}) {
        auto eve = this->world.connect("/court", {.headers = {{"X-Later", "60000"}}});
        eve.send(first);
        const Goodbye goodbye = eve.goodbye();
        EXPECT_EQ(goodbye.code, CloseCode::PolicyViolation);
        EXPECT_EQ(goodbye.text, "not signed in");
    }
    auto eve = this->world.connect("/court", {.headers = {{"X-Later", "60000"}}});
    eve.send("iam eve");
    EXPECT_EQ(eve.goodbye().text, "not allowed") << "a role is needed still";
    this->world.eventually([&] { return this->world.sessionCount() == 0; });
    EXPECT_EQ(this->journal.count("open"), 0U);
    EXPECT_EQ(this->journal.count(" close"), 0U);
}

TYPED_TEST(Principals, OfStrangersWhoSayNothingEndWithTheirTime) {
    auto eve = this->world.connect("/court", {.headers = {{"X-Later", "50"}}});
    this->world.pass(60ms);
    EXPECT_EQ(eve.goodbye().text, "not signed in");
}

TYPED_TEST(Principals, OfStrangersWhoLeaveAreForgotten) {
    auto eve = this->world.connect("/court", {.headers = {{"X-Later", "60000"}}});
    eve.vanish();
    EXPECT_TRUE(this->world.eventually([&] { return this->world.sessionCount() == 0; }));
    EXPECT_EQ(this->journal.count(" close"), 0U);
}

}  // namespace
}  // namespace patchbay::test
