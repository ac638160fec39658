#pragma once
// What a send queue is a list of: memory that holds whole messages, of which the first may be partly on the wire.
//
//   MessageChunk    copies of small messages one behind the other, written as one piece. The end of each message is
//   noted
//                   from the back of the same memory, so that messages can still be told apart when some must go:
//                       | written | unsent messages ... |   room   | ends: ... 2, 1, 0 |
//   SharedMessage   one message by reference, or one that is too large to share a chunk

#include "base/SharedBytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace patchbay::transport {

/// Whether a message counts against the send queue's limit and may be dropped by its policy.
enum class MessageClass : std::uint8_t { Data, Control };

/// Bytes that left a queue, by class.
struct Tally {
    std::size_t data = 0;
    std::size_t control = 0;
    void add(MessageClass kind, std::size_t bytes) noexcept { (kind == MessageClass::Data ? data : control) += bytes; }
};

class Segment {
public:
    virtual ~Segment() = default;
    /// Adds a message if it can be copied into this segment.
    virtual bool append(Bytes head, Bytes payload, MessageClass kind) noexcept = 0;
    /// What is still to be written; empty when the segment is done with.
    virtual Bytes unsent() const noexcept = 0;
    /// The first `bytes` of unsent() are written.
    virtual Tally advance(std::size_t bytes) noexcept = 0;
    /// Drops the oldest data message of which nothing is written and tells its size; 0 when there is none.
    virtual std::size_t dropOldest() noexcept = 0;
    /// Forgets every message but one that is partly written.
    virtual Tally forgetUnstarted() noexcept = 0;
    /// Units: bytes of memory, used or not.
    virtual std::size_t heldBytes() const noexcept = 0;

    Segment* next = nullptr;
};

class MessageChunk final : public Segment {
public:
    static constexpr std::size_t kBytes = 4096;
    /// Larger messages get memory of their own: at most half of a chunk stays unused.
    static constexpr std::size_t kMaxMessage = kBytes / 2;

    static void* operator new(std::size_t);
    static void operator delete(void* memory) noexcept;

    bool append(Bytes head, Bytes payload, MessageClass kind) noexcept override;
    Bytes unsent() const noexcept override { return {data_.data() + sent_, std::size_t{filled_} - sent_}; }
    Tally advance(std::size_t bytes) noexcept override;
    std::size_t dropOldest() noexcept override;
    Tally forgetUnstarted() noexcept override;
    std::size_t heldBytes() const noexcept override { return sizeof *this; }

private:
    struct Mark {
        std::uint16_t end;
        MessageClass kind;
    };
    static constexpr std::size_t kMarkBytes = sizeof(Mark);

    Mark mark(std::size_t message) const noexcept;
    void setMark(std::size_t message, Mark mark) noexcept;
    std::size_t start(std::size_t message) const noexcept { return message == 0 ? 0 : mark(message - 1).end; }
    void erase(std::size_t message) noexcept;

    std::uint16_t sent_ = 0;    ///< bytes written
    std::uint16_t filled_ = 0;  ///< bytes appended
    std::uint16_t first_ = 0;   ///< the first message that is not written whole
    std::uint16_t count_ = 0;   ///< messages appended
    std::array<std::byte, kBytes> data_;
};

class SharedMessage final : public Segment {
public:
    explicit SharedMessage(SharedBytes message) noexcept : message_{std::move(message)} {}

    static void* operator new(std::size_t);
    static void operator delete(void* memory) noexcept;

    bool append(Bytes, Bytes, MessageClass) noexcept override { return false; }
    Bytes unsent() const noexcept override { return message_.bytes().subspan(sent_); }
    Tally advance(std::size_t bytes) noexcept override;
    std::size_t dropOldest() noexcept override;
    Tally forgetUnstarted() noexcept override;
    std::size_t heldBytes() const noexcept override { return sizeof *this + message_.size(); }

private:
    SharedBytes message_;
    std::size_t sent_ = 0;
};

}  // namespace patchbay::transport
