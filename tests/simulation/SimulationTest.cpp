// The simulation itself: that it always runs in the same way, that it finds what is planted in it and makes that short.

#include "Draw.hpp"
#include "Shrink.hpp"
#include "Simulation.hpp"

#include "support/CapturedLog.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace patchbay::simulation {
namespace {

using ::testing::HasSubstr;

class Seeds : public ::testing::Test {
    const test::CapturedLog quiet_;
};

TEST_F(Seeds, AreTheSameScriptAndTheSameRunEachTime) {
    std::set<std::uint64_t> traces;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const Script script = draw(seed);
        ASSERT_EQ(script, draw(seed));
        const std::uint64_t trace = run(script).trace;
        ASSERT_EQ(trace, run(script).trace) << "seed " << seed;
        traces.insert(trace);
    }
    EXPECT_EQ(traces.size(), 50u) << "and no two are the same";
}

TEST_F(Seeds, HaveEnoughOfEverything) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        const Script script = draw(seed);
        ASSERT_GE(script.size(), kFewestSteps);
        ASSERT_EQ(script[0].op, Op::Loops);
        ASSERT_GE(script[0][0], 2);
        ASSERT_LE(script[0][0], 4);
        const Outcome::Counts counts = run(script).counts;
        ASSERT_GE(counts.sessions, kFewestSessions) << "seed " << seed;
        ASSERT_GE(counts.topics, kFewestTopics) << "seed " << seed;
        ASSERT_GE(counts.threads, kFewestThreads) << "seed " << seed;
        ASSERT_GE(counts.faults, kFewestFaults) << "seed " << seed;
    }
}

TEST_F(Seeds, DoEverythingThatThereIs) {
    std::set<Op> done;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        for (const Step& step : draw(seed)) done.insert(step.op);
    }
    for (std::size_t op = 0; op < kOps; ++op)
        EXPECT_TRUE(done.contains(static_cast<Op>(op))) << formOf(static_cast<Op>(op)).name;
}

TEST(Scripts, AreWrittenAndReadWithoutAChange) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const Script script = draw(seed);
        ASSERT_EQ(scriptOf(textOf(script)), script) << "seed " << seed;
    }
}

TEST(Scripts, MayHaveRemarksAndEmptyLines) {
    EXPECT_EQ(scriptOf("# why\n\nthread number=1   # who\n    publish topics=0 topic=1 size=9\n"),
              (Script{{Op::Thread, 1, {1}}, {Op::Publish, 0, {0, 1, 9}}}));
}

TEST(Scripts, ThatMakeNoSenseAreRefusedWithTheirLine) {
    const std::pair<const char*, const char*> wrong[] = {{"turn loop=0\nsing", "line 2: there is no operation sing"},
                                                         {"turn", "line 1: turn needs loop="},
                                                         {"turn slot=1", "line 1: turn needs loop="},
                                                         {"turn loop=x", "line 1: x is no number"},
                                                         {"turn loop=65536", "line 1: 65536 is no number up to 65535"},
                                                         {"turn loop=1 loop=1", "line 1: turn takes nothing more"},
                                                         {"    turn loop=1", "line 1: it belongs to nothing"},
                                                         {"turn loop=1\n    turn loop=1", "line 2: nothing may belong"}};
    for (const auto& [text, answer] : wrong) {
        try {
            scriptOf(text);
            ADD_FAILURE() << text;
        } catch (const std::invalid_argument& error) {
            EXPECT_THAT(error.what(), HasSubstr(answer));
        }
    }
}

/// A fault in the simulation's own carrier: nothing of the product's has to be broken for it.
std::optional<Fault> runPlanted(std::span<const Step> script) {
    return run(script, {.planted = Planted::SwallowsBehindPing}).fault;
}

TEST_F(Seeds, APlantedFaultIsFoundShrunkToAFewStepsAndReplayedFromItsText) {
    Script script;
    std::optional<Fault> fault;
    for (std::uint64_t seed = 0; seed < 200 && !fault; ++seed) {
        script = draw(seed);
        fault = runPlanted(script);
    }
    ASSERT_TRUE(fault);
    const Shrunk shrunk = shrink(script, *fault, runPlanted);
    // handshake, opens, stalls, ping, a message: whoever does it
    EXPECT_LE(shrunk.script.size(), 10u) << textOf(shrunk.script);
    EXPECT_EQ(shrunk.fault.rule, fault->rule);
    for (const char* needed : {"handshake", "opens", "stalls", "ping"})
        EXPECT_THAT(textOf(shrunk.script), HasSubstr(needed));

    const Script read = scriptOf(textOf(shrunk.script));
    const auto again = runPlanted(read);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->text, shrunk.fault.text);
    EXPECT_FALSE(run(read).fault) << "without what was planted there is nothing";
}

/// Faults that seeds have found, each in its shortest form.
class Found : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(Found, IsMended) {
    const test::CapturedLog quiet;
    std::ostringstream text;
    text << std::ifstream{GetParam()}.rdbuf();
    const Script script = scriptOf(text.str());
    ASSERT_FALSE(script.empty());
    const Outcome outcome = run(script);
    EXPECT_FALSE(outcome.fault) << name(outcome.fault->rule) << ": " << outcome.fault->text;
}

std::vector<std::filesystem::path> foundScripts() {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator{SCRIPTS}) {
        if (entry.path().extension() == ".script") found.push_back(entry.path());
    }
    std::ranges::sort(found);
    return found;
}

INSTANTIATE_TEST_SUITE_P(Scripts, Found, ::testing::ValuesIn(foundScripts()),
                         [](const auto& info) { return info.param.stem().string(); });

}  // namespace
}  // namespace patchbay::simulation
