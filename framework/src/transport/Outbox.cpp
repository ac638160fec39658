#include "transport/Outbox.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace patchbay::transport {
namespace {

constexpr std::size_t kGrain = 64;

constexpr std::uint32_t grainsOf(std::size_t bytes) noexcept { return static_cast<std::uint32_t>(bytes / kGrain + 1); }

constexpr bool isMuch(std::size_t held, std::size_t counted) noexcept {
    return held > Outbox::kHeldSpare && (held - Outbox::kHeldSpare) / Outbox::kHeldTimes > counted;
}

}  // namespace

SendStatus Outbox::appendBehind(Bytes head, Bytes payload) {
    const std::size_t size = head.size() + payload.size();
    const SendStatus room = makeRoom({.onWire = size, .payload = payload.size()});
    if (room != SendStatus::Queued || size == 0) return room;
    if (size <= MessageChunk::kMaxMessage)
        copyIn(head, payload, MessageClass::Data);
    else
        push(new SharedMessages{makeBatch(head, payload), 0, 1});
    data_ += size;
    return SendStatus::Queued;
}

SendStatus Outbox::appendLent(Bytes head, Bytes payload) {
    const std::size_t size = head.size() + payload.size();
    const SendStatus room = makeRoom({.onWire = size, .payload = payload.size()});
    if (room != SendStatus::Queued) return room;
    push(new LentMessage{head, payload});
    lent_ = true;
    data_ += size;
    return SendStatus::Queued;
}

SendStatus Outbox::appendPart(Bytes head, Bytes payload, PartOf part, Lend lend, SendCompletion& completion) {
    const MessageSize size{.onWire = head.size() + payload.size(), .payload = payload.size()};
    const SendStatus room = part == PartOf::Later ? makeRoomForMore(size) : makeRoom(size);
    if (room != SendStatus::Queued) return room;
    if (!completion && size.onWire <= MessageChunk::kMaxMessage) {
        copyIn(head, payload, part == PartOf::Whole ? MessageClass::Data : MessageClass::Part);
    } else {
        auto message = std::make_unique<LentMessage>(head, payload);
        if (lend == Lend::No) message->keep();
        if (part != PartOf::Whole) message->becomePart();
        message->setCompletion(std::move(completion));
        push(message.release());
        lent_ = lent_ || lend == Lend::UntilKept;
    }
    data_ += size.onWire;
    return SendStatus::Queued;
}

/// A message that has begun is not dropped: whole ones are, where the policy has it so.
SendStatus Outbox::makeRoomForMore(MessageSize frame) noexcept {
    const QueuePolicy policy{{limit_, whenFull_}};
    while (!policy.fits(frame, data_)) {
        if (whenFull_ != WhenFull::DropOldest || !policy.fits(frame, 0) || !dropOldest()) return SendStatus::Full;
    }
    return SendStatus::Queued;
}

SendStatus Outbox::append(const SharedBatch& batch, std::size_t first, std::size_t last) {
    const std::size_t size = batch->start(last) - batch->start(first);
    if (last - first > 1 && fits(size)) {
        push(new SharedMessages{batch, first, last});
        data_ += size;
        return SendStatus::Queued;
    }
    SendStatus all = SendStatus::Queued;
    for (std::size_t message = first; message < last; ++message) {
        const SendStatus one = appendOne(batch, message);
        if (one == SendStatus::Full) return one;
        if (one == SendStatus::Dropped) all = one;
    }
    return all;
}

SendStatus Outbox::appendOne(const SharedBatch& batch, std::size_t message) {
    const std::size_t size = batch->size(message);
    const SendStatus room = makeRoom({.onWire = size, .payload = size - std::min(size, batch->mostHead)});
    if (room != SendStatus::Queued || size == 0) return room;
    // A broadcast finds most outboxes empty: then it takes a reference, not a chunk for each of ten thousand peers.
    if (first_ && size <= kMaxCopied)
        copyIn({}, batch->message(message), MessageClass::Data);
    else
        push(new SharedMessages{batch, message, message + 1});
    data_ += size;
    return SendStatus::Queued;
}

SendStatus Outbox::appendControl(Bytes message, ControlRoom room) {
    const std::size_t most = kMaxControlBytes + (room == ControlRoom::Reserved ? kReservedBytes : 0);
    if (control_ + message.size() > most || message.size() > MessageChunk::kMaxMessage) return SendStatus::Dropped;
    if (message.empty()) return SendStatus::Queued;
    copyIn({}, message, MessageClass::Control);
    control_ = static_cast<std::uint16_t>(control_ + message.size());
    return SendStatus::Queued;
}

/// In pieces that fit into chunks: none can be dropped, so nobody has to tell them apart.
SendStatus Outbox::appendCommitted(Bytes message) {
    if (control_ + message.size() > kMaxControlBytes) return SendStatus::Dropped;
    control_ = static_cast<std::uint16_t>(control_ + message.size());
    while (!message.empty()) {
        const Bytes piece = message.first(std::min(message.size(), MessageChunk::kMaxMessage));
        copyIn({}, piece, MessageClass::Committed);
        message = message.subspan(piece.size());
    }
    return SendStatus::Queued;
}

void Outbox::copyIn(Bytes head, Bytes payload, MessageClass kind) {
    if (MessageChunk* const fresh = copyToChunk(head, payload, kind)) push(fresh, true);
}

