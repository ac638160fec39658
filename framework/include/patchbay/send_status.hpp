#pragma once
// How outgoing messages fare: what is known at once, and what becomes of one in the end.

#include <cstdint>
#include <utility>

namespace patchbay {

enum class SendStatus : std::uint8_t {
    Queued,   ///< it is on its way
    Dropped,  ///< it fell to the queue's policy, and was counted (Session::droppedMessages)
    Full,     ///< no room: a session whose policy is Close closes with 1013
    Closed,   ///< nothing more is sent to this peer, or by this server
};

/// What became of a message that was queued.
enum class SendResult : std::uint8_t {
    Sent,     ///< the network has all of it; what the peer does with it is not known
    Dropped,  ///< it fell to the queue's policy later
    Closed,   ///< its connection ended before
};

/// Tells somebody, once, what became of a message. Whoever sends the message keeps it until then; one that goes untold says Closed.
/// Thread: one at a time; made on one thread, it may be told on another.
class SendCompletion {
public:
    /// Who hears it.   Requires: lives until it has heard.
    class Listener {
    public:
        /// Called from within a carrier, which may hold a lock: to note it, and no more.   Thread: whichever tells.
        virtual void completed(SendResult result) noexcept = 0;

    protected:
        ~Listener() = default;
    };

    /// Nobody.
    SendCompletion() noexcept = default;
    explicit SendCompletion(Listener& listener) noexcept : listener_{&listener} {}
    SendCompletion(SendCompletion&& other) noexcept : listener_{std::exchange(other.listener_, nullptr)} {}
    SendCompletion& operator=(SendCompletion&& other) noexcept {
        if (this == &other) return *this;
        complete(SendResult::Closed);
        listener_ = std::exchange(other.listener_, nullptr);
        return *this;
    }
    ~SendCompletion() { complete(SendResult::Closed); }

    /// Somebody waits for it.
    explicit operator bool() const noexcept { return listener_ != nullptr; }
    /// The first call counts.
    void complete(SendResult result) noexcept {
        if (Listener* const listener = std::exchange(listener_, nullptr)) listener->completed(result);
    }

private:
    Listener* listener_ = nullptr;
};

}  // namespace patchbay
