// What other threads send to a session.

#include "messaging/Mailbox.hpp"

#include "support/Conversation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace patchbay::test {
namespace {

using messaging::Mailbox;

SendStatus put(Mailbox& box, std::string_view text, SendQueue limit) {
    return box.put(MessageKind::Text, asBytes(text), limit).status;
}

std::vector<std::string> texts(Mailbox& box) {
    std::vector<std::string> all;
    for (const auto& letter : box.take()) all.emplace_back(asText(letter.payload));
    return all;
}

TEST(Mailbox, TellsWhoPutsTheFirstLetterThatTheLoopMustBeTold) {
    Mailbox box;
    EXPECT_TRUE(box.put(MessageKind::Text, asBytes("a"), {}).first);
    EXPECT_FALSE(box.put(MessageKind::Text, asBytes("b"), {}).first);
    EXPECT_THAT(texts(box), ::testing::ElementsAre("a", "b"));
    EXPECT_TRUE(box.put(MessageKind::Text, asBytes("c"), {}).first);
}

TEST(Mailbox, IsBoundedByTheQueuesLimitAndFollowsItsPolicy) {
    const std::string text(100, 't');
    Mailbox closing;
    EXPECT_EQ(put(closing, text, {.bytes = 150, .whenFull = WhenFull::Close}), SendStatus::Queued);
    EXPECT_EQ(put(closing, text, {.bytes = 150, .whenFull = WhenFull::Close}), SendStatus::Full);
    Mailbox newest;
    EXPECT_EQ(put(newest, "old" + text, {.bytes = 150, .whenFull = WhenFull::DropNewest}), SendStatus::Queued);
    EXPECT_EQ(put(newest, "new" + text, {.bytes = 150, .whenFull = WhenFull::DropNewest}), SendStatus::Dropped);
    EXPECT_EQ(newest.dropped(), 1u);
    EXPECT_THAT(texts(newest), ::testing::ElementsAre("old" + text));
    Mailbox oldest;
    EXPECT_EQ(put(oldest, "old" + text, {.bytes = 150, .whenFull = WhenFull::DropOldest}), SendStatus::Queued);
    EXPECT_EQ(put(oldest, "new" + text, {.bytes = 150, .whenFull = WhenFull::DropOldest}), SendStatus::Queued);
    EXPECT_EQ(oldest.dropped(), 1u);
    EXPECT_THAT(texts(oldest), ::testing::ElementsAre("new" + text));
}

TEST(Mailbox, RefusesALetterLargerThanTheLimitWhateverThePolicy) {
    for (const auto policy : {WhenFull::Close, WhenFull::DropOldest, WhenFull::DropNewest}) {
        Mailbox box;
        EXPECT_NE(put(box, std::string(11, 'x'), {.bytes = 10, .whenFull = policy}), SendStatus::Queued);
        EXPECT_EQ(put(box, std::string(10, 'x'), {.bytes = 10, .whenFull = policy}), SendStatus::Queued);
    }
}

TEST(Mailbox, EmptyLettersAreBoundedToo) {
    Mailbox box;
    int held = 0;
    while (put(box, "", {.bytes = 1000}) == SendStatus::Queued && held < 1000) ++held;
    EXPECT_LT(held, 1000);
}

TEST(Mailbox, SixtyFourThreadsKeepTheirOrder) {
    constexpr int kThreads = 64, kLetters = 500;
    Mailbox box;
    std::vector<std::thread> senders;
    for (int sender = 0; sender < kThreads; ++sender) {
        senders.emplace_back([&box, sender] {
            for (int i = 0; i < kLetters; ++i)
                ASSERT_EQ(put(box, std::to_string(sender) + ' ' + std::to_string(i), {.bytes = 64_MiB}), SendStatus::Queued);
        });
    }
    std::vector<std::string> all;
    while (all.size() < kThreads * kLetters)
        for (auto& text : texts(box)) all.push_back(std::move(text));
    for (std::thread& sender : senders) sender.join();
    std::vector<int> next(kThreads, 0);
    for (const auto& text : all)
        EXPECT_EQ(std::stoi(text.substr(text.find(' '))), next.at(static_cast<std::size_t>(std::stoi(text)))++);
}

}  // namespace
}  // namespace patchbay::test
