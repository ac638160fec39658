// Every call on handles whose endpoint, tasks, timers and values come from a library that goes meanwhile.
#include "anomalies/Leaving.hpp"
#include "anomalies/World.hpp"
#include "plugins/Mapped.hpp"

#include <gmock/gmock.h>
#include <patchbay/config.hpp>

namespace patchbay::test {
namespace {

class Keeper final : public Witness {
public:
    void tell(std::string line) override { told.add(std::move(line)); }
    void keep(const Session& session, std::shared_ptr<Topics> topics) override {
        const std::lock_guard guard{lock_};
        sessions_.push_back(session);
        topics_ = std::move(topics);
    }
    void keep(patchbay::Timer timer) override {
        const std::lock_guard guard{lock_};
        timers_.push_back(std::move(timer));
    }
    void keep(Task task) override {
        const std::lock_guard guard{lock_};
        tasks.push_back(std::move(task));
    }
    std::vector<Session> sessions() {
        const std::lock_guard guard{lock_};
        return sessions_;
    }
    std::vector<patchbay::Timer> timers() {
        const std::lock_guard guard{lock_};
        return timers_;
    }
    std::shared_ptr<Topics> topics() {
        const std::lock_guard guard{lock_};
        return topics_;
    }
    Journal told;
    std::vector<Task> tasks;

private:
    std::mutex lock_;
    std::vector<Session> sessions_;
    std::vector<patchbay::Timer> timers_;
    std::shared_ptr<Topics> topics_;
};

/// A server that loads `library`, with two clients on each loop in which `what` goes on.
class Visited {
public:
    Visited(int loops, const std::string& library, std::string_view what) {
        ServerConfig config = configFor(loops);
        config.pluginFolders = {ANOMALY_LIBRARIES};
        config.plugins = {{.library = library}};
        server_ = std::make_unique<Server>(std::move(config));
        server_->provide(std::static_pointer_cast<Witness>(keeper));
        server_->start();
        EXPECT_TRUE(isMapped(library));
        for (int i = 0; i < 2 * loops; ++i) {
            peers_.push_back(std::make_unique<RawWebSocket>(server_->port(), "/leaving"));
            peers_.back()->text(what);
            while (peers_.back()->nextText() != "ready") {
            }
        }
    }
    void unload() { server_.reset(); }

