#pragma once
// The messages that wait to be written to one peer: bounded, in order, whole.
//
// Rules: a message is appended as a whole or not at all; what is partly on the wire is never dropped; control messages
// never fall to the policy, do not count against the limit, and are bounded by kMaxControlBytes of their own; the one
// that ends the connection has room beyond that, or a peer whose pings fill the box would never hear why. What is
// committed stays whatever is dropped, such as the answer to the request that made a connection what it is.
//
// Memory: a reference to a batch keeps all of it, though two messages of it may be all that waits here, and a chunk may
// hold one message. Both cost nothing while the kernel takes everything. Where it does not (settle()), and beyond the
// limit in any case, what holds kHeldTimes as much as waits is copied together; what is most of its batch stays.
//
// Without memory: an append throws std::bad_alloc and has added nothing. Where what waits itself cannot be kept, the box is emptied and
// isLost() says so: its connection has to end, since what is on the wire may be torn.
//
// No system call here: the channel makes those.

#include "base/QueuePolicy.hpp"
#include "transport/Segment.hpp"

#include <patchbay/limits.hpp>
#include <patchbay/send_status.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace patchbay::transport {

using patchbay::SendStatus;

/// What one write takes: the front of an outbox.
struct Batch {
    static constexpr std::size_t kMaxPieces = 64;
    static constexpr std::size_t kEnoughBytes = 256 * 1024;

    std::size_t count = 0;
    std::size_t bytes = 0;
    std::array<iovec, kMaxPieces> pieces;
    std::span<iovec> span() noexcept { return {pieces.data(), count}; }
};

/// Where a control message may go.
enum class ControlRoom : std::uint8_t {
    Shared,    ///< within kMaxControlBytes, with the others
    Reserved,  ///< kReservedBytes more: for the message that ends the connection
};

/// Whether a payload stays where it is for a while.
enum class Lend : std::uint8_t { No, UntilKept };

/// What is sent of a message.
enum class PartOf : std::uint8_t {
    Whole,  ///< all of it
    First,  ///< its first frame; others follow
    Later,  ///< one behind the first
};

/// A bounded queue of messages.   Thread: one at a time.
class Outbox {
public:
    static constexpr std::size_t kMaxControlBytes = 4096;
    /// Room for the largest control frame (RFC 6455 §5.5) and a little more.
    static constexpr std::size_t kReservedBytes = 256;
    /// Shared messages up to this size are copied behind others: a byte copied costs less than a piece to gather.
    static constexpr std::size_t kMaxCopied = 1024;
    /// From this size on a payload is lent rather than copied where that is offered.
    static constexpr std::size_t kLeastLent = 2048;
    /// A settled box holds at most this many times what waits, and kHeldSpare.
    static constexpr std::size_t kHeldTimes = 4;
    static constexpr std::size_t kHeldSpare = 32 * 1024;

    /// Units of the limit: bytes on the wire, heads included.
    explicit Outbox(SendQueue limit) noexcept { setLimit(limit); }
    Outbox(const Outbox&) = delete;
    ~Outbox() { clear(); }

    /// One message, copied.
    SendStatus append(Bytes head, Bytes payload) {
        return appendToOpen(head, payload) ? SendStatus::Queued : appendBehind(head, payload);
    }
    /// One that fits behind the last. False, and nothing done, where it does not.
    bool appendToOpen(Bytes head, Bytes payload) noexcept {
        const std::size_t size = head.size() + payload.size();
        if (!open_ || !fits(size) || !openChunk().append(head, payload, MessageClass::Data)) return false;
        data_ += size;
        return true;
    }
    /// One for which appendToOpen() has no place.
    SendStatus appendBehind(Bytes head, Bytes payload);
    /// One message whose payload stays where it is until keepLent().   Requires: `head` is at most 16 bytes.
    SendStatus appendLent(Bytes head, Bytes payload);
    /// A message for whose end somebody waits, or a frame of one in several, of which none is dropped: that one who has the first gets
    /// the others too. Copied, or lent until keepLent().
    /// Returns: of a later frame Full instead of Dropped. The completion is taken with Queued, and told within a call of this box.
    /// Requires: `head` is at most 16 bytes; nothing but control messages between the frames of a message.
    SendStatus appendPart(Bytes head, Bytes payload, PartOf part, Lend lend, SendCompletion& completion);
    /// The messages of a batch from `first` up to, not with, `last`. Where not all of them fit, each obeys the policy.
    /// Returns: Full as soon as one is refused; Dropped when one was.
    SendStatus append(const SharedBatch& batch, std::size_t first, std::size_t last);
    /// Dropped, and not counted, when there is no room for it or it does not fit into a chunk.
    SendStatus appendControl(Bytes message, ControlRoom room = ControlRoom::Shared);
    /// As appendControl(), but dropUnstarted() leaves it, and it may be as large as the room for control messages.
    SendStatus appendCommitted(Bytes message);

