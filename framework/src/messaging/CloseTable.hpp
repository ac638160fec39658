#pragma once
// Why sessions end: what goes on the wire, what the close handler sees, and how often it happened.
//
// Each forced close is told three times, from its row here: in the reason on the wire, in a log line, in a counter. That
// holds for the server's own and for those of plugins (Session::closeFor).
//
// cause            on the wire   the handler sees    a client should
// Application      its code      its code            as it says
// Peer             echo          the peer's          -
// ConnectionLost   -             1006                reconnect
// Idle             1001          1006                reconnect
// Protocol         1002          1002                not
// InvalidText      1007          1007                not
// TooBig           1009          1009                not
// HandlerFailed    1011          1011                reconnect later
// QueueFull        1013          1013                reconnect later
// SendTimeout      1013          1013                reconnect later
// MessageTimeout   1008          1008                not
// OutOfMemory      1013          1013                reconnect later
// Policy           1008          1008                not
// Expired          1008          1008                fetch a token, and come back once
// Banned           1008          1008                not
// Shutdown         1001          1001                reconnect

#include "base/Log.hpp"

#include <patchbay/close.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace patchbay::messaging {

/// The codes of a cause that this server decides on; not for Application and Peer, which bring their own.
struct CloseRow {
    CloseCode onWire;
    CloseCode seen;
    std::string_view text;  // the reason that goes along where nobody gives another
    log::Level logLevel;    // Info: an operator wants to know of each
    std::string_view limit = {};  // the key of the limit that it hit, for the operator's eyes alone
};
CloseRow closeRow(CloseCause cause) noexcept;

/// One counter per cause.   Thread: any.
class CloseCounters {
public:
    void count(CloseCause cause) noexcept { counts_[static_cast<std::size_t>(cause)].fetch_add(1, std::memory_order_relaxed); }
    std::uint64_t of(CloseCause cause) const noexcept { return counts_[static_cast<std::size_t>(cause)].load(std::memory_order_relaxed); }

private:
    std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(CloseCause::Shutdown) + 1> counts_{};
};

}  // namespace patchbay::messaging
