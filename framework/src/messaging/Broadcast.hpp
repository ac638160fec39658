#pragma once
// Messages of one topic to many, one after the other: their payloads once, and once each form in which carriers put them on
// the wire.
//
// A batch: messages are added while it waits as the last thing in the queue of each loop that has a subscriber; the first
// loop that takes it seals it, and from then on it never changes.

#include "base/MemoryBudget.hpp"
#include "base/WireBatch.hpp"
#include "messaging/PublicationHead.hpp"

#include <patchbay/session.hpp>
#include <patchbay/topics.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace patchbay::messaging {

class Topic;

/// Thread: any.
class Broadcast {
public:
    static constexpr SessionId kNobody = 0;
    static constexpr std::size_t kMostBytes = std::size_t{64} << 10, kMostMessages = 256;
    /// What a message needs beside its payload, and a batch beside its messages.   Units: bytes.
    static constexpr std::size_t kMessageBytes = 64, kBatchBytes = 512;

    /// Of `topic`; its first message has that position. `memory`: of its server.
    explicit Broadcast(std::shared_ptr<Topic> topic = nullptr, TopicPosition first = {}, MemoryBudget& memory = MemoryBudget::ofNobody());
    ~Broadcast();

    /// One message more, to everyone but `except`; `head` is copied, nullptr: it has none. False when it is sealed, or full: then
    /// nothing was added.   Thread: any, one at a time.
    bool add(MessageKind kind, Bytes payload, SessionId except, const PublicationHead* head = nullptr);
    /// From here on it never changes. Whoever reads it calls this first.
    void seal() noexcept;

    // ---- sealed ----

    const std::shared_ptr<Topic>& topic() const noexcept { return topic_; }
    /// Of its first message; the others follow it without a gap.
    TopicPosition first() const noexcept { return first_; }
    std::size_t count() const noexcept { return messages_.size(); }
    /// Units: bytes of all payloads.
    std::size_t payloadBytes() const noexcept { return bytes_.size(); }
    /// Units: bytes, as queues count them.
    std::size_t queuedBytes() const noexcept { return kBatchBytes + bytes_.size() + messages_.size() * kMessageBytes; }
    MessageKind kind(std::size_t message) const noexcept { return messages_[message].kind; }
    Bytes payload(std::size_t message) const noexcept {
        const std::size_t begin = message == 0 ? 0 : messages_[message - 1].end;
        return Bytes{bytes_}.subspan(begin, messages_[message].end - begin);
    }
    /// nullptr: it is passing, and nobody's.
    const PublicationHead* head(std::size_t message) const noexcept { return message < heads_.size() ? &heads_[message] : nullptr; }
    /// Whether it has an offset in its topic's history.
    bool isKept(std::size_t message) const noexcept { return message < heads_.size() && heads_[message].offset != 0; }
    /// False when all of it is for everyone.
    bool hasExceptions() const noexcept { return excepts_; }
    bool isFor(std::size_t message, SessionId session) const noexcept { return messages_[message].except != session; }

    /// In what form a carrier puts messages on its wire: those of the same extension and number share one.
    struct Form {
        const void* extension = nullptr;  ///< of which kind; nullptr: none, plain
        std::uint8_t number = 0;
        bool operator==(const Form&) const = default;
    };
    /// The messages on the wire in that form, as `encode(*this)` makes them; the first who asks encodes, the others
    /// share.   Requires: for one form every caller gives the same function, so that one transport encodes them.
    template <class Encode>
    const SharedBatch& encoded(Form form, Encode encode) const {
        Encoded& wanted = form.extension ? find(form) : plain_;
        if (!wanted.ready.load(std::memory_order_acquire)) {
            std::call_once(wanted.once, [&] {
                wanted.batch = encode(*this);
                wanted.ready.store(true, std::memory_order_release);
            });
        }
        return wanted.batch;
    }

    /// The same for clients of `patchbay.1`: each message with its head, in the same places; made by the first who asks.
    const Broadcast& wrapped() const { return *wrapping().each; }
    /// The same once more, in as few messages as that can be: for who gets all of it.
    const Broadcast& joined() const { return *wrapping().joined; }

private:
    /// Of messages that are joined to one, as clients take them.   Units: bytes.
    static constexpr std::size_t kMostJoined = std::size_t{64} << 10;
    struct Wrapping {
        std::unique_ptr<Broadcast> each, joined;
    };
    const Wrapping& wrapping() const;
    void wrap(Wrapping& into) const;
    void append(MessageKind kind, std::string_view message);
    struct Message {
        std::size_t end;  // in bytes_
        SessionId except;
        MessageKind kind;
    };
    struct Encoded {
        explicit Encoded(Form theForm) noexcept : form{theForm} {}
        const Form form;
        std::atomic<bool> ready{false};
        std::once_flag once;
        SharedBatch batch;
        Encoded* next = nullptr;  // set before it can be seen
    };
    Encoded& find(Form form) const;  // of an extension
    void addHead(const PublicationHead& head);

    const std::shared_ptr<Topic> topic_;
    const TopicPosition first_;
    enum class Stage : std::uint8_t { Open, Adding, Sealed };
    struct Reopening;
    std::atomic<Stage> stage_{Stage::Open};
    bool excepts_ = false;
    std::vector<std::byte> bytes_;
    std::vector<Message> messages_;
    std::vector<PublicationHead> heads_;  // of the messages up to the last that has one
    HeldBytes<Held::Broadcasts> held_;    // of all three
    mutable std::once_flag wrapsOnce_;
    mutable std::unique_ptr<const Wrapping> wrapping_;  // nullptr: nobody has asked for it
    mutable Encoded plain_{Form{}};
    mutable std::atomic<Encoded*> others_{nullptr};  // few: one for each form that connections have agreed on
};

}  // namespace patchbay::messaging
