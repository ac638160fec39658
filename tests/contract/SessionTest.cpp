// What a session tells about itself, and what its calls do after its end.
// Source: Jakarta WebSocket §2.1.5, §2.5, §3.1.5, §4.7; rule: every call on a closed session but close() is an error

#include "contract/ContractTest.hpp"

namespace patchbay::test {
namespace {

template <class World>
class Sessions : public ContractTest<World> {
protected:
    void waitForTheEnd() {
        ASSERT_TRUE(this->world.eventually([&] { return this->world.sessionCount() == 0; }));
    }
    /// The endpoint answers each message with what `tell` makes of its session.
    void answerWith(std::function<std::string(Session)> tell) {
        this->script->onMessage = [tell](Session session, std::string_view) { return tell(session); };
    }
    std::string ask(typename World::Client& client) {
        client.send("?");
        return client.next();
    }
};
TYPED_TEST_SUITE(Sessions, Worlds, WorldNames);

TYPED_TEST(Sessions, EveryCallButCloseIsAnErrorFromTheCloseOn) {
    this->script->onMessage = [&](Session session, std::string_view) {
        session.close();
        EXPECT_FALSE(session.isOpen());
        EXPECT_TRUE(saysClosed([&] { session.send("x"); }));
        EXPECT_TRUE(saysClosed([&] { session.send(asBytes("x")); }));
        EXPECT_TRUE(saysClosed([&] { session.basicRemote().sendText("x"); }));
        EXPECT_TRUE(saysClosed([&] { session.basicRemote().sendPing(asBytes("x")); }));
        EXPECT_TRUE(saysClosed([&] { session.subscribe("x"); }));
        session.post([] { ADD_FAILURE(); });
        EXPECT_FALSE(session.after(std::chrono::milliseconds{0}, [] { ADD_FAILURE(); }).active());
        EXPECT_FALSE(session.every(std::chrono::milliseconds{1}, [] { ADD_FAILURE(); }).active());
        EXPECT_EQ(session.trySend("x"), SendStatus::Closed);
        EXPECT_TRUE(saysClosed([&] { session.setIdleTimeout(std::chrono::seconds{1}); }));
        session.unsubscribe("x");
        session.close();
        this->journal.add("tried");
        return Script::Reply{};
    };
    auto client = this->world.connect("/scripted/a");
    client.send("go");
    EXPECT_EQ(client.goodbye().code, CloseCode::Normal);
    this->journal.waitFor("tried");
}

TYPED_TEST(Sessions, ClosingTwiceKeepsTheFirstReason) {
    this->script->onMessage = [](Session session, std::string_view) {
        session.close(CloseCode{4001}, "first");
        session.close(CloseCode{4002}, "second");
        return Script::Reply{};
    };
    auto client = this->world.connect("/scripted/a");
    client.send("go");
    EXPECT_EQ(client.goodbye().text, "first");
    EXPECT_EQ(this->journal.waitFor("close "), "close 4001 application first");
}

TYPED_TEST(Sessions, AHandleKeepsItsIdentityAfterTheEndAndNothingElse) {
    std::optional<Session> kept;
    this->script->onOpen = [&](Session session) { kept = session; };
    auto client = this->world.connect("/scripted/a");
    this->journal.waitFor("open");
    const SessionId id = kept->id();
    client.close(1000, "");
    this->waitForTheEnd();
    EXPECT_EQ(kept->id(), id);
    EXPECT_FALSE(kept->isOpen());
    EXPECT_TRUE(saysClosed([&] { kept->displayName(); }));
    EXPECT_TRUE(saysClosed([&] { kept->pathParameter("room"); }));
    EXPECT_TRUE(saysClosed([&] { kept->openSessions(); }));
    EXPECT_TRUE(saysClosed([&] { kept->template property<std::string>("ticket"); }));
    kept->unsubscribe("x");
    kept->close();
}

TYPED_TEST(Sessions, AReturnValueAfterTheCloseGoesToTheErrorHandler) {
    this->script->onMessage = [](Session session, std::string_view) {
        session.close();
        return "too late";
    };
    auto client = this->world.connect("/scripted/a");
    client.send("go");
    EXPECT_EQ(client.goodbye().code, CloseCode::Normal);
    EXPECT_THAT(this->journal.waitFor("error "), HasSubstr("the session is closed"));
}

TYPED_TEST(Sessions, NothingIsSentForAnEmptyOptional) {
    this->script->onMessage = [](Session, std::string_view text) {
        return text == "speak" ? Script::Reply{"spoken"} : Script::Reply{};
    };
    auto client = this->world.connect("/scripted/a");
    client.send("be silent");
    client.send("speak");
    EXPECT_EQ(client.next(), "spoken");
}

TYPED_TEST(Sessions, BinaryStaysBinary) {
    auto client = this->world.connect("/scripted/a");
    const std::string bytes{"\0\xff\x80z", 4};
    client.sendBinary(bytes);
    EXPECT_EQ(client.nextBinary(), bytes);
}

TYPED_TEST(Sessions, OpenSessionsAreThoseOfTheEndpointInEveryRoom) {
    this->answerWith([](Session session) { return std::to_string(session.openSessions().size()); });
    auto ann = this->world.connect("/scripted/a");
    auto bob = this->world.connect("/scripted/b");
    [[maybe_unused]] const auto other = this->world.connect("/bare");
    this->journal.waitForCount("open", 3);
    EXPECT_EQ(this->ask(ann), "2");
    bob.close(1000, "");
    this->journal.waitFor("close 1000 peer");
    EXPECT_EQ(this->ask(ann), "1");
}

TYPED_TEST(Sessions, PropertiesLiveUntilTheCloseHandlerHasReturned) {
    this->script->onOpen = [](Session session) { session.setProperty("seen", 1); };
    this->script->onMessage = [](Session session, std::string_view) {
        session.setProperty("seen", *session.property<int>("seen") + 1);
        return Script::Reply{};
    };
    this->script->onClose = [this](Session session, CloseReason) {
        this->journal.add("seen " + std::to_string(*session.property<int>("seen")));
        this->journal.add("ticket " + *session.property<std::string>("ticket"));
        EXPECT_EQ(session.property<double>("seen"), std::nullopt) << "another type";
        EXPECT_EQ(session.property<int>("unheard of"), std::nullopt);
    };
    auto client = this->world.connect("/scripted/a", {.headers = {{"X-Ticket", "row 5"}}});
    client.send("one");
    client.close(1000, "");
    EXPECT_EQ(this->journal.waitFor("seen "), "seen 2");
    EXPECT_EQ(this->journal.waitFor("ticket "), "ticket row 5");
}

TYPED_TEST(Sessions, PathAndQueryAreDecoded) {
    this->answerWith([](Session session) {
        return std::string{session.pathParameter("room")} + "|" + session.queryParameter("name") + "|" +
               session.queryParameter("empty") + "|" + session.queryParameter("missing") + "|" +
               std::string{session.pathParameter("missing")};
    });
    auto client = this->world.connect("/scripted/caf%C3%A9%2Fbar+1?name=Ann%20%26+Bob&empty=&name=Eve");
    EXPECT_EQ(this->ask(client), "café/bar+1|Ann & Bob|||");
}

TYPED_TEST(Sessions, TheRequestUriIsWholeAndAsItCame) {
    this->answerWith([](Session session) { return session.requestUri(); });
    auto client = this->world.connect("/scripted/a%20b?x=1");
    const std::string uri = this->ask(client);
    EXPECT_EQ(uri, "ws" + this->world.ownOrigin().substr(4) + "/scripted/a%20b?x=1");
}

TYPED_TEST(Sessions, APrincipalGivesItsNameAndAGuestHasANumber) {
    this->answerWith([](Session session) { return session.displayName() + "|" + session.principal()->name; });
    auto ann = this->world.connect("/scripted/a", {.headers = {{"X-User", "ann"}}});
    EXPECT_EQ(this->ask(ann), "ann|ann");
    auto guest = this->world.connect("/scripted/a");
    const std::string name = this->ask(guest);
    EXPECT_THAT(name, StartsWith("guest-"));
    EXPECT_THAT(name, ::testing::EndsWith("|"));
}

TYPED_TEST(Sessions, TheFirstSubprotocolOfTheClientThatTheEndpointHasIsTaken) {
    this->answerWith([](Session session) { return session.subprotocol(); });
    auto client = this->world.connect("/scripted/a", {.subprotocols = {"v9", "v1", "v2"}});
    EXPECT_EQ(client.subprotocol(), "v1");
    EXPECT_EQ(this->ask(client), "v1");
    auto other = this->world.connect("/scripted/a", {.subprotocols = {"v9"}});
    EXPECT_EQ(other.subprotocol(), "");
    EXPECT_EQ(this->ask(other), "");
}

}  // namespace
}  // namespace patchbay::test
