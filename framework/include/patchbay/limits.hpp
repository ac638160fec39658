#pragma once
// What a connection may use up. Each limit is on from the start; what is built in here is what holds where neither the
// configuration nor an annotation says otherwise.
//
// Precedence: built-in < `limits:` in the configuration < annotation < `endpoints:` entry in the configuration, and the
// last may only tighten what the annotation says.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <patchbay/bytes.hpp>

namespace patchbay {

/// A number of bytes that a configuration file writes with its unit, such as 64KiB.
struct Size {
    std::size_t bytes = 0;

    constexpr Size() noexcept = default;
    constexpr Size(std::size_t size) noexcept : bytes{size} {}                 // NOLINT(google-explicit-constructor): stands for it
    constexpr operator std::size_t() const noexcept { return bytes; }  // NOLINT(google-explicit-constructor)
};

/// What happens to a message for which a session's send queue has no room.
enum class WhenFull : std::uint8_t {
    Close,       ///< the session is closed with 1013: its peer reads too slowly
    DropOldest,  ///< the messages that have waited longest make room: for values that the newest replaces. Of clients of `patchbay.1`: as DropNewest
    DropNewest,  ///< the new message is dropped: for peers that must not miss the start
};

/// How much may wait for a peer that reads slowly, and what happens beyond it.
struct SendQueue {
    /// Units: bytes as they go on the wire, over all messages that wait: payloads, compressed where that was agreed on,
    /// each with its frame's header (2 bytes up to 125 of payload, 4 up to 65 535, 10 beyond). Pings, pongs and the Close
    /// do not count. An empty queue takes any one message whose payload is within the limit, its header on top.
    std::size_t bytes = 1_MiB;
    WhenFull whenFull = WhenFull::Close;

    friend bool operator==(const SendQueue&, const SendQueue&) = default;
};

/// What an annotation or a configuration says of a `SendQueue`; what is empty stays as it is.
struct SendQueueChange {
    std::optional<Size> bytes = std::nullopt;
    std::optional<WhenFull> whenFull = std::nullopt;
};

/// The limits of one session, and of one endpoint's sessions together.
struct Limits {
    /// The largest message that a session accepts, after decompression; a larger one closes it with 1009.
    /// Units: bytes.
    std::size_t maxMessageSize = 64_KiB;

    /// How long a session may stay silent before it is closed. The time in which the server does not read from it does not
    /// count.
    /// Units: milliseconds; 0 = for ever.
    std::chrono::milliseconds idleTimeout = std::chrono::seconds{60};

    /// How long a client may take from the connection to the end of its request head.
    /// Units: milliseconds; 0 = for ever.
    std::chrono::milliseconds handshakeTimeout = std::chrono::seconds{5};

    /// How long a message that a peer has begun may make no progress: with that the session is closed with 1008. Whatever comes of its payload
    /// counts, pings and pongs do not, nor does the time in which the server does not read.
    /// Units: milliseconds; 0 = for ever.
    std::chrono::milliseconds messageTimeout = std::chrono::seconds{30};

    /// How long a peer may take nothing of what waits for it: with that, or at most twice that, its session is closed with 1013, whatever
    /// it sends meanwhile. One that reads slowly but steadily gets all of it.
    /// Units: milliseconds; 0 = for ever.
    std::chrono::milliseconds sendTimeout = std::chrono::seconds{30};

    /// In how many frames a peer may send a message; one more closes the session with 1009.
    /// Units: frames; 0 = no limit.
    std::uint32_t maxFragments = 65'536;

    SendQueue sendQueue = {};

    /// How much of what a peer has sent may wait while its session's handlers are busy. With the message that reaches this
    /// the server stops reading, and the peer waits with the rest, its pings and its goodbye included, until half of it has
    /// gone. What was read in one go with that message (at most 256 KiB) waits beside it, as it came.
    /// Units: bytes of messages, after decompression, and some eighty for each of them; 0 = one message of the endpoint's largest
    /// size, at least 64 KiB.
    std::size_t receiveQueue = 0;

    /// How fast a peer may send. What it has not used for two seconds may come at once; beyond that the server reads on only
    /// as fast as this, the peer's window closes, and nothing is lost. The time in which it is not read counts for no clock.
    /// Units: messages, and bytes of messages after decompression, in a second; 0 = as fast as it likes.
    std::size_t maxMessageRate = 0;
    std::size_t maxByteRate = 0;

    /// How many topics a session may be in at a time; one more throws TooManyTopics.
    /// Units: topics; 0 = as many as it likes.
    std::size_t maxTopics = 65'536;

    /// How many sessions an endpoint may have at a time; one more is refused with 503.
    /// Units: sessions; 0 = no limit of its own (the server's `maxConnections` still holds).
    std::size_t maxSessions = 0;

    friend bool operator==(const Limits&, const Limits&) = default;
};

}  // namespace patchbay
