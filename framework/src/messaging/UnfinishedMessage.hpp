#pragma once
// A message that is sent in parts and whose last has not come, with the whole messages that wait for it: between its parts the peer
// would take them for some of it (RFC 6455 §5.4).
//
// Bounds: what waits here counts with what waits at the carrier, against the session's limit and by its policy.
// Thread: the session's loop's.

#include "base/MemoryBudget.hpp"
#include "messaging/SessionCore.hpp"

#include <cstddef>
#include <list>
#include <string>

namespace patchbay::messaging {

class UnfinishedMessage {
public:
    /// Requires: the session outlives it.
    explicit UnfinishedMessage(SessionCore& session) noexcept : session_{session} {}

    /// A whole message behind it.   Units: `queued` bytes wait at the carrier.   Errors: std::bad_alloc, and it is not held.
    SendStatus hold(MessageKind kind, Bytes payload, std::size_t queued);
    /// Those of a delivery.   Returns: Full as soon as one is refused; Dropped when one was.
    SendStatus hold(const Delivery& delivery, std::size_t queued);
    /// Whether another part of it fits beside what is held, of which some falls where the policy has it so. Where nothing is held the
    /// carrier's queue decides.   Units: bytes.
    bool hasRoomFor(std::size_t part, std::size_t queued) noexcept;
    /// False when none is held.
    bool dropOldest() noexcept;
    /// What is held.   Units: bytes, as they go on the wire.
    std::size_t heldBytes() const noexcept { return bytes_; }
    /// Its last part has been sent: `send(kind, payload)` for each that waits, in their order.
    /// Returns: Full or Closed where one is refused: the session is to end.
    template <class Send>
    SendStatus release(Send send) {
        for (; !held_.empty(); held_.pop_front()) {
            const SendStatus status = send(held_.front().kind, asBytes(held_.front().payload));
            if (status == SendStatus::Full || status == SendStatus::Closed) return status;
        }
        return SendStatus::Queued;
    }

private:
    struct Waiting {
        MessageKind kind;
        std::string payload;
    };
    void count(std::size_t bytes) noexcept {
        bytes_ = bytes;
        counted_.set(bytes);
    }
    SessionCore& session_;
    std::list<Waiting> held_;
    std::size_t bytes_ = 0;
    HeldBytes<Held::Queues> counted_;
};

}  // namespace patchbay::messaging
