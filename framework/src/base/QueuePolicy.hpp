#pragma once
// Whether a message may join those that wait for one peer, and who makes room for it: the policies of
// `patchbay::SendQueue`, for every queue that holds messages back. The queue itself, its order and its count of what was
// dropped are its owner's.
//
//     fits                      Queued
//     else  Close               Full       nothing changes; the session has to be closed
//           DropOldest          Queued     after as many of the oldest went as it needs
//                               Dropped    where all of them would not be enough: too large, or one must stay
//           DropNewest          Dropped
//
// A message counts as it goes on the wire. The one exception is an empty queue, which takes any message whose payload is
// within the limit, its header on top: or a queue would refuse messages of the size that it was made for.

#include <patchbay/send_status.hpp>

#include <patchbay/limits.hpp>

#include <cstddef>

namespace patchbay {

/// Units: bytes.
struct MessageSize {
    std::size_t onWire = 0;   ///< with its frame's header: what counts
    std::size_t payload = 0;  ///< without
};

/// A message that no transport has framed yet, as a server's frame will count.   Source: RFC 6455 §5.2
constexpr MessageSize framed(std::size_t payloadBytes) noexcept {
    return {payloadBytes + (payloadBytes <= 125 ? 2u : payloadBytes <= 65535 ? 4u : 10u), payloadBytes};
}

/// One limit with its policy.   Thread: any; it holds nothing else.
class QueuePolicy {
public:
    constexpr explicit QueuePolicy(SendQueue limit) noexcept : limit_{limit} {}

    /// Whether there is room behind `waiting` bytes. These may be beyond the limit: it may have been lowered.
    constexpr bool fits(MessageSize message, std::size_t waiting) const noexcept {
        if (waiting == 0) return message.payload <= limit_.bytes;
        return message.onWire <= limit_.bytes && waiting <= limit_.bytes - message.onWire;
    }

    /// Makes room as the policy says. `waiting()` is how many bytes wait; `dropOldest()` drops the message that has waited
    /// longest, and is false when there is none that may go.
    template <class Waiting, class DropOldest>
    constexpr SendStatus admit(MessageSize message, Waiting waiting, DropOldest dropOldest) const {
        if (fits(message, waiting())) return SendStatus::Queued;
        if (limit_.whenFull == WhenFull::Close) return SendStatus::Full;
        if (limit_.whenFull == WhenFull::DropOldest && fits(message, 0)) {
            while (dropOldest()) {
                if (fits(message, waiting())) return SendStatus::Queued;
            }
        }
        return SendStatus::Dropped;
    }

private:
    SendQueue limit_;
};

}  // namespace patchbay
