#pragma once
// When the messages that are on their way were due to be sent, in their order. Without a rate that is when they were
// sent.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

namespace bench {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

class Dues {
public:
    void add(Time due, std::uint64_t count) { entries_.push_back({due, count}); }

    /// Takes the first `count` off and calls tell(due, how many of them).   Requires: as many were added.
    template <class Tell>
    void take(std::uint64_t count, Tell&& tell) {
        while (count != 0) {
            auto& entry = entries_[first_];
            const auto here = std::min(count, entry.count);
            tell(entry.due, here);
            count -= here;
            entry.count -= here;
            if (entry.count == 0) ++first_;
        }
        if (first_ == entries_.size()) {
            entries_.clear();
            first_ = 0;
        } else if (first_ >= kKept && first_ * 2 >= entries_.size()) {
            entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(first_));
            first_ = 0;
        }
    }

private:
    static constexpr std::size_t kKept = 1024;  // taken entries that may stand before the others

    struct Entry {
        Time due;
        std::uint64_t count;
    };
    std::vector<Entry> entries_;
    std::size_t first_ = 0;
};

}  // namespace bench
