// Who holds up a loop is named: in time, once in a while, and when it is over.

#include "server/Watchdog.hpp"

#include "support/CapturedLog.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre, ::testing::HasSubstr, ::testing::IsEmpty, ::testing::SizeIs, ::testing::StartsWith;

/// A loop whose turns a test begins and ends.
class TurnedLoop final : public Loop {
public:
    ~TurnedLoop() override { queue().close(); }
    void begin(Clock::time_point now) { turnBegins(now); }
    /// What waits in the queue runs in this turn still.
    void end() {
        const Turning turning{*this};
        queue().runWaiting();
        turnEnds();
    }
    void runWaiting() {
        const Turning turning{*this};
        queue().runWaiting();
    }
    /// Says that it runs `label`.
    void run(const char* label) {
        const Turning turning{*this};
        detail::runningHere().store(label);
    }

    Clock::time_point now() const noexcept override { return {}; }
    Clock::time_point present() const noexcept override { return now(); }
    TimerId after(Clock::duration, Task) override { return 0; }
    void cancel(TimerId) noexcept override {}

private:
    void wake() noexcept override {}
};

class WatchdogTest : public ::testing::Test {
protected:
    /// Time goes by, and the watchdog looks whenever it wants to.
    void pass(Clock::duration time) {
        const auto end = now + time;
        for (auto next = dog.look(); next <= end; next = dog.look()) {
            EXPECT_GT(next, now) << "it would look again and again";
            EXPECT_LE(next, now + 1s) << "a turn that begins now may be due then";
            now = next;
            ++looks;
        }
        now = end;
        dog.look();
    }
    std::vector<std::string> said() {
        auto lines = log.lines();
        lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(read));
        read += lines.size();
        return lines;
    }
    void block(TurnedLoop& loop, const char* label, Clock::duration time) {
        loop.begin(now);
        loop.run(label);
        pass(time);
        loop.run(nullptr);
        loop.end();
    }

    CapturedLog log;
    std::size_t read = 0;
    int looks = 0;
    Clock::time_point now{1h};
    const std::shared_ptr<TurnedLoop> first = std::make_shared<TurnedLoop>();
    const std::shared_ptr<TurnedLoop> second = std::make_shared<TurnedLoop>();
    server::Watchdog dog{{first, second}, 1s, [this] { return now; }};
};

TEST_F(WatchdogTest, IsSilentWhereNothingLastsAndLooksOnceInItsTime) {
    pass(100s);
    for (int turn = 0; turn < 1000; ++turn) block(*first, "Room::said", 900ms);
    EXPECT_THAT(said(), IsEmpty());
    looks = 0;
    pass(100s);
    EXPECT_LE(looks, 101);
}

TEST_F(WatchdogTest, WarnsWhenATurnHasLastedItsTimeAndAtEachDoublingAndSaysHowLongItTook) {
    second->begin(now);
    second->run("Room::said");
    pass(999ms);
    EXPECT_THAT(said(), IsEmpty());
    pass(1ms);
    EXPECT_THAT(said(), ElementsAre(StartsWith("watchdog: loop 2 of 2 has been held up for 1.0 s by Room::said;")));
    pass(999ms);
    EXPECT_THAT(said(), IsEmpty());
    pass(1ms);
    EXPECT_THAT(said(), ElementsAre(HasSubstr("for 2.0 s by Room::said")));
    pass(13s);
    EXPECT_THAT(said(), ElementsAre(HasSubstr("for 4.0 s"), HasSubstr("for 8.0 s")));
    now += 250ms;
    second->run(nullptr);
    second->end();
    EXPECT_THAT(said(), ElementsAre("watchdog: loop 2 of 2 goes on; it was held up for 15.2 s by Room::said"));
    pass(10s);
    EXPECT_THAT(said(), IsEmpty());
}

TEST_F(WatchdogTest, ATurnThatItSawInItsMiddleIsToldInTimeToo) {
    pass(10s);
    dog.look();
    now += 900ms;
    first->begin(now);
    now += 100ms;
    EXPECT_EQ(dog.look(), now + 900ms);
    pass(900ms);
    EXPECT_THAT(said(), ElementsAre(HasSubstr("for 1.0 s")));
}

TEST_F(WatchdogTest, WhatHasNoNameIsToldAsWell) {
    block(*first, nullptr, 1500ms);
    EXPECT_THAT(said(), ElementsAre(HasSubstr("loop 1 of 2 has been held up for 1.0 s by something that is no handler"),
                                    HasSubstr("for 1.5 s by something that is no handler")));
}

TEST_F(WatchdogTest, BelowASecondItSpeaksOfMilliseconds) {
    server::Watchdog quick{{first}, 50ms, [this] { return now; }};
    first->begin(now);
    now += 60ms;
    quick.look();
    EXPECT_THAT(said(), ElementsAre(HasSubstr("loop 1 of 1 has been held up for 60 ms")));
}

TEST_F(WatchdogTest, OneThatDoesItAgainIsToldWithinAMinuteOnlyWhereItLastsTwiceAsLong) {
    block(*first, "Room::said", 1s);
    EXPECT_THAT(said(), SizeIs(2));
    for (int again = 0; again < 30; ++again) block(*first, "Room::said", 1900ms);
    EXPECT_THAT(said(), IsEmpty());
    block(*first, "Room::said", 2s);
    EXPECT_THAT(said(), ElementsAre(HasSubstr("has been held up for 2.0 s"), HasSubstr("goes on")));
    block(*first, "Room::said", 3s);
    EXPECT_THAT(said(), IsEmpty());
    pass(56s);
    block(*first, "Room::said", 1s);
    EXPECT_THAT(said(), ElementsAre(HasSubstr("for 1.0 s"), HasSubstr("goes on")));
}

TEST_F(WatchdogTest, AnotherHandlerOrAnotherLoopIsToldAtOnce) {
    block(*first, "Room::said", 1s);
    pass(5s);
    block(*first, "Room::left", 1s);
    block(*second, "Room::said", 1s);
    EXPECT_THAT(said(), ElementsAre(HasSubstr("loop 1 of 2 has been held up for 1.0 s by Room::said"), HasSubstr("goes on"),
                                    HasSubstr("loop 1 of 2 has been held up for 1.0 s by Room::left"), HasSubstr("goes on"),
                                    HasSubstr("loop 2 of 2 has been held up for 1.0 s by Room::said"), HasSubstr("goes on")));
}

TEST_F(WatchdogTest, AStallThatEndsWithinItsTurnIsOverAndTheRestOfTheTurnCountsAnew) {
    first->begin(now);
    first->run("Room::said");
    pass(1s);
    first->run("Room::left");
    first->runWaiting();
    EXPECT_THAT(said(), ElementsAre(HasSubstr("by Room::said"), HasSubstr("goes on")));
    pass(900ms);
    EXPECT_THAT(said(), IsEmpty());
    pass(100ms);
    EXPECT_THAT(said(), ElementsAre(HasSubstr("loop 1 of 2 has been held up for 1.0 s by Room::left")));
}

TEST_F(WatchdogTest, ItsThreadEndsWhenItIsDestroyedAlsoInTheMiddleOfAWait) {
    server::Watchdog slow{{first}, 1h};
    slow.start();
}

}  // namespace
}  // namespace patchbay::test
