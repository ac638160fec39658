// What is told of a session's end.

#include "support/CapturedLog.hpp"
#include "support/Conversation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace patchbay::test {
namespace {

using ::testing::Contains, ::testing::HasSubstr;

class Listening {
    SERVER_ENDPOINT(Listening, "/listening")
public:
    ON_MESSAGE(said)
    void said(Session session, std::string_view) { session.close(CloseCode{4001}, "enough"); }
};

// The log named 1000 where the peer had said 4000.
TEST(Closing, IsLoggedWithTheCodeThatWasSaidFirst) {
    const CapturedLog log;
    Conversation<Listening> ann, bob;
    ann.leave(CloseCode{4000}, "the peer's own");
    bob.text("x");
    bob.leave(CloseCode{4002}, "too late");
    EXPECT_THAT(log.lines(), Contains(HasSubstr("code 4000: the peer's own")));
    EXPECT_THAT(log.lines(), Contains(HasSubstr("code 4001: enough")));
    EXPECT_THAT(log.lines(), ::testing::Not(Contains(HasSubstr("4002"))));
}

}  // namespace
}  // namespace patchbay::test
