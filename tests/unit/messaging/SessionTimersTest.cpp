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