    const std::shared_ptr<Keeper> keeper = std::make_shared<Keeper>();

private:
    std::vector<std::unique_ptr<RawWebSocket>> peers_;
    std::unique_ptr<Server> server_;
};

/// Two threads `call` from before the unloading until behind it. Returns what the library told.
template <class Call>
std::shared_ptr<Keeper> duringUnload(int loops, std::string_view what, Call call) {
    Visited visited{loops, "leaving", what};
    const auto keeper = visited.keeper;
    std::atomic<bool> enough{false};
    std::atomic<int> rounds{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t) {
        threads.emplace_back([&] {
            for (; !enough; ++rounds) {
                for (const Session& session : keeper->sessions()) {
                    const std::string outcome = outcomeOf([&] { call(session, *keeper); });
                    EXPECT_TRUE(outcome == "fine" || (outcome == "SessionClosed" && !session.isOpen()));
                }
            }
        });
    }
    EXPECT_TRUE(eventually([&] { return rounds > 4; }));
    visited.unload();
    EXPECT_FALSE(isMapped("leaving"));
    const int after = rounds;
    EXPECT_TRUE(eventually([&] { return rounds > after + 4; }));
    enough = true;
    for (auto& thread : threads) thread.join();

    for (const Session& session : keeper->sessions()) EXPECT_FALSE(session.isOpen());
    for (const patchbay::Timer& timer : keeper->timers()) EXPECT_FALSE(timer.active());
    EXPECT_EQ(keeper->topics()->subscribers("t") + keeper->topics()->subscribers("u"), 0u);
    const auto sessions = static_cast<std::size_t>(2 * loops);
    EXPECT_EQ(keeper->sessions().size(), sessions);
    EXPECT_EQ(keeper->told.count("instance destroyed"), sessions);
    EXPECT_EQ(keeper->told.count("closed"), sessions);
    return keeper;
}

TEST_P(Send, DuringUnloadArrivesOrIsRefused) {
    const auto keeper = duringUnload(GetParam(), "send", [](const Session& session, Keeper&) { session.send("x"); });
    EXPECT_EQ(keeper->told.count("task destroyed"), keeper->sessions().size());
}

TEST_P(Publish, DuringUnloadReachesWhoIsThereOrNobody) {
    duringUnload(GetParam(), "publish", [](const Session&, Keeper& keeper) {
        const Published published = keeper.topics()->tryPublish("t", "x");
        EXPECT_NE(published.status, SendStatus::Full);
    });
}

TEST_P(Subscribe, DuringUnloadIsAPositionOrRefused) {
    duringUnload(GetParam(), "subscribe", [](const Session& session, Keeper&) {
        EXPECT_NE(session.subscribe("u").epoch, 0u);
        session.unsubscribe("u");
    });
}

TEST_P(Unsubscribe, DuringUnloadIsNoError) {
    duringUnload(GetParam(), "unsubscribe", [](const Session& session, Keeper& keeper) {
        EXPECT_EQ(outcomeOf([&] { session.unsubscribe("u"); }), "fine");
        keeper.topics()->unsubscribe(session, "t");
    });
}

TEST_P(Post, DuringUnloadRunsOrIsDroppedBeforeTheLibraryGoes) {
    std::atomic<int> made{0}, gone{0};
    const auto keeper = duringUnload(GetParam(), "post", [&](const Session& session, Keeper&) {
        ++made;
        session.post([trace = AtDestruction{[&] { ++gone; }}] {});
    });
    EXPECT_EQ(keeper->told.count("task destroyed"), keeper->sessions().size());
    EXPECT_EQ(gone, made);
}

TEST_P(Timer, DuringUnloadEndsAndItsHandleStaysSafe) {
    const auto keeper = duringUnload(GetParam(), "timer", [](const Session& session, Keeper& keeper) {
        session.after(1ms, [] {});
        for (const patchbay::Timer& timer : keeper.timers()) (void)timer.active();
        if (!session.isOpen()) {
            for (const patchbay::Timer& timer : keeper.timers()) timer.cancel();
        }
    });
    EXPECT_EQ(keeper->told.count("task destroyed"), 2 * keeper->sessions().size());
}

TEST_P(Close, DuringUnloadRunsTheLibrarysCloseHandlerOnce) {
    std::atomic<int> calls{0};
    duringUnload(GetParam(), "close", [&](const Session& session, Keeper&) {
        if (++calls > 20) session.close(CloseCode{4001}, "by the test");
    });
}

TEST_P(Property, DuringUnloadAValueOfTheLibrarysIsDestroyedBeforeIt) {
    const auto keeper = duringUnload(GetParam(), "property", [](const Session& session, Keeper&) {
        session.setProperty("of the test", 1);
        (void)session.property<int>("of the test");
    });
    EXPECT_EQ(keeper->told.count("property destroyed"), keeper->sessions().size());
}

TEST_P(Post, DuringUnloadOfATaskThatSomebodyKeepsLeavesTheLibraryMapped) {
    const std::string library = "staying";
    Visited visited{GetParam(), library, "keep"};
    visited.unload();
    EXPECT_TRUE(isMapped(library));
    auto& tasks = visited.keeper->tasks;
    for (Task& task : tasks) task();
    EXPECT_EQ(visited.keeper->told.count("kept ran"), tasks.size());
    tasks.clear();
    EXPECT_EQ(visited.keeper->told.count("kept destroyed"), static_cast<std::size_t>(2 * GetParam()));
}

TEST(ALibrary, ThatAnotherServerLoadsWhileOneWaitsToUnmapItStays) {
    const std::string library = "leaving";
    auto first = std::make_unique<Visited>(1, library, "keep");
    const auto keeper = first->keeper;
    std::thread unloading{[&] { first->unload(); }};  // waits a moment for whoever has something of it
    keeper->told.waitForCount("instance destroyed", 2);
    Visited second{1, library, "send"};
    keeper->tasks.clear();
    unloading.join();
    EXPECT_TRUE(isMapped(library));
    second.unload();
    EXPECT_FALSE(isMapped(library));
    EXPECT_EQ(second.keeper->told.count("instance destroyed"), 2u);
}

}  // namespace
}  // namespace patchbay::test
