#pragma once
// What a session says, from whatever thread: over its carrier at once, or as a letter in its loop's queue.
//
//     send ── here, and nothing waits in the loop's queue ──> Carrier
//        '─── else: a letter, a copy, in its order ──> LoopQueue ──> Carrier
//
// A session's letters form a chain, oldest first, so that the send queue's policy holds for what waits there too: limit and
// policy are those of the session, and the queue's own limit comes on top. The chain is guarded by the queue, and empty
// from the moment that the loop takes what waits.

#include "base/LoopQueue.hpp"
#include "messaging/Broadcast.hpp"

#include <patchbay/carrier.hpp>
#include <patchbay/limits.hpp>

#include <atomic>
#include <memory>

namespace patchbay::messaging {

class SessionCore;

/// Thread: the session's loop's, where nothing else is said.
class Outgoing {
public:
    Outgoing() noexcept = default;
    Outgoing(const Outgoing&) = delete;
    ~Outgoing() = default;

    void carry(std::unique_ptr<Carrier> carrier) noexcept { carrier_ = std::move(carrier); }
    /// The connection has ended.
    void letGo() noexcept { const auto gone = std::move(carrier_); }

    /// A message of this session's that goes directly.
    SendStatus send(MessageKind kind, Bytes payload) noexcept {
        return carrier_ ? carrier_->send(kind, payload) : SendStatus::Closed;
    }
    /// A part of one, as the carrier's.
    SendStatus sendPart(MessageKind kind, Bytes piece, PieceOf of, SendCompletion& completion) noexcept {
        return carrier_ ? carrier_->sendPart(kind, piece, of, completion) : SendStatus::Closed;
    }
    /// `isWire`: to a client that counts offsets; what has one it gets even where it is excepted, for a missing one is a gap.
    SendStatus deliver(const Delivery& delivery, SessionId self, bool isWire) noexcept {
        if (!carrier_) return SendStatus::Closed;
        return delivery.broadcast.hasExceptions() ? deliverRuns(delivery, self, isWire) : carrier_->deliver(delivery);
    }
    /// Of a history, which is for everybody.
    SendStatus show(const Delivery& delivery) noexcept { return carrier_ ? carrier_->deliver(delivery) : SendStatus::Closed; }
    SendStatus ping(Bytes payload) noexcept { return carrier_ ? carrier_->ping(payload) : SendStatus::Closed; }
    void pauseReading() noexcept {
        if (carrier_) carrier_->pauseReading();
    }
    void resumeReading() noexcept {
        if (carrier_) carrier_->resumeReading();
    }
    void close(CloseCode code, std::string_view text) noexcept {
        if (carrier_) carrier_->close(code, text);
    }
    void closeNow(CloseCode code, std::string_view text) noexcept {
        if (carrier_) carrier_->closeNow(code, text);
    }

    /// A message to `session` that waits for its loop.   Thread: any.
    static SendStatus mail(SessionCore& session, MessageKind kind, Bytes payload);

    void prefetch() const noexcept { __builtin_prefetch(&carrier_); }
    void prefetchCarrier() const noexcept { __builtin_prefetch(carrier_.get()); }
    void prefetchChannel() const noexcept {
        if (carrier_) carrier_->prefetch();
    }

private:
    class Letter;

public:
    /// What is known of a session's letters, and of messages that fell.
    struct Letters {
        std::atomic<std::uint64_t> dropped{0};           // before they came to the carrier
        std::atomic<std::uint64_t> droppedByCarrier{0};  // the carrier's count
        // Guarded by the loop's queue:
        std::uint64_t takes = 0;  // of the queue when they were put
        Letter* oldest = nullptr;
        Letter* newest = nullptr;
        std::size_t bytes = 0;
    };

private:
    SendStatus deliverRuns(const Delivery& delivery, SessionId self, bool isWire) noexcept;
    static bool dropOldest(Letters& letters, LoopQueue::Access& queue, std::unique_ptr<LoopEntry>& dropped) noexcept;

    std::unique_ptr<Carrier> carrier_;
};

}  // namespace patchbay::messaging
