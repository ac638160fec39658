// What runs later: moved, not copied, with its captures in place where they are small.

#include <patchbay/task.hpp>

#include <gtest/gtest.h>

#include <array>
#include <memory>

namespace patchbay::test {
namespace {

TEST(TaskTest, OfNothingIsEmpty) {
    EXPECT_FALSE(Task{});
    EXPECT_FALSE(Task{nullptr});
    EXPECT_TRUE(Task{[] {}});
}

TEST(TaskTest, RunsAsOftenAsItIsCalled) {
    int ran = 0;
    Task task{[&ran, step = 1]() mutable { ran += step++; }};
    task();
    task();
    EXPECT_EQ(ran, 3);
}

TEST(TaskTest, OwnsWhatCannotBeCopiedAndDestroysItOnce) {
    for (const bool large : {false, true}) {
        int destroyed = 0;
        const auto destroy = [&destroyed](int* value) {
            ++destroyed;
            delete value;
        };
        std::unique_ptr<int, decltype(destroy)> owned{new int{7}, destroy};
        int seen = 0;
        Task task;
        if (large) {
            task = [owned = std::move(owned), &seen, room = std::array<char, 100>{}] { seen = *owned + room[0]; };
        } else {
            task = [owned = std::move(owned), &seen] { seen = *owned; };
        }
        Task moved{std::move(task)};
        EXPECT_FALSE(task);
        moved();
        EXPECT_EQ(seen, 7);
        EXPECT_EQ(destroyed, 0);
        moved = {};
        EXPECT_EQ(destroyed, 1);
    }
}

TEST(TaskTest, ThrowsWhatItsCallableThrows) {
    Task task{[] { throw 42; }};
    EXPECT_THROW(task(), int);
    EXPECT_TRUE(task);
}

static_assert(sizeof(Task) == 64);
static_assert(!std::is_copy_constructible_v<Task>);

}  // namespace
}  // namespace patchbay::test
