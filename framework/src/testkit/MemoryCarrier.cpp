#include "testkit/MemoryCarrier.hpp"

#include "base/QueuePolicy.hpp"
#include "base/Utf8.hpp"

#include <utility>

namespace patchbay::testkit {

void Peer::Line::arrive(Arrival arrival) {
    if (!paused && unread.empty()) return deliver(arrival);
    unread.push_back(std::move(arrival));
}

void Peer::Line::readOn() {
    while (!paused && !unread.empty()) {
        const Arrival next = std::move(unread.front());
        unread.pop_front();
        deliver(next);
    }
}

/// A message is held against the endpoint's limit, and text must be text, as with a transport.
void Peer::Line::deliver(const Arrival& arrival) {
    if (arrival.what != Arrival::What::Loss) session->touch();
    switch (arrival.what) {
        case Arrival::What::Message:
            if (arrival.text.size() > session->endpoint().maxMessageBytes())
                return fail(CloseCause::TooBig, CloseCode::TooBig, "message over the limit");
            if (arrival.kind == MessageKind::Text && !isUtf8(asBytes(arrival.text)))
                return fail(CloseCause::InvalidText, CloseCode::InvalidPayload, "text that is not UTF-8");
            return session->receive(Session{session}, arrival.kind, asBytes(arrival.text), 0);
        case Arrival::What::Pong:
            return session->receivePong(asBytes(arrival.text));
        case Arrival::What::Close:
            end(Goodbye{arrival.code, {}});  // an echo has the peer's code and no text
            return session->peerClosed(arrival.code, arrival.text);
        case Arrival::What::Loss:
            end(std::nullopt);
            return session->lost("the peer has vanished");
    }
}

void Peer::Line::fail(CloseCause cause, CloseCode code, const std::string& rule) {
    end(Goodbye{code, rule});
    session->peerFailed(cause, rule);
}

void Peer::Line::end(std::optional<Goodbye> last) {
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
    line->machine.loop().post([line, pong = std::string{asText(payload)}] {
        line->arrive({.what = Peer::Line::Arrival::What::Pong, .text = pong});
    });
    return SendStatus::Queued;
}

void MemoryCarrier::pauseReading() noexcept {
    const auto line = line_.lock();
    if (!line) return;
    const std::lock_guard guard{line->lock};
    if (!line->ended) line->paused = true;
}

void MemoryCarrier::resumeReading() noexcept {
    const auto line = line_.lock();
    if (!line || !std::exchange(line->paused, false) || line->unread.empty()) return;
    line->machine.loop().post([line] { line->readOn(); });
}

void MemoryCarrier::close(CloseCode code, std::string_view text) noexcept {
    if (const auto line = line_.lock()) line->end(Goodbye{code, std::string{text}});
    resumeReading();
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
