#pragma once
// The messages that wait to be written to one peer: bounded, in order, whole.
//
// Rules: a message is appended as a whole or not at all; what is partly on the wire is never dropped; control messages
// never fall to the policy, do not count against the limit, and are bounded by kMaxControlBytes of their own; the one
// that ends the connection has room beyond that, or a peer whose pings fill the box would never hear why.
// No lock and no system call here: the channel has both. While a batch is out, to be written without the lock, messages
// may be appended and dropped behind it.

#include "base/SendStatus.hpp"
#include "transport/Segment.hpp"

#include <patchbay/limits.hpp>

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace patchbay::transport {

using patchbay::SendStatus;

/// What one write takes: the front of an outbox.
struct Batch {
    static constexpr std::size_t kMaxSegments = 64;
    static constexpr std::size_t kEnoughBytes = 256 * 1024;

    Segment* first = nullptr;
    std::size_t count = 0;
    std::size_t bytes = 0;
    std::array<iovec, kMaxSegments> pieces;
    std::span<iovec> span() noexcept { return {pieces.data(), count}; }
};

/// Where a control message may go.
enum class ControlRoom : std::uint8_t {
    Shared,    ///< within kMaxControlBytes, with the others
    Reserved,  ///< kReservedBytes more: for the message that ends the connection
};

/// A bounded queue of messages.   Thread: one at a time.
class Outbox {
public:
    static constexpr std::size_t kMaxControlBytes = 4096;
    /// Room for the largest control frame (RFC 6455 §5.5) and a little more.
    static constexpr std::size_t kReservedBytes = 256;
    /// Shared messages up to this size are copied behind others: a byte copied costs less than a piece to gather.
    static constexpr std::size_t kMaxCopied = 1024;

    explicit Outbox(SendQueue limit) noexcept : limit_{limit} {}
    Outbox(const Outbox&) = delete;
    ~Outbox() { clear(); }

    SendStatus append(Bytes head, Bytes payload);
    SendStatus append(const SharedBytes& message);
    /// Dropped, and not counted, when there is no room for it or it does not fit into a chunk.
    SendStatus appendControl(Bytes message, ControlRoom room = ControlRoom::Shared);

    /// Takes what the next write should write; nothing when the box is empty.   Requires: no other batch is out.
    void take(Batch& batch) noexcept;
    /// Ends a batch of which `written` bytes are on the wire: the rest is the front of the box again.
    void giveBack(Batch& batch, std::size_t written) noexcept;

    /// Forgets every message, control messages too, but one that is partly on the wire. Does not count as dropping.
    void dropUnstarted() noexcept;
    /// Forgets everything.   Requires: no batch is out.
    void clear() noexcept;
    void setLimit(SendQueue limit) noexcept { limit_ = limit; }

    bool empty() const noexcept { return !first_ && !batchOut_; }
    /// Units: bytes of unsent data messages; control messages do not count.
    std::size_t queuedBytes() const noexcept { return data_; }
    /// How many messages fell to the policy.
    std::uint64_t dropped() const noexcept { return dropped_; }
    /// Units: bytes of memory of all that waits; 0 when nothing does.   Requires: no batch is out.
    std::size_t heldBytes() const noexcept;

private:
    SendStatus makeRoom(std::size_t bytes) noexcept;
    bool dropOldest() noexcept;
    SendStatus copyIn(Bytes head, Bytes payload, MessageClass kind);
    void push(Segment* segment) noexcept;
    void subtract(Tally gone) noexcept;

    Segment* first_ = nullptr;
    Segment* last_ = nullptr;
    std::size_t data_ = 0;
    SendQueue limit_;
    std::uint64_t dropped_ = 0;
    std::uint16_t control_ = 0;
    bool batchOut_ = false;
    bool dropBatch_ = false;  ///< dropUnstarted() came while a batch was out
};

}  // namespace patchbay::transport
