#pragma once
// Counts what goes through operator new and delete in the whole program that is linked with CountedAllocations.cpp, which
// replaces them; the shared library of the framework included. What C libraries take by malloc is not seen.

#include <cstddef>

namespace patchbay::test {

/// Made by the calling thread since it began.
std::size_t allocations() noexcept;
/// Made by the calling thread and not yet given back, less what it gave back of others'.
std::ptrdiff_t liveBlocks() noexcept;
/// Made by all other threads since the program began.
std::size_t allocationsElsewhere() noexcept;

/// While it lives there is no memory for the calling thread, after so many allocations more.   Requires: one at a time.
class NoMemory {
public:
    explicit NoMemory(std::size_t after = 0) noexcept;
    ~NoMemory();
    NoMemory(const NoMemory&) = delete;
    NoMemory& operator=(const NoMemory&) = delete;
};

/// While it lives, some allocations in a row fail of the threads that have said suffersShortages().   Thread: any.
/// Requires: one at a time.
class Shortage {
public:
    /// Of the allocations of at least so many bytes, `count` that come behind `after` others.
    struct Of {
        std::size_t after, count, least;
    };
    explicit Shortage(Of of) noexcept;
    ~Shortage();
    Shortage(const Shortage&) = delete;
    /// How many have failed.
    std::size_t failed() const noexcept;
};

/// From now on the calling thread is one of them.
void suffersShortages() noexcept;

}  // namespace patchbay::test
