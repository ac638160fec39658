#pragma once
// Holds up whoever comes until it is opened: a handler or a task that takes as long as a test wants it to.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>

namespace patchbay::test {

/// Thread: any.
class Gate {
public:
    /// Waits until it is open; then it stays so.
    void pass() {
        std::unique_lock guard{lock_};
        ++inside_;
        changed_.notify_all();
        changed_.wait(guard, [&] { return open_; });
    }
    void open() {
        const std::lock_guard guard{lock_};
        open_ = true;
        changed_.notify_all();
    }
    /// Errors: std::runtime_error when so many have not come after ten seconds.
    void waitUntilInside(int count) {
        std::unique_lock guard{lock_};
        const bool came = changed_.wait_for(guard, std::chrono::seconds{10}, [&] { return inside_ >= count; });
        if (!came) throw std::runtime_error{"nobody came to the gate"};
    }

private:
    std::mutex lock_;
    std::condition_variable changed_;
    int inside_ = 0;
    bool open_ = false;
};

}  // namespace patchbay::test