/// Returns the chunk, if it is a new one.
MessageChunk* Outbox::copyToChunk(Bytes head, Bytes payload, MessageClass kind) {
    if (open_ && openChunk().append(head, payload, kind)) return nullptr;
    auto* const chunk = MessageChunk::make(open_ ? MessageChunk::kLargeBytes : MessageChunk::kSmallBytes);
    chunk->append(head, payload, kind);
    return chunk;
}

SendStatus Outbox::applyPolicy(MessageSize message) noexcept {
    const SendStatus status = QueuePolicy{{limit_, whenFull_}}.admit(
        message, [this] { return data_; }, [this] { return dropOldest(); });
    if (status == SendStatus::Dropped) ++dropped_;
    return status;
}

bool Outbox::dropOldest() noexcept {
    Segment* before = nullptr;
    for (Segment* segment = first_; segment; before = segment, segment = segment->next) {
        const std::size_t gone = segment->dropOldest();
        if (gone == 0) continue;
        data_ -= gone;
        ++dropped_;
        if (segment->unsentBytes() == 0) {
            (before ? before->next : first_) = segment->next;
            if (last_ == segment) {
                last_ = before;
                open_ = false;
            }
            delete segment;
        }
        return true;
    }
    return false;
}

void Outbox::grow(const Segment* segment) noexcept {
    grown_ += grainsOf(segment->heldBytes());
    if (grown_ / kHeldTimes > limit_ / kGrain + kHeldSpare / kHeldTimes / kGrain) settle(limit_);
}

/// `grown_` is never too small, and often too large: what is written is not subtracted, and runs of one batch count it
/// each. So before anything is copied what is held is counted out.
void Outbox::settle(std::size_t counted) noexcept {
    if (!isMuch(grown_ * kGrain + first_->heldBytes(), counted)) return;
    const std::size_t held = heldBytes();
    // A little below the bound already, or the next append would count again.
    if (isMuch(held + held / 8, counted)) copyThin();
    remeasure();
}

void Outbox::copyThin() noexcept {
    Segment* rest = std::exchange(first_, nullptr);
    last_ = nullptr;
    open_ = false;
    while (rest) {
        Segment* const segment = rest;
        if (segment->isThin()) {
            try {
                copyMessages(*segment);
            } catch (const std::bad_alloc&) {
                return lose(rest);
            }
            rest = segment->next;
            delete segment;
        } else {
            rest = std::exchange(segment->next, nullptr);
            link(segment);
        }
    }
}

void Outbox::lose(Segment* rest) noexcept {
    while (rest) delete std::exchange(rest, rest->next);
    clear();
    lost_ = true;
}

void Outbox::copyMessages(const Segment& from) {
    if (const Bytes rest = from.startedRest(); !rest.empty()) link(LentMessage::rest(rest));
    for (std::size_t i = 0; i < from.waitingCount(); ++i) {
        const auto [bytes, kind] = from.waiting(i);
        if (bytes.empty()) continue;
        if (bytes.size() > MessageChunk::kMaxMessage) {
            link(new SharedMessages{makeBatch({}, bytes), 0, 1});
        } else if (MessageChunk* const fresh = copyToChunk({}, bytes, kind)) {
            link(fresh, true);
        }
    }
}

void Outbox::remeasure() noexcept { grown_ = first_ ? grainsOf(heldBytes() - first_->heldBytes()) : 0; }

void Outbox::gather(Batch& batch) const noexcept {
    batch.count = batch.bytes = 0;
    for (const Segment* segment = first_; segment; segment = segment->next) {
        if (batch.count + Segment::kMaxPieces > Batch::kMaxPieces || batch.bytes >= Batch::kEnoughBytes) return;
        batch.count += segment->pieces(&batch.pieces[batch.count]);
        batch.bytes += segment->unsentBytes();
    }
}

void Outbox::written(std::size_t bytes) noexcept {
    while (first_) {
        const std::size_t part = std::min(bytes, first_->unsentBytes());
        bytes -= part;
        subtract(first_->advance(part));
        if (first_->unsentBytes() != 0) return;
        delete std::exchange(first_, first_->next);
    }
    last_ = nullptr;
    open_ = false;
    lent_ = false;
    grown_ = 0;
}

void Outbox::keepLent() noexcept {
    if (!lent_) return;
    lent_ = false;
    try {
        for (Segment* segment = first_; segment; segment = segment->next) segment->keep();
    } catch (const std::bad_alloc&) {
        return lose(nullptr);
    }
    remeasure();
}

void Outbox::dropUnstarted() noexcept {
    Segment* rest = std::exchange(first_, nullptr);
    last_ = nullptr;
    open_ = false;
    while (rest) {
        Segment* segment = std::exchange(rest, rest->next);
        segment->next = nullptr;
        subtract(segment->forgetUnstarted());
        if (segment->unsentBytes() == 0)
            delete segment;
        else
            link(segment);
    }
}

void Outbox::clear() noexcept {
    while (first_) delete std::exchange(first_, first_->next);
    last_ = nullptr;
    open_ = false;
    data_ = control_ = 0;
    lent_ = false;
    grown_ = 0;
}

void Outbox::subtract(Tally gone) noexcept {
    data_ -= gone.data;
    control_ = static_cast<std::uint16_t>(control_ - gone.control);
}

std::size_t Outbox::heldBytes() const noexcept {
    std::size_t held = 0;
    const WireBatch* before = nullptr;
    for (const Segment* segment = first_; segment; segment = segment->next) {
        held += segment->heldBytes();
        const WireBatch* const batch = segment->batch();
        if (batch && batch == before) held -= batch->heldBytes();
        if (batch) before = batch;
    }
    return held;
}

}  // namespace patchbay::transport
