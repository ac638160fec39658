#include "testkit/MemoryCarrier.hpp"

#include "base/QueuePolicy.hpp"

namespace patchbay::testkit {

void Peer::Line::send(MessageKind kind, Bytes payload) {
    machine.turnWith([&] {
        if (payload.size() > session->endpoint().maxMessageBytes()) {
            end({CloseCode::TooBig, "message over the limit"});
            session->peerFailed(CloseCause::TooBig, "message over the limit");
        } else {
            session->touch();
            session->receive(Session{session}, kind, payload, 0);
        }
    });
}

void Peer::Line::end(Goodbye last) {
    const std::lock_guard guard{lock};
    if (ended) return;
    ended = true;
    goodbye = std::move(last);
}

SendStatus MemoryCarrier::send(MessageKind kind, Bytes payload) noexcept {
    const auto line = line_.lock();
    if (!line) return SendStatus::Closed;
    const std::lock_guard guard{line->lock};
    if (line->ended) return SendStatus::Closed;
    const SendStatus status = admit(*line, payload.size());
    if (status != SendStatus::Queued) return status;
    Received message{kind, std::string{asText(payload)}};
    if (line->stalled) {
        line->queuedBytes += framed(payload.size()).onWire;
        line->queue.push_back(std::move(message));
    } else {
        line->received.push_back(std::move(message));
    }
    return SendStatus::Queued;
}

SendStatus MemoryCarrier::send(const messaging::Delivery& delivery) noexcept {
    const messaging::Broadcast& broadcast = delivery.broadcast;
    SendStatus all = SendStatus::Queued;
    for (std::size_t message = delivery.first; message < delivery.last; ++message) {
        const SendStatus one = send(broadcast.kind(message), broadcast.payload(message));
        if (one == SendStatus::Full || one == SendStatus::Closed) return one;
        if (one == SendStatus::Dropped) all = one;
    }
    return all;
}

/// As a socket's queue does, byte for byte. A peer that reads has nothing in it, and may still be sent too much.
SendStatus MemoryCarrier::admit(Peer::Line& line, std::size_t payloadBytes) {
    const auto dropOldest = [&line] {
        if (line.queue.empty()) return false;
        line.queuedBytes -= framed(line.queue.front().payload.size()).onWire;
        line.queue.pop_front();
        line.session->noteDropped(++line.dropped);
        return true;
    };
    const SendStatus status =
        QueuePolicy{limit_}.admit(framed(payloadBytes), [&line] { return line.queuedBytes; }, dropOldest);
    if (status == SendStatus::Dropped) line.session->noteDropped(++line.dropped);
    return status;
}

SendStatus MemoryCarrier::ping(Bytes payload) noexcept {
    const auto line = line_.lock();
    if (!line) return SendStatus::Closed;
    const std::lock_guard guard{line->lock};
    if (line->ended) return SendStatus::Closed;
    ++line->pings;
    if (line->stalled) return SendStatus::Queued;
    // As every client does by itself (RFC 6455 §5.5.3).
    line->machine.loop().post([session = line->session, pong = std::string{asText(payload)}] {
        session->touch();
        session->receivePong(asBytes(pong));
    });
    return SendStatus::Queued;
}

void MemoryCarrier::close(CloseCode code, std::string_view text) noexcept {
    if (const auto line = line_.lock()) line->end({code, std::string{text}});
}

void MemoryCarrier::closeNow(CloseCode code, std::string_view text) noexcept {
    if (const auto line = line_.lock()) {
        const std::lock_guard guard{line->lock};
        line->queue.clear();
        line->queuedBytes = 0;
    }
    close(code, text);
}

}  // namespace patchbay::testkit
