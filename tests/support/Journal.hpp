#pragma once
// Lines that other threads write down and a test waits for.

#include "support/RawSocket.hpp"

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace patchbay::test {

/// Thread: any.
class Journal {
public:
    void add(std::string line) {
        const std::lock_guard guard{lock_};
        lines_.push_back(std::move(line));
        changed_.notify_all();
    }

    std::vector<std::string> lines() const {
        const std::lock_guard guard{lock_};
        return lines_;
    }

    std::size_t count(std::string_view start) const {
        const std::lock_guard guard{lock_};
        return countLocked(start);
    }

    /// The first line that begins with `start`.   Errors: std::runtime_error when none comes within kPatience.
    std::string waitFor(std::string_view start) {
        waitForCount(start, 1);
        const std::lock_guard guard{lock_};
        return *std::find_if(lines_.begin(), lines_.end(), [&](const auto& line) { return line.starts_with(start); });
    }

    /// Waits for `count` lines that begin with `start`.
    void waitForCount(std::string_view start, std::size_t count) {
        std::unique_lock guard{lock_};
        if (changed_.wait_for(guard, kPatience, [&] { return countLocked(start) >= count; })) return;
        std::string text = "waited in vain for " + std::to_string(count) + " × '" + std::string{start} + "'; written down:";
        for (const auto& line : lines_) text += "\n  " + line;
        throw std::runtime_error{text};
    }

private:
    std::size_t countLocked(std::string_view start) const {
        return static_cast<std::size_t>(
            std::count_if(lines_.begin(), lines_.end(), [&](const auto& line) { return line.starts_with(start); }));
    }

    mutable std::mutex lock_;
    std::condition_variable changed_;
    std::vector<std::string> lines_;
};

}  // namespace patchbay::test
