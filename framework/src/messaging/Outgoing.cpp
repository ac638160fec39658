#include "messaging/Outgoing.hpp"

#include "base/MemoryBudget.hpp"
#include "base/QueuePolicy.hpp"
#include "messaging/SessionCore.hpp"

#include <cstring>
#include <limits>
#include <new>
#include <utility>

namespace patchbay::messaging {

/// One message on its way to its session's loop, its payload behind it in the same block.
class Outgoing::Letter final : public LoopEntry {
public:
    static std::unique_ptr<Letter> make(std::shared_ptr<SessionCore> session, MessageKind kind, Bytes payload) {
        return std::unique_ptr<Letter>{new (payload.size()) Letter{std::move(session), kind, payload}};
    }
    ~Letter() override {
        session_->loop().queue().release(bytes());
        session_->loop().memory().budget().add(Held::Queues, -static_cast<std::ptrdiff_t>(bytes()));
    }
    void run() noexcept override { session_->sendLetter(kind_, payload()); }

    /// What it needs.   Units: bytes.
    std::size_t bytes() const noexcept { return sizeof(Letter) + size_; }
    Letter* next = nullptr;  // of its session

    void* operator new(std::size_t size, std::size_t payload) { return ::operator new(size + payload); }
    // NOLINTNEXTLINE(misc-new-delete-overloads): there is no other way to make one
    void operator delete(void* memory) { ::operator delete(memory); }
    void operator delete(void* memory, std::size_t) { ::operator delete(memory); }

private:
    Letter(std::shared_ptr<SessionCore> session, MessageKind kind, Bytes payload) noexcept
        : session_{std::move(session)}, size_{payload.size()}, kind_{kind} {
        if (size_ != 0) std::memcpy(static_cast<void*>(this + 1), payload.data(), size_);
        session_->loop().queue().charge(bytes());
        session_->loop().memory().budget().add(Held::Queues, static_cast<std::ptrdiff_t>(bytes()));
    }
    Bytes payload() const noexcept { return {reinterpret_cast<const std::byte*>(this + 1), size_}; }

    const std::shared_ptr<SessionCore> session_;
    const std::size_t size_;
    const MessageKind kind_;
};

/// The runs between the messages that are not for this session.
SendStatus Outgoing::deliverRuns(const Delivery& delivery, SessionId self, bool isWire) noexcept {
    const Broadcast& all = delivery.broadcast;
    SendStatus status = SendStatus::Queued;
    std::size_t first = delivery.first;
    for (std::size_t end = first; end <= delivery.last && status != SendStatus::Full; ++end) {
        if (end < delivery.last && (all.isFor(end, self) || (isWire && all.isKept(end)))) continue;
        if (first < end) status = carrier_->deliver({all, first, end, delivery.tag, delivery.alone});
        first = end + 1;
    }
    return status;
}

SendStatus Outgoing::mail(SessionCore& session, MessageKind kind, Bytes payload) {
    const SendQueue limit = session.sendQueue();
    LoopQueue& queue = session.loop().queue();
    Letters& letters = session.rare().letters;
    auto made = Letter::make(session.shared_from_this(), kind, payload);
    Letter& letter = *made;
    const MessageSize size{letter.bytes(), payload.size()};
    std::unique_ptr<LoopEntry> entry = std::move(made);
    std::unique_ptr<LoopEntry> dropped;  // destroyed, as `entry`, without the lock
    for (;;) {
        dropped.reset();
        LoopQueue::Access access{queue};
        if (access.isClosed()) return SendStatus::Closed;
        if (letters.takes != access.takes()) {
            letters.takes = access.takes();
            letters.oldest = letters.newest = nullptr;
            letters.bytes = 0;
        }
        const auto waiting = [&] { return queue.hasRoom(0) ? letters.bytes : std::numeric_limits<std::size_t>::max(); };
        const SendStatus status = QueuePolicy{limit}.admit(size, waiting, [] { return false; });
        if (status == SendStatus::Queued) {
            (letters.newest ? letters.newest->next : letters.oldest) = &letter;
            letters.newest = &letter;
            letters.bytes += letter.bytes();
            access.put(std::move(entry));
        }
        if (status != SendStatus::Dropped) return status;
        // One at a time, since each is destroyed without the lock.
        const bool older = limit.whenFull == WhenFull::DropOldest && payload.size() <= limit.bytes;
        if (older && dropOldest(letters, access, dropped)) continue;
        letters.dropped.fetch_add(1, std::memory_order_relaxed);
        return SendStatus::Dropped;
    }
}

/// False when nothing of this session waits.
bool Outgoing::dropOldest(Letters& letters, LoopQueue::Access& queue, std::unique_ptr<LoopEntry>& dropped) noexcept {
    Letter* const oldest = letters.oldest;
    if (!oldest) return false;
    letters.oldest = oldest->next;
    if (!letters.oldest) letters.newest = nullptr;
    letters.bytes -= oldest->bytes();
    dropped = queue.remove(*oldest);
    letters.dropped.fetch_add(1, std::memory_order_relaxed);
    return true;
}

}  // namespace patchbay::messaging
