// Plugins that are switched on in the configuration: their life, their place in the server, and that they leave.
// Source: FEATURES G1, G2
#include "plugins/Mapped.hpp"
#include "plugins/Shared.hpp"
#include "support/Eventually.hpp"
#include "support/RawWebSocket.hpp"

#include <patchbay/config.hpp>
#include <patchbay/plugin.hpp>
#include <patchbay/server.hpp>

#include <gmock/gmock.h>

#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

namespace patchbay::test {
namespace {

using testing::ElementsAre, testing::HasSubstr, testing::AllOf, testing::IsEmpty;

class KeptNotes final : public Notes {
public:
    void add(std::string line) override {
        const std::lock_guard guard{lock_};
        lines_.push_back(std::move(line));
    }
    std::vector<std::string> lines() const {
        const std::lock_guard guard{lock_};
        return lines_;
    }

private:
    mutable std::mutex lock_;
    std::vector<std::string> lines_;
};

class Plugins : public testing::Test {
protected:
    /// A server with this configuration, which is YAML; `listen` and the plugin folder are added.
    Server& serve(const std::string& yaml) {
        LoadedConfig loaded = parseConfig(yaml, "test.yaml");
        EXPECT_THAT(loaded.problems, IsEmpty());
        loaded.config.server.listen = {{"http://127.0.0.1:0"}};
        loaded.config.server.loops = 2;
        loaded.config.server.drainTimeout = std::chrono::seconds{2};
        loaded.config.pluginFolders = {PLUGIN_FOLDER};
        server_ = std::make_unique<Server>(std::move(loaded.config));
        server_->provide(std::static_pointer_cast<Notes>(notes_));
        return *server_;
    }
    /// What keeps that server from starting.
    std::vector<std::string> problemsOf(const std::string& yaml) {
        try {
            serve(yaml).start();
        } catch (const DeploymentError& error) {
            return error.problems();
        }
        return {};
    }

