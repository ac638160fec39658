#include "transport/Segment.hpp"

#include "transport/FreeList.hpp"

namespace patchbay::transport {
namespace {

using SmallChunks = FreeList<sizeof(MessageChunk) + MessageChunk::kSmallBytes, 512>;
using LargeChunks = FreeList<sizeof(MessageChunk) + MessageChunk::kLargeBytes, 64>;
using References = FreeList<sizeof(SharedMessages), 4096>;
using Loans = FreeList<sizeof(LentMessage), 256>;

iovec piece(Bytes bytes) noexcept { return {const_cast<std::byte*>(bytes.data()), bytes.size()}; }

}  // namespace

MessageChunk* MessageChunk::make(std::size_t bytes) {
    return new (bytes == kSmallBytes ? SmallChunks::take() : LargeChunks::take()) MessageChunk{bytes};
}
void MessageChunk::operator delete(MessageChunk* chunk, std::destroying_delete_t) noexcept {
    const bool isSmall = chunk->capacity_ == kSmallBytes;
    chunk->~MessageChunk();
    isSmall ? SmallChunks::give(chunk) : LargeChunks::give(chunk);
}

void* SharedMessages::operator new(std::size_t) { return References::take(); }
void SharedMessages::operator delete(void* memory) noexcept { References::give(memory); }
void* LentMessage::operator new(std::size_t) { return Loans::take(); }
void LentMessage::operator delete(void* memory) noexcept { Loans::give(memory); }

// ---- MessageChunk

std::size_t MessageChunk::pieces(iovec* into) const noexcept {
    if (unsentBytes() == 0) return 0;
    *into = piece({data() + sent_, unsentBytes()});
    return 1;
}

Tally MessageChunk::advance(std::size_t bytes) noexcept {
    Tally written;
    if (bytes == unsentBytes()) {  // the usual case: no message is looked at
        written = {.data = bytes - control_, .control = control_};
        sent_ = filled_;
        first_ = count_;
        control_ = 0;
        return written;
    }
    std::size_t from = sent_;
    sent_ = static_cast<std::uint16_t>(sent_ + bytes);
    while (from < sent_) {
        const Mark message = mark(first_);
        const std::size_t to = std::min(message.end, sent_);
        written.add(message.kind, to - from);
        if (to == message.end) ++first_;
        from = to;
    }
    control_ = static_cast<std::uint16_t>(control_ - written.control);
    return written;
}

std::size_t MessageChunk::dropOldest() noexcept {
    for (std::size_t message = first_; message < count_; ++message) {
        if (mark(message).kind != MessageClass::Data || start(message) < sent_) continue;
        const std::size_t size = mark(message).end - start(message);
        erase(message);
        return size;
    }
    return 0;
}

// Closes the gap from the front: what is kept before the message is short (the rest of one message and control frames),
// what is behind it may be a whole chunk.
void MessageChunk::erase(std::size_t message) noexcept {
    const auto size = static_cast<std::uint16_t>(mark(message).end - start(message));
    const auto begin = static_cast<std::uint16_t>(start(first_) + size);
    std::memmove(data() + sent_ + size, data() + sent_, start(message) - sent_);
    for (std::size_t i = message; i > first_; --i) {
        const Mark before = mark(i - 1);
        setMark(i, {static_cast<std::uint16_t>(before.end + size), before.kind});
    }
    setMark(first_, {begin, MessageClass::Data});
    ++first_;
    sent_ = static_cast<std::uint16_t>(sent_ + size);
}

WaitingMessage MessageChunk::waiting(std::size_t message) const noexcept {
    const std::size_t begin = start(first_ + message);
    const Mark found = mark(first_ + message);
    return {{data() + begin, found.end - begin}, found.kind};
}

Tally MessageChunk::forgetUnstarted() noexcept {
    Tally forgotten;
    const bool started = first_ < count_ && start(first_) < sent_;
    std::size_t kept = first_ + (started ? 1u : 0u);
    const std::size_t count = std::exchange(count_, 0);
    std::size_t from = filled_ = static_cast<std::uint16_t>(start(kept));
    for (std::size_t i = kept; i < count; ++i) {
        const Mark message = mark(i);
        const std::size_t size = message.end - from;
        if (message.kind == MessageClass::Committed) {
            std::memmove(data() + filled_, data() + from, size);
            filled_ = static_cast<std::uint16_t>(filled_ + size);
            setMark(kept++, {filled_, message.kind});
        } else {
            forgotten.add(message.kind, size);
        }
        from = message.end;
    }
    count_ = static_cast<std::uint16_t>(kept);
    control_ = static_cast<std::uint16_t>(control_ - forgotten.control);
    return forgotten;
}

// ---- SharedMessages

SharedMessages::SharedMessages(SharedBatch batch, std::size_t first, std::size_t last) noexcept
    : batch_{std::move(batch)}, next_{static_cast<std::uint32_t>(first)}, last_{static_cast<std::uint32_t>(last)} {}

std::size_t SharedMessages::pieces(iovec* into) const noexcept {
    const Bytes all{batch_->bytes};
    const Bytes rest = all.subspan(started_, startedEnd_ - started_);
    const Bytes unstarted = all.subspan(batch_->start(next_), unstartedBytes());
    iovec* end = into;
    if (!rest.empty() && rest.data() + rest.size() == unstarted.data()) {
        *end++ = piece({rest.data(), rest.size() + unstarted.size()});
    } else {
        if (!rest.empty()) *end++ = piece(rest);
        if (!unstarted.empty()) *end++ = piece(unstarted);
    }
    return static_cast<std::size_t>(end - into);
}

Tally SharedMessages::advance(std::size_t bytes) noexcept {
    const std::size_t ofStarted = std::min(bytes, startedEnd_ - started_);
    started_ += ofStarted;
    std::size_t left = bytes - ofStarted;
    while (left > 0 && left >= batch_->size(next_)) left -= batch_->size(next_++);
    if (left > 0) {
        started_ = batch_->start(next_) + left;
        startedEnd_ = batch_->ends[next_++];
    }
    return {.data = bytes, .control = 0};
}

std::size_t SharedMessages::dropOldest() noexcept { return next_ < last_ ? batch_->size(next_++) : 0; }

Tally SharedMessages::forgetUnstarted() noexcept {
    const std::size_t forgotten = unstartedBytes();
    last_ = next_;
    return {.data = forgotten, .control = 0};
}

// ---- LentMessage

LentMessage::LentMessage(Bytes head, Bytes payload) noexcept
    : payload_{payload}, headBytes_{static_cast<std::uint8_t>(head.size())} {
    std::ranges::copy(head, head_.begin());
}

LentMessage* LentMessage::rest(Bytes bytes) {
    auto message = std::make_unique<LentMessage>(Bytes{}, bytes);
    message->started_ = true;
    message->keep();
    return message.release();
}

std::size_t LentMessage::pieces(iovec* into) const noexcept {
    iovec* end = into;
    if (headSent_ < headBytes_) *end++ = piece(Bytes{head_}.subspan(headSent_, headBytes_ - headSent_));
    if (!payload_.empty()) *end++ = piece(payload_);
    return static_cast<std::size_t>(end - into);
}

Tally LentMessage::advance(std::size_t bytes) noexcept {
    started_ = started_ || bytes > 0;
    const auto ofHead = std::min<std::size_t>(bytes, headBytes_ - headSent_);
    headSent_ = static_cast<std::uint8_t>(headSent_ + ofHead);
    payload_ = payload_.subspan(bytes - ofHead);
    if (unsentBytes() == 0) completion_.complete(SendResult::Sent);
    return {.data = bytes, .control = 0};
}

std::size_t LentMessage::dropOldest() noexcept { return droppable_ ? forget(SendResult::Dropped) : 0; }

Tally LentMessage::forgetUnstarted() noexcept { return {.data = forget(SendResult::Closed), .control = 0}; }

std::size_t LentMessage::forget(SendResult why) noexcept {
    if (started_) return 0;
    const std::size_t size = unsentBytes();
    headSent_ = headBytes_;
    payload_ = {};
    completion_.complete(why);
    return size;
}

void LentMessage::keep() {
    if (kept_ || payload_.empty()) return;
    kept_ = std::make_unique_for_overwrite<std::byte[]>(payload_.size());
    std::memcpy(kept_.get(), payload_.data(), payload_.size());
    payload_ = {kept_.get(), payload_.size()};
    keptBytes_ = payload_.size();
    held_.set(keptBytes_);
}

}  // namespace patchbay::transport
