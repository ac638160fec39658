// What a session on a module's carrier may have its server hold: its receive queue, and what becomes of it where memory is short.
#include "base/MemoryBudget.hpp"
#include "messaging/CarrierLink.hpp"
#include "messaging/Event.hpp"
#include "unit/carrier/Tapped.hpp"

#include <gmock/gmock.h>

namespace patchbay::testkit {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains, ::testing::ElementsAre, ::testing::StartsWith;

class ACarrierThatBrings : public ACarrier {
protected:
    /// As the loop's memory watch does.
    std::size_t heldBytes() { return held([](messaging::CarrierLink& link) { return link.heldBytes(); }); }
    void shed() {
        held([](messaging::CarrierLink& link) {
            link.shed();
            return std::size_t{0};
        });
        server->settle();
    }

private:
    template <class Call>
    std::size_t held(Call call) {
        std::size_t sum = 0;
        auto& links = messaging::SessionCore::of(last)->endpoint().server->links.front();
        for (auto each = links.begin(); each != links.end();) sum += call(static_cast<messaging::CarrierLink&>(*each++));
        return sum;
    }

protected:
    std::shared_ptr<Wire> opened() {
        const auto wire = open();
        last = session(wire);
        return wire;
    }
    Session last;
};

// ------------------------------------------------------------------------------------------------ the receive queue

/// A message counts with what keeps it.
TEST_F(ACarrierThatBrings, AsMuchAsItsReceiveQueueIsPausedAndByOneByteLessIsNot) {
    constexpr std::size_t kQueue = 100, kOverhead = sizeof(messaging::MessageEvent);
    static_assert(kOverhead < kQueue);
    for (const std::size_t less : {1U, 0U}) {
        const auto wire = opened();
        last.pauseReceiving();
        EXPECT_EQ(wire->input.message(std::string(kQueue - kOverhead - less, 'm')), Arrival::Taken);
        server->settle();
        EXPECT_EQ(wire->calls.size(), less == 0 ? 1U : 0U);
        EXPECT_EQ(wire->input.message("one more"), less == 0 ? Arrival::Paused : Arrival::Taken);
        server->settle();
        EXPECT_THAT(wire->calls, ElementsAre("pauseReading"));
        EXPECT_EQ(wire->input.message("another"), Arrival::Paused);
        last.resumeReceiving();
        server->settle();
        EXPECT_THAT(seen().back(), StartsWith(less == 0 ? "text mmm" : "text one more"));
        EXPECT_EQ(wire->input.message("goes on"), Arrival::Taken);
        server->settle();
        EXPECT_EQ(seen().back(), "text goes on");
    }
}

// ------------------------------------------------------------------------------------------------ a server that is short of memory

TEST_F(ACarrierThatBrings, HalfAMessageGivesItUpWithItsSessionWhereMemoryIsShort) {
    const auto wire = opened();
    EXPECT_EQ(heldBytes(), 0U);
    wire->input.part(MessageKind::Text, asBytes(std::string(600, 'h')), PieceOf::MoreFollows);
    server->settle();
    EXPECT_GE(heldBytes(), 600U);
    shed();
    EXPECT_THAT(wire->calls, ElementsAre("closeNow 1013 the server is short of memory"));
    EXPECT_THAT(seen(), ElementsAre("open", "close 1013 out-of-memory the server is short of memory"));
    EXPECT_EQ(heldBytes(), 0U);
    EXPECT_EQ(wire->input.part(MessageKind::Text, asBytes("rest"), PieceOf::Last), Arrival::Ended);
    server->advance(1100ms);
    EXPECT_TRUE(wire->destroyed) << "its goodbye has a second";
}

TEST_F(ACarrierThatBrings, MessagesThatWaitForTheirHandlerLosesThemWhereMemoryIsShort) {
    const auto wire = opened();
    last.pauseReceiving();
    wire->input.message(std::string(300, 'w'));
    server->settle();
    EXPECT_GE(heldBytes(), 300U);
    shed();
    EXPECT_EQ(heldBytes(), 0U);
    EXPECT_THAT(seen(), Contains("close 1013 out-of-memory the server is short of memory"));
}

TEST_F(ACarrierThatBrings, NothingToAPeerThatReadsNothingIsEndedWhereMemoryIsShort) {
    const auto wire = opened();
    MemoryAccount& memory = messaging::SessionCore::of(last)->loop().memory();
    memory.merge();
    const auto counted = [&memory, before = memory.budget().of(Held::Queues)] {
        memory.merge();
        return memory.budget().of(Held::Queues) - before;
    };
    wire->queued = 10'000;
    EXPECT_EQ(heldBytes(), 10'000U);
    EXPECT_EQ(counted(), 10'000U) << "who is ended for what the budget does not know of is ended for nothing";
    wire->queued = 4'000;
    EXPECT_EQ(heldBytes(), 4'000U);
    EXPECT_EQ(counted(), 4'000U);
    shed();
    EXPECT_THAT(wire->calls, ElementsAre("closeNow 1013 the server is short of memory"));
    EXPECT_FALSE(wire->destroyed);
    shed();  // it has not let go of what waits there
    EXPECT_TRUE(wire->destroyed);
    EXPECT_EQ(heldBytes(), 0U);
    EXPECT_EQ(counted(), 0U);
}

TEST_F(ACarrierThatBrings, WhatItSendsInPartsIsCountedAndGivenUpWhereMemoryIsShort) {
    const auto wire = opened();
    auto& core = *messaging::SessionCore::of(last);
    SendCompletion nobody;
    EXPECT_EQ(core.sendPart(MessageKind::Text, asBytes(std::string(500, 'p')), PieceOf::MoreFollows, nobody), SendStatus::Queued);
    last.send(std::string(400, 'q'));
    server->settle();
    EXPECT_GE(heldBytes(), 900U);
    shed();
    EXPECT_EQ(heldBytes(), 0U);
    EXPECT_THAT(wire->calls, ElementsAre("closeNow 1013 the server is short of memory"));
}

/// It is no trouble of the carrier's: a piece may come again, and who says more than there is memory for has a full queue.
TEST_F(ACarrierThatBrings, APieceThatFindsNoMemoryIsFullAndAMessageBehindItEndsTheSession) {
    const auto wire = opened();
    auto& core = *messaging::SessionCore::of(last);
    SendCompletion nobody;
    ASSERT_EQ(core.sendPart(MessageKind::Text, asBytes("begun"), PieceOf::MoreFollows, nobody), SendStatus::Queued);
    const auto budget = MemoryBudget::make(1000);
    MemoryAccount account;
    account.setBudget(*budget);
    MemoryAccount* const before = MemoryAccount::enter(&account);
    const std::string large(2000, 'l');
    EXPECT_EQ(core.sendPart(MessageKind::Text, asBytes(large), PieceOf::MoreFollows, nobody), SendStatus::Full);
    EXPECT_TRUE(core.isOpen());
    core.sendLetter(MessageKind::Text, asBytes(large));
    MemoryAccount::enter(before);
    server->settle();
    EXPECT_THAT(wire->calls, ElementsAre("closeNow 1013 reads too slowly"));
}

TEST_F(ACarrierThatBrings, TroubleWithItsOwnQueueIsNotAskedTwice) {
    const auto wire = opened();
    wire->throws = "queuedBytes";
    EXPECT_EQ(heldBytes(), 0U);
    shed();
    EXPECT_THAT(seen(), Contains("close 1013 out-of-memory the server is short of memory"));
}

}  // namespace
}  // namespace patchbay::testkit