    std::shared_ptr<KeptNotes> notes_ = std::make_shared<KeptNotes>();
    std::unique_ptr<Server> server_;
};

TEST_F(Plugins, ComeAndGoWithTheirServer) {
    Server& server = serve("plugins: [ { library: greeting, config: { text: good morning } } ]");
    EXPECT_FALSE(isMapped("greeting"));
    server.start();
    EXPECT_TRUE(isMapped("greeting"));
    {
        RawSocket http{server.port()};
        http.send("GET /greeting HTTP/1.1\r\nHost: localhost\r\n\r\n");
        EXPECT_EQ(http.readAnswer().body, "good morning");
        RawWebSocket socket{server.port(), "/greeter"};
        socket.text("Ann");
        EXPECT_EQ(socket.nextText(), "hello, Ann");
        socket.close(1000);
        EXPECT_EQ(socket.nextClose().code, 1000);
    }
    EXPECT_TRUE(eventually([&] { return notes_->lines().back() == "closed"; }));
    server.stop();
    server_.reset();
    EXPECT_THAT(notes_->lines(), ElementsAre("installed good morning", "started", "opened", "greeted Ann", "closed", "stopped",
                                             "destroyed"));
    EXPECT_FALSE(isMapped("greeting"));
}

TEST_F(Plugins, AreInstalledBehindThoseTheyNeed) {
    serve("plugins: [ needs-greeting, greeting ]").start();
    EXPECT_THAT(notes_->lines(), ElementsAre("installed hello", "installed needs-greeting", "started"));
}

TEST_F(Plugins, AreOtherwiseInstalledInTheOrderOfTheConfiguration) {
    serve("plugins: [ second, greeting, first ]").start();
    EXPECT_THAT(notes_->lines(), ElementsAre("installed second", "installed hello", "installed first", "started"));
}

TEST_F(Plugins, AreStoppedBeforeTheSessionsEndAndDestroyedBehindThem) {
    Server& server = serve("plugins: [ greeting ]");
    server.start();
    RawWebSocket socket{server.port(), "/greeter"};
    std::thread stopping{[&] { server.stop(); }};
    EXPECT_EQ(socket.nextClose().code, 1001);
    socket.close(1001);
    stopping.join();
    server_.reset();
    EXPECT_THAT(notes_->lines(), ElementsAre("installed hello", "started", "opened", "stopped", "closed", "destroyed"));
}

TEST_F(Plugins, LeaveTheProcessAlsoWhereACoroutineOfTheirsHasNotAnswered) {
    Server& server = serve("plugins: [ greeting ]");
    server.start();
    RawSocket http{server.port()};
    http.send("GET /greeting/tomorrow HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_TRUE(eventually([&] { return notes_->lines().back() == "asked"; }));
    server_.reset();
    EXPECT_FALSE(isMapped("greeting"));
    EXPECT_NO_THROW(http.readToEnd());
}

TEST_F(Plugins, WithASymbolThatNobodyHasAreRefusedAtOnceAndNotWhenItIsUsed) {
    EXPECT_THAT(problemsOf("plugins: [ unresolved, greeting ]"),
                ElementsAre(AllOf(HasSubstr("plugins[0]: "), HasSubstr("libunresolved.so"), HasSubstr("undefined symbol"),
                                  HasSubstr("functionOfNobody"))));
    EXPECT_THAT(notes_->lines(), IsEmpty());
}

TEST_F(Plugins, AMistakenOneIsToldWithTheOthersAndNothingIsInstalled) {
    const auto problems = problemsOf("plugins:\n"
                                     "  - greeting\n"
                                     "  - gretting\n"
                                     "  - foreign\n"
                                     "  - no-plugin\n"
                                     "  - greeting-again\n"
                                     "  - ../greeting\n"
                                     "  - /etc/hostname\n"
                                     "apps:\n"
                                     "  - { library: needs-greeting, config: { colour: red } }\n");
    EXPECT_THAT(problems, ElementsAre(AllOf(HasSubstr("test.yaml:3: plugins[1]: there is no libgretting.so"), HasSubstr("did you mean \"greeting\"?")),
                                      AllOf(HasSubstr("test.yaml:4: plugins[2]:"), HasSubstr("another server"), HasSubstr("patchbay 9.9.9")),
                                      AllOf(HasSubstr("plugins[3]:"), HasSubstr("no Patchbay plugin")),
                                      AllOf(HasSubstr("plugins[4]:"), HasSubstr("\"greeting\" is there twice")),
                                      AllOf(HasSubstr("plugins[5]:"), HasSubstr("neither a name nor an absolute path")),
                                      AllOf(HasSubstr("plugins[6]:"), HasSubstr("no shared library of this machine")),
                                      AllOf(HasSubstr("test.yaml:10: apps[0].config"), HasSubstr("no keys of its own"))));
    EXPECT_THAT(notes_->lines(), IsEmpty());
    EXPECT_FALSE(isMapped("greeting"));
    EXPECT_FALSE(isMapped("foreign"));
}

TEST_F(Plugins, AWrongKeyIsToldAtItsLineBeforeAnythingIsInstalled) {
    const auto problems = problemsOf("plugins:\n"
                                     "  - library: greeting\n"
                                     "    config:\n"
                                     "      tect: hi\n"
                                     "      patience: 5\n");
    EXPECT_THAT(problems, ElementsAre(AllOf(HasSubstr("test.yaml:4: plugins[0].config.tect"), HasSubstr("did you mean \"text\"?")),
                                      AllOf(HasSubstr("test.yaml:5: plugins[0].config.patience"), HasSubstr("has no unit"))));
    EXPECT_THAT(notes_->lines(), IsEmpty());
}

TEST_F(Plugins, WhatAConstructorRefusesIsToldWithThePluginsName) {
    EXPECT_THAT(problemsOf("plugins: [ { library: greeting, config: { text: '' } } ]"),
                ElementsAre(HasSubstr("plugins[0]: greeting: text: nobody is greeted with nothing")));
}

TEST_F(Plugins, OneThatCannotBeInstalledOrStartedKeepsTheServerFromListening) {
    EXPECT_THAT(problemsOf("plugins: [ { library: greeting, config: { failInstall: true } } ]"),
                ElementsAre("plugin greeting: install: the installation was told to fail"));
    EXPECT_THAT(problemsOf("plugins: [ { library: greeting, config: { failStart: true } } ]"),
                ElementsAre("plugin greeting: start: the start was told to fail"));
    EXPECT_THAT(notes_->lines(), ElementsAre("installed hello"));
}

/// Linked in, and no good.
class Unwilling : public Plugin {
    void install(ServerContainer&) override { throw std::runtime_error{"not today"}; }
};

TEST_F(Plugins, OneThatIsLinkedInIsToldByTheNameOfItsClass) {
    serve("").install(std::make_unique<Unwilling>());
    try {
        server_->start();
        FAIL() << "it started";
    } catch (const DeploymentError& error) {
        EXPECT_THAT(error.problems(), ElementsAre(AllOf(HasSubstr("::Unwilling: install: not today"))));
    }
}

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(thread_sanitizer) || __has_feature(address_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

/// Takes all memory, so that no thread can be made behind it.
class Greedy : public Plugin {
public:
    void install(ServerContainer&) override {}
    void start() override {
        const rlimit none{0, RLIM_INFINITY};
        ::setrlimit(RLIMIT_AS, &none);
    }
    void stop() override {
        const rlimit all{RLIM_INFINITY, RLIM_INFINITY};
        ::setrlimit(RLIMIT_AS, &all);
        std::fputs("it was stopped\n", stderr);
    }
};

TEST_F(Plugins, ThatHaveStartedAreStoppedWhereTheServerThenCannot) {
    if (kSanitized) GTEST_SKIP() << "sanitizers need memory of their own";
    GTEST_FLAG_SET(death_test_style, "threadsafe");  // a process of its own: in this one stacks of threads are kept
    const auto fails = [&] {
        serve("").install(std::make_unique<Greedy>());
        try {
            server_->start();
        } catch (const std::exception&) {
            std::_Exit(7);
        }
        std::_Exit(0);
    };
    EXPECT_EXIT(fails(), testing::ExitedWithCode(7), "it was stopped");
}

TEST_F(Plugins, ThatNeedWhatIsNotThereOrEachOtherAreRefused) {
    EXPECT_THAT(problemsOf("plugins: [ needs-greeting ]"),
                ElementsAre("needs-greeting: needs the plugin \"greeting\", which is not switched on"));
    EXPECT_THAT(problemsOf("plugins: [ chicken, egg ]"), ElementsAre("these plugins need each other in a circle: chicken, egg"));
}

TEST_F(Plugins, AServerThatDidNotStartTellsTheSameAgain) {
    EXPECT_EQ(problemsOf("plugins: [ greeting, gretting ]").size(), 1u);
    try {
        server_->start();
        FAIL() << "it started";
    } catch (const DeploymentError& error) {
        EXPECT_EQ(error.problems().size(), 1u) << error.what();
    }
}

}  // namespace
}  // namespace patchbay::test
