// In which order a server sheds load when its peers have it hold too much: newcomers and bodies, the largest, everybody.

#include "server/MemoryWatch.hpp"

#include "base/ManualLoop.hpp"
#include "base/MemoryReserve.hpp"
#include "integration/Memory.hpp"
#include "support/CapturedLog.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>

#include <algorithm>
#include <new>
#include <vector>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;
using server::MemoryWatch;
using ::testing::AllOf, ::testing::ElementsAre, ::testing::HasSubstr, ::testing::IsEmpty, ::testing::SizeIs;

constexpr std::size_t kKiB = 1024, kBudget = 1000 * kKiB;

/// Connections of one loop, by what each holds.
class Holders final : public server::MemoryHolders {
public:
    explicit Holders(MemoryBudget& budget) : budget_{budget} {}

    void setShort(bool is) noexcept override { isShort = is; }
    void goOn(std::size_t loopIndex) override { wentOn.push_back(loopIndex); }
    std::size_t endLargest(std::size_t, std::size_t least) noexcept override {
        const auto largest = std::ranges::max_element(held);
        if (largest == held.end() || *largest <= least) return 0;
        const std::size_t bytes = *largest;
        ended.push_back(bytes / kKiB);
        hold(largest, 0);
        return bytes;
    }

    void count(std::size_t) noexcept override { ++counted; }

    /// So much is held in all, by that many.
    void holdAll(std::vector<std::size_t> kibibytes) {
        for (auto one = held.begin(); one != held.end(); ++one) hold(one, 0);
        held.assign(kibibytes.size(), 0);
        for (std::size_t i = 0; i < kibibytes.size(); ++i) hold(held.begin() + static_cast<std::ptrdiff_t>(i), kibibytes[i] * kKiB);
    }

    bool isShort = false;
    int counted = 0;
    std::vector<std::size_t> wentOn, ended, held;

private:
    void hold(std::vector<std::size_t>::iterator one, std::size_t bytes) noexcept {
        budget_.add(Held::Messages, static_cast<std::ptrdiff_t>(bytes) - static_cast<std::ptrdiff_t>(*one));
        *one = bytes;
    }
    MemoryBudget& budget_;
};

class MemoryWatchTest : public ::testing::Test {
protected:
    explicit MemoryWatchTest(std::size_t limit = kBudget) : budget{MemoryBudget::make(limit)} {
        loop->turnWith([&] { watch.start(*loop, 0); });
    }
    ~MemoryWatchTest() override { holders.holdAll({}); }

    const std::shared_ptr<MemoryBudget> budget;
    Holders holders{*budget};
    CapturedLog log;
    MemoryWatch watch{budget, 1, holders};
    const OwnLoop loop;
};

TEST_F(MemoryWatchTest, RefusesNewcomersFromFourFifthsOnUntilThereAreSevenTenths) {
    holders.holdAll({799});
    loop->advance(MemoryWatch::kCalm);
    EXPECT_FALSE(watch.isShort());
    holders.holdAll({800});
    loop->advance(MemoryWatch::kUrgent);
    EXPECT_TRUE(watch.isShort());
    EXPECT_TRUE(holders.isShort);
    holders.holdAll({700});
    loop->advance(MemoryWatch::kUrgent);
    EXPECT_TRUE(watch.isShort()) << "or it would come and go";
    EXPECT_THAT(holders.wentOn, IsEmpty());
    holders.holdAll({699});
    loop->advance(MemoryWatch::kUrgent);
    EXPECT_FALSE(holders.isShort);
    EXPECT_THAT(holders.wentOn, ElementsAre(0U));
    EXPECT_THAT(log.lines(), ElementsAre(AllOf(HasSubstr("819200 of 1024000 bytes"), HasSubstr("server.memory")), HasSubstr("served again")));
}

TEST_F(MemoryWatchTest, EndsNobodyBelow95Percent) {
    holders.holdAll({500, 449});
    loop->advance(1s);
    EXPECT_THAT(holders.ended, IsEmpty());
}

TEST_F(MemoryWatchTest, EndsThoseWhoHoldMostUntilThereAreNineTenths) {
    holders.holdAll({10, 30, 800, 20, 110});
    loop->advance(1s);
    EXPECT_THAT(holders.ended, ElementsAre(800U));
    holders.holdAll({400, 20, 30, 300, 250});
    loop->advance(1s);
    EXPECT_THAT(holders.ended, ElementsAre(800U, 400U));
}

TEST_F(MemoryWatchTest, EndsNobodyWhoHoldsLittle) {
    holders.holdAll(std::vector<std::size_t>(63, MemoryWatch::kLeastHeld / kKiB));
    loop->advance(1s);
    EXPECT_GT(budget->used(), kBudget) << "63 times 16 KiB";
    EXPECT_TRUE(watch.isShort());
    EXPECT_THAT(holders.ended, IsEmpty());
}

TEST_F(MemoryWatchTest, LetsTheLoopTurnInBetween) {
    holders.holdAll(std::vector<std::size_t>(200, 17));
    loop->advance(MemoryWatch::kCalm);
    EXPECT_THAT(holders.ended, SizeIs(MemoryWatch::kMostAtOnce));
}

