// One answer between whoever writes it and a connection, without either: its bound, its length, and what is said when it is over.
#include "base/ManualLoop.hpp"
#include "http/Answer.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace patchbay::http {
namespace {

constexpr std::size_t kMost = HttpStream::kMostQueued;

/// Takes what it is told to.
class Sink final : public AnswerSink {
public:
    void answerReady() noexcept override { ++ready; }
    void bodyWanted() noexcept override {}
    int ready = 0;
};

class AnswerTest : public testing::Test {
protected:
    SendStatus write(std::size_t bytes) { return answer->write(asBytes(std::string(bytes, 'a'))); }
    /// At most so much of what waits.
    Answer::Taken take(std::size_t most) {
        return answer->take([&](const Answer::Ready& waiting) {
            const auto piece = waiting.body.substr(0, most);
            taken += piece;
            return piece.size();
        });
    }

    OwnLoop loop;
    Sink sink;
    std::shared_ptr<Answer> answer = std::make_shared<Answer>(loop, sink, false);
    std::string taken;
};

TEST_F(AnswerTest, OfAStreamWaitsWhatTheBoundSaysAndNotOneByteMore) {
    ASSERT_TRUE(answer->start(200, {}, std::nullopt));
    EXPECT_EQ(write(1), SendStatus::Queued);
    EXPECT_EQ(write(kMost), SendStatus::Full);
    EXPECT_EQ(write(kMost - 1), SendStatus::Queued);
    EXPECT_EQ(answer->queuedBytes(), kMost);
    EXPECT_EQ(write(1), SendStatus::Full);
    take(1);
    EXPECT_EQ(write(2), SendStatus::Full);
    EXPECT_EQ(write(1), SendStatus::Queued);
}

TEST_F(AnswerTest, OfAStreamTakesAnyPieceWhereNothingWaits) {
    ASSERT_TRUE(answer->start(200, {}, std::nullopt));
    EXPECT_EQ(write(3 * kMost), SendStatus::Queued);
    EXPECT_EQ(write(1), SendStatus::Full);
}

TEST_F(AnswerTest, CountsWhatWaitsAtTheConnectionToo) {
    ASSERT_TRUE(answer->start(200, {}, std::nullopt));
    answer->setQueued(kMost - 1);
    EXPECT_EQ(write(2), SendStatus::Full);
    EXPECT_EQ(write(1), SendStatus::Queued);
    answer->setQueued(2 * kMost);
    EXPECT_EQ(write(1), SendStatus::Full);
}

TEST_F(AnswerTest, KeepsToItsLength) {
    ASSERT_TRUE(answer->start(200, {}, 3));
    EXPECT_EQ(write(4), SendStatus::Dropped);
    EXPECT_EQ(write(2), SendStatus::Queued);
    EXPECT_EQ(write(2), SendStatus::Dropped);
    answer->finish();
    EXPECT_EQ(take(10), Answer::Taken::Cut) << "a byte is missing, and nothing may stand in its place";
}

TEST_F(AnswerTest, IsTakenInTheOrderOfItsWritingToItsEnd) {
    ASSERT_TRUE(answer->start(200, {}, std::nullopt));
    answer->write(asBytes("one, "));
    answer->write(asBytes("two"));
    answer->finish();
    EXPECT_EQ(answer->write(asBytes("three")), SendStatus::Closed);
    EXPECT_EQ(take(4), Answer::Taken::Some);
    EXPECT_EQ(take(100), Answer::Taken::All);
    EXPECT_EQ(taken, "one, two");
}

TEST_F(AnswerTest, WithoutABodyIsOverWithItsHead) {
    const auto toHead = std::make_shared<Answer>(loop, sink, true);
    ASSERT_TRUE(toHead->start(200, {}, 1'000));
    EXPECT_EQ(toHead->write(asBytes("goes nowhere")), SendStatus::Queued);
    EXPECT_EQ(toHead->take([](const Answer::Ready& ready) {
        EXPECT_EQ(ready.body, "");
        EXPECT_EQ(ready.length, 1'000U);
        return std::size_t{0};
    }), Answer::Taken::All);
    ASSERT_TRUE(answer->start(304, {}, std::nullopt));
    EXPECT_EQ(take(0), Answer::Taken::All);
}

TEST_F(AnswerTest, IsGivenOnce) {
    EXPECT_TRUE(answer->respond({200, {}, "first"}));
    EXPECT_FALSE(answer->respond({200, {}, "second"}));
    EXPECT_FALSE(answer->start(200, {}, std::nullopt));
    EXPECT_EQ(take(100), Answer::Taken::All);
    EXPECT_EQ(taken, "first");
    answer->end(false);
    EXPECT_EQ(write(1), SendStatus::Closed);
}

}  // namespace
}  // namespace patchbay::http
