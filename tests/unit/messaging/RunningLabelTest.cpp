// What runs on a loop is said by the handler's name, for as long as it runs.

#include "support/Conversation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre, ::testing::EndsWith, ::testing::StartsWith;

struct Move {
    int to = 0;
};

/// Each handler notes the label under which it runs.
class Labelling {
    SERVER_ENDPOINT(Labelling, "/labelling")
public:
    std::vector<std::string> labels;

    ON_OPEN(opened)
    void opened() { note(); }
    ON_MESSAGE(said)
    std::string_view said(std::string_view text) {
        note();
        if (text == "throw") throw std::runtime_error{"oh"};
        return text;
    }
    ON_MESSAGE(moved)
    void moved(const Move&) { note(); }
    ON_MESSAGE(sent)
    void sent(Bytes) { note(); }
    ON_CLOSE(left)
    void left() { note(); }
    ON_ERROR(failed)
    void failed(const std::exception&) { note(); }

    void note() {
        const char* const label = detail::runningHere().load();
        labels.emplace_back(label ? label : "nothing");
    }
};

class RunningLabel : public ::testing::Test {
protected:
    /// What was noted since the last look; the loop says that nothing runs.
    std::vector<std::string> noted() {
        EXPECT_EQ(conversation.loop().running(), nullptr);
        return std::exchange(conversation.instance().labels, {});
    }
    Conversation<Labelling> conversation;
};

TEST_F(RunningLabel, EachHandlerRunsUnderItsClassAndName) {
    EXPECT_THAT(noted(), ElementsAre(EndsWith("::Labelling::opened")));
    conversation.text("hello");
    EXPECT_THAT(noted(), ElementsAre(EndsWith("::Labelling::said")));
    conversation.text(R"({"type":"Move","to":1})");
    EXPECT_THAT(noted(), ElementsAre(EndsWith("::Labelling::moved")));
    conversation.binary("x");
    EXPECT_THAT(noted(), ElementsAre(EndsWith("::Labelling::sent")));
    conversation.leave();
    EXPECT_THAT(noted(), ElementsAre(EndsWith("::Labelling::left")));
}

TEST_F(RunningLabel, AHandlerThatThrowsHasEndedWhenTheErrorHandlerRuns) {
    noted();
    conversation.text("throw");
    EXPECT_THAT(noted(), ElementsAre(EndsWith("::Labelling::said"), EndsWith("::Labelling::failed")));
}

TEST_F(RunningLabel, ATaskAndATimerRunUnderTheirEndpointsName) {
    noted();
    auto& instance = conversation.instance();
    conversation.session().post([&] { instance.note(); });
    conversation.session().after(1s, [&] {
        instance.note();
        throw 42;
    });
    conversation.loop().advance(1s);
    const auto aTask = testing::AllOf(StartsWith("a task of "), EndsWith("::Labelling"));
    EXPECT_THAT(noted(), ElementsAre(aTask, aTask, EndsWith("::Labelling::failed")));
}

/// Says something to itself within its handler.
class Nesting {
    SERVER_ENDPOINT(Nesting, "/nesting")
public:
    std::vector<std::string> labels;
    std::function<void()> within;

    ON_OPEN(opened)
    void opened() {}
    ON_MESSAGE(said)
    void said(std::string_view) {
        if (auto once = std::exchange(within, {})) once();
        labels.emplace_back(detail::runningHere().load());
    }
};

TEST(RunningLabelNested, WhatRanBeforeRunsOn) {
    Conversation<Nesting> outer;
    Conversation<Labelling> inner;
    outer.instance().within = [&] { inner.text("hello"); };
    outer.text("go");
    EXPECT_THAT(inner.instance().labels, ElementsAre(EndsWith("opened"), EndsWith("said")));
    EXPECT_THAT(outer.instance().labels, ElementsAre(EndsWith("::Nesting::said")));
}

}  // namespace
}  // namespace patchbay::test
