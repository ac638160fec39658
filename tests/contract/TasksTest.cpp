// Tasks and timers of a session, and its idle timeout: where they run, and that none outlives it.

#include "contract/ContractTest.hpp"

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;

template <class World>
class Tasks : public ContractTest<World> {
protected:
    /// What each message makes a session do.
    void onEach(std::function<void(Session, std::string_view)> act) {
        this->script->onMessage = [act](Session session, std::string_view text) {
            act(session, text);
            return Script::Reply{};
        };
    }
};
TYPED_TEST_SUITE(Tasks, Worlds, WorldNames);

TYPED_TEST(Tasks, APostedTaskRunsAfterTheHandlerThatPostedIt) {
    this->onEach([](Session session, std::string_view) {
        session.post([session] { session.send("task"); });
        session.send("handler");
    });
    auto client = this->world.connect("/scripted/a");
    client.send("go");
    EXPECT_EQ(client.next(), "handler");
    EXPECT_EQ(client.next(), "task");
}

TYPED_TEST(Tasks, ATaskFromAnotherThreadRunsWhereTheHandlersRun) {
    std::thread::id handlers;
    std::optional<Session> session;
    this->script->onOpen = [&](Session opened) {
        handlers = std::this_thread::get_id();
        session = opened;
    };
    [[maybe_unused]] const auto client = this->world.connect("/scripted/a");
    this->journal.waitFor("open");
    std::thread{[&] {
        session->post([&, poster = std::this_thread::get_id()] {
            const auto here = std::this_thread::get_id();
            const bool isTheirs = kHandlers == HandlerKind::Worker ? here != poster : here == handlers;  // any worker will do
            this->journal.add(isTheirs ? "task here" : "task elsewhere");
        });
    }}.join();
    this->world.pass(0ms);
    EXPECT_EQ(this->journal.waitFor("task "), "task here");
}

TYPED_TEST(Tasks, APostedTaskIsDroppedWhenTheSessionHasClosed) {
    this->onEach([this](Session session, std::string_view) {
        session.post([this] { this->journal.add("task"); });
        session.close();
    });
    auto client = this->world.connect("/scripted/a");
    client.send("go");
    client.goodbye();
    this->journal.waitFor("close ");
    EXPECT_EQ(this->journal.count("task"), 0u);
}

TYPED_TEST(Tasks, WhatATaskThrowsGoesToTheErrorHandler) {
    this->onEach([](Session session, std::string_view) {
        session.post([] { throw std::runtime_error{"in a task"}; });
        session.after(5ms, [] { throw std::runtime_error{"in a timer"}; });
    });
    auto client = this->world.connect("/scripted/a");
    client.send("go");
    EXPECT_EQ(this->journal.waitFor("error "), "error in a task");
    this->world.pass(5ms);
    this->journal.waitFor("error in a timer");
}

TYPED_TEST(Tasks, WhatATaskThrowsClosesWith1011WhereNoErrorHandlerIs) {
    this->onEach([](Session session, std::string_view) { session.after(5ms, [] { throw 5; }); });
    auto client = this->world.connect("/bare");
    client.send("go");
    this->world.pass(5ms);
    EXPECT_EQ(client.goodbye().code, CloseCode::InternalError);
}

TYPED_TEST(Tasks, ATimerRunsOnceAndInTheOrderOfTime) {
    this->onEach([](Session session, std::string_view) {
        session.after(30ms, [session] { session.send("late"); });
        session.after(10ms, [session] { session.send("early"); });
        session.after(60ms, [session] { session.send("last"); });
    });
    auto client = this->world.connect("/scripted/a");
    client.send("go");
    this->world.pass(1s);
    EXPECT_EQ(client.next(), "early");
    EXPECT_EQ(client.next(), "late");
    EXPECT_EQ(client.next(), "last");
}

TYPED_TEST(Tasks, ATimerDiesWithItsSession) {
    this->onEach([this](Session session, std::string_view text) {
        session.after(20ms, [this, name = std::string{text}] { this->journal.add("timer " + name); });
        if (text == "first") session.close();
    });
    auto first = this->world.connect("/scripted/a");
    auto second = this->world.connect("/scripted/a");
    EXPECT_THAT(this->script->journal.lines(), ::testing::Each("open"));
    first.send("first");
    first.goodbye();
    second.send("second");
    this->world.pass(20ms);
    this->journal.waitFor("timer second");
    EXPECT_EQ(this->journal.count("timer first"), 0u);
}

TYPED_TEST(Tasks, ATimerMaySetTheNextOne) {
    std::function<void(Session, int)> tick = [&tick](Session session, int left) {
        session.send(std::to_string(left));
        if (left > 0) session.after(2ms, [&tick, session, left] { tick(session, left - 1); });
    };
    this->onEach([&](Session session, std::string_view) { tick(session, 2); });
    auto client = this->world.connect("/scripted/a");
    client.send("go");
    this->world.pass(10ms);
    for (const char* expected : {"2", "1", "0"}) EXPECT_EQ(client.next(), expected);
}

TYPED_TEST(Tasks, AnIdleTimeoutMayBeSetLater) {
    this->onEach([](Session session, std::string_view) { session.setIdleTimeout(30ms); });
    auto client = this->world.connect("/scripted/a");
    client.send("go");
    this->world.pass(30ms);
    EXPECT_EQ(client.goodbye().code, CloseCode::GoingAway);
    EXPECT_THAT(this->journal.waitFor("close "), StartsWith("close 1006 idle"));
}

TYPED_TEST(Tasks, AnIdleTimeoutThatTheOpenHandlerSetsHolds) {
    this->script->onOpen = [](Session session) {
        session.setIdleTimeout(0ms);
        session.after(300ms, [session] { session.send("still here"); });
    };
    auto client = this->world.connect("/impatient");
    this->world.pass(300ms);
    EXPECT_EQ(client.next(), "still here");
}

}  // namespace
}  // namespace patchbay::test
