#include "transport/Segment.hpp"

#include "transport/FreeList.hpp"

#include <algorithm>
#include <cstring>

namespace patchbay::transport {
namespace {

using Chunks = FreeList<sizeof(MessageChunk), 512>;
using References = FreeList<sizeof(SharedMessage), 4096>;

void copy(std::byte* to, Bytes from) noexcept {
    if (!from.empty()) std::memcpy(to, from.data(), from.size());
}

}  // namespace

void* MessageChunk::operator new(std::size_t) { return Chunks::take(); }
void MessageChunk::operator delete(void* memory) noexcept { Chunks::give(memory); }
void* SharedMessage::operator new(std::size_t) { return References::take(); }
void SharedMessage::operator delete(void* memory) noexcept { References::give(memory); }

bool MessageChunk::append(Bytes head, Bytes payload, MessageClass kind) noexcept {
    const std::size_t end = filled_ + head.size() + payload.size();
    if (end + (count_ + 1u) * kMarkBytes > kBytes) return false;
    copy(data_.data() + filled_, head);
    copy(data_.data() + filled_ + head.size(), payload);
    filled_ = static_cast<std::uint16_t>(end);
    setMark(count_++, {filled_, kind});
    return true;
}

Tally MessageChunk::advance(std::size_t bytes) noexcept {
    Tally written;
    std::size_t from = sent_;
    sent_ = static_cast<std::uint16_t>(sent_ + bytes);
    while (from < sent_) {
        const Mark message = mark(first_);
        const std::size_t to = std::min(message.end, sent_);
        written.add(message.kind, to - from);
        if (to == message.end) ++first_;
        from = to;
    }
    return written;
}

std::size_t MessageChunk::dropOldest() noexcept {
    for (std::size_t message = first_; message < count_; ++message) {
        if (mark(message).kind == MessageClass::Control || start(message) < sent_) continue;
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
    std::memmove(data_.data() + sent_ + size, data_.data() + sent_, start(message) - sent_);
    for (std::size_t i = message; i > first_; --i) {
        const Mark before = mark(i - 1);
        setMark(i, {static_cast<std::uint16_t>(before.end + size), before.kind});
    }
    setMark(first_, {begin, MessageClass::Data});
    ++first_;
    sent_ = static_cast<std::uint16_t>(sent_ + size);
}

Tally MessageChunk::forgetUnstarted() noexcept {
    Tally forgotten;
    const bool started = first_ < count_ && start(first_) < sent_;
    const std::size_t keep = first_ + (started ? 1u : 0u);
    for (std::size_t i = keep; i < count_; ++i) forgotten.add(mark(i).kind, mark(i).end - start(i));
    count_ = static_cast<std::uint16_t>(keep);
    filled_ = static_cast<std::uint16_t>(start(keep));
    return forgotten;
}

MessageChunk::Mark MessageChunk::mark(std::size_t message) const noexcept {
    Mark mark;
    std::memcpy(&mark, data_.data() + kBytes - (message + 1) * kMarkBytes, kMarkBytes);
    return mark;
}

void MessageChunk::setMark(std::size_t message, Mark mark) noexcept {
    std::memcpy(data_.data() + kBytes - (message + 1) * kMarkBytes, &mark, kMarkBytes);
}

Tally SharedMessage::advance(std::size_t bytes) noexcept {
    sent_ += bytes;
    return {.data = bytes, .control = 0};
}

std::size_t SharedMessage::dropOldest() noexcept {
    if (sent_ > 0) return 0;
    const std::size_t size = message_.size();
    message_ = {};
    return size;
}

Tally SharedMessage::forgetUnstarted() noexcept { return {.data = dropOldest(), .control = 0}; }

}  // namespace patchbay::transport
