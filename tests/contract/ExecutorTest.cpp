// The executor: a handler leaves to it what may block, and what comes of that reaches its session.

#include "contract/ContractTest.hpp"
#include "support/Eventually.hpp"
#include "support/StderrLines.hpp"

#include <patchbay/executor.hpp>

#include <algorithm>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;

/// Answers by a task, and by a task's task on its session.
class Delegating {
    SERVER_ENDPOINT(Delegating, "/delegating")
public:
    Delegating(Executor& executor, Script& script) : executor_{executor}, script_{script} {}

    ON_MESSAGE(said)
    void said(Session session, std::string text) {
        const bool taken = executor_.post([this, session, text = std::move(text)] {
            if (text == "throw") throw std::runtime_error{"in the executor"};
            session.trySend("from a worker: " + text);
            session.post([this, session, text] { session.send("on the session: " + text + " " + std::to_string(++answers_)); });
        });
        if (!taken) session.send("busy");
    }
    ON_CLOSE(closed)
    void closed() { script_.journal.add("close"); }

private:
    Executor& executor_;
    Script& script_;
    int answers_ = 0;
};

template <class World>
class Executing : public ContractTest<World> {
protected:
    Executing() { this->world.template deploy<Delegating>(); }
};
TYPED_TEST_SUITE(Executing, Worlds, WorldNames);

TYPED_TEST(Executing, WhatATaskSendsAndPostsReachesTheSession) {
    auto client = this->world.connect("/delegating");
    client.send("one");
    EXPECT_EQ(client.next(), "from a worker: one");
    EXPECT_EQ(client.next(), "on the session: one 1");
    client.send("two");
    EXPECT_EQ(client.next(), "from a worker: two");
    EXPECT_EQ(client.next(), "on the session: two 2");
}

TYPED_TEST(Executing, WhatATaskThrowsHarmsNobody) {
    auto client = this->world.connect("/delegating");
    StderrLines lines;
    client.send("throw");
    client.send("one");
    EXPECT_EQ(client.next(), "from a worker: one");
    const auto isTold = [&] {
        return std::ranges::any_of(lines.journal().lines(), [](const std::string& line) {
            return line.find("a task threw in the executor") != std::string::npos;
        });
    };
    EXPECT_TRUE(this->world.eventually([&] { return test::eventually(isTold); }));
}

TYPED_TEST(Executing, PluginsAndHttpHandlersGetItFromTheServer) {
    const std::shared_ptr<Executor> executor = this->world.server().template service<Executor>();
    [[maybe_unused]] const auto client = this->world.connect("/delegating");
    EXPECT_TRUE(executor->post([journal = &this->journal] { journal->add("task"); }));
    EXPECT_TRUE(this->world.eventually([&] { return this->journal.count("task") == 1; }));
}

TYPED_TEST(Executing, ItsTasksRunBeforeAStopHasEnded) {
    const std::shared_ptr<Executor> executor = this->world.server().template service<Executor>();
    auto client = this->world.connect("/delegating");
    int posted = 0;
    for (int i = 0; i < 100; ++i) posted += executor->post([journal = &this->journal] { journal->add("task"); }) ? 1 : 0;
    this->world.shutDown();
    EXPECT_EQ(client.goodbye().code, CloseCode::GoingAway);
    EXPECT_EQ(posted, 100);
    EXPECT_TRUE(this->world.eventually([&] { return this->journal.count("task") == 100; }));
}

}  // namespace
}  // namespace patchbay::test