TEST_F(MemoryWatchTest, LooksMoreOftenFromHalfOfItOn) {
    holders.holdAll({500});
    loop->advance(MemoryWatch::kCalm);  // armed before
    holders.holdAll({800});
    loop->advance(MemoryWatch::kUrgent - 1ms);
    EXPECT_FALSE(watch.isShort());
    loop->advance(1ms);
    EXPECT_TRUE(watch.isShort());
}

TEST(MemoryWatchOfTwoLoops, GoesOnAlsoWhereALoopHasNotLookedWhileMemoryWasShort) {
    const auto budget = MemoryBudget::make(kBudget);
    Holders holders{*budget};
    CapturedLog log;
    MemoryWatch watch{budget, 2, holders};
    const OwnLoop one, other;
    one->turnWith([&] { watch.start(*one, 0); });
    other->turnWith([&] { watch.start(*other, 1); });
    holders.holdAll({800});
    one->advance(MemoryWatch::kCalm);
    EXPECT_TRUE(watch.isShort());
    holders.holdAll({});
    one->advance(MemoryWatch::kCalm);
    EXPECT_THAT(holders.wentOn, ElementsAre(0U));
    other->advance(MemoryWatch::kCalm);
    EXPECT_THAT(holders.wentOn, ElementsAre(0U, 1U));
}

#ifndef PATCHBAY_ADDRESS_SANITIZER  // which has an address space of its own, and no handler

/// While it lives the kernel gives this process no more.
class NoMoreAddressSpace {
public:
    NoMoreAddressSpace() {
        ::getrlimit(RLIMIT_AS, &before_);
        const rlimit none{.rlim_cur = 1, .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_AS, &none);
    }
    ~NoMoreAddressSpace() { ::setrlimit(RLIMIT_AS, &before_); }
    NoMoreAddressSpace(const NoMoreAddressSpace&) = delete;

private:
    rlimit before_{};
};

/// Between two timers a flood of newcomers would use it up.
TEST_F(MemoryWatchTest, ShedsAsSoonAsTheReserveIsInUseAndTurnsNewcomersAway) {
    const MemoryReserve reserve;
    std::vector<std::size_t> many(MemoryWatch::kMostAtOnce, 17);
    many.push_back(2);  // kibibytes: worth ending only now
    many.push_back(1);
    holders.holdAll(many);
    const auto now = loop->now() + 1h;
    EXPECT_FALSE(watch.turnsAway(now));
    {
        const NoMoreAddressSpace none;
        loop->turnWith([] { std::get_new_handler()(); });
        EXPECT_TRUE(holders.isShort);
        EXPECT_THAT(holders.ended, SizeIs(MemoryWatch::kMostAtOnce));
        EXPECT_FALSE(watch.turnsAway(now)) << "one hears how the server is";
        EXPECT_TRUE(watch.turnsAway(now + MemoryWatch::kUrgent - 1ms));
        EXPECT_FALSE(watch.turnsAway(now + MemoryWatch::kUrgent));
        loop->turnWith([] {});
        EXPECT_THAT(holders.ended, SizeIs(MemoryWatch::kMostAtOnce + 1));
        EXPECT_EQ(holders.ended.back(), 2U);
    }
    loop->advance(MemoryWatch::kCalm);
    EXPECT_FALSE(watch.turnsAway(now));
    EXPECT_FALSE(holders.isShort);
}

TEST_F(MemoryWatchTest, ShedsWhileTheProcessLivesOnItsReserveWhateverItsBudget) {
    const MemoryReserve reserve;
    holders.holdAll({100, 20, 300});
    {
        const NoMoreAddressSpace none;
        std::get_new_handler()();  // an allocation has failed: what is small lives on the reserve
        ASSERT_TRUE(MemoryReserve::isOut());
        loop->advance(MemoryWatch::kCalm);
        EXPECT_TRUE(holders.isShort);
        EXPECT_THAT(holders.ended, ElementsAre(300U, 100U, 20U)) << "a reserve would be enough";
    }
    loop->advance(MemoryWatch::kUrgent);
    EXPECT_FALSE(MemoryReserve::isOut());
    EXPECT_FALSE(holders.isShort);
    EXPECT_THAT(holders.wentOn, ElementsAre(0U));
    EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("this process gets no more memory: newcomers hear 503"), HasSubstr("served again")));
}

#endif

TEST_F(MemoryWatchTest, TellsTheFigures) {
    holders.holdAll({960, 5});
    loop->advance(1s);
    EXPECT_THAT(watch.figures(), AllOf(HasSubstr("memory_budget_bytes 1024000\n"), HasSubstr("memory_used_bytes 5120\n"),
                                       HasSubstr("memory_messages_bytes 5120\n"), HasSubstr("memory_connections_ended 1\n")));
}

class MemoryWatchWithoutALimit : public MemoryWatchTest {
protected:
    MemoryWatchWithoutALimit() : MemoryWatchTest{0} {}
};

TEST_F(MemoryWatchWithoutALimit, LooksForTheReserveAlone) {
    holders.holdAll({5'000'000});
    loop->advance(1s);
    EXPECT_FALSE(watch.isShort());
    EXPECT_THAT(holders.ended, IsEmpty());
    EXPECT_THAT(watch.figures(), HasSubstr("memory_budget_bytes 0\n"));
}

}  // namespace
}  // namespace patchbay::test
