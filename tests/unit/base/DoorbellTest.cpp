// Waiting without asking again and again.
#include "base/Doorbell.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace patchbay {
namespace {

using namespace std::chrono_literals;
using Clock = Doorbell::Clock;

TEST(DoorbellTest, WhatHoldsAlreadyNeedsNoRing) {
    Doorbell bell;
    EXPECT_TRUE(bell.waitUntil(Clock::now() - 1s, [] { return true; }));
}

TEST(DoorbellTest, WhatNobodyBringsAboutIsGivenUpAtTheDeadlineAndAskedForTwice) {
    Doorbell bell;
    int asked = 0;
    EXPECT_FALSE(bell.waitUntil(Clock::now() + 5ms, [&] { return ++asked > 100; }));
    EXPECT_EQ(asked, 2);
}

TEST(DoorbellTest, ARingWhileNobodyWaitsIsNothing) {
    Doorbell bell;
    for (int i = 0; i < 3; ++i) bell.ring();
    EXPECT_FALSE(bell.waitUntil(Clock::now(), [] { return false; }));
}

TEST(DoorbellTest, NoRingIsMissedBetweenTheLookAndTheWait) {
    for (int round = 0; round < 500; ++round) {
        Doorbell bell;
        std::atomic<int> left{2};
        std::vector<std::thread> threads;
        for (int i = 0; i < 2; ++i) {
            threads.emplace_back([&] {
                --left;
                bell.ring();
            });
        }
        EXPECT_TRUE(bell.waitUntil(Clock::now() + 10s, [&] { return left == 0; }));
        for (auto& thread : threads) thread.join();
    }
}

TEST(DoorbellTest, TheConditionMayRingItself) {
    Doorbell bell;
    int asked = 0;
    EXPECT_TRUE(bell.waitUntil(Clock::now() + 10s, [&] {
        bell.ring();
        return ++asked == 3;
    }));
}

}  // namespace
}  // namespace patchbay
