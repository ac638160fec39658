// A loop without a thread: its clock stands still unless it is turned.

#include "base/ManualLoop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre, ::testing::IsEmpty;

class ManualLoopTest : public ::testing::Test {
protected:
    auto note(std::string what) {
        return [this, what] { notes.push_back(what); };
    }
    ManualLoop loop;
    std::vector<std::string> notes;
};

TEST_F(ManualLoopTest, RunsNothingByItself) {
    loop.post(note("task"));
    loop.after(0ms, note("timer"));
    EXPECT_THAT(notes, IsEmpty());
}

TEST_F(ManualLoopTest, SettlesTasksInTheirOrderAndThoseThatTheyPost) {
    loop.post([this] {
        notes.push_back("first");
        loop.post(note("third"));
    });
    loop.post(note("second"));
    loop.settle();
    EXPECT_THAT(notes, ElementsAre("first", "second", "third"));
}

TEST_F(ManualLoopTest, RunsTimersAtTheirOwnTimesInTheirOrder) {
    const auto start = loop.now();
    std::vector<Clock::duration> times;
    loop.after(20ms, [&] { times.push_back(loop.now() - start); });
    loop.after(10ms, [&] {
        times.push_back(loop.now() - start);
        loop.after(5ms, [&] { times.push_back(loop.now() - start); });
    });
    loop.after(31ms, [&] { times.push_back(loop.now() - start); });
    loop.advance(30ms);
    EXPECT_THAT(times, ElementsAre(10ms, 15ms, 20ms));
    EXPECT_EQ(loop.now() - start, 30ms);
}

TEST_F(ManualLoopTest, TellsHowLongUntilATimerIsDueAndNothingWhereThereIsNone) {
    EXPECT_EQ(loop.untilNextTimer(), std::nullopt);
    loop.after(20ms, note("timer"));
    loop.advance(5ms);
    EXPECT_EQ(loop.untilNextTimer(), 15ms);
    loop.after(-1h, note("overdue"));
    EXPECT_EQ(loop.untilNextTimer(), 0ms);
}

TEST_F(ManualLoopTest, SettlesWhatATimerPostsBeforeTheNextTimer) {
    loop.after(1ms, [this] { loop.post(note("task")); });
    loop.after(2ms, note("timer"));
    loop.advance(2ms);
    EXPECT_THAT(notes, ElementsAre("task", "timer"));
}

TEST_F(ManualLoopTest, ForgetsACancelledTimer) {
    const TimerId timer = loop.after(1ms, note("timer"));
    loop.cancel(timer);
    loop.advance(1s);
    EXPECT_THAT(notes, IsEmpty());
}

TEST_F(ManualLoopTest, TakesTasksFromOtherThreadsAndRunsThemOnItsOwn) {
    std::thread::id ran;
    std::thread{[&] { loop.post([&] { ran = std::this_thread::get_id(); }); }}.join();
    EXPECT_EQ(ran, std::thread::id{});
    loop.settle();
    EXPECT_EQ(ran, std::this_thread::get_id());
}

TEST_F(ManualLoopTest, IsHereOnlyWhileItTurns) {
    bool here = false;
    loop.post([&] { here = loop.isHere(); });
    EXPECT_FALSE(loop.isHere());
    loop.settle();
    EXPECT_TRUE(here);
    EXPECT_FALSE(loop.isHere());
    loop.turnWith([&] { EXPECT_EQ(Loop::here(), &loop); });
    EXPECT_EQ(Loop::here(), nullptr);
}

}  // namespace
}  // namespace patchbay::test
