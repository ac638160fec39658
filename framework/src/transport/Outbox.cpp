#include "transport/Outbox.hpp"

#include <algorithm>
#include <utility>

namespace patchbay::transport {

SendStatus Outbox::append(Bytes head, Bytes payload) {
    const std::size_t size = head.size() + payload.size();
    const SendStatus room = makeRoom(size);
    if (room != SendStatus::Queued || size == 0) return room;
    if (size <= MessageChunk::kMaxMessage) return copyIn(head, payload, MessageClass::Data);
    push(new SharedMessage{SharedBytes::concat(head, payload)});
    data_ += size;
    return SendStatus::Queued;
}

SendStatus Outbox::append(const SharedBytes& message) {
    const SendStatus room = makeRoom(message.size());
    if (room != SendStatus::Queued || message.size() == 0) return room;
    // A broadcast finds most outboxes empty: then it takes a reference, not a chunk for each of ten thousand peers.
    if (first_ && message.size() <= kMaxCopied) return copyIn({}, message.bytes(), MessageClass::Data);
    push(new SharedMessage{message});
    data_ += message.size();
    return SendStatus::Queued;
}

SendStatus Outbox::appendControl(Bytes message, ControlRoom room) {
    const std::size_t most = kMaxControlBytes + (room == ControlRoom::Reserved ? kReservedBytes : 0);
    if (control_ + message.size() > most || message.size() > MessageChunk::kMaxMessage) return SendStatus::Dropped;
    return message.empty() ? SendStatus::Queued : copyIn({}, message, MessageClass::Control);
}

SendStatus Outbox::copyIn(Bytes head, Bytes payload, MessageClass kind) {
    if (!last_ || !last_->append(head, payload, kind)) {
        push(new MessageChunk);
        last_->append(head, payload, kind);
    }
    const std::size_t size = head.size() + payload.size();
    if (kind == MessageClass::Data)
        data_ += size;
    else
        control_ = static_cast<std::uint16_t>(control_ + size);
    return SendStatus::Queued;
}

SendStatus Outbox::makeRoom(std::size_t bytes) noexcept {
    const auto fits = [&] { return bytes <= limit_.bytes && data_ <= limit_.bytes - bytes; };
    if (fits()) return SendStatus::Queued;
    if (limit_.whenFull == WhenFull::Close) return SendStatus::Full;
    if (limit_.whenFull == WhenFull::DropOldest && bytes <= limit_.bytes) {
        while (!fits() && dropOldest()) continue;
        // Older ones may be in the batch that is out: giveBack() drops those that come back from it.
        if (fits() || batchOut_) return SendStatus::Queued;
    }
    ++dropped_;
    return SendStatus::Dropped;
}

bool Outbox::dropOldest() noexcept {
    Segment* before = nullptr;
    for (Segment* segment = first_; segment; before = segment, segment = segment->next) {
        const std::size_t gone = segment->dropOldest();
        if (gone == 0) continue;
        data_ -= gone;
        ++dropped_;
        if (segment->unsent().empty()) {
            (before ? before->next : first_) = segment->next;
            if (last_ == segment) last_ = before;
            delete segment;
        }
        return true;
    }
    return false;
}

void Outbox::push(Segment* segment) noexcept {
    (last_ ? last_->next : first_) = segment;
    last_ = segment;
}

void Outbox::take(Batch& batch) noexcept {
    batch.first = first_;
    batch.count = batch.bytes = 0;
    Segment* end = nullptr;
    while (first_ && batch.count < Batch::kMaxSegments && batch.bytes < Batch::kEnoughBytes) {
        const Bytes piece = first_->unsent();
        batch.pieces[batch.count++] = {const_cast<std::byte*>(piece.data()), piece.size()};
        batch.bytes += piece.size();
        end = std::exchange(first_, first_->next);
    }
    if (end) end->next = nullptr;
    if (!first_) last_ = nullptr;
    batchOut_ = end != nullptr;
}

void Outbox::giveBack(Batch& batch, std::size_t written) noexcept {
    Segment* rest = std::exchange(batch.first, nullptr);
    Segment* end = nullptr;
    for (Segment** link = &rest; *link;) {
        Segment* segment = *link;
        const std::size_t part = std::min(written, segment->unsent().size());
        written -= part;
        subtract(segment->advance(part));
        if (dropBatch_) subtract(segment->forgetUnstarted());
        if (segment->unsent().empty()) {
            *link = segment->next;
            delete segment;
        } else {
            end = segment;
            link = &segment->next;
        }
    }
    if (end) {
        end->next = first_;
        first_ = rest;
        if (!last_) last_ = end;
    }
    batchOut_ = dropBatch_ = false;
    if (limit_.whenFull == WhenFull::DropOldest)
        while (data_ > limit_.bytes && dropOldest()) continue;
}

void Outbox::dropUnstarted() noexcept {
    dropBatch_ = batchOut_;
    Segment* rest = std::exchange(first_, nullptr);
    last_ = nullptr;
    while (rest) {
        Segment* segment = std::exchange(rest, rest->next);
        segment->next = nullptr;
        subtract(segment->forgetUnstarted());
        if (segment->unsent().empty())
            delete segment;
        else
            push(segment);
    }
}

void Outbox::clear() noexcept {
    while (first_) delete std::exchange(first_, first_->next);
    last_ = nullptr;
    data_ = control_ = 0;
}

void Outbox::subtract(Tally gone) noexcept {
    data_ -= gone.data;
    control_ = static_cast<std::uint16_t>(control_ - gone.control);
}

std::size_t Outbox::heldBytes() const noexcept {
    std::size_t held = 0;
    for (const Segment* segment = first_; segment; segment = segment->next) held += segment->heldBytes();
    return held;
}

}  // namespace patchbay::transport
