#pragma once
// What carries a session's messages: a WebSocket connection, the test kit's in-memory peer. A session knows its peer as
// this and nothing more; no word here is about frames.

#include "base/SendStatus.hpp"
#include "messaging/Broadcast.hpp"

#include <patchbay/bytes.hpp>
#include <patchbay/close.hpp>

#include <string_view>

namespace patchbay::messaging {

/// Owned by its session, from the session's opening to the end of its last handle; what is dear (socket, buffers) goes
/// when the connection ends, not with the object.   Thread: the session's loop's.
class Carrier {
public:
    virtual ~Carrier() = default;

    /// One whole message; copied or written before it returns.
    virtual SendStatus send(MessageKind kind, Bytes payload) noexcept = 0;
    /// The messages of a broadcast from `first` up to, not with, `last`, shared with its other recipients.
    virtual SendStatus send(const Broadcast& broadcast, std::size_t first, std::size_t last) noexcept = 0;
    /// A broadcast comes soon: brings what sending it reads into the processor's cache. A hint, and no more.
    virtual void prefetch() const noexcept {}
    /// How many messages have fallen to the queue's policy.   Thread: any.
    virtual std::uint64_t droppedMessages() const noexcept = 0;
    /// Asks the peer for a sign of life, where the transport has such a thing.
    virtual SendStatus ping(Bytes payload) noexcept = 0;
    /// Says goodbye with `code` after the messages that wait, and ends the connection within a bound.
    virtual void close(CloseCode code, std::string_view text) noexcept = 0;
    /// The same for a peer that reads too slowly: what waits is dropped, the goodbye is tried for a second.
    virtual void closeNow(CloseCode code, std::string_view text) noexcept = 0;
};

}  // namespace patchbay::messaging
