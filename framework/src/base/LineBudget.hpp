#pragma once
// How many lines a source may log in a second. Much of what is logged is caused by peers, a line for eight bytes if they
// like: without a bound they fill the disk, and whoever reads the log slowly stops the loops that write it.
//
// Bounded memory: sources are told apart by their hash in a small table; two that collide share a budget.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>

namespace patchbay::log {

class LineBudget {
public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::uint32_t kLinesPerSecond = 50;

    struct Answer {
        bool admitted = false;
        std::uint64_t leftOut = 0;  ///< lines of this source before it; told once
    };
    /// Thread: any.
    Answer ask(std::string_view source, Clock::time_point now) noexcept;

private:
    struct Second {
        Clock::time_point begin{};
        std::uint32_t lines = 0;
        std::uint64_t leftOut = 0;
    };

    std::mutex lock_;
    std::array<Second, 64> seconds_;
};

}  // namespace patchbay::log
