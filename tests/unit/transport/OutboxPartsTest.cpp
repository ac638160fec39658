// Messages in several frames, and messages for whose end somebody waits, in a queue that may be full.
#include "transport/Outbox.hpp"

#include "support/SendResults.hpp"

#include <gmock/gmock.h>

#include <string>

namespace patchbay::transport {
namespace {

using test::SendResults;
using ::testing::ElementsAre, ::testing::IsEmpty;

constexpr std::size_t kLarge = 5000;  // in memory of its own

std::string write(Outbox& box, std::size_t bytes = SIZE_MAX) {
    Batch batch;
    box.gather(batch);
    std::string wire;
    for (const iovec& piece : batch.span()) wire.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    wire.resize(std::min(wire.size(), bytes));
    box.written(wire.size());
    return wire;
}

SendStatus append(Outbox& box, std::string_view text) { return box.append({}, asBytes(text)); }
SendStatus part(Outbox& box, PartOf of, std::string_view text, SendCompletion completion = {}) {
    return box.appendPart(asBytes("<"), asBytes(text), of, Lend::No, completion);
}

class OutboxParts : public testing::TestWithParam<std::size_t> {
protected:
    /// Of the size that is tried, of one letter.
    std::string of(char letter) const { return std::string(GetParam(), letter); }
    SendResults results;
};

INSTANTIATE_TEST_SUITE_P(Sizes, OutboxParts, testing::Values(0, 1, 100, 2047, 2048, kLarge, 65536));

TEST_P(OutboxParts, LeaveInOrderAndCountAsWhatWaits) {
    Outbox box{{.bytes = 1_MiB}};
    append(box, "before");
    ASSERT_EQ(part(box, PartOf::First, of('a')), SendStatus::Queued);
    ASSERT_EQ(part(box, PartOf::Later, of('b')), SendStatus::Queued);
    ASSERT_EQ(part(box, PartOf::Later, of('c'), results.of("it")), SendStatus::Queued);
    append(box, "behind");
    const std::string expected = "before<" + of('a') + "<" + of('b') + "<" + of('c') + "behind";
    EXPECT_EQ(box.queuedBytes(), expected.size());
    std::string wire;
    while (!box.empty()) wire += write(box, 1000);
    EXPECT_EQ(wire, expected);
    EXPECT_EQ(box.queuedBytes(), 0U);
    EXPECT_THAT(results.told(), ElementsAre("it sent"));
}

TEST_P(OutboxParts, AreToldAsSentWithTheirLastByteAndNotBefore) {
    Outbox box{{.bytes = 1_MiB}};
    ASSERT_EQ(part(box, PartOf::Whole, of('a'), results.of("it")), SendStatus::Queued);
    const std::size_t size = box.queuedBytes();
    write(box, size - 1);
    EXPECT_THAT(results.told(), IsEmpty());
    write(box, 1);
    EXPECT_THAT(results.told(), ElementsAre("it sent"));
}

TEST_P(OutboxParts, OfAMessageThatHasBegunNoneIsDropped) {
    Outbox box{{.bytes = 3 * GetParam() + 100, .whenFull = WhenFull::DropOldest}};
    append(box, std::string(50, 'x'));
    ASSERT_EQ(part(box, PartOf::First, of('a')), SendStatus::Queued);
    ASSERT_EQ(part(box, PartOf::Later, of('b')), SendStatus::Queued);
    ASSERT_EQ(part(box, PartOf::Later, of('c') + std::string(60, 'c')), SendStatus::Queued)
        << "for which the first falls";
    EXPECT_EQ(box.dropped(), 1U);
    EXPECT_EQ(part(box, PartOf::Later, std::string(100, 'd')), SendStatus::Full) << "nothing more may fall";
    EXPECT_EQ(write(box), "<" + of('a') + "<" + of('b') + "<" + of('c') + std::string(60, 'c'));
    EXPECT_EQ(part(box, PartOf::Later, std::string(100, 'd')), SendStatus::Queued) << "it comes again";
}

TEST_P(OutboxParts, AWholeMessageFallsAndIsToldSo) {
    Outbox box{{.bytes = GetParam() + 20, .whenFull = WhenFull::DropOldest}};
    ASSERT_EQ(part(box, PartOf::Whole, of('a'), results.of("it")), SendStatus::Queued);
    EXPECT_EQ(append(box, std::string(20, 'b')), SendStatus::Queued);
    EXPECT_THAT(results.told(), ElementsAre("it dropped"));
    EXPECT_EQ(write(box), std::string(20, 'b'));
}

TEST_P(OutboxParts, OnePartlyOnTheWireIsNotDropped) {
    Outbox box{{.bytes = GetParam() + 20, .whenFull = WhenFull::DropOldest}};
    ASSERT_EQ(part(box, PartOf::Whole, of('a'), results.of("it")), SendStatus::Queued);
    write(box, 1);
    if (!box.empty()) {
        EXPECT_EQ(append(box, std::string(21, 'b')), SendStatus::Dropped);
        EXPECT_THAT(results.told(), IsEmpty());
    }
    write(box);
    EXPECT_THAT(results.told(), ElementsAre("it sent"));
}

TEST_P(OutboxParts, AreToldAsClosedWhereTheQueueIsForgotten) {
    Outbox box{{.bytes = 1_MiB}};
    ASSERT_EQ(part(box, PartOf::Whole, "begun", results.of("begun")), SendStatus::Queued);
    write(box, 1);
    ASSERT_EQ(part(box, PartOf::Whole, of('a'), results.of("whole")), SendStatus::Queued);
    ASSERT_EQ(part(box, PartOf::First, of('b')), SendStatus::Queued);
    ASSERT_EQ(part(box, PartOf::Later, of('c'), results.of("parts")), SendStatus::Queued);
    box.dropUnstarted();
    EXPECT_THAT(results.told(), ElementsAre("whole closed", "parts closed"));
    EXPECT_EQ(box.queuedBytes(), 5U);
    box.clear();
    EXPECT_THAT(results.told(), ElementsAre("whole closed", "parts closed", "begun closed"));
}

TEST(OutboxParts, TheFirstObeysThePolicyAndALaterOneIsAskedToComeAgain) {
    for (const auto& [policy, first] : {std::pair{WhenFull::Close, SendStatus::Full},
                                        {WhenFull::DropNewest, SendStatus::Dropped},
                                        {WhenFull::DropOldest, SendStatus::Dropped}}) {
        SendResults results;
        Outbox box{{.bytes = 100, .whenFull = policy}};
        EXPECT_EQ(part(box, PartOf::First, std::string(101, 'a')), first) << "it is too large";
        ASSERT_EQ(part(box, PartOf::First, std::string(90, 'a')), SendStatus::Queued);
        SendCompletion completion = results.of("it");
        EXPECT_EQ(box.appendPart({}, asBytes(std::string(11, 'b')), PartOf::Later, Lend::No, completion),
                  SendStatus::Full);
        EXPECT_TRUE(completion) << "it stays";
        EXPECT_EQ(box.queuedBytes(), 91U);
        EXPECT_EQ(box.appendPart({}, asBytes(std::string(9, 'b')), PartOf::Later, Lend::No, completion),
                  SendStatus::Queued);
        EXPECT_FALSE(completion);
    }
}

TEST(OutboxParts, ALentOneIsCopiedWhenTheLoanEnds) {
    SendResults results;
    Outbox box{{.bytes = 1_MiB}};
    std::string payload(kLarge, 'a');
    SendCompletion completion = results.of("it");
    ASSERT_EQ(box.appendPart(asBytes("<"), asBytes(payload), PartOf::First, Lend::UntilKept, completion),
              SendStatus::Queued);
    EXPECT_TRUE(box.hasLent());
    write(box, 100);
    box.keepLent();
    payload.assign(kLarge, 'b');
    EXPECT_EQ(write(box), std::string(kLarge - 99, 'a'));
    EXPECT_THAT(results.told(), ElementsAre("it sent"));
}

/// What is copied together for its memory's sake stays what it was.
TEST(OutboxParts, StayPartsWhenWhatWaitsIsCopiedTogether) {
    SendResults results;
    Outbox box{{.bytes = 1_MiB, .whenFull = WhenFull::DropOldest}};
    std::string expected;
    for (int i = 0; i < 40; ++i) {
        ASSERT_EQ(part(box, i == 0 ? PartOf::First : PartOf::Later, std::string(1500, 'a')), SendStatus::Queued);
        expected += "<" + std::string(1500, 'a');
    }
    ASSERT_EQ(part(box, PartOf::Later, std::string(kLarge, 'z'), results.of("it")), SendStatus::Queued);
    expected += "<" + std::string(kLarge, 'z');
    std::string wire = write(box, expected.size() - 200);
    box.settle();
    box.setLimit({.bytes = 100, .whenFull = WhenFull::DropOldest});
    EXPECT_EQ(append(box, "newer"), SendStatus::Dropped) << "what is older may not go";
    wire += write(box);
    EXPECT_EQ(wire, expected);
    EXPECT_THAT(results.told(), ElementsAre("it sent"));
}

}  // namespace
}  // namespace patchbay::transport
