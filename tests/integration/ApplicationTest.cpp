// The callbacks of a whole program, in this process.
#include "integration/Probe.hpp"

#include <patchbay/application.hpp>

#include <atomic>
#include <optional>
#include <thread>

namespace patchbay::test {
namespace {

/// The exit code.
int run(Application application) {
    application.config = quickConfig();
    std::string name = "test-application";
    char* arguments[] = {name.data(), nullptr};
    return runApplication(1, arguments, application);
}

TEST(Application, MayEndItsOwnThreadsBeforeSessionsClose) {
    std::atomic<bool> publishing{true};
    std::thread own;
    std::optional<RawWebSocket> socket;
    std::size_t sessions = 0;
    Application application;
    application.install = [](Server& server) {
        server.provide(std::make_shared<Journal>());
        server.deploy<Probe>();
    };
    application.ready = [&](Server& server) {
        own = std::thread{[&] {
            while (publishing) std::this_thread::yield();
        }};
        socket.emplace(server.port(), "/probe/x");
        socket->text("there?");
        EXPECT_EQ(socket->nextText(), "there?");
        server.requestStop();
    };
    application.stopping = [&](Server& server) {
        sessions = server.sessionCount();
        publishing = false;
        own.join();
    };
    EXPECT_EQ(run(application), 0);
    EXPECT_EQ(sessions, 1u);
    EXPECT_FALSE(own.joinable());
    EXPECT_EQ(socket->nextClose().code, 1001);
}

TEST(Application, ThatThrowsWhateverItLikesEndsWith1) {
    EXPECT_EQ(run({.install = [](Server&) { throw 42; }}), 1);
    EXPECT_EQ(run({.install = [](Server&) { throw std::runtime_error{"not today"}; }}), 1);
    bool stopped = false;
    EXPECT_EQ(run({.ready = [](Server&) { throw 42; }, .stopping = [&](Server&) { stopped = true; }}), 1);
    EXPECT_TRUE(stopped);
    EXPECT_EQ(run({.ready = [](Server& server) { server.requestStop(); }, .stopping = [](Server&) { throw 42; }}), 0);
}

}  // namespace
}  // namespace patchbay::test
