#include "messaging/WireCarrier.hpp"

#include "messaging/Broadcast.hpp"
#include "messaging/WireSession.hpp"
#include "wire/Writing.hpp"

#include <patchbay/session.hpp>

#include <new>
#include <utility>

namespace patchbay::messaging {

WireCarrier::~WireCarrier() {
    if (session_) session_->carrierEnded();
}

SendStatus WireCarrier::sent(SendStatus status) noexcept {
    if (session_) session_->sent(status);
    return status;
}

SendStatus WireCarrier::send(MessageKind kind, Bytes payload) {
    try {
        detail::EncodingBuffer buffer;
        wire::writeData(buffer.text(), kind, payload);
        return say(kind, asBytes(buffer.text()));
    } catch (const std::bad_alloc&) {
        return SendStatus::Full;
    }
}

SendStatus WireCarrier::deliver(const Delivery& delivery) {
    const Broadcast& all = delivery.broadcast;
    try {
        if (delivery.count() != all.count()) return sent(carrier_->deliver({all.wrapped(), delivery.first, delivery.last, delivery.tag, delivery.alone}));
        return sent(carrier_->deliver({all.joined(), 0, all.joined().count(), delivery.tag, delivery.alone}));
    } catch (const std::bad_alloc&) {
        return SendStatus::Full;
    }
}

/// A text has to be whole before it can be said whether it is JSON.
SendStatus WireCarrier::sendPart(MessageKind kind, Bytes piece, PieceOf of, SendCompletion& completion) {
    try {
        requireMemoryHere(piece.size());
        parts_.append(asText(piece));
        held_.set(parts_.capacity());
    } catch (const std::bad_alloc&) {
        return SendStatus::Full;
    }
    if (of == PieceOf::MoreFollows) return SendStatus::Queued;
    std::string message;
    wire::writeData(message, kind, asBytes(parts_));
    SendStatus status = SendStatus::Queued;
    if (carrier_->sendsParts()) {
        status = carrier_->sendPart(kind, asBytes(message), PieceOf::Last, completion);
    } else {
        status = carrier_->send(kind, asBytes(message));
        if (status == SendStatus::Queued) completion.complete(SendResult::Sent);
    }
    if (status == SendStatus::Full) {
        parts_.resize(parts_.size() - piece.size());  // it comes again
        return status;
    }
    parts_ = {};
    held_.set(0);
    return sent(status);
}

}  // namespace patchbay::messaging
