#pragma once
// What carries a session's messages: a WebSocket connection, the test kit's in-memory peer. A session knows its peer as
// this and nothing more; no word here is about frames.

#include "messaging/Broadcast.hpp"

#include <patchbay/bytes.hpp>
#include <patchbay/close.hpp>
#include <patchbay/send_status.hpp>

#include <string_view>

namespace patchbay::messaging {

/// What of a broadcast goes to one session.
struct Delivery {
    const Broadcast& broadcast;
    std::size_t first;  ///< its messages from this up to, not with, `last`
    std::size_t last;
    std::uint64_t tag;  ///< of the subscription
    bool alone;         ///< nothing else waits on this loop: whoever has nothing queued may be written to at once
};

/// Owned by its session, from the session's opening until its connection has ended, when the carrier asks to be let go
/// (SessionCore::carrierEnded). It tells its session how many messages have fallen to its queue's policy
/// (SessionCore::noteDropped).   Thread: the session's loop's.
class Carrier {
public:
    virtual ~Carrier() = default;

    /// One whole message; copied or written before it returns.
    virtual SendStatus send(MessageKind kind, Bytes payload) noexcept = 0;
    /// Messages that are shared with other recipients.
    virtual SendStatus send(const Delivery& delivery) noexcept = 0;
    /// A delivery comes soon: brings what sending it reads into the processor's cache. A hint, and no more.
    virtual void prefetch() const noexcept {}
    /// Asks the peer for a sign of life, where the transport has such a thing.
    virtual SendStatus ping(Bytes payload) noexcept = 0;

    // ---- back-pressure ----

    /// Hands nothing more to the session, whatever of it has been read: from inside SessionCore::receive() nothing
    /// behind that message. The peer feels it when what lies between is full. What is sent, goodbyes included, goes on;
    /// so does a reset, which is a loss at once. Idempotent; nothing once the session has said goodbye.
    virtual void pauseReading() noexcept = 0;
    /// Hands on again, in order: what was held back comes as an entry of the loop, never inside of this call.
    /// Idempotent. A goodbye of the session's does the same, or the peer's would never be seen: what still comes is the
    /// session's to drop.
    virtual void resumeReading() noexcept = 0;

    // ---- the end ----

    /// Says goodbye with `code` after the messages that wait, and ends the connection within a bound.
    virtual void close(CloseCode code, std::string_view text) noexcept = 0;
    /// The same for a peer that reads too slowly: what waits is dropped, the goodbye is tried for a second.
    virtual void closeNow(CloseCode code, std::string_view text) noexcept = 0;
};

}  // namespace patchbay::messaging
