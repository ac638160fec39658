#pragma once
// Where handlers leave what the test's own threads go on with.

#include "support/RawSocket.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace patchbay::test {

/// A service.   Thread: any.
template <class T>
class Box {
public:
    void put(T value) {
        const std::lock_guard guard{lock_};
        values_.push_back(std::move(value));
        changed_.notify_all();
    }
    /// What came first and was not taken yet.
    T take() {
        std::unique_lock guard{lock_};
        if (!changed_.wait_for(guard, kPatience, [&] { return !values_.empty(); })) throw std::runtime_error{"nothing came in time"};
        T value = std::move(values_.front());
        values_.pop_front();
        return value;
    }

private:
    std::mutex lock_;
    std::condition_variable changed_;
    std::deque<T> values_;
};

}  // namespace patchbay::test
