#pragma once
// What a send queue is a list of: memory that holds whole messages, of which the first may be partly on the wire.
//
//   MessageChunk    copies of small messages one behind the other, written as one piece. The end of each message is
//                   noted from the back of the same memory, so that messages can still be told apart when some must go:
//                       | written | unsent messages ... |   room   | ends: ... 2, 1, 0 |
//   SharedMessages  a run of messages of a batch, by reference: a broadcast, or one that is too large to share a chunk
//   LentMessage     one whose payload lies in memory that is the sender's only for a moment: to be written at once, and
//                   copied by keep() as far as that does not succeed; also one for whose end somebody waits, and a large part of one

#include "base/MemoryBudget.hpp"
#include "base/WireBatch.hpp"

#include <patchbay/send_status.hpp>

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace patchbay::transport {

/// What may become of a message that waits.
enum class MessageClass : std::uint8_t {
    Data,       ///< counts against the send queue's limit and may be dropped by its policy
    Part,       ///< of a message in several: counts, and is not dropped, or what is left of its message would be torn
    Control,    ///< neither, but is forgotten with the rest when the queue is
    Committed,  ///< never forgotten: without it the peer would take what follows for something else
};

constexpr bool countsAsData(MessageClass kind) noexcept { return kind == MessageClass::Data || kind == MessageClass::Part; }

/// Bytes that left a queue: of data, and of the other classes.
struct Tally {
    std::size_t data = 0;
    std::size_t control = 0;
    void add(MessageClass kind, std::size_t bytes) noexcept { (countsAsData(kind) ? data : control) += bytes; }
};

/// A message of which nothing is written.
struct WaitingMessage {
    Bytes bytes;
    MessageClass kind;
};

class Segment {
public:
    static constexpr std::size_t kMaxPieces = 2;

    virtual ~Segment() = default;
    /// What is still to be written, in at most kMaxPieces; none when the segment is done with.
    virtual std::size_t pieces(iovec* into) const noexcept = 0;
    virtual std::size_t unsentBytes() const noexcept = 0;
    /// The first `bytes` of the pieces are written.
    virtual Tally advance(std::size_t bytes) noexcept = 0;
    /// Drops the oldest data message of which nothing is written and tells its size; 0 when there is none.
    virtual std::size_t dropOldest() noexcept = 0;
    /// Forgets every message but one that is partly written, and those that are committed.
    virtual Tally forgetUnstarted() noexcept = 0;
    /// Copies what lies in memory that is not the segment's.
    virtual void keep() {}
    /// Units: bytes of memory, used or not, and of the batch it refers to, whoever else does.
    virtual std::size_t heldBytes() const noexcept = 0;
    /// The batch it refers to, or nullptr.
    virtual const WireBatch* batch() const noexcept { return nullptr; }

    /// Whether a copy of what still waits would hold much less. What follows takes it apart for that.
    virtual bool isThin() const noexcept = 0;
    /// Of a thin one: what is not written of a message that partly is.
    virtual Bytes startedRest() const noexcept { return {}; }
    virtual std::size_t waitingCount() const noexcept { return 0; }
    virtual WaitingMessage waiting(std::size_t) const noexcept { return {}; }

    Segment* next = nullptr;
};

class MessageChunk final : public Segment {
public:
    /// What waits begins in a small chunk; a large one comes behind one that is full, so that a burst is a few pieces.
    static constexpr std::size_t kSmallBytes = 4096;
    static constexpr std::size_t kLargeBytes = 16384;
    /// Larger messages get memory of their own: at most half of a chunk stays unused.
    static constexpr std::size_t kMaxMessage = kSmallBytes / 2;

    /// Requires: `bytes` is one of the two sizes.
    static MessageChunk* make(std::size_t bytes);
    static void operator delete(MessageChunk* chunk, std::destroying_delete_t) noexcept;

    /// Adds a message if there is room.
    bool append(Bytes head, Bytes payload, MessageClass kind) noexcept {
        const std::size_t end = filled_ + head.size() + payload.size();
        if (end + (count_ + 1u) * kMarkBytes > capacity_) return false;
        copyShort(data() + filled_, head);
        if (!payload.empty()) std::memcpy(data() + filled_ + head.size(), payload.data(), payload.size());
        if (!countsAsData(kind)) control_ = static_cast<std::uint16_t>(control_ + end - filled_);
        filled_ = static_cast<std::uint16_t>(end);
        setMark(count_++, {filled_, kind});
        return true;
    }
    std::size_t pieces(iovec* into) const noexcept override;
    std::size_t unsentBytes() const noexcept override { return std::size_t{filled_} - sent_; }
    Tally advance(std::size_t bytes) noexcept override;
    std::size_t dropOldest() noexcept override;
    Tally forgetUnstarted() noexcept override;
    std::size_t heldBytes() const noexcept override { return sizeof *this + capacity_; }
    /// Never with a message that is partly written: the next write is done with that.
    bool isThin() const noexcept override {
        return start(first_) == sent_ && 2 * (unsentBytes() + waitingCount() * kMarkBytes) < capacity_;
    }
    std::size_t waitingCount() const noexcept override { return count_ - std::size_t{first_}; }
    WaitingMessage waiting(std::size_t message) const noexcept override;

private:
    explicit MessageChunk(std::size_t bytes) noexcept : capacity_{static_cast<std::uint16_t>(bytes)} { held_.set(bytes); }

    struct Mark {
        std::uint16_t end;
        MessageClass kind;
    };
    static constexpr std::size_t kMarkBytes = sizeof(Mark);

    Mark mark(std::size_t message) const noexcept {
        Mark mark;
        std::memcpy(&mark, data() + capacity_ - (message + 1) * kMarkBytes, kMarkBytes);
        return mark;
    }
    void setMark(std::size_t message, Mark mark) noexcept {
        std::memcpy(data() + capacity_ - (message + 1) * kMarkBytes, &mark, kMarkBytes);
    }
    std::size_t start(std::size_t message) const noexcept { return message == 0 ? 0 : mark(message - 1).end; }
    void erase(std::size_t message) noexcept;
    std::byte* data() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
    const std::byte* data() const noexcept { return reinterpret_cast<const std::byte*>(this + 1); }
    /// Most heads are 2 or 4 bytes: those are no call.
    static void copyShort(std::byte* to, Bytes from) noexcept {
        if (from.size() == 2) {
            std::memcpy(to, from.data(), 2);
        } else if (from.size() == 4) {
            std::memcpy(to, from.data(), 4);
        } else if (!from.empty()) {
            std::memcpy(to, from.data(), from.size());
        }
    }

    HeldBytes<Held::Queues> held_;
    const std::uint16_t capacity_;
    std::uint16_t sent_ = 0;     ///< bytes written
    std::uint16_t filled_ = 0;   ///< bytes appended
    std::uint16_t control_ = 0;  ///< unsent bytes of messages that are no data
    std::uint16_t first_ = 0;    ///< the first message that is not written whole
    std::uint16_t count_ = 0;    ///< messages appended
};  // the bytes follow

class SharedMessages final : public Segment {
public:
    /// Those from `first` up to, not with, `last`.
    SharedMessages(SharedBatch batch, std::size_t first, std::size_t last) noexcept;

    static void* operator new(std::size_t);
    static void operator delete(void* memory) noexcept;

    std::size_t pieces(iovec* into) const noexcept override;
    std::size_t unsentBytes() const noexcept override { return startedEnd_ - started_ + unstartedBytes(); }
    Tally advance(std::size_t bytes) noexcept override;
    std::size_t dropOldest() noexcept override;
    Tally forgetUnstarted() noexcept override;
    std::size_t heldBytes() const noexcept override { return sizeof *this + batch_->heldBytes(); }
    const WireBatch* batch() const noexcept override { return batch_.get(); }
    /// A short run is no less: a reference is worth its memory where it saves a large copy.
    bool isThin() const noexcept override {
        return 4 * unsentBytes() < 3 * heldBytes() || unsentBytes() < MessageChunk::kMaxMessage;
    }
    Bytes startedRest() const noexcept override { return Bytes{batch_->bytes}.subspan(started_, startedEnd_ - started_); }
    std::size_t waitingCount() const noexcept override { return last_ - std::size_t{next_}; }
    WaitingMessage waiting(std::size_t message) const noexcept override {
        return {batch_->message(next_ + message), MessageClass::Data};
    }

private:
    std::size_t unstartedBytes() const noexcept { return batch_->start(last_) - batch_->start(next_); }

    SharedBatch batch_;
    std::size_t started_ = 0, startedEnd_ = 0;  ///< the rest of a message that is partly written
    std::uint32_t next_, last_;                 ///< the messages of which nothing is written
};

class LentMessage final : public Segment {
public:
    static constexpr std::size_t kMaxHead = 16;

    /// Requires: the head has at most kMaxHead bytes; the payload stays until the message is written, or keep().
    LentMessage(Bytes head, Bytes payload) noexcept;
    /// What is left of one that is partly written, kept.   Errors: std::bad_alloc.
    static LentMessage* rest(Bytes bytes);

    /// It is some of a message, and not dropped without the rest.
    void becomePart() noexcept { droppable_ = false; }
    /// Somebody hears what becomes of it.
    void setCompletion(SendCompletion completion) noexcept { completion_ = std::move(completion); }

    static void* operator new(std::size_t);
    static void operator delete(void* memory) noexcept;

    std::size_t pieces(iovec* into) const noexcept override;
    std::size_t unsentBytes() const noexcept override { return headBytes_ - headSent_ + payload_.size(); }
    Tally advance(std::size_t bytes) noexcept override;
    std::size_t dropOldest() noexcept override;
    Tally forgetUnstarted() noexcept override;
    void keep() override;
    std::size_t heldBytes() const noexcept override { return sizeof *this + keptBytes_; }
    bool isThin() const noexcept override { return started_ && !completion_ && 2 * payload_.size() < keptBytes_; }
    Bytes startedRest() const noexcept override { return payload_; }

private:
    std::size_t forget(SendResult why) noexcept;

    Bytes payload_;  ///< what is not written of it
    std::unique_ptr<std::byte[]> kept_;
    std::size_t keptBytes_ = 0;
    HeldBytes<Held::Queues> held_;  // of that
    std::array<std::byte, kMaxHead> head_;
    std::uint8_t headBytes_;
    std::uint8_t headSent_ = 0;
    bool started_ = false;
    bool droppable_ = true;
    SendCompletion completion_;
};

}  // namespace patchbay::transport
