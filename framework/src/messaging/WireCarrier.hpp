#pragma once
// Between a session of a `patchbay.1` client and its carrier, whatever that is: what the application sends becomes objects there.
//
//     send     ──> {"data":…}                                         sendPart ──> the same, of the whole message
//     deliver  ──> Broadcast::wrapped(), made once for all of them    the rest ──> the carrier, as it is
//
// Thread: the session's loop's.

#include "base/MemoryBudget.hpp"

#include <patchbay/carrier.hpp>

#include <memory>
#include <string>

namespace patchbay::messaging {

class WireSession;

class WireCarrier final : public Carrier {
public:
    WireCarrier(WireSession& session, std::unique_ptr<Carrier> carrier) noexcept : session_{&session}, carrier_{std::move(carrier)} {}
    ~WireCarrier() override;
    /// The session goes before it.
    void letGo() noexcept { session_ = nullptr; }

    /// A message of objects, as it is.
    SendStatus say(MessageKind kind, Bytes message) { return sent(carrier_->send(kind, message)); }

    SendStatus send(MessageKind kind, Bytes payload) override;
    SendStatus deliver(const Delivery& delivery) override;
    bool sendsParts() const override { return true; }
    SendStatus sendPart(MessageKind kind, Bytes piece, PieceOf of, SendCompletion& completion) override;
    std::size_t queuedBytes() const override { return carrier_->queuedBytes(); }
    bool dropOldest() override { return carrier_->dropOldest(); }
    SendStatus ping(Bytes payload) override { return carrier_->ping(payload); }
    void prefetch() const noexcept override { carrier_->prefetch(); }
    void pauseReading() override { carrier_->pauseReading(); }
    void resumeReading() override { carrier_->resumeReading(); }
    void close(CloseCode code, std::string_view text) override { carrier_->close(code, text); }
    void closeNow(CloseCode code, std::string_view text) override { carrier_->closeNow(code, text); }

private:
    SendStatus sent(SendStatus status) noexcept;

    WireSession* session_;
    const std::unique_ptr<Carrier> carrier_;
    std::string parts_;  // of a message whose last has not come
    HeldBytes<Held::Queues> held_;  // of that
};

}  // namespace patchbay::messaging
