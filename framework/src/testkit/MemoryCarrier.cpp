#include "testkit/MemoryCarrier.hpp"

#include "base/QueuePolicy.hpp"

#include <utility>

namespace patchbay::testkit {

void Peer::Line::arrive(Arriving arriving) {
    if (!paused && unread.empty()) return handOn(arriving);
    unread.push_back(std::move(arriving));
}

/// The next one when this has been handled: its handler may pause the session.
void Peer::Line::readOn() {
    if (paused || unread.empty()) return;
    handOn(std::exchange(unread.front(), {}));
    unread.pop_front();
    if (!unread.empty()) machine.loop().post([self = shared_from_this()] { self->readOn(); });
}

void Peer::Line::handOn(const Arriving& arriving) {
    switch (arriving.what) {
        case Arriving::What::Message:
            input.message(arriving.kind, asBytes(arriving.text));
            return;
        case Arriving::What::Pong:
            return input.pong(asBytes(arriving.text));
        case Arriving::What::Close:
            end(Goodbye{arriving.code, {}});  // an echo has the peer's code and no text
            return input.closed(arriving.code, arriving.text);
        case Arriving::What::Loss:
            end(std::nullopt);
            return input.lost("the peer has vanished");
    }
}

void Peer::Line::end(std::optional<Goodbye> last) {
    const std::lock_guard guard{lock};
    if (ended) return;
    ended = true;
    goodbye = std::move(last);
}

void Peer::Line::put(Waiting whole) {
    if (!stalled) {
        received.push_back(std::move(whole.message));
        return whole.completion.complete(SendResult::Sent);
    }
    queuedBytes += whole.bytes;
    queue.push_back(std::move(whole));
}

void Peer::Line::takeQueue() {
    const std::lock_guard guard{lock};
    stalled = false;
    for (; !queue.empty(); queue.pop_front()) put(std::move(queue.front()));
    queuedBytes = 0;
}

/// What it has not sent is lost with it; a peer that takes it later is none that anybody waits for.
MemoryCarrier::~MemoryCarrier() {
    const auto line = line_.lock();
    if (!line) return;
    const std::lock_guard guard{line->lock};
    for (auto& each : line->queue) each.completion = {};
    line->unfinished.reset();
}

SendStatus MemoryCarrier::send(MessageKind kind, Bytes payload) {
    SendCompletion nobody;
    return sendPart(kind, payload, PieceOf::Last, nobody);
}

SendStatus MemoryCarrier::sendPart(MessageKind kind, Bytes piece, PieceOf of, SendCompletion& completion) {
    const auto line = line_.lock();
    if (!line) return SendStatus::Closed;
    const std::lock_guard guard{line->lock};
    if (line->ended) return SendStatus::Closed;
    auto& message = line->unfinished;
    if (!message) message.emplace(Peer::Line::Waiting{{kind, {}}, 0, {}});
    message->message.payload.append(asText(piece));
    message->bytes += framed(piece.size()).onWire;
    if (of == PieceOf::MoreFollows) return SendStatus::Queued;
    message->completion = std::move(completion);
    line->put(std::move(*message));
    message.reset();
    return SendStatus::Queued;
}

/// As a socket's queue, byte for byte. A peer that reads has nothing in it, and may still be sent too much.
std::size_t MemoryCarrier::queuedBytes() const {
    const auto line = line_.lock();
    if (!line) return 0;
    const std::lock_guard guard{line->lock};
    return line->queuedBytes + (line->stalled && line->unfinished ? line->unfinished->bytes : 0);
}

bool MemoryCarrier::dropOldest() {
    const auto line = line_.lock();
    if (!line) return false;
    const std::lock_guard guard{line->lock};
    if (line->queue.empty()) return false;
    line->queuedBytes -= line->queue.front().bytes;
    line->queue.front().completion.complete(SendResult::Dropped);
    line->queue.pop_front();
    return true;
}

SendStatus MemoryCarrier::ping(Bytes payload) {
    const auto line = line_.lock();
    if (!line) return SendStatus::Closed;
    const std::lock_guard guard{line->lock};
    if (line->ended) return SendStatus::Closed;
    ++line->pings;
    if (line->stalled) return SendStatus::Queued;
    // As every client does by itself (RFC 6455 §5.5.3).
    line->machine.loop().post([line, pong = std::string{asText(payload)}] {
        line->arrive({.what = Peer::Line::Arriving::What::Pong, .text = pong});
    });
    return SendStatus::Queued;
}

void MemoryCarrier::pauseReading() {
    const auto line = line_.lock();
    if (!line) return;
    const std::lock_guard guard{line->lock};
    if (!line->ended) line->paused = true;
}

void MemoryCarrier::resumeReading() {
    const auto line = line_.lock();
    if (!line || !std::exchange(line->paused, false) || line->unread.empty()) return;
    line->machine.loop().post([line] { line->readOn(); });
}

/// The peer takes it at once.
void MemoryCarrier::close(CloseCode code, std::string_view text) {
    const auto line = line_.lock();
    if (!line) return;
    line->end(Goodbye{code, std::string{text}});
    resumeReading();
    line->input.closed(code);
}

void MemoryCarrier::closeNow(CloseCode code, std::string_view text) {
    if (const auto line = line_.lock()) {
        const std::lock_guard guard{line->lock};
        line->queue.clear();
        line->unfinished.reset();
        line->queuedBytes = 0;
    }
    close(code, text);
}

}  // namespace patchbay::testkit