    /// What the next write should write; nothing when the box is empty.
    void gather(Batch& batch) const noexcept;
    /// The first `bytes` of what was gathered are on the wire.
    void written(std::size_t bytes) noexcept;

    /// The kernel takes no more for now: what waits, and what is appended until it does, waits for long. Lets go of
    /// memory of which little is needed.
    void settle() noexcept {
        if (first_) settle(unsentBytes());
    }

    /// What is on the wire is a part of a message whose rest is not here: everything is forgotten.
    void lose() noexcept { lose(nullptr); }
    /// Messages were lost that had been taken, or lose() was called.
    bool isLost() const noexcept { return lost_; }
    /// True while something lent is in the box.
    bool hasLent() const noexcept { return lent_; }
    /// Copies what was lent and is not written.
    void keepLent() noexcept;

    /// Forgets every message, control messages too, but one that is partly on the wire and those that are committed. Does
    /// not count as dropping.
    void dropUnstarted() noexcept;
    /// Forgets everything.
    void clear() noexcept;
    void setLimit(SendQueue limit) noexcept {
        limit_ = limit.bytes;
        whenFull_ = limit.whenFull;
    }

    bool empty() const noexcept { return first_ == nullptr; }
    /// Whether so many bytes more are within the limit. One message may fit though they are not (QueuePolicy).
    bool fits(std::size_t bytes) const noexcept { return bytes <= limit_ && data_ <= limit_ - bytes; }
    /// Units: bytes of unsent data messages; control messages do not count.
    std::size_t queuedBytes() const noexcept { return data_; }
    /// Units: bytes of all that waits, control messages included.
    std::size_t unsentBytes() const noexcept { return data_ + control_; }
    /// How many messages fell to the policy.
    std::uint64_t dropped() const noexcept { return dropped_; }
    /// Units: bytes of memory that would be free without this box, if nobody else refers to its batches; 0 when nothing
    /// waits.   Cost: goes through all of it.
    std::size_t heldBytes() const noexcept;

private:
    SendStatus makeRoomForMore(MessageSize frame) noexcept;
    SendStatus appendOne(const SharedBatch& batch, std::size_t message);
    SendStatus makeRoom(MessageSize message) noexcept {
        return fits(message.onWire) ? SendStatus::Queued : applyPolicy(message);
    }
    SendStatus applyPolicy(MessageSize message) noexcept;
    bool dropOldest() noexcept;
    void copyIn(Bytes head, Bytes payload, MessageClass kind);
    MessageChunk* copyToChunk(Bytes head, Bytes payload, MessageClass kind);
    void push(Segment* segment, bool open = false) noexcept {
        Segment* const before = last_;
        link(segment, open);
        if (before) grow(segment);
    }
    void link(Segment* segment, bool open = false) noexcept {
        (last_ ? last_->next : first_) = segment;
        last_ = segment;
        open_ = open;
    }
    void grow(const Segment* segment) noexcept;
    void settle(std::size_t counted) noexcept;
    void copyThin() noexcept;
    void lose(Segment* rest) noexcept;
    void copyMessages(const Segment& from);
    void remeasure() noexcept;
    /// Requires: open_.
    MessageChunk& openChunk() noexcept { return static_cast<MessageChunk&>(*last_); }
    void subtract(Tally gone) noexcept;

    Segment* first_ = nullptr;
    std::size_t data_ = 0;
    std::size_t limit_;
    std::uint64_t dropped_ = 0;
    Segment* last_ = nullptr;
    std::uint16_t control_ = 0;
    WhenFull whenFull_ : 7;
    bool lent_ : 1 = false;
    bool lost_ : 1 = false;
    bool open_ : 1 = false;        ///< the last segment is a chunk
    std::uint32_t grown_ = 0;  ///< what the segments behind the first hold at most; Units: 64 bytes
};

}  // namespace patchbay::transport
