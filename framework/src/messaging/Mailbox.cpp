#include "messaging/Mailbox.hpp"

#include <utility>

namespace patchbay::messaging {

Mailbox::Put Mailbox::put(MessageKind kind, Bytes payload, SendQueue limit) {
    const std::lock_guard guard{lock_};
    // The first one needs only its own room, so that a small limit refuses no message that it allows.
    const std::size_t size = payload.size() + kLetterBytes;
    const auto fits = [&] { return payload.size() <= limit.bytes && (letters_.empty() || bytes_ + size <= limit.bytes); };
    if (!fits() && limit.whenFull == WhenFull::Close) return {SendStatus::Full, false};
    while (!fits() && limit.whenFull == WhenFull::DropOldest && payload.size() <= limit.bytes) {
        bytes_ -= letters_.front().payload.size() + kLetterBytes;
        letters_.pop_front();
        ++dropped_;
    }
    if (!fits()) {
        ++dropped_;
        return {SendStatus::Dropped, false};
    }
    const bool first = letters_.empty();
    letters_.push_back({kind, {payload.begin(), payload.end()}});
    bytes_ += size;
    waiting_.store(true, std::memory_order_release);
    return {SendStatus::Queued, first};
}

std::deque<Mailbox::Letter> Mailbox::take() {
    const std::lock_guard guard{lock_};
    bytes_ = 0;
    waiting_.store(false, std::memory_order_release);
    return std::exchange(letters_, {});
}

std::uint64_t Mailbox::dropped() const {
    const std::lock_guard guard{lock_};
    return dropped_;
}

}  // namespace patchbay::messaging
