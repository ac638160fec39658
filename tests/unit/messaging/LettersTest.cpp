// What other threads send to a session, until its loop takes it: bounded as the session's queue is, in order.

#include "support/Conversation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace patchbay::test {
namespace {

using ::testing::ElementsAre;

class Quiet {
    SERVER_ENDPOINT(Quiet, "/quiet")
public:
    ON_MESSAGE(said)
    void said(std::string_view) {}
};

class Letters : public ::testing::Test {
protected:
    Received peer;
    const OwnLoop loop;
    const std::shared_ptr<messaging::ServerState> state =
        std::make_shared<messaging::ServerState>(std::vector<std::shared_ptr<Loop>>{loop});
    Services services;
    std::shared_ptr<messaging::SessionCore> core;

    Session session(SendQueue queue) {
        auto model = detail::makeModel<Quiet>();
        EndpointConfig config{model.className, model.path, {}, {}, {}, {}};
        config.limits.idleTimeout = {};
        config.limits.sendQueue = queue;
        auto endpoint = std::make_shared<messaging::DeployedEndpoint>(std::move(model), std::move(config), state, services);
        messaging::SessionStart start{};
        start.instance = endpoint->code->model.construct(endpoint->services, {});
        core = std::make_shared<messaging::SessionCore>(endpoint, 0, std::move(start));
        loop->turnWith([&] { core->open(std::make_unique<FakeCarrier>(peer)); });
        return Session{core};
    }
    const std::vector<std::string>& arrived() {
        loop->settle();
        return peer.texts;
    }
};

const std::string kText(100, 't');
constexpr std::size_t kOne = 250;  // room for one such letter, and not for two

TEST_F(Letters, WaitForTheLoopAndArriveInTheirOrder) {
    const Session ann = session({});
    for (const char* text : {"1", "2", "3"}) ann.send(text);
    EXPECT_TRUE(peer.texts.empty());
    EXPECT_THAT(arrived(), ElementsAre("1", "2", "3"));
}

// A handler's answer overtook what another thread had sent before, and what a lock had put in order was heard in another.
TEST_F(Letters, GoBeforeWhatTheLoopSendsAfterThem) {
    const Session ann = session({});
    ann.send("1");
    loop->turnWith([&] { ann.send("2"); });
    loop->turnWith([&] { ann.send("3"); });
    EXPECT_THAT(peer.texts, ElementsAre("1", "2", "3"));
}

TEST_F(Letters, BeyondTheLimitCloseTheSession) {
    const Session ann = session({.bytes = kOne, .whenFull = WhenFull::Close});
    EXPECT_EQ(ann.trySend(kText), SendStatus::Queued);
    EXPECT_EQ(ann.trySend(kText), SendStatus::Full);
    EXPECT_FALSE(ann.isOpen());
    loop->settle();
    EXPECT_EQ(peer.closed, CloseCode::TryAgainLater);
}

TEST_F(Letters, BeyondTheLimitFallAsTheyCome) {
    const Session ann = session({.bytes = kOne, .whenFull = WhenFull::DropNewest});
    ann.send("old" + kText);
    EXPECT_EQ(ann.trySend("new" + kText), SendStatus::Dropped);
    EXPECT_EQ(ann.droppedMessages(), 1u);
    EXPECT_THAT(arrived(), ElementsAre("old" + kText));
}

TEST_F(Letters, BeyondTheLimitPushOutTheOldest) {
    const Session ann = session({.bytes = kOne, .whenFull = WhenFull::DropOldest});
    ann.send("old" + kText);
    ann.post([] {});
    EXPECT_EQ(ann.trySend("new" + kText), SendStatus::Queued);
    EXPECT_EQ(ann.trySend("newest" + kText), SendStatus::Queued);
    EXPECT_EQ(ann.droppedMessages(), 2u);
    EXPECT_THAT(arrived(), ElementsAre("newest" + kText));
    ann.send("later" + kText);
    EXPECT_THAT(arrived(), ElementsAre("newest" + kText, "later" + kText));
}

TEST_F(Letters, AreRefusedWhenTheyAreLargerThanTheLimitWhateverThePolicy) {
    for (const auto policy : {WhenFull::DropOldest, WhenFull::DropNewest, WhenFull::Close}) {
        const Session ann = session({.bytes = 10, .whenFull = policy});
        EXPECT_EQ(ann.trySend(std::string(10, 'x')), SendStatus::Queued);
        loop->settle();
        EXPECT_NE(ann.trySend(std::string(11, 'x')), SendStatus::Queued);
    }
}

TEST_F(Letters, AreBoundedAlsoWhenTheyAreEmpty) {
    const Session ann = session({.bytes = 1'000});
    int held = 0;
    while (ann.trySend("") == SendStatus::Queued && held < 1'000) ++held;
    EXPECT_LT(held, 1'000);
}

TEST_F(Letters, ObeyTheLoopsLimitToo) {
    loop->queue().setLimit(1'000);
    const Session ann = session({.bytes = 1_MiB, .whenFull = WhenFull::DropNewest});
    int held = 0;
    while (ann.trySend(kText) == SendStatus::Queued && held < 100) ++held;
    EXPECT_LT(held, 10);
    EXPECT_EQ(arrived().size(), static_cast<std::size_t>(held));
    EXPECT_EQ(loop->queue().chargedBytes(), 0u);
    EXPECT_EQ(ann.trySend(kText), SendStatus::Queued) << "there is room again";
}

TEST_F(Letters, OfSixtyFourThreadsKeepEachThreadsOrder) {
    constexpr int kThreads = 64, kLetters = 500;
    const Session ann = session({.bytes = 64_MiB});
    std::vector<std::thread> senders;
    for (int sender = 0; sender < kThreads; ++sender) {
        senders.emplace_back([&ann, sender] {
            for (int i = 0; i < kLetters; ++i) ann.send(std::to_string(sender) + ' ' + std::to_string(i));
        });
    }
    while (peer.texts.size() < kThreads * kLetters) loop->settle();
    for (std::thread& sender : senders) sender.join();
    std::vector<int> next(kThreads, 0);
    for (const auto& text : peer.texts)
        EXPECT_EQ(std::stoi(text.substr(text.find(' '))), next.at(static_cast<std::size_t>(std::stoi(text)))++);
}

}  // namespace
}  // namespace patchbay::test
