// The application's timers on a session, and how they end.

#include "support/Conversation.hpp"

#include <gtest/gtest.h>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;

class Resting {
    SERVER_ENDPOINT(Resting, "/resting")
public:
    ON_MESSAGE(said)
    void said(std::string_view) {}
};

TEST(SessionTimers, RunByTheirLoopsClockWhileTheSessionIsOpenAndAreNothingAfterwards) {
    Conversation<Resting> ann;
    const Session session = ann.session();
    int once = 0, often = 0;
    const Timer single = session.after(10ms, [&] { ++once; });
    const Timer repeated = session.every(10ms, [&] { ++often; });
    ann.loop().settle();
    for (const Timer& timer : {single, repeated}) EXPECT_TRUE(timer.active());
    ann.loop().advance(9ms);
    EXPECT_EQ(once + often, 0);
    ann.loop().advance(21ms);
    EXPECT_EQ(once, 1);
    EXPECT_EQ(often, 3);
    EXPECT_FALSE(single.active());
    ann.leave();
    for (const Timer& timer : {session.after(10ms, [&] { ++once; }), session.every(10ms, [&] { ++often; })})
        EXPECT_FALSE(timer.active());
    ann.loop().advance(1s);
    EXPECT_EQ(once, 1);
    EXPECT_EQ(often, 3);
}

TEST(SessionTimers, ThatAreCancelledWhileTheirSessionClosesLetItEnd) {
    Conversation<Resting> ann;
    const Timer once = ann.session().after(1h, [] {}), often = ann.session().every(1h, [] {});
    ann.loop().settle();
    ann.session().close();
    for (const Timer& timer : {once, often}) timer.cancel();
    ann.loop().settle();
    EXPECT_EQ(ann.peer().closed, CloseCode::Normal);
    for (const Timer& timer : {once, often}) EXPECT_FALSE(timer.active());
}

TEST(SessionTimers, EndWithTheirSessionAndKeepNothingForAHandlesSake) {
    Conversation<Resting> ann;
    const auto held = std::make_shared<int>();
    const Timer timer = ann.session().every(1h, [held] {});
    ann.loop().settle();
    EXPECT_TRUE(timer.active());
    ann.leave();
    EXPECT_FALSE(timer.active());
    EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace patchbay::test
