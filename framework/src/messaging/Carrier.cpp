#include <patchbay/carrier.hpp>

#include "messaging/Broadcast.hpp"

namespace patchbay {

MessageKind Delivery::kind(std::size_t message) const noexcept { return broadcast.kind(first + message); }
Bytes Delivery::payload(std::size_t message) const noexcept { return broadcast.payload(first + message); }

SendStatus Carrier::deliver(const Delivery& delivery) {
    SendStatus all = SendStatus::Queued;
    for (std::size_t message = 0; message < delivery.count(); ++message) {
        const SendStatus one = send(delivery.kind(message), delivery.payload(message));
        if (one == SendStatus::Full || one == SendStatus::Closed) return one;
        if (one == SendStatus::Dropped) all = one;
    }
    return all;
}

SendStatus Carrier::sendPart(MessageKind, Bytes, PieceOf, SendCompletion&) { return SendStatus::Closed; }

SendStatus Carrier::ping(Bytes) { return SendStatus::Queued; }

}  // namespace patchbay
