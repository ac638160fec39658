#include "messaging/UnfinishedMessage.hpp"

#include "base/QueuePolicy.hpp"

#include <new>

namespace patchbay::messaging {

SendStatus UnfinishedMessage::hold(MessageKind kind, Bytes payload, std::size_t queued) {
    const MessageSize size = framed(payload.size());
    const SendStatus status = QueuePolicy{session_.sendQueue()}.admit(
        size, [&] { return queued + bytes_; }, [this] { return dropOldest(); });
    if (status == SendStatus::Dropped) session_.missed(1);
    if (status != SendStatus::Queued) return status;
    try {
        requireMemoryHere(payload.size());
        held_.push_back({kind, std::string{asText(payload)}});
    } catch (const std::bad_alloc&) {
        return SendStatus::Full;
    }
    count(bytes_ + size.onWire);
    return status;
}

SendStatus UnfinishedMessage::hold(const Delivery& delivery, std::size_t queued) {
    SendStatus all = SendStatus::Queued;
    for (std::size_t message = 0; message < delivery.count(); ++message) {
        const SendStatus one = hold(delivery.kind(message), delivery.payload(message), queued);
        if (one == SendStatus::Full) return one;
        if (one == SendStatus::Dropped) all = one;
    }
    return all;
}

bool UnfinishedMessage::hasRoomFor(std::size_t part, std::size_t queued) noexcept {
    if (held_.empty()) return true;
    const SendStatus status = QueuePolicy{session_.sendQueue()}.admit(
        framed(part), [&] { return queued + bytes_; }, [this] { return dropOldest(); });
    return status == SendStatus::Queued;
}

bool UnfinishedMessage::dropOldest() noexcept {
    if (held_.empty()) return false;
    count(bytes_ - framed(held_.front().payload.size()).onWire);
    held_.pop_front();
    session_.missed(1);
    return true;
}

}  // namespace patchbay::messaging
