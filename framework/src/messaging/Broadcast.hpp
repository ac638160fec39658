#pragma once
// Messages to many, one after the other: their payloads once, and once each form in which carriers put them on the wire.

#include "base/WireBatch.hpp"

#include <patchbay/session.hpp>

#include <array>
#include <atomic>
#include <mutex>
#include <vector>

namespace patchbay::messaging {

/// Thread: add() and goAlone() before it is shared; the rest any.
class Broadcast {
public:
    static constexpr SessionId kNobody = 0;

    /// One message more, to everyone but `except`.
    void add(MessageKind kind, Bytes payload, SessionId except) {
        bytes_.insert(bytes_.end(), payload.begin(), payload.end());
        messages_.push_back({bytes_.size(), except, kind});
        excepts_ = excepts_ || except != kNobody;
    }

    /// Nothing else waits to be handed out: whoever has nothing queued may be written to at once.
    void goAlone() noexcept { alone_ = true; }
    bool goesAlone() const noexcept { return alone_; }

    std::size_t count() const noexcept { return messages_.size(); }
    /// Units: bytes of all payloads.
    std::size_t payloadBytes() const noexcept { return bytes_.size(); }
    MessageKind kind(std::size_t message) const noexcept { return messages_[message].kind; }
    Bytes payload(std::size_t message) const noexcept {
        const std::size_t begin = message == 0 ? 0 : messages_[message - 1].end;
        return Bytes{bytes_}.subspan(begin, messages_[message].end - begin);
    }
    /// False when all of it is for everyone.
    bool hasExceptions() const noexcept { return excepts_; }
    bool isFor(std::size_t message, SessionId session) const noexcept { return messages_[message].except != session; }

    /// How many forms there can be: plain, and those of an extension (extension.hpp).
    static constexpr std::size_t kForms = 16;

    /// The messages on the wire in that form, as `encode(*this)` makes them; the first who asks encodes, the others
    /// share.   Requires: for one form every caller gives the same function, so that one transport encodes them.
    template <class Encode>
    const SharedBatch& encoded(std::size_t form, Encode encode) const {
        Form& wanted = forms_.at(form);
        if (!wanted.ready.load(std::memory_order_acquire)) {
            std::call_once(wanted.once, [&] {
                wanted.batch = encode(*this);
                wanted.ready.store(true, std::memory_order_release);
            });
        }
        return wanted.batch;
    }

private:
    struct Message {
        std::size_t end;  // in bytes_
        SessionId except;
        MessageKind kind;
    };
    struct Form {
        std::atomic<bool> ready{false};
        std::once_flag once;
        SharedBatch batch;
    };
    std::vector<std::byte> bytes_;
    std::vector<Message> messages_;
    bool excepts_ = false;
    bool alone_ = false;
    mutable std::array<Form, kForms> forms_;
};

}  // namespace patchbay::messaging
