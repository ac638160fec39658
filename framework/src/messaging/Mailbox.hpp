#pragma once
// What other threads send to a session, until its loop takes it: bounded, each thread's order kept.

#include "base/SendStatus.hpp"

#include <patchbay/bytes.hpp>
#include <patchbay/limits.hpp>

#include <atomic>
#include <deque>
#include <mutex>
#include <vector>

namespace patchbay::messaging {

/// Thread: any.
class Mailbox {
public:
    struct Letter {
        MessageKind kind;
        std::vector<std::byte> payload;
    };
    struct Put {
        SendStatus status;
        bool first;  ///< nothing waited before: the loop has to be told
    };

    /// Adds a copy. `limit` is the send queue's: what waits here is held to it by itself.
    Put put(MessageKind kind, Bytes payload, SendQueue limit);
    /// Whether anything waits, as far as this thread can know.
    bool waiting() const noexcept { return waiting_.load(std::memory_order_acquire); }
    /// All that waits, oldest first.
    std::deque<Letter> take();
    /// How many letters fell to the policy.
    std::uint64_t dropped() const;

private:
    static constexpr std::size_t kLetterBytes = sizeof(Letter);  // empty ones need memory, too

    std::atomic<bool> waiting_{false};
    mutable std::mutex lock_;  // guards what follows
    std::deque<Letter> letters_;
    std::size_t bytes_ = 0;
    std::uint64_t dropped_ = 0;
};

}  // namespace patchbay::messaging
