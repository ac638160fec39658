#pragma once
// Streams that keep nothing between messages, lent for one message at a time. There are never more of them than threads
// that used them at once. They belong to the pool and not to the threads: a library whose objects live until a thread
// ends is not unloaded before.

#include <memory>
#include <mutex>
#include <vector>

namespace patchbay::compression {

/// Thread: any.
template <class Stream>
class Pool {
public:
    struct GiveBack {
        Pool* pool;
        void operator()(Stream* stream) const { pool->giveBack(std::unique_ptr<Stream>{stream}); }
    };
    using Loan = std::unique_ptr<Stream, GiveBack>;

    /// A stream in any state; `make` returns a new one where none is idle.   Requires: the pool outlives the loan.
    template <class Make>
    Loan borrow(Make make) {
        {
            const std::lock_guard guard{lock_};
            if (!idle_.empty()) {
                Loan loan{idle_.back().release(), GiveBack{this}};
                idle_.pop_back();
                return loan;
            }
            idle_.reserve(++made_);  // so that giving back needs no memory
        }
        std::unique_ptr<Stream> made = make();
        return Loan{made.release(), GiveBack{this}};
    }

private:
    void giveBack(std::unique_ptr<Stream> stream) noexcept {
        const std::lock_guard guard{lock_};
        idle_.push_back(std::move(stream));
    }

    std::mutex lock_;
    std::vector<std::unique_ptr<Stream>> idle_;
    std::size_t made_ = 0;
};

}  // namespace patchbay::compression
