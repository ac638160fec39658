// What a box keeps from being freed, seen from outside: by the batches that are still alive when everybody else has let
// go of them.
#include "transport/Outbox.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace patchbay::transport {
namespace {

constexpr std::size_t kLimit = 32 * 1024;
constexpr std::size_t kMost = Outbox::kHeldTimes * kLimit + Outbox::kHeldSpare;

/// Batches that a test has let go of.
class Batches {
public:
    SharedBatch make(std::size_t count, std::size_t bytes) {
        auto batch = std::make_shared<WireBatch>();
        for (std::size_t i = 0; i < count; ++i) {
            std::string text = '[' + std::to_string(next_++) + ':';
            text.resize(std::max(text.size(), bytes - 1), '.');
            batch->append({}, asBytes(text + ']'));
        }
        made_.push_back(batch);
        return batch;
    }
    /// A batch of 64 KiB of which two messages in the middle are looked at.
    SharedBatch makeLarge(std::size_t bytes) {
        auto batch = std::make_shared<WireBatch>(*make(2, bytes));
        const std::size_t before = (64 * 1024 / bytes - 2) / 2;
        batch->bytes.insert(batch->bytes.begin(), before * bytes, std::byte{'?'});
        batch->bytes.resize(64 * 1024, std::byte{'?'});
        batch->ends = {before * bytes, (before + 1) * bytes, (before + 2) * bytes, batch->bytes.size()};
        made_.back() = batch;
        return batch;
    }
    /// Units: bytes of memory of those that somebody keeps.
    std::size_t alive() {
        std::size_t bytes = 0;
        std::erase_if(made_, [](const auto& one) { return one.expired(); });
        for (const auto& one : made_) {
            const auto batch = one.lock();
            bytes += batch->bytes.capacity() + batch->ends.capacity() * sizeof(std::size_t);
        }
        return bytes;
    }

private:
    std::vector<std::weak_ptr<const WireBatch>> made_;
    unsigned next_ = 0;
};

/// Writes at most `bytes` of what waits, as one write does.
std::string write(Outbox& box, std::size_t bytes = SIZE_MAX) {
    Batch batch;
    box.gather(batch);
    std::string wire;
    for (const iovec& piece : batch.span()) wire.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    wire.resize(std::min(wire.size(), bytes));
    box.written(wire.size());
    return wire;
}

std::string writeAll(Outbox& box) {
    std::string wire;
    while (!box.empty()) wire += write(box);
    return wire;
}

/// The numbers of messages "[number:....]" that lie one behind the other.
std::vector<long> numbersIn(std::string_view wire) {
    std::vector<long> numbers;
    while (!wire.empty()) {
        const std::size_t end = wire.find(']');
        const bool torn = wire.front() != '[' || end == wire.npos || wire.find('[', 1) < end;
        if (torn) throw std::logic_error{"torn: " + std::string{wire.substr(0, 40)}};
        numbers.push_back(std::stol(std::string{wire.substr(1, 12)}));
        wire.remove_prefix(end + 1);
    }
    return numbers;
}

bool isRising(const std::vector<long>& numbers) {
    return std::ranges::adjacent_find(numbers, std::greater_equal<>{}) == numbers.end();
}

/// What is held, by the box's account, which has to cover what is alive.
std::size_t held(const Outbox& box, Batches& batches) {
    const std::size_t bytes = box.heldBytes(), alive = batches.alive();
    EXPECT_GE(bytes, alive);
    return std::max(bytes, alive);
}

class OutboxMemory : public testing::TestWithParam<WhenFull> {};
INSTANTIATE_TEST_SUITE_P(Policies, OutboxMemory,
                         testing::Values(WhenFull::Close, WhenFull::DropOldest, WhenFull::DropNewest));

TEST_P(OutboxMemory, OfAStalledBoxIsBoundedThoughItGetsTwoMessagesOfEachLargeBatch) {
    for (const std::size_t size : {20u, 200u, 1500u, 3000u}) {
        Batches batches;
        Outbox box{{kLimit, GetParam()}};
        std::size_t most = 0;
        for (std::size_t i = 0; i < 60 + kLimit / size; ++i) {
            if (box.append(batches.makeLarge(size), 1, 3) == SendStatus::Full) break;
            box.settle();
            most = std::max(most, box.unsentBytes());
            if (i % 16 != 0) continue;
            ASSERT_LE(held(box, batches), Outbox::kHeldTimes * box.unsentBytes() + Outbox::kHeldSpare) << size;
        }
        EXPECT_GT(most, kLimit - 2 * size) << "the queue was never full: no test of anything";
        EXPECT_TRUE(isRising(numbersIn(writeAll(box))));
        EXPECT_EQ(batches.alive(), 0u);
    }
}

TEST_P(OutboxMemory, IsBoundedAlsoWithinOneTurn) {
    Batches batches;
    Outbox box{{kLimit, GetParam()}};
    for (int i = 0; i < 100; ++i) {
        if (box.append(batches.makeLarge(1000), 1, 3) == SendStatus::Full) break;
        ASSERT_LE(held(box, batches), kMost + 70'000) << "and one batch";
    }
    EXPECT_GT(box.queuedBytes(), kLimit - 2000);
}

TEST_P(OutboxMemory, OfChunksBetweenReferencesIsBoundedToo) {
    Batches batches;
    Outbox box{{kLimit, GetParam()}};
    for (int i = 0; i < 1500; ++i) {
        box.append(batches.make(2, 20), 0, 2);
        if (box.append({}, asBytes("[0:]")) == SendStatus::Full) break;
        box.settle();
        if (i % 16 != 0) continue;
        ASSERT_LE(held(box, batches), Outbox::kHeldTimes * box.unsentBytes() + Outbox::kHeldSpare);
    }
}

TEST_P(OutboxMemory, OfOneGiantBatchIsNotKeptForASmallMessageOfIt) {
    Batches batches;
    Outbox box{{kLimit, GetParam()}};
    box.append(batches.make(100, 100'000), 0, 1);  // too large: none of it stays
    box.append(batches.make(100, 10'000), 0, 2);
    box.settle();
    EXPECT_LE(held(box, batches), kMost);
    EXPECT_EQ(numbersIn(writeAll(box)), (std::vector<long>{100, 101}));
}

TEST(OutboxMemoryOfRuns, StayReferencesWhereTheyAreMostOfTheirBatch) {
    Batches batches;
    Outbox box{{1_MiB}};
    std::vector<const std::byte*> begins;
    for (int i = 0; i < 10; ++i) {
        const SharedBatch batch = batches.make(64, 1000);
        begins.push_back(batch->bytes.data() + 1000);
        box.append(batch, 1, 64);
        box.settle();
    }
    Batch first;
    box.gather(first);
    ASSERT_GE(first.count, 4u);
    for (std::size_t i = 0; i < first.count; ++i) EXPECT_EQ(first.pieces[i].iov_base, begins[i]);
}

TEST(OutboxMemoryOfRuns, StayReferencesWhileTheKernelTakesEverything) {
    Batches batches;
    Outbox box{{1_MiB}};
    for (int turn = 0; turn < 10; ++turn) {
        std::size_t runs = 0;
        for (int burst = 0; burst < 4; ++burst) {
            const SharedBatch batch = batches.make(64, 1000);
            for (std::size_t first = 0; first < 64; first += 8, ++runs) {
                box.append(batch, first, first + 7);  // the 8th is its own
            }
        }
        Batch all;
        box.gather(all);
        EXPECT_EQ(all.count, runs) << "a copy would be one piece for several runs";
        EXPECT_LE(box.heldBytes(), 4 * 140'000u) << "a batch counts once, however many runs it is in";
        writeAll(box);
    }
}

TEST(OutboxMemoryOfTheFront, IsLetGoOfWhenLittleOfItIsLeft) {
    Batches batches;
    Outbox box{{1_MiB}};
    const std::string giant(500'000, 'g');
    for (const int way : {0, 1, 2}) {
        if (way == 0) box.append(batches.make(1, giant.size()), 0, 1);  // the rest of one message
        if (way == 1) box.append(batches.make(100, giant.size() / 100), 0, 100);  // of several
        if (way == 2) box.appendLent({}, asBytes(giant));
        box.keepLent();
        const std::size_t all = box.unsentBytes();
        std::string wire;
        while (box.unsentBytes() > 100) wire += write(box, box.unsentBytes() - 100);
        box.settle();
        EXPECT_LE(held(box, batches), Outbox::kHeldSpare) << way;
        EXPECT_EQ(box.unsentBytes(), 100u);
        EXPECT_EQ((wire + writeAll(box)).size(), all);
    }
}

TEST(OutboxMemoryOfTheFront, TheMessageOnTheWireIsStillFinishedAndTheOthersStillFall) {
    Batches batches;
    Outbox box{{kLimit, WhenFull::DropOldest}};
    box.append(batches.make(1000, 100), 0, 4);
    std::string wire = write(box, 150);
    box.settle();
    EXPECT_EQ(batches.alive(), 0u);
    box.append({}, asBytes('[' + std::string(kLimit - 150, '9') + ']'));  // takes the room of the two behind it
    EXPECT_EQ(box.dropped(), 2u);
    box.dropUnstarted();
    EXPECT_EQ(box.unsentBytes(), 50u);
    EXPECT_EQ(numbersIn(wire + writeAll(box)), (std::vector<long>{0, 1}));
}

/// Anything in any order: nothing is torn, reordered, or lost but to the policy, and the bound holds at every step.
TEST(OutboxMemory, HoldsInThousandsOfRandomSteps) {
    for (unsigned seed = 1; seed <= 6; ++seed) {
        std::mt19937 random{seed};
        Batches batches;
        Outbox box{{kLimit, seed % 2 ? WhenFull::DropOldest : WhenFull::DropNewest}};
        std::string wire;
        const auto one = [&](std::size_t bytes) { return std::string{asText(Bytes{batches.make(1, bytes)->bytes})}; };
        for (int step = 0; step < 1000; ++step) {
            const unsigned way = random() % 16;
            if (way < 6) {
                const std::size_t count = 1 + random() % 60;
                const SharedBatch batch = batches.make(count, 10 + random() % (random() % 4 ? 300 : 5000));
                const std::size_t first = random() % count;
                box.append(batch, first, first + 1 + random() % (count - first));
            } else if (way < 10) {
                const std::string text = one(10 + random() % 3000);
                box.append(asBytes(text).first(2), asBytes(text).subspan(2));
            } else if (way == 10) {
                box.appendControl(asBytes(one(10 + random() % 100)));
            } else if (way == 11) {
                const std::string text = one(3000 + random() % 10'000);
                box.appendLent(asBytes(text).first(2), asBytes(text).subspan(2));
                if (random() % 2) wire += write(box, random() % 9000);
                box.keepLent();
            } else if (way == 12 && seed % 3 == 0) {
                box.dropUnstarted();
            } else {
                wire += write(box, random() % 9000);
            }
            box.settle();
            ASSERT_LE(held(box, batches), Outbox::kHeldTimes * box.unsentBytes() + Outbox::kHeldSpare)
                << seed << ' ' << step;
            ASSERT_LE(box.queuedBytes(), kLimit);
        }
        wire += writeAll(box);
        const auto numbers = numbersIn(wire);
        EXPECT_GT(numbers.size(), 500u);
        EXPECT_TRUE(isRising(numbers));
        EXPECT_EQ(box.queuedBytes(), 0u);
        EXPECT_EQ(box.unsentBytes(), 0u);
        EXPECT_EQ(batches.alive(), 0u);
    }
}

}  // namespace
}  // namespace patchbay::transport
