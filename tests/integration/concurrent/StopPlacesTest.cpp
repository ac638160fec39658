// stop() and requestStop() from each place of a server where a user's code runs.
#include "integration/concurrent/Charged.hpp"

namespace patchbay::test {
namespace {

const char* const kOnItsThreads[] = {"constructor",     "destructor",          "open handler",        "task",
                                     "timer",           "message handler",     "close handler",       "error handler",
                                     "listener opened", "listener closed",     "message interceptor", "handshake interceptor",
                                     "ticker",          "HTTP handler",        "executor task"};

std::string nameOf(const testing::TestParamInfo<const char*>& info) {
    std::string name = info.param;
    std::erase(name, ' ');
    return name;
}

class StopOn : public testing::TestWithParam<const char*> {};

// It hung, or the process ended with EDEADLK or SIGABRT.
TEST_P(StopOn, OneOfTheServersOwnThreadsIsRefusedWithWhatToDoAndTheServerServesOn) {
    Charged charged;
    std::promise<std::string> said;
    charged.charge->load(GetParam(), [&] { said.set_value(wordsOfStop(*charged.server)); });
    charged.server.start<>();
    charged.visit();
    auto words = said.get_future();
    ASSERT_EQ(words.wait_for(kPatience), std::future_status::ready);
    EXPECT_NE(words.get().find("requestStop()"), std::string::npos);
    EXPECT_EQ(charged.server.ask("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n").status, 200);
    EXPECT_TRUE(charged.server->stop());
}

TEST_P(StopOn, RequestStopEndsRunFromThere) {
    Charged charged;
    charged.charge->load(GetParam(), [&] { charged.server->requestStop(); });
    Running running{*charged.server};
    running.waitUntilReady();
    charged.visit();
    EXPECT_EQ(running.end(), 0);
}

INSTANTIATE_TEST_SUITE_P(EveryPlace, StopOn, testing::ValuesIn(kOnItsThreads), nameOf);

class StopWhileItStartsOrStops : public testing::TestWithParam<const char*> {};

TEST_P(StopWhileItStartsOrStops, OnThatThreadIsRefused) {
    Charged charged;
    std::string words;
    charged.charge->load(GetParam(), [&] { words = wordsOfStop(*charged.server); });
    charged.server.start<>();
    EXPECT_TRUE(charged.server->stop());
    EXPECT_NE(words.find("requestStop()"), std::string::npos) << words;
}

INSTANTIATE_TEST_SUITE_P(Plugin, StopWhileItStartsOrStops, testing::Values("plugin install", "plugin start", "plugin stop"), nameOf);

}  // namespace
}  // namespace patchbay::test
